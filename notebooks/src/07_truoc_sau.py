# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # Trước và sau: mô hình có làm người dân hài lòng hơn không?
#
# Sổ tay này đi từng bước từ phiếu khảo sát đến kết luận, cùng cách tính và cùng con số với báo cáo mẫu
# (`python run.py demo`). Mỗi ô một ý; sau mỗi kết quả có một câu **đọc kết quả**. Có hai chỗ **dự đoán rồi
# chạy**: hãy đoán trước khi xem.
#
# > **Số liệu giả lập.** Câu trả lời, số hộ, ngày áp dụng đều do máy sinh ra. Chỉ tên và mã xã là thật. Không
# > con số nào ở đây nói về Cao Bằng.
#
# Cách chạy: bấm vào ô đầu tiên, nhấn **Shift + Enter** lần lượt đến hết. Ô chỉ hiện dấu ba chấm là ô được
# gấp lại cho gọn (câu đọc kết quả, phần kiểm tra dự đoán); bấm vào dấu đó để xem lệnh.
#
# [← Về trang bắt đầu](00_bat_dau.ipynb)

# %%
import numpy as np
import pandas as pd

import surveykit as sv
from sampling.format import date, integer, interval, number, p_value, percent, points
from surveykit import lesson, plots
from surveykit.project import read_settings
from surveykit.report.starter import example_folder

GIA_LAP = "(số liệu giả lập)"
thu_muc = example_folder()  # data/examples/cao_bang
cai_dat = read_settings(thu_muc / "bao_cao.toml")  # cài đặt của báo cáo mẫu

# %% [markdown]
# ## 1. Câu hỏi
#
# > Giữa đợt 1 và đợt 2, một số xã bắt đầu áp dụng mô hình. **Mức hài lòng ở các xã đó có thay đổi khác với ở
# > các xã chưa áp dụng không, và khác bao nhiêu?**
#
# “Hài lòng” = trả lời mức 4 hoặc 5 trên thang 1–5 ở câu hỏi chung. Phải chốt câu hỏi và cách đo này
# **trước** khi xem số liệu.
#
# Hai đợt chỉ so được với nhau nếu trả lời “có” cho cả bốn câu:
#
# 1. cùng tổng thể, cùng cách chọn mẫu?
# 2. cùng câu hỏi, cùng thang đo, cùng cách hỏi?
# 3. xã của hai đợt là cùng một địa bàn? (Ngày 1/7/2025 phần lớn xã, phường được sắp xếp lại: hai đợt phải
#    cùng ở một phía của ngày đó.)
# 4. biết ngày từng xã bắt đầu áp dụng?

# %% jupyter={"source_hidden": true}
lesson.reading(
    f"trong ví dụ này, đợt 1 ngày {date(cai_dat['waves.before.date'])}, đợt 2 ngày "
    f"{date(cai_dat['waves.after.date'])}; cùng phiếu hỏi, cùng các xã. Cả bốn câu đều là “có”."
)

# %% [markdown]
# ## 2. Số liệu
#
# Mỗi dòng là một phiếu **phát ra**, kể cả phiếu không trả lời. Mã xã, mã thôn đọc thành **chữ** để giữ số 0
# ở đầu.

# %%
ma = {"ma_xa": str, "ma_thon": str}

tep = [thu_muc / f"phieu_dot_{d}.csv" for d in (1, 2)]
phieu = pd.concat([pd.read_csv(t, dtype=ma, encoding="utf-8-sig") for t in tep], ignore_index=True)
lesson.show(
    phieu[["ma_phieu", "dot", "ma_xa", "ma_thon", "tang", "quyen_so", "tra_loi", "gioi", "chung"]].head(3),
    f"Ba phiếu đầu {GIA_LAP}",
)

