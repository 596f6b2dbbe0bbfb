# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # Bắt đầu từ đây
#
# Bàn làm việc này trả lời một câu hỏi: **người dân hài lòng với chính quyền cơ sở đến mức nào, và mô hình
# “Chính quyền thân thiện, vì Nhân dân phục vụ” có làm thay đổi điều đó không** – kèm sai số, và nói rõ điều
# gì số liệu *không* cho phép kết luận.
#
# Dành cho người nghiên cứu, người viết báo cáo đánh giá và người dạy cán bộ ngành Nội vụ. Không cần biết lập
# trình để đọc và chạy; cần sửa vài cái tên khi dùng số liệu của mình.
#
# **Cách chạy:** bấm vào một ô rồi nhấn **Shift + Enter**. Chạy lần lượt từ trên xuống.

# %% [markdown]
# ## Mở sổ tay nào cho việc nào
#
# | Việc cần làm | Sổ tay |
# |---|---|
# | So sánh các xã **trước và sau** khi áp dụng mô hình | **[07 – Trước và sau](07_truoc_sau.ipynb)** |
# | Lập khung mẫu, kiểm tra chất lượng, đổi xã cũ sang xã mới | [01 – Khung mẫu](01_khung_mau.ipynb) |
# | Tính cỡ mẫu và phân bổ mẫu | [02 – Cỡ mẫu](02_co_mau.ipynb) |
# | Rút mẫu, biên bản, danh sách thực địa, diễn tập | [03 – Rút mẫu](03_rut_mau.ipynb) |
# | Nhập và làm sạch số liệu | 04 – chưa có trong bản này |
# | Tính quyền số, từ quyền số thiết kế đến quyền số cuối cùng | [05 – Quyền số](05_trong_so.ipynb) |
# | Ước lượng, sai số, so sánh; vì sao không dùng Weight Cases | [06 – Ước lượng](06_uoc_luong.ipynb) |
# | Ngưỡng công nhận (“đạt trên 90 %”) và xếp hạng | 08 – chưa có trong bản này |
#
# Mới dùng lần đầu: chạy hết trang này (chưa đến một phút), rồi mở sổ tay 07.

# %% [markdown]
# ## Xem báo cáo mẫu
#
# Mở cửa sổ dòng lệnh ở thư mục của dự án và gõ:
#
# ```
# python run.py demo
# ```
#
# Máy làm báo cáo từ số liệu **giả lập** và ghi vào thư mục `output/`: `bao_cao.html` (mở bằng trình duyệt),
# `bang_so_lieu.xlsx` (mọi bảng), `bieu_do/` (mọi hình, PNG và SVG).

# %% [markdown]
# ## Dùng số liệu của mình
#
# 1. Tạo một thư mục từ ví dụ: `surveykit new khao_sat_cua_toi`
# 2. Thay các tệp `.csv` bằng số liệu của mình, hoặc nhập vào `mau_nhap_lieu.xlsx`.
# 3. Sửa tên tệp, tên cột, ngày trong `bao_cao.toml`: mỗi dòng đều có lời giải thích.
# 4. Lập báo cáo: `surveykit report khao_sat_cua_toi/bao_cao.toml`
#
# Lệnh `surveykit` nằm trong thư mục `.venv` mà `run.py` đã tạo: `.venv/bin/surveykit` (Linux, macOS) hoặc
# `.venv\Scripts\surveykit` (Windows). Sai tên cột hay thiếu tệp: máy nói rõ sai ở đâu và sửa thế nào; không
# có gì bị ghi dở.
#
# Hai điều cần có trước khi hỏi người dân, vì sau đó không bù được:
#
# - **mỗi phiếu phát ra một dòng**, kể cả phiếu không thu về – nếu không thì không biết tỷ lệ trả lời;
# - **người trả lời được chọn thế nào** (xã, thôn, người; xác suất bao nhiêu) – nếu không thì không có sai số
#   nào đúng.

# %% [markdown]
# ## Thử ngay: khung mẫu
#
# Muốn rút mẫu phải có **khung mẫu**: danh sách mọi đơn vị có thể được chọn. Bàn làm việc có sẵn danh mục cấp
# xã của cả nước từ ngày 1/7/2025. Đây là tỉnh Cao Bằng.

# %%
import sampling

khung = sampling.communes(province="Cao Bằng")
khung

# %% [markdown]
# Khung mẫu nào cũng có chỗ sai. `problems()` liệt kê chỗ phải xem lại **trước khi** rút mẫu.

# %%
TIENG_VIET = {"check": "kiểm tra", "level": "mức", "n": "số đơn vị", "where": "ở đâu", "meaning": "ý nghĩa"}

bang = khung.problems().rename(columns=TIENG_VIET).style.hide()
bang.set_table_styles([{"selector": "th, td", "props": "text-align: left; vertical-align: top"}])

