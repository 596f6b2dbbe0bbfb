# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # Khung mẫu: danh sách để rút mẫu
#
# Ai không có trong danh sách thì không bao giờ được hỏi. Vì vậy việc đầu tiên của một cuộc điều tra là
# **khung mẫu**: danh sách mọi đơn vị có thể được chọn, có ngày, có nguồn, và biết nó sai ở đâu.
#
# Sổ tay này đi qua bốn việc: (1) khung xã của một tỉnh có thật, (2) đọc danh sách của mình, (3) đổi số liệu
# từ xã cũ sang xã mới, (4) làm sạch số đo quy mô.
#
# [← Về trang bắt đầu](00_bat_dau.ipynb)

# %%
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path

import pandas as pd

import sampling
from sampling.cleaning import clean_sizes
from sampling.format import integer, number
from surveykit import population
from surveykit.lesson import reading, show

# %% [markdown]
# ## 1. Khung xã của một tỉnh
#
# Danh mục xã, phường, đặc khu từ ngày 1/7/2025 đã có sẵn. Cao Bằng có 56 đơn vị.

# %%
khung = sampling.communes(province="Cao Bằng")
khung

# %% [markdown]
# **Khung nào cũng có lỗi.** Hỏi trước khi rút mẫu:

# %%
TIENG_VIET = {"check": "kiểm tra", "level": "mức", "n": "số đơn vị", "where": "ở đâu", "meaning": "ý nghĩa"}

show(khung.problems().rename(columns=TIENG_VIET), "Những chỗ phải xem lại")

# %% [markdown]
# Điều quan trọng nhất: **khung không có dân số**. Dân số các xã mới phải lấy từ nguồn của mình rồi ghép
# **theo mã**, không ghép theo tên. Dưới đây số hộ là **giả lập**.

# %%
dan_so = population.simulate("Cao Bằng", seed=20261122, items=False)
so_ho = population.commune_list(dan_so)[["ma_xa", "so_ho"]]

khung = replace(
    khung.join(so_ho, on="ma_xa"),
    name="Xã, phường Cao Bằng, số hộ giả lập",
    source="danh mục xã có thật; số hộ giả lập",
    strata="type",
    size="so_ho",
)
khung

# %% [markdown]
# **Độ bao phủ.** Nếu biết tổng số từ nguồn khác, so ngay: khung có đủ không? Ở đây giả sử nguồn khác ghi
# 140.000 hộ (con số để minh họa).

# %%
dan_so_khac = khung.problems(known=140_000, of="so_ho").rename(columns=TIENG_VIET)
show(dan_so_khac[dan_so_khac["kiểm tra"] == "độ phủ"], "So với tổng số đã biết (giả lập)")

# %% [markdown]
# ## 2. Danh sách của mình
#
# Danh sách thôn, danh sách hộ, hay sổ hồ sơ một cửa thường ở trong Excel hoặc .csv. `read_frame` giữ mã là
# chữ (không mất số 0 ở đầu) và nói rõ chỗ nào không đọc được.
#
# Ví dụ: một sổ hồ sơ một cửa **giả lập**. Một người nộp năm hồ sơ thì có năm cơ hội được chọn: máy đếm
# giúp, và quyền số sẽ được chia cho số đó. Cột họ tên bị bỏ đi ngay sau khi đếm.

# %%
thu_muc = Path(tempfile.mkdtemp())
ho_so = pd.DataFrame(
    {
        "ma_ho_so": [f"HS{k:03d}" for k in range(1, 9)],
        "nguoi_nop": ["Người A", "Người B", "người a", "Người C", "Người A", "Người D", "Người B", "Người E"],
        "linh_vuc": [
            "đất đai",
            "hộ tịch",
            "hộ tịch",
            "đất đai",
            "chứng thực",
            "hộ tịch",
            "đất đai",
            "hộ tịch",
        ],
    }
)
ho_so.to_csv(thu_muc / "so_ho_so.csv", index=False, encoding="utf-8-sig")

so_mot_cua = sampling.read_frame(
    thu_muc / "so_ho_so.csv", id="ma_ho_so", as_of="2026-06-30", source="giả lập", person="nguoi_nop"
)
show(so_mot_cua.units, "Sổ hồ sơ một cửa sau khi đọc (giả lập)")

# %% [markdown]
# ## 3. Từ xã cũ sang xã mới
#
# Ngày 1/7/2025, 10.035 xã, phường, thị trấn thành 3.321. Muốn so sánh “trước” và “sau” phải đưa về **cùng một
# địa bàn**. Ví dụ được báo chí nhắc tới: xã **Phúc Sen** (Cao Bằng) nay thuộc xã **Quảng Uyên**.