# %% jupyter={"source_hidden": true}
lesson.reading(
    f"phát ra {integer(len(phieu))} phiếu trong hai đợt; {integer(phieu['tra_loi'].sum())} phiếu trả lời "
    f"dùng được, tức {percent(phieu['tra_loi'].mean())}."
)

# %% [markdown]
# Tệp xã cho biết xã nào áp dụng mô hình, từ ngày nào. Ghép vào phiếu theo mã xã:

# %%
xa = pd.read_csv(thu_muc / "xa.csv", dtype=ma, encoding="utf-8-sig")
for cot in ("ten_xa", "nhom", "xac_suat"):
    phieu[cot] = phieu["ma_xa"].map(xa.set_index("ma_xa")[cot])

theo_nhom = phieu.groupby("nhom").agg({"ma_xa": "nunique", "ma_phieu": "size", "tra_loi": "sum"})
theo_nhom = theo_nhom.set_axis(["số xã", "phiếu phát ra", "có trả lời"], axis=1)
lesson.show(theo_nhom.rename_axis(index=None, columns="nhóm xã"), f"Phiếu của hai đợt theo nhóm xã {GIA_LAP}")

# %% [markdown]
# Ba nhóm xã, ba vai:
#
# - **áp dụng giữa hai đợt**: đợt 1 là “trước”, đợt 2 là “sau”;
# - **chưa áp dụng**: nhóm so sánh, cho biết nếu không có mô hình thì mức hài lòng thay đổi bao nhiêu;
# - **áp dụng từ trước**: cả hai đợt đều là “sau”, nên không vào phép so sánh; trình bày riêng.
#
# Máy cần điều đó dưới dạng số: 1 là áp dụng, 0 là so sánh, để trống là đứng ngoài.

# %%
phieu["ap_dung"] = phieu["nhom"].map({"áp dụng giữa hai đợt": 1, "chưa áp dụng": 0})

# %% [markdown]
# Ngoài câu hỏi chung, phiếu có 15 câu chia thành năm nhóm. Chỉ số của **một người** ở một nhóm là tỷ lệ câu
# người đó trả lời mức 4 hoặc 5, trong các câu của nhóm mà người đó có trả lời.

# %%
NHOM_CAU = cai_dat["outcome.groups"]  # tên nhóm và các câu của nhóm
for ten, cau in NHOM_CAU.items():
    phieu[ten] = (phieu[cau] >= 4).sum(axis=1) / phieu[cau].notna().sum(axis=1)

ten, cau = next(iter(NHOM_CAU.items()))
lesson.show(
    phieu.loc[phieu["tra_loi"] == 1, ["ma_phieu", *cau, ten]].head(3),
    f"Chỉ số “{ten}” của ba người {GIA_LAP}",
)

# %% [markdown]
# ## 3. Thiết kế mẫu: phiếu được chọn thế nào
#
# Rút **xã** trong từng tầng; hai **đợt** hỏi cùng các xã; mỗi đợt rút những **thôn** khác nhau trong xã, rồi
# rút người trong thôn. Máy cần biết điều đó, vì người cùng thôn trả lời giống nhau hơn người khác thôn: 100
# người ở 4 thôn cho ít thông tin hơn 100 người ở 100 thôn.
#
# Một chi tiết: có những xã được **chọn chắc chắn**. Rút lại mẫu thì vẫn có các xã đó, nên chúng không gây
# sai số *giữa các xã*; sai số của chúng đến từ việc chọn *thôn*. Ta nói điều này bằng tỷ lệ lấy mẫu ở từng
# cấp: 1 là lấy hết, 0 là lấy một phần nhỏ (coi như chọn có hoàn lại).

# %%
phieu["lay_xa"] = np.where(phieu["xac_suat"] == 1, 1.0, 0.0)
phieu["lay_dot"] = 1.0  # cả hai đợt đều được hỏi
phieu["lay_thon"] = 0.0

