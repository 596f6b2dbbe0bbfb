# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # Cỡ mẫu: hỏi bao nhiêu người thì đủ?
#
# Câu hỏi đúng không phải “bao nhiêu phiếu”, mà là **“muốn biết điều gì, chính xác đến đâu”**. Sổ tay này
# trả lời cho những việc hay gặp: một tỷ lệ, một ngưỡng “trên 90 %”, thay đổi giữa hai đợt, hiệu quả của mô
# hình; rồi chia mẫu cho các tầng.
#
# Thanh trượt chỉ gọi những hàm thường; con số nào cũng hiện thành chữ, nên in ra giấy vẫn đọc được.
#
# [← Về trang bắt đầu](00_bat_dau.ipynb)

# %%
import ipywidgets as widgets
import pandas as pd

import sampling
from sampling import plots, size
from surveykit import lesson, planning
from surveykit.lesson import show

# %% [markdown]
# ## 1. Công thức quen thuộc và điều nó bỏ qua
#
# Nhiều tài liệu dùng công thức Yamane (Slovin): n = N / (1 + N e²). Nó cho một con số – và bỏ qua bốn điều.

# %%
size.yamane(20_000, e=0.05)

# %% [markdown]
# ## 2. Một tỷ lệ
#
# Ước lượng tỷ lệ hài lòng chừng 85 %, sai số biên ±3 điểm phần trăm. Hỏi theo thôn (mỗi thôn 8 người) thì
# người cùng thôn trả lời giống nhau: hệ số tương quan nội cụm (ICC) chừng 0,05. Cứ 100 phiếu phát ra có 80
# phiếu trả lời.

# %%
ty_le = sampling.size_proportion(p=0.85, margin=0.03, icc=0.05, take=8, response=0.80)
ty_le

# %% [markdown]
# **Giả định sai thì sao?** Bảng độ nhạy: mỗi dòng đổi một giả định.

# %%
nhay = ty_le.sensitivity()
TEN = {"assumption": "giả định", "value": "giá trị", "n": "phiếu phát", "n_answered": "phiếu trả lời"}
GIA_DINH = {
    "p": "tỷ lệ", "margin": "sai số biên", "icc": "ICC", "take": "người mỗi thôn", "response": "tỷ "
    "lệ trả lời",
    "level": "độ tin cậy",
}  # fmt: skip
nhay["assumption"] = nhay["assumption"].map(GIA_DINH)
show(nhay[["assumption", "value", "n", "n_answered"]].rename(columns=TEN), "Cỡ mẫu khi một giả định thay đổi")

# %%
plots.plot_sensitivity(ty_le)

# %% [markdown]
# **Thử bằng thanh trượt** (trong JupyterLab). Kết quả hiện thành một câu.

# %%
lesson.sliders(
    lambda **chon: sampling.size_proportion(**chon).sentence(),
    p=widgets.FloatSlider(0.85, min=0.5, max=0.98, step=0.01, description="tỷ lệ"),
    margin=widgets.FloatSlider(
        0.03, min=0.01, max=0.10, step=0.005, readout_format=".3f", description="sai số ±"
    ),
    icc=widgets.FloatSlider(0.05, min=0.0, max=0.3, step=0.01, description="ICC"),
    take=widgets.IntSlider(8, min=1, max=40, description="người/thôn"),
    response=widgets.FloatSlider(0.80, min=0.3, max=1.0, step=0.05, description="trả lời"),
)

# %% [markdown]
# ## 3. “Trên 90 % hài lòng”: muốn chứng tỏ thì cần bao nhiêu?
#
# Thấy 90 % trong mẫu **không** chứng tỏ tỷ lệ thật trên 90 %. Muốn chứng tỏ, cận dưới của khoảng tin cậy phải
# vượt 90 %.
#
# **Dự đoán rồi chạy.** Tỷ lệ thật là 92 %; cần bao nhiêu phiếu trả lời để có 80 % cơ hội chứng tỏ được
# “trên 90 %”? Viết số của bạn thay cho `None`.

# %%
du_doan = None