# %%
noi = sampling.crosswalk("Cao Bằng")
cot = ["old_code", "old_name", "old_district", "new_code", "new_name", "kind"]
show(
    noi.loc[noi["new_name"] == "Xã Quảng Uyên", cot]
    .replace({"kind": {"whole": "toàn bộ", "part": "một phần"}})
    .set_axis(["mã cũ", "tên cũ", "huyện cũ", "mã mới", "tên mới", "kiểu"], axis=1),
    "Những xã hợp thành xã Quảng Uyên (số liệu thật)",
)

# %% [markdown]
# Vì vậy không có “Phúc Sen 2026” để so với “Phúc Sen 2024”. Có hai cách đúng: gộp các xã cũ theo ranh giới
# mới, hoặc hỏi riêng phần địa bàn Phúc Sen cũ trong xã Quảng Uyên.
#
# `convert` gộp số liệu của xã cũ. Tổng trước và sau bằng nhau. Số phiếu dưới đây là **giả lập**.

# %%
cu = noi.loc[noi["new_name"].isin(["Xã Quảng Uyên", "Xã Đoài Dương"]), ["old_code"]].drop_duplicates()
cu["so_phieu"] = [40 + 7 * k for k in range(len(cu))]  # giả lập

sampling.convert(cu, code="old_code", values="so_phieu")

# %% [markdown]
# Ở Cao Bằng không xã nào bị chia. Ở Hải Phòng có 72 xã bị chia cho nhiều xã mới, và **không ai công bố** bao
# nhiêu dân ở mỗi phần. Máy không đoán: nó hỏi cách chia.

# %%
hai_phong = sampling.crosswalk("Hải Phòng")
cu = hai_phong[["old_code"]].drop_duplicates()
cu["so_nguoi"] = 1000  # giả lập

try:
    sampling.convert(cu, code="old_code", values="so_nguoi", suspects="keep")
except ValueError as loi:
    print(loi)

# %% [markdown]
# Nói `share="equal"` (chia đều) thì được – và kết quả kèm **dải**: mỗi xã mới thấp nhất, cao nhất là bao
# nhiêu nếu chia cách khác. Dải rộng thì đừng kết luận từ con số giữa.

# %%
with warnings.catch_warnings(record=True) as canh_bao:
    warnings.simplefilter("always")
    doi = sampling.convert(cu, code="old_code", values="so_nguoi", share="equal")

for w in canh_bao:
    print(str(w.message)[:300])
doi

# %% [markdown]
# ## 4. Làm sạch số đo quy mô
#
# Rút mẫu theo quy mô (PPS) cần số hộ hoặc số dân từng xã. Số đo sai làm mẫu **kém hiệu quả**, không làm kết
# quả **lệch** – miễn là xác suất được ghi đúng theo số đo đã dùng. Nhưng số trống, số 0, số gõ nhầm thì
# phải xử lý, và giữ lại số gốc để ai cũng kiểm tra được.

# %%
ban = khung.units[["code", "name", "type", "province", "area_km2", "so_ho"]].copy()
ban["so_ho"] = ban["so_ho"].astype(object)
ban.loc[3, "so_ho"] = "đang cập nhật"
ban.loc[7, "so_ho"] = 12  # gõ thiếu chữ số
ban.loc[11, "so_ho"] = 653_422  # số của cả tỉnh lọt vào một xã
ban = sampling.Frame(
    ban, id="code", name="Cao Bằng, số hộ giả lập có lỗi", as_of="2025-07-01", source="giả lập"
)

sach = clean_sizes(ban, size="so_ho", least=200, totals={"Tỉnh Cao Bằng": 135_000})
doi_roi = sach.units[sach.units["so_ho_note"].str.contains("thay bằng")]
show(
    doi_roi[["code", "name", "so_ho_raw", "so_ho", "so_ho_note"]]
    .astype({"so_ho_raw": str})
    .set_axis(["mã", "tên", "số gốc", "số dùng", "vì sao"], axis=1),
    "Những xã có số hộ được thay (giả lập)",
)

# %%
tong = sach.units["so_ho"].sum()
reading(
    f"sau khi thay {integer(len(doi_roi))} số và kéo theo tổng của tỉnh, tổng số hộ là {number(tong, 0)}; số "
    "gốc vẫn còn ở cột so_ho_raw. Quy tắc nào đã dùng đều ghi ở cột cuối. (Số liệu giả lập.)"
)

# %% [markdown]
# **Việc của bạn:** thay `"Cao Bằng"` bằng tỉnh của mình và đọc bảng `problems()`. Có dòng “lỗi” nào không?
#
# **Tiếp theo:** [02 – Cỡ mẫu](02_co_mau.ipynb).