# %% jupyter={"source_hidden": true}
chac_chan = phieu.loc[phieu["lay_xa"] == 1, "ma_xa"].nunique()
lesson.reading(
    f"{chac_chan} trong {phieu['ma_xa'].nunique()} xã của mẫu được chọn chắc chắn. Coi chúng như những xã "
    "rút ngẫu nhiên khác thì sai số in ra không đúng."
)

# %% [markdown]
# Thêm hai cột sẽ dùng ở bước 4, khi hiệu chỉnh theo giới và tuổi riêng cho từng đợt:

# %%
for cot in ("gioi", "nhom_tuoi"):
    phieu[f"dot_{cot}"] = phieu["dot"].astype(str) + " " + phieu[cot]

# %% [markdown]
# Bây giờ nói cả thiết kế bằng một lệnh: quyền số nào, tầng nào, các cấp chọn mẫu theo thứ tự, tỷ lệ lấy mẫu
# ở từng cấp.

# %%
goc = sv.Design(
    phieu,
    weights="quyen_so",
    strata="tang",
    psu=["ma_xa", "dot", "ma_thon"],
    fpc=["lay_xa", "lay_dot", "lay_thon"],
)

# %% jupyter={"source_hidden": true}
so_thon = phieu.groupby("dot")["ma_thon"].nunique()
lesson.reading(
    f"mẫu có {phieu['ma_xa'].nunique()} xã trong {phieu['tang'].nunique()} tầng; mỗi đợt {so_thon[1]} thôn, "
    f"mỗi thôn {number(len(phieu) / so_thon.sum(), 0)} phiếu phát ra."
)

# %% [markdown]
# ## 4. Quyền số
#
# **Bước 1 – điều chỉnh không trả lời.** Trong từng lớp (cùng đợt, cùng tầng), người trả lời gánh phần của
# người không trả lời. Giả định: trong một lớp, người trả lời và người không trả lời giống nhau.

# %%
da_bu = goc.pipe(sv.adjust_nonresponse, responded="tra_loi", cells=["dot", "tang"])

# %% [markdown]
# **Bước 2 – hiệu chỉnh biên (raking).** Chỉnh quyền số để cơ cấu giới và tuổi của mẫu khớp với cơ cấu dân số
# đã biết:

# %%
bien = pd.read_csv(thu_muc / "bien_dan_so.csv", encoding="utf-8-sig")
lesson.show(bien[["dac_diem", "muc", "ty_le"]], f"Cơ cấu người từ 18 tuổi {GIA_LAP}")

# %% [markdown]
# Đích phải đạt, riêng cho từng đợt: phần của đợt đó nhân với tỷ lệ của từng mức.

# %%
phan = da_bu.weights.groupby(da_bu.data["dot"]).sum() / da_bu.weights.sum()
dich = {"dot_gioi": {}, "dot_nhom_tuoi": {}}
for _, dong in bien.iterrows():
    for d in (1, 2):
        dich[f"dot_{dong['dac_diem']}"][f"{d} {dong['muc']}"] = phan[d] * dong["ty_le"]

thiet_ke = da_bu.pipe(sv.rake, dich)

# %% [markdown]
# Mỗi bước để lại dấu vết:

# %%
ten = ["bước", "số phiếu", "tổng", "nhỏ nhất", "lớn nhất", "deff", "thay đổi lớn nhất"]
buoc = thiet_ke.trail.set_axis(ten, axis=1)
buoc["bước"] = ["quyền số thiết kế", "điều chỉnh không trả lời", "hiệu chỉnh biên"]
lesson.show(buoc, f"Quyền số sau từng bước {GIA_LAP}")

# %% jupyter={"source_hidden": true}
cuoi = thiet_ke.trail.iloc[-1]
lesson.reading(
    "tổng quyền số không đổi qua các bước; chia cho hai đợt thì mẫu đại diện cho chừng "
    f"{integer(cuoi['sum'] / 2)} người. Người có quyền số nhỏ nhất đại diện cho {integer(cuoi['min'])} "
    f"người, lớn nhất cho {integer(cuoi['max'])} người. Riêng việc quyền số không đều làm phương sai tăng "
    f"chừng {number(cuoi['deff'])} lần (deff)."
)