# %% [markdown]
# Điều quan trọng nhất ở bảng trên: **khung không có dân số**. Số dân hoặc số hộ phải lấy từ nguồn của mình
# và ghép theo mã (`khung.join(bảng, on="ma_xa")`).

# %% [markdown]
# ## Thử ngay: một con số và khoảng tin cậy của nó
#
# Số liệu dưới đây là **giả lập**: không ai được phỏng vấn, không con số nào nói về Cao Bằng. Mỗi dòng là một
# phiếu phát ra ở đợt 2.

# %%
import pandas as pd

import surveykit as sv
from sampling.format import integer, interval, percent
from surveykit.lesson import reading, show
from surveykit.report.starter import example_folder

thu_muc = example_folder()  # data/examples/cao_bang
phieu = pd.read_csv(thu_muc / "phieu_dot_2.csv", dtype={"ma_xa": str, "ma_thon": str}, encoding="utf-8-sig")
show(
    phieu[["ma_phieu", "ma_xa", "ma_thon", "quyen_so", "tra_loi", "gioi", "chung"]].head(),
    "Năm phiếu đầu của đợt 2 (số liệu giả lập)",
)

# %% [markdown]
# Tách ra một xã: Đoài Dương (mã 01525), 4 thôn, mỗi thôn 8 người. Hỏi: bao nhiêu phần trăm người dân hài
# lòng (trả lời mức 4 hoặc 5)? Phải nói cho máy biết phiếu được chọn thế nào: có quyền số, và theo **thôn**.
# Số liệu của bảng này chưa bù cho người không trả lời; sổ tay 07 làm đủ các bước.

# %%
mot_xa = phieu[phieu["ma_xa"] == "01525"]
thiet_ke = sv.Design(mot_xa, weights="quyen_so", psu="ma_thon")

hai_long = sv.proportion(thiet_ke, "chung", value=[4, 5])
show(hai_long, "Tỷ lệ hài lòng chung ở một xã, đợt 2 (số liệu giả lập)")

# %%
dong = hai_long.to_frame().iloc[0]
reading(
    f"ở xã này, ước lượng {percent(dong['estimate'])} số người hài lòng; với độ tin cậy 95 %, con số thật từ "
    f"{interval(dong['ci_low'], dong['ci_high'])}. Khoảng rộng vì chỉ có {integer(dong['n'])} người trả lời, "
    "ở 4 thôn. (Số liệu giả lập.)"
)

# %% [markdown]
# Nếu quên nói cách chọn mẫu, máy không đoán thay: nó dừng lại và hỏi. Đó là chủ ý – một con số không biết
# sai số bao nhiêu thì không nên đưa vào báo cáo.
#
# **Tiếp theo:** mở [07 – Trước và sau](07_truoc_sau.ipynb).

# %% [markdown]
# ## Từ dùng trong các sổ tay
#
# Bảng đối chiếu Việt – Anh ở mục “Thuật ngữ” của [README](../README.md).
#
# | Từ | Nghĩa |
# |---|---|
# | **tổng thể** | tất cả những người mà kết quả muốn nói tới, ví dụ người từ 18 tuổi của tỉnh |
# | **khung mẫu** | danh sách để rút mẫu |
# | **tầng** | nhóm được chia trước khi rút; mỗi nhóm rút mẫu riêng |
# | **đơn vị chọn mẫu cấp 1, cấp 2** (PSU) | rút xã trước, rồi rút thôn trong xã, rồi rút người trong thôn |
# | **đơn vị chọn chắc chắn** | xã có xác suất được chọn bằng 1, thường vì lớn |
# | **quyền số** (trọng số) | mỗi người trả lời đại diện cho bao nhiêu người |
# | **điều chỉnh không trả lời** | người trả lời gánh phần của người không trả lời trong cùng lớp |
# | **hiệu chỉnh biên** (raking) | chỉnh quyền số cho khớp cơ cấu dân số đã biết, ví dụ giới và tuổi |
# | **sai số chuẩn** | ước lượng thường lệch con số thật chừng bao nhiêu vì chỉ hỏi một mẫu |
# | **khoảng tin cậy 95 %** | khoảng tính sao cho trong 100 cuộc khảo sát, chừng 95 khoảng chứa con số thật |
# | **bậc tự do** | lượng thông tin để tính sai số: ít đơn vị thì ít bậc tự do, khoảng rộng ra |
# | **hệ số thiết kế** (deff) | sai số (bình phương) gấp mấy lần so với rút từng người ngẫu nhiên đơn giản |
# | **cỡ mẫu hiệu dụng** | số trả lời chia cho hệ số thiết kế |
# | **điểm phần trăm** | từ 80 % lên 86 % là tăng 6 điểm phần trăm |
# | **sai biệt kép** | thay đổi ở xã áp dụng **trừ** thay đổi ở xã chưa áp dụng |
# | **giả lập** | do máy sinh ra để minh họa; không phải số liệu thật |
