# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # Rút mẫu: ai được hỏi, và chứng minh được vì sao
#
# Một cuộc điều tra đáng tin thì ai cũng kiểm tra lại được: danh sách nào, ngày nào, con số ngẫu nhiên nào,
# rút ra những ai. Sổ tay này lập **kế hoạch**, **rút mẫu** hai cấp (xã → thôn), làm **biên bản** và **danh
# sách đi thực địa**, rồi **diễn tập** trên dân số giả lập để biết trước sai số.
#
# > **Số liệu giả lập.** Tên và mã xã là thật; số hộ, thôn, người đều do máy sinh ra.
#
# [← Về trang bắt đầu](00_bat_dau.ipynb)

# %%
import tempfile
from dataclasses import replace
from pathlib import Path

import sampling
import surveykit as sv
from sampling import household, plots, templates
from sampling.format import integer, number, percent
from surveykit import population
from surveykit.lesson import reading, show
from surveykit.plots import designs
from surveykit.rehearsal import rehearse

# %% [markdown]
# ## 1. Khung mẫu

# %%
dan_so = population.simulate("Cao Bằng", seed=20261122, items=False)
so_ho = population.commune_list(dan_so)[["ma_xa", "so_ho"]]

xa = replace(
    sampling.communes(province="Cao Bằng").join(so_ho, on="ma_xa"),
    name="Xã, phường Cao Bằng, số hộ giả lập",
    source="danh mục xã có thật; số hộ giả lập",
    strata="type",
    size="so_ho",
)
thon = sampling.Frame(
    population.village_list(dan_so)[["ma_thon", "ma_xa", "so_nguoi"]],
    id="ma_thon",
    name="Thôn, tổ dân phố giả lập",
    as_of="2026-07-01",
    source="giả lập",
)
xa, thon

# %% [markdown]
# ## 2. Kế hoạch
#
# Kế hoạch nói bằng lời: chia tầng thế nào, mỗi cấp rút bao nhiêu, bằng cách nào. Chưa rút gì cả. Xã rút theo
# quy mô (PPS) bằng phương pháp Sampford – xác suất từng **cặp** xã tính được, nên sai số sau này tính được
# đúng. Thôn có hai thôn dự phòng, thứ tự định trước.

# %%
ke_hoach = (
    sampling.Plan(xa, name="Khảo sát hài lòng 2026 (giả lập)")
    .stage("commune", n=14, method="pps_sampford", size="so_ho")
    .stage("village", n=4, frame=thon, parent="ma_xa", reserve=2)
)
ke_hoach

# %% [markdown]
# Có sẵn vài **mẫu kế hoạch** để bắt đầu: `sipas_like`, `papi_like`, `two_tier_2026` (xã → thôn → hộ → người,
# không còn huyện), `one_commune`, `counter_interval` (khách đến một cửa), `panel` (hỏi lại).

# %%
templates.two_tier_2026(xa, size="so_ho", n_communes=14)

# %% [markdown]
# ## 3. Rút mẫu
#
# Phải có **hạt giống** (seed): một con số công bố trước, ví dụ ngày họp rút mẫu. Cùng hạt giống, cùng danh
# sách thì máy nào cũng rút ra đúng những đơn vị ấy.

# %%
mau = ke_hoach.draw(seed=20261125)
mau

# %%
cot = ["stratum", "commune", "commune_probability", "village", "village_probability", "weight", "use"]
TEN = ["tầng", "mã xã", "xác suất xã", "mã thôn", "xác suất thôn", "quyền số", "dùng"]
dung = {"main": "chính", "reserve": "dự phòng"}
show(
    mau.table[cot].head(12).replace({"use": dung}).set_axis(TEN, axis=1),
    "Mười hai dòng đầu của mẫu (giả lập)",
)

# %%
plots.plot_sample_map(mau, xa)

# %% [markdown]
# Bảng đi kèm mẫu cho biết ở từng tầng xác suất cặp có tính được đúng không. `surveykit` đọc bảng này:
# **không phải khai lại** tầng, cấp, xác suất.

# %%
CAP = {"commune": "xã", "village": "thôn", "exact": "đúng", True: "có", False: "không"}
COT = ["cấp", "tầng hoặc đơn vị trên", "phương pháp", "N", "n", "xác suất cặp", "công thức", "đo được"]
show(
    mau.joint.head(6).astype(object).replace(CAP).set_axis(COT, axis=1),
    "Sáu dòng đầu (giả lập)",
)

# %% [markdown]
# **Thôn không hỏi được?** Lấy thôn dự phòng **kế tiếp trong thứ tự đã định**, và ghi lại. Không ai được chọn
# thôn thay thế theo ý mình.

# %%
mat = mau.main["village"].iloc[0]
mau_2 = mau.release(mat, reason="thôn đã sáp nhập", on="2026-11-26")
show(
    mau_2.log.replace(CAP).set_axis(["cấp", "trong", "mất", "thay bằng", "thứ tự", "lý do", "ngày"], axis=1),
    "Nhật ký dự phòng (giả lập)",
)