# %% [markdown]
# ## 5. Mức hài lòng của từng xã

# %%
moi_xa = {d: sv.proportion(thiet_ke, "chung", value=[4, 5], by="ten_xa", where=f"dot == {d}") for d in (1, 2)}

# %% [markdown]
# ### Dự đoán rồi chạy (1)
#
# Ở mỗi xã, mỗi đợt có chừng 25 người trả lời, ở 4 thôn. Khoảng tin cậy 95 % của **một xã** rộng chừng bao
# nhiêu điểm phần trăm, tính từ cận dưới đến cận trên? Để dễ hình dung: với 400 người chọn ngẫu nhiên đơn giản
# và tỷ lệ hài lòng 80 %, công thức trong sách cho khoảng rộng chừng 8 điểm.
#
# Thay `None` bằng con số bạn đoán rồi chạy ô này và ô kế tiếp.

# %%
du_doan = None

# %% jupyter={"source_hidden": true}
bang = moi_xa[2].to_frame()
rong = 100 * (bang["ci_high"] - bang["ci_low"])
lesson.predict_number(
    du_doan,
    rong.median(),
    near=6,
    unit="điểm",
    why=f"Đó là trung vị của {len(rong)} xã ở đợt 2; hẹp nhất {number(rong.min(), 0)}, rộng nhất "
    f"{number(rong.max(), 0)} điểm. Số người ít, lại chỉ ở 4 thôn, nên hai xã phải cách nhau rất xa mới phân "
    "biệt được.",
)

# %% [markdown]
# Năm dòng đầu của kết quả đợt 2:

# %%
lesson.show(
    lesson.table(bang.head(), rows="xã, phường"), f"Tỷ lệ hài lòng chung của năm xã, phường, đợt 2 {GIA_LAP}"
)

# %% [markdown]
# Vẽ mọi xã, cả hai đợt. Mỗi chấm là một xã; thanh ngang là khoảng tin cậy 95 %.

# %%
VAI = {"áp dụng giữa hai đợt": "adopting", "chưa áp dụng": "comparison", "áp dụng từ trước": "early"}
TEN_VAI = {"adopting": "Áp dụng giữa hai đợt", "comparison": "Chưa áp dụng", "early": "Áp dụng từ trước"}
NGUON = "Số liệu giả lập: không con số nào nói về một xã, phường có thật."
CAN = {"ci_low": "low", "ci_high": "high"}  # tên của hai cận trong hình
vai = xa.set_index("ten_xa")["nhom"].map(VAI)

plots.dot_interval(
    {f"Đợt {d}": moi_xa[d].to_frame().rename(columns=CAN).assign(arm=vai) for d in (1, 2)},
    title=f"Tỷ lệ hài lòng chung của từng xã {GIA_LAP}",
    xlabel="Tỷ lệ hài lòng (%)",
    arms=TEN_VAI,
    note=f"Thanh ngang: khoảng tin cậy 95 %. Xếp theo ước lượng đợt 2. {NGUON}",
)

# %% jupyter={"source_hidden": true}
chung = sv.proportion(thiet_ke, "chung", value=[4, 5], where="dot == 2").value.iloc[0]
chua = int(((bang["ci_low"] <= chung) & (chung <= bang["ci_high"])).sum())
lesson.reading(
    f"ở đợt 2, khoảng của {chua} trong {len(bang)} xã chứa mức chung {percent(chung)}. Với các xã đó, số "
    "liệu này không cho biết xã cao hay thấp hơn mức chung; xếp hạng chúng theo ước lượng thì lẫn rất nhiều "
    f"may rủi của việc chọn mẫu. Số xã có dưới 30 người trả lời: {int((bang['n'] < 30).sum())}; báo cáo đánh "
    "dấu * vào những xã ấy, nghĩa là chỉ để tham khảo."
)