# %%
nguong = sampling.size_threshold(p=0.92, p0=0.90)
nguong

# %% jupyter={"source_hidden": true}
lesson.predict_number(du_doan, float(nguong.n_answered), near=200, unit="phiếu")

# %%
plots.plot_operating_curve(nguong)

# %% [markdown]
# Đường cong cho biết: với tỷ lệ thật bao nhiêu thì cơ hội “đạt” là bao nhiêu – theo hai quy tắc. Quy tắc
# “thấy từ 90 % trở lên là đạt” công nhận nhầm rất nhiều xã chưa đạt.

# %% [markdown]
# ## 4. Thay đổi giữa hai đợt
#
# Từ 80 % lên 85 %, hai đợt hỏi những người khác nhau: mỗi đợt cần bao nhiêu?

# %%
hai_dot = sampling.size_change(p1=0.80, p2=0.85, deff=1.35, response=0.80)
hai_dot

# %% [markdown]
# ## 5. Hiệu quả của mô hình (sai biệt kép)
#
# Ở đây **xã** mới là đơn vị, không phải từng người: thêm người trong một xã không thay được thêm xã. Trong
# câu dưới, `stability` là tương quan giữa hai đợt của cùng một xã.

# %%
hieu_qua = sampling.size_did(p1=0.80, effect=0.06, take=32, icc=0.05, stability=0.7, response=0.80)
hieu_qua

# %%
plots.plot_power(hieu_qua)

# %% [markdown]
# ## 6. Nhiều chỉ tiêu một lúc
#
# Cuộc điều tra nào cũng có nhiều chỉ tiêu. Đặt cạnh nhau để thấy chỉ tiêu nào đòi cỡ mẫu lớn nhất.

# %%
sampling.compare_sizes(
    {"tỷ lệ hài lòng ±3 điểm": ty_le, "chứng tỏ trên 90 %": nguong, "thay đổi 80 → 85 %": hai_dot}
)

# %% [markdown]
# ## 7. ICC và deff từ cuộc trước
#
# Đừng đoán nếu đã có số liệu. Lấy từ đợt 2 của ví dụ Cao Bằng (số liệu **giả lập**).

# %%
import surveykit as sv
from surveykit.report.starter import example_folder

ma = {"ma_xa": str, "ma_thon": str}
phieu = pd.read_csv(example_folder() / "phieu_dot_2.csv", dtype=ma, encoding="utf-8-sig")
phieu["hai_long"] = (phieu["chung"] >= 4).where(phieu["chung"].notna()).astype(float)
thiet_ke = sv.Design(
    phieu, weights="quyen_so", strata="tang", psu=["ma_xa", "ma_thon"], lonely_psu="certainty"
)

cuoc_truoc = planning.from_design(thiet_ke, "hai_long")
cuoc_truoc

# %%
sampling.size_proportion(margin=0.03, earlier=cuoc_truoc)

# %% [markdown]
# ## 8. Chia mẫu cho các tầng
#
# Có n rồi, chia cho phường và xã thế nào? Chia **theo quy mô** tốt cho số chung; chia **đều** tốt cho từng
# tầng; **căn bậc hai** ở giữa. Bảng sai số biên dự kiến nói cái giá của mỗi cách – trước khi đi hỏi.

# %%
so_ho = pd.Series({"phường": 15_368, "xã": 116_293})  # giả lập
cach = {"theo quy mô": "proportional", "căn bậc hai": "square_root", "chia đều": "equal"}
chia = {ten: sampling.allocate(so_ho, 1_280, method=m) for ten, m in cach.items()}
show(pd.DataFrame({ten: c.n for ten, c in chia.items()}), "Chia 1.280 phiếu (giả lập)")

# %%
sampling.precision(chia["căn bậc hai"], p=0.82, icc=0.05, take=8, response=0.80)

# %% [markdown]
# **Việc của bạn:** đổi `p`, `margin`, `icc` cho cuộc điều tra của mình; chép câu kết quả vào phương án điều
# tra.
#
# **Tiếp theo:** [03 – Rút mẫu](03_rut_mau.ipynb).