# %% [markdown]
# ## 4. Trong hộ: hỏi ai?
#
# Không phải ai mở cửa thì hỏi người ấy. Bảng Kish chỉ ra người thứ mấy, theo số người lớn trong hộ. Xác suất
# của người được hỏi là 1/số người lớn và phải được ghi lại.

# %%
show(household.kish_grid(), "Bảng Kish")

# %% [markdown]
# ## 5. Biên bản và danh sách đi thực địa
#
# Biên bản chọn mẫu (Word) theo thể thức Nghị định 30/2020/NĐ-CP: khung mẫu và mã băm, ngày, hạt giống,
# phương pháp, danh sách. Danh sách cho từng điều tra viên là tệp Excel; mã là chữ, không có công thức.

# %%
thu_muc = Path(tempfile.mkdtemp())
bien_ban = sampling.write_record(mau, thu_muc / "bien_ban_chon_mau.docx", place="Cao Bằng")
danh_sach = sampling.write_field_lists(mau, thu_muc / "danh_sach", interviewers=4)
reading(f"đã ghi {bien_ban[0].name} và {integer(len(danh_sach))} tệp danh sách đi thực địa.")

# %% [markdown]
# ## 6. Diễn tập trước khi chi tiền
#
# Ba thiết kế cùng 224 phiếu, cùng dân số giả lập có giá trị thật biết trước. Mỗi thiết kế rút 60 lần: trung
# bình có lệch không, sai số chuẩn công bố có đúng không, khoảng tin cậy có chứa giá trị thật không?

# %%
cac_xa = population.commune_list(dan_so)["ma_xa"].tolist()[:24]
nguoi = population.adult_list(dan_so, wave=2, communes=cac_xa).rename(columns={"ma_nguoi": "adult"})

khung_xa = replace(xa, units=xa.units[xa.units["code"].isin(cac_xa)])
khung_thon = replace(thon, units=thon.units[thon.units["ma_xa"].isin(cac_xa)])
khung_nguoi = sampling.Frame(
    nguoi[["adult", "ma_thon"]], id="adult", name="Người giả lập", as_of="2026-07-01", source="giả lập"
)


def thiet_ke(so_xa, so_thon, so_nguoi):
    return (
        sampling.Plan(khung_xa, strata=(), name=f"{so_xa} xã × {so_thon} thôn × {so_nguoi} người")
        .stage("commune", n=so_xa, method="pps_sampford", size="so_ho")
        .stage("village", n=so_thon, frame=khung_thon, parent="ma_xa")
        .stage("adult", n=so_nguoi, frame=khung_nguoi, parent="ma_thon")
    )


dien_tap = rehearse(
    {k.name: k for k in (thiet_ke(7, 2, 16), thiet_ke(14, 2, 8), thiet_ke(14, 4, 4))},
    nguoi,
    y="hai_long",
    id="adult",
    seed=1,
    repetitions=60,
    cost={"commune": 2_000_000, "village": 500_000, "adult": 50_000},
    progress=False,
)
dien_tap

# %%
designs.rehearsal(dien_tap, title="Cùng 224 phiếu, ba thiết kế")

# %%
sai_so = dien_tap.table["sd"]
reading(
    f"cùng số phiếu, “{sai_so.idxmin()}” có sai số chuẩn thật nhỏ nhất; “{sai_so.idxmax()}” lớn nhất, gấp "
    f"{number(sai_so.max() / sai_so.min(), 1)} lần. Rải mẫu ra nhiều xã, nhiều thôn thì "
    "chính xác hơn nhưng đi lại tốn hơn. (Số liệu giả lập, 60 lần.)"
)

# %% [markdown]
# ## 7. Từ mẫu đến kết quả
#
# Khi phiếu về, ghép với mẫu: tầng, cấp, xác suất, kể cả xác suất cặp, đã nằm trong mẫu.

# %%
ke_hoach_nguoi = thiet_ke(14, 2, 8)
mau_nguoi = ke_hoach_nguoi.draw(seed=20261125)
phieu = mau_nguoi.main[["adult"]].merge(nguoi[["adult", "hai_long", "gioi"]], on="adult")

thiet_ke_mau = sv.join(mau_nguoi, phieu, id="adult")
show(sv.mean(thiet_ke_mau, "hai_long", by="gioi"), "Tỷ lệ hài lòng theo giới (giả lập)")

# %%
that = nguoi["hai_long"].mean()
uoc = sv.proportion(thiet_ke_mau, "hai_long", value=1).to_frame().iloc[0]
reading(
    f"ước lượng {percent(uoc['estimate'])}, khoảng tin cậy 95 % từ {percent(uoc['ci_low'])} đến "
    f"{percent(uoc['ci_high'])}; giá trị thật {percent(that)}. (Số liệu giả lập.)"
)

# %% [markdown]
# **Việc của bạn:** đổi hạt giống rồi chạy lại mục 3 – mẫu đổi, kế hoạch không đổi. Trả lại hạt giống cũ:
# đúng mẫu cũ.
#
# **Tiếp theo:** [05 – Quyền số](05_trong_so.ipynb).