# %% [markdown]
# ## 6. Mỗi nhóm xã thay đổi bao nhiêu
#
# Gộp các xã cùng nhóm thì nhiều người, nhiều thôn hơn, khoảng hẹp lại. Trước hết là mức của từng nhóm ở từng
# đợt. Dòng nhỏ dưới bảng cho biết kết quả dựa vào đâu: số người, số đơn vị chọn mẫu, cách tính.

# %%
muc_nhom = sv.proportion(thiet_ke, "chung", value=[4, 5], by=["nhom", "dot"])
lesson.show(muc_nhom, f"Tỷ lệ hài lòng chung theo nhóm xã và đợt {GIA_LAP}")

# %% [markdown]
# Rồi thay đổi: đợt 2 trừ đợt 1. Hai đợt hỏi ở cùng các xã nên hai con số không độc lập; `before_after` tính
# cả điều đó vào sai số.

# %%
thay_doi = sv.before_after(thiet_ke, "chung", value=[4, 5], wave="dot", by="nhom").to_frame()
lesson.show(
    lesson.table(thay_doi, unit="points", rows="nhóm xã"),
    f"Thay đổi từ đợt 1 đến đợt 2 theo nhóm xã {GIA_LAP}",
)

# %% jupyter={"source_hidden": true}
ap_dung, so_sanh = (lesson.in_words(thay_doi.loc[n]) for n in ("áp dụng giữa hai đợt", "chưa áp dụng"))
lesson.reading(f"ở các xã áp dụng giữa hai đợt: {ap_dung}; ở các xã chưa áp dụng: {so_sanh}.")

# %% [markdown]
# Cùng điều đó bằng hình: đường mảnh là từng xã, đường đậm là cả nhóm.

# %%
tung_xa = pd.DataFrame({"before": moi_xa[1].value, "after": moi_xa[2].value}).assign(arm=vai)

ca_nhom = muc_nhom.to_frame()[["estimate", "ci_low", "ci_high"]].rename(index=VAI, level="nhom")
truoc, sau = (ca_nhom.xs(d, level="dot") for d in (1, 2))
truoc.columns, sau.columns = ["before", "before_low", "before_high"], ["after", "after_low", "after_high"]

plots.slope(
    tung_xa,
    truoc.join(sau),
    title=f"Tỷ lệ hài lòng chung: từng xã và từng nhóm {GIA_LAP}",
    waves=("Đợt 1", "Đợt 2"),
    arms=TEN_VAI,
    ylabel="Tỷ lệ hài lòng (%)",
    note=f"Đường mảnh: từng xã. Đường đậm: cả nhóm, với khoảng tin cậy 95 %. {NGUON}",
)

# %% jupyter={"source_hidden": true}
tu_truoc = phieu.loc[phieu["nhom"] == "áp dụng từ trước", "ma_xa"].nunique()
lesson.reading(
    "để ý nhóm áp dụng từ trước: không xã nào trong đó bắt đầu áp dụng giữa hai đợt, vậy mà thay đổi ước "
    f"lượng là {lesson.in_words(thay_doi.loc['áp dụng từ trước'])}. Nhóm này chỉ có {tu_truoc} xã trong "
    "mẫu. “Có thay đổi” chưa phải là “do mô hình”; bước 10 cho biết con số thật."
)

# %% [markdown]
# ## 7. Sai biệt kép: thay đổi trừ thay đổi
#
# Nếu mức hài lòng ở **mọi** xã đều tăng (vì mùa vụ, vì cách hỏi, vì chính sách chung), thì “sau trừ trước” ở
# xã áp dụng gồm cả phần đó. Trừ đi thay đổi ở xã chưa áp dụng thì phần chung mất đi:
#
# > sai biệt kép = (thay đổi ở xã áp dụng) − (thay đổi ở xã chưa áp dụng)
#
# Ở đây **xã** là đơn vị, không phải từng người, vì mô hình được áp dụng cho cả xã.

