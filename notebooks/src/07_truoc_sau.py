# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # Trước và sau: mô hình có làm người dân hài lòng hơn không?
#
# Sổ tay này đi từng bước từ phiếu khảo sát đến kết luận, đúng như báo cáo mẫu (`python run.py demo`). Mỗi ô một ý; sau mỗi kết quả
# có một câu **đọc kết quả**. Có hai chỗ **dự đoán rồi chạy**: hãy đoán trước khi xem.
#
# > **Số liệu giả lập.** Câu trả lời, số hộ, ngày áp dụng đều do máy sinh ra. Chỉ tên và mã xã là thật. Không con số nào ở đây
# > nói về Cao Bằng.
#
# [← Về trang bắt đầu](00_bat_dau.ipynb)

# %%
# %matplotlib inline
# %config InlineBackend.figure_formats = ["retina"]
# %config InlineBackend.print_figure_kwargs = {"bbox_inches": None}
from pathlib import Path

import numpy as np
import pandas as pd

import surveykit as sv
from sampling.format import integer, interval, number, percent, points
from surveykit import lesson, plots

# %% [markdown]
# ## 1. Câu hỏi
#
# > Giữa đợt 1 và đợt 2, một số xã bắt đầu áp dụng mô hình. **Mức hài lòng ở các xã đó có thay đổi khác với ở các xã chưa áp dụng
# > không, và khác bao nhiêu?**
#
# “Hài lòng” = trả lời mức 4 hoặc 5 trên thang 1–5 ở câu hỏi chung. Phải chốt câu hỏi và cách đo này **trước** khi xem số liệu.

# %% [markdown]
# ## 2. Số liệu
#
# Mỗi dòng là một phiếu **phát ra**, kể cả phiếu không trả lời. Mã xã, mã thôn đọc thành **chữ** để giữ số 0 ở đầu.

# %%
thu_muc = Path("..") / "data" / "examples" / "cao_bang"
ma = {"ma_xa": str, "ma_thon": str}

phieu = pd.concat([pd.read_csv(thu_muc / f"phieu_dot_{d}.csv", dtype=ma) for d in (1, 2)], ignore_index=True)
phieu[["ma_phieu", "dot", "ma_xa", "ma_thon", "tang", "quyen_so", "tra_loi", "gioi", "nhom_tuoi", "chung"]].head(3)

# %%
tra_loi = phieu["tra_loi"].mean()
lesson.reading(
    f"phát ra {integer(len(phieu))} phiếu trong hai đợt, {integer(phieu['tra_loi'].sum())} phiếu có trả lời dùng được, "
    f"tức {percent(tra_loi)} số phiếu."
)

# %% [markdown]
# Tệp xã cho biết xã nào áp dụng mô hình, vào ngày nào.

# %%
xa = pd.read_csv(thu_muc / "xa.csv", dtype=ma)
phieu = phieu.merge(xa[["ma_xa", "ten_xa", "nhom", "xac_suat"]], on="ma_xa", validate="many_to_one")

phieu.groupby("nhom").agg(so_xa=("ma_xa", "nunique"), phieu_phat_ra=("ma_phieu", "size"), tra_loi=("tra_loi", "sum"))

# %% [markdown]
# Ba nhóm xã, ba vai:
#
# - **áp dụng giữa hai đợt**: đợt 1 là “trước”, đợt 2 là “sau”;
# - **chưa áp dụng**: nhóm so sánh, cho biết đằng nào thì mức hài lòng cũng thay đổi bao nhiêu;
# - **áp dụng từ trước**: cả hai đợt đều là “sau”, nên không vào phép so sánh; trình bày riêng.

# %%
phieu["ap_dung"] = phieu["nhom"].map({"áp dụng giữa hai đợt": 1, "chưa áp dụng": 0})
phieu["ap_dung"].value_counts(dropna=False).rename(index={1: "áp dụng", 0: "so sánh", np.nan: "để riêng"})

# %% [markdown]
# ## 3. Thiết kế mẫu: phiếu được chọn thế nào
#
# Rút **xã** trong từng tầng, hai **đợt** hỏi cùng các xã, mỗi đợt rút các **thôn** khác nhau trong xã, rồi rút người trong thôn. Máy
# cần biết điều đó, vì người cùng thôn trả lời giống nhau hơn người khác thôn: 100 người ở 4 thôn cho ít thông tin hơn
# 100 người ở 100 thôn.
#
# Một chi tiết: có những xã lớn được **chọn chắc chắn**. Rút lại mẫu thì vẫn có các xã đó, nên chúng không gây sai số *giữa các xã*;
# sai số của chúng đến từ việc chọn *thôn*. Ta nói điều này bằng tỷ lệ lấy mẫu ở từng cấp: 1 là lấy hết, gần 0 là lấy một phần rất nhỏ.

# %%
GAN_KHONG = 1e-12
phieu["lay_xa"] = np.where(phieu["xac_suat"] == 1, 1.0, GAN_KHONG)
phieu["lay_dot"] = 2  # có hai đợt, lấy cả hai
phieu["lay_thon"] = GAN_KHONG

chac_chan = phieu.loc[phieu["lay_xa"] == 1, "ma_xa"].nunique()
lesson.reading(f"{chac_chan} trong {phieu['ma_xa'].nunique()} xã của mẫu được chọn chắc chắn.")

# %%
goc = sv.Design(
    phieu,
    weights="quyen_so",
    strata="tang",
    psu=["ma_xa", "dot", "ma_thon"],
    fpc=["lay_xa", "lay_dot", "lay_thon"],
)
so_thon = phieu.groupby("dot")["ma_thon"].nunique()
lesson.reading(
    f"mẫu có {phieu['ma_xa'].nunique()} xã trong {phieu['tang'].nunique()} tầng; mỗi đợt {so_thon[1]} thôn, "
    f"chừng {number(len(phieu) / so_thon.sum(), 0)} phiếu một thôn."
)

# %% [markdown]
# ## 4. Quyền số
#
# **Bước 1 – điều chỉnh không trả lời.** Trong từng lớp (cùng đợt, cùng tầng), người trả lời gánh phần của người không trả lời. Giả định:
# trong một lớp, hai hạng người này giống nhau.

# %%
da_bu = goc.pipe(sv.adjust_nonresponse, responded="tra_loi", cells=["dot", "tang"])

# %% [markdown]
# **Bước 2 – hiệu chỉnh biên (raking).** Chỉnh quyền số để cơ cấu giới và tuổi của mẫu khớp với cơ cấu dân số đã biết, riêng cho từng đợt.

# %%
bien = pd.read_csv(thu_muc / "bien_dan_so.csv")
bien[["dac_diem", "muc", "ty_le"]]

# %%
phan = da_bu.weights.groupby(da_bu.data["dot"]).sum() / da_bu.weights.sum()  # phần của mỗi đợt


def dich(cot):
    """Cơ cấu dân số của một đặc điểm, viết cho cả hai đợt."""
    muc = bien[bien["dac_diem"] == cot]
    return {f"{dot} {m}": phan[dot] * t for dot in (1, 2) for m, t in zip(muc["muc"], muc["ty_le"], strict=True)}


goc.data["dot"]