# %%
hieu_qua = sv.did(thiet_ke, "chung", value=[4, 5], treated="ap_dung", wave="dot", unit="ma_xa")

# %% [markdown]
# ### Dự đoán rồi chạy (2)
#
# Khoảng tin cậy của sai biệt kép so với khoảng của thay đổi ở riêng nhóm **áp dụng** (bảng ở bước 6) thì thế
# nào?
#
# - **A** – hẹp hơn
# - **B** – bằng nhau
# - **C** – rộng hơn
#
# Thay `None` bằng `"A"`, `"B"` hoặc `"C"` rồi chạy ô này và ô kế tiếp.

# %%
du_doan = None

# %% jupyter={"source_hidden": true}
hq = hieu_qua.to_frame().loc["did"]
rong_hq = 100 * (hq["ci_high"] - hq["ci_low"])
rong_ad = 100 * np.subtract(*thay_doi.loc["áp dụng giữa hai đợt", ["ci_high", "ci_low"]])
lesson.predict_choice(
    du_doan,
    "B" if round(rong_hq, 1) == round(rong_ad, 1) else "C" if rong_hq > rong_ad else "A",
    {"A": "hẹp hơn", "B": "bằng nhau", "C": "rộng hơn"},
    why=f"Khoảng của riêng nhóm áp dụng rộng {number(rong_ad, 1)} điểm, sai biệt kép {number(rong_hq, 1)} "
    "điểm. Lấy hiệu của hai thay đổi thì sai số của cả hai nhóm cùng góp vào; hơn nữa ở đây mọi xã, kể cả xã "
    "chọn chắc chắn, được coi là đại diện cho những xã khác.",
)

# %% [markdown]
# Kết quả:

# %%
lesson.show(
    lesson.table(
        hieu_qua.to_frame().rename(index={"did": "câu hỏi chung"}), unit="points", rows="sai biệt kép"
    ),
    f"Thay đổi ở xã áp dụng trừ thay đổi ở xã so sánh {GIA_LAP}",
)

# %% jupyter={"source_hidden": true}
if hq["ci_low"] > 0 or hq["ci_high"] < 0:
    nghia = "Khoảng không chứa 0: khác biệt khó có thể chỉ do may rủi của việc chọn mẫu"
else:
    nghia = "Khoảng có chứa 0: chưa đủ căn cứ để nói hai nhóm thay đổi khác nhau"
lesson.reading(
    f"thay đổi ở xã áp dụng trừ thay đổi ở xã so sánh là {lesson.in_words(hq)}. {nghia} "
    f"(p = {p_value(hieu_qua.test().loc['did', 'p'])}). Bỏ nhóm so sánh thì chỉ còn thay đổi của "
    f"riêng nhóm áp dụng, {ap_dung}: con số ấy trả lời câu hỏi khác, vì gồm cả phần mà xã nào cũng thay đổi."
)

# %% [markdown]
# Đọc **cả khoảng**, không chỉ đọc dấu: mọi giá trị trong khoảng đều phù hợp với số liệu. Khi một đầu của
# khoảng nằm sát 0 thì chỉ một thay đổi nhỏ trong cách tính cũng làm nó bước qua 0; kết luận như vậy phải nói
# dè dặt.

# %% [markdown]
# ## 8. Từng nhóm câu hỏi
#
# Cùng phép so sánh cho năm nhóm câu hỏi đã tính ở bước 2. Người là đơn vị trả lời: một người trả lời 15 câu
# vẫn là một người, không phải 15.

# %%
cac_phep = {ten: sv.did(thiet_ke, ten, treated="ap_dung", wave="dot", unit="ma_xa") for ten in NHOM_CAU}
ca_bang = pd.concat([kq.to_frame() for kq in (hieu_qua, *cac_phep.values())])
ca_bang.index = ["Câu hỏi chung", *NHOM_CAU]

bang_chu = lesson.table(ca_bang, unit="points", rows="chỉ tiêu")
lesson.show(bang_chu, f"Thay đổi ở xã áp dụng trừ thay đổi ở xã so sánh, theo chỉ tiêu {GIA_LAP}")

# %%
plots.forest(
    ca_bang.rename(columns=CAN),
    title=f"Thay đổi ở xã áp dụng trừ thay đổi ở xã so sánh {GIA_LAP}",
    xlabel="Điểm phần trăm",
    texts=[f"{uoc} ({khoang})" for uoc, khoang in bang_chu.iloc[:, :2].itertuples(index=False)],
    note=f"Thanh ngang: khoảng tin cậy 95 %, xã là cụm. {NGUON}",
)

# %% jupyter={"source_hidden": true}
tren = int((ca_bang.loc[list(NHOM_CAU), "ci_low"] > 0).sum())
lesson.reading(
    f"số nhóm câu hỏi có khoảng nằm hẳn trên 0 là {tren} trên {len(NHOM_CAU)}. Đây là kết quả phụ: xem nhiều "
    "khoảng cùng lúc thì dễ gặp một khoảng không chứa 0 chỉ do may rủi; và các nhóm câu hỏi do cùng những "
    "người ấy trả lời nên không phải là những bằng chứng riêng."
)

# %% [markdown]
# ## 9. Kết luận được gì, không kết luận được gì
#
# **Kết luận được**
#
# - mức hài lòng của từng nhóm xã, kèm khoảng tin cậy, vì mọi người có một xác suất được chọn biết trước;
# - thay đổi của từng nhóm giữa hai đợt;
# - thay đổi ở xã áp dụng khác thay đổi ở xã so sánh chừng nào, trong khoảng đã nêu.
#
# **Không kết luận được**
#
# - *“chắc chắn mô hình gây ra thay đổi”*: các xã không được bốc thăm để áp dụng. Phải giả định rằng nếu
#   không áp dụng thì hai nhóm thay đổi như nhau; chỉ với hai đợt thì không kiểm được giả định đó;
# - *“xã A tốt hơn xã B”*: khoảng của từng xã quá rộng (bước 5);
# - *“mô hình không có hiệu quả”* khi khoảng có chứa 0: chưa thấy khác nhau không phải là đã biết như nhau;
# - điều gì về từng người: hai đợt hỏi những người khác nhau;
# - điều gì về Cao Bằng thật: số liệu là giả lập.
#
# Điều tra thật còn có những sai lệch không nằm trong khoảng tin cậy: hỏi tại quầy thay vì tại nhà, người hỏi
# là chỗ quen biết, câu hỏi đổi giữa hai đợt, người không trả lời khác người trả lời. Cỡ mẫu lớn không chữa
# được.
#
# Một ví dụ có thật, theo báo Pháp luật TP. Hồ Chí Minh: năm 2006, phiếu do các cơ quan của thành phố phát tại
# quầy cho kết quả trên 90 % ở hầu hết nơi; phỏng vấn tại nhà ít lâu sau đó, lĩnh vực cao nhất chỉ hơn 70 %.
# Người hỏi, nơi hỏi và câu hỏi đều khác nhau, nên không biết riêng cái nào gây ra chênh lệch ấy.

# %% [markdown]
# ## 10. So với sự thật
#
# Số liệu giả lập có một cái lợi: con số thật, đếm trên toàn bộ dân số giả lập, đã biết. Với số liệu thật
# không bao giờ có tệp này.

# %%
su_that = pd.read_csv(thu_muc / "su_that.csv", dtype={"ma": str}, encoding="utf-8-sig")
that_xa = su_that.query("pham_vi == 'xã' and chi_tieu == 'chung' and dot == 2").set_index("ten")["gia_tri"]
that_xa = that_xa.loc[bang.index]

plots.dot_interval(
    {"Đợt 2": bang.rename(columns=CAN).assign(arm=vai, truth=that_xa)},
    title=f"Ước lượng và con số thật của từng xã, đợt 2 {GIA_LAP}",
    xlabel="Tỷ lệ hài lòng (%)",
    arms=TEN_VAI,
    truth="Con số thật",
    note=f"Thanh ngang: khoảng tin cậy 95 %. Dấu x: con số thật trong dân số giả lập. {NGUON}",
)

# %% jupyter={"source_hidden": true}
chua_that = int(((bang["ci_low"] <= that_xa) & (that_xa <= bang["ci_high"])).sum())
lesson.reading(
    f"khoảng tin cậy của {chua_that} trong {len(bang)} xã chứa con số thật. Ước lượng trải từ "
    f"{interval(bang['estimate'].min(), bang['estimate'].max())}, con số thật chỉ từ "
    f"{interval(that_xa.min(), that_xa.max())}: phần lớn chênh lệch giữa các ước lượng là do chọn mẫu."
)

# %% [markdown]
# Thay đổi của từng nhóm xã, và sai biệt kép:

# %%
nhom_that = su_that.query("pham_vi == 'nhóm' and chi_tieu == 'chung'").set_index(["dot", "ten"])["gia_tri"]
hieu_that = su_that.query("pham_vi == 'hiệu quả'").set_index("chi_tieu")["gia_tri"]

that = (nhom_that.loc[2] - nhom_that.loc[1]).reindex(thay_doi.index)
that["sai biệt kép"] = hieu_that["chung"]
uoc_luong = pd.concat([thay_doi, hieu_qua.to_frame().rename(index={"did": "sai biệt kép"})])

doi_chieu = lesson.table(uoc_luong.drop(columns="df"), unit="points", rows="thay đổi")
doi_chieu["con số thật"] = [number(100 * x, 1, sign=True) for x in that]
doi_chieu["trong khoảng?"] = np.where(that.between(uoc_luong["ci_low"], uoc_luong["ci_high"]), "có", "không")
lesson.show(doi_chieu, f"Ước lượng bên cạnh con số thật {GIA_LAP}")

# %% jupyter={"source_hidden": true}
lech = abs(hq["estimate"] - hieu_that["chung"]) / hq["se"]
ngoai = doi_chieu.index[doi_chieu["trong khoảng?"] == "không"]
doc = (
    f"hiệu quả thật trong dân số giả lập này là {points(hieu_that['chung'])}; ta ước lượng "
    f"{points(hq['estimate'])}, lệch {number(lech, 1)} lần sai số chuẩn."
)
if len(ngoai):
    doc += (
        f" Khoảng không chứa con số thật: {', '.join(ngoai)}. Khoảng 95 % được tính để đúng trong chừng 95 "
        "trên 100 cuộc khảo sát; gặp một khoảng sai là chuyện thường, và với số liệu thật thì không biết đó "
        "là khoảng nào."
    )
lesson.reading(doc)

# %% [markdown]
# ## Làm tiếp
#
# - Đổi `value=[4, 5]` thành `value=[5]` (chỉ “rất hài lòng”) ở các bước 5–7 rồi chạy lại. Kết luận có đổi
#   không? (Bước 10 khi đó không còn đúng, vì tệp sự thật tính theo mức 4–5.)
# - Bỏ dòng `fpc=…` ở bước 3 rồi chạy lại. Máy dừng ở bước nào, và vì sao?
# - Đặt `cells=["dot"]` ở bước 4. Con số thay đổi nhiều hay ít?
# - Làm báo cáo đầy đủ: `python run.py demo`. Với số liệu của mình: `surveykit new khao_sat_cua_toi`.
#
# [← Về trang bắt đầu](00_bat_dau.ipynb)
