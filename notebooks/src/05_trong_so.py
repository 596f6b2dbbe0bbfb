# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # Quyền số: từ quyền số thiết kế đến quyền số cuối cùng
#
# Phiếu thu về không giống dân số: người trẻ hay vắng nhà, phường trả lời ít hơn xã. **Quyền số** cho biết
# mỗi phiếu đại diện cho bao nhiêu người. Sổ tay này làm quyền số **từng bước, bước nào cũng nhìn thấy
# được**, và mỗi bước đều đi vào sai số.
#
# Quyền số sửa được phần lệch *do những điều đã biết* (giới, tuổi, nơi ở). Nó **không** sửa được phần lệch
# do điều không biết – ví dụ người bất mãn thì không trả lời.
#
# > **Số liệu giả lập.** Tên và mã xã là thật; người, phiếu, câu trả lời đều do máy sinh ra, nên con số thật
# > của dân số biết trước và so sánh được.
#
# [← Về trang bắt đầu](00_bat_dau.ipynb)

# %%
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

import sampling
import surveykit as sv
from sampling.format import integer, percent
from surveykit import population
from surveykit.diagnostics import export_weights, heaviest, margins_table, weight_factors
from surveykit.lesson import predict_choice, reading, show
from surveykit.plots import weights as plots

# %% [markdown]
# ## 1. Quyền số thiết kế: ai được rút, với xác suất nào
#
# Mẫu hai cấp rồi đến người: 14 xã theo quy mô, 4 thôn mỗi xã, 12 người mỗi thôn. Quyền số thiết kế là **một
# chia cho xác suất được chọn**; mẫu đã rút tự mang theo con số này. Hai câu hỏi: có hài lòng không, và đã
# từng nộp hồ sơ **trực tuyến** chưa (giả lập: người trẻ nộp nhiều hơn).

# %%
HAT_GIONG = 20261126
dan_so = population.simulate("Cao Bằng", seed=20261122, items=False)
nguoi = population.adult_list(dan_so, wave=2).rename(columns={"ma_nguoi": "adult"})
kha_nang_mang = nguoi["nhom_tuoi"].map({"18–34": 0.75, "35–59": 0.50, "60+": 0.15})
nguoi["truc_tuyen"] = (np.random.default_rng(1).random(len(nguoi)) < kha_nang_mang).astype(int)
so_ho = population.commune_list(dan_so)[["ma_xa", "so_ho"]]

xa = replace(
    sampling.communes(province="Cao Bằng").join(so_ho, on="ma_xa"),
    name="Xã, phường Cao Bằng, số hộ giả lập",
    strata="type",
    size="so_ho",
)
thon = sampling.Frame(
    population.village_list(dan_so)[["ma_thon", "ma_xa"]],
    id="ma_thon",
    name="Thôn giả lập",
    as_of="2026-07-01",
    source="giả lập",
)
danh_sach = sampling.Frame(
    nguoi[["adult", "ma_thon"]], id="adult", name="Người giả lập", as_of="2026-07-01", source="giả lập"
)
mau = (
    sampling.Plan(xa)
    .stage("commune", n=14, method="pps_sampford")
    .stage("village", n=4, frame=thon, parent="ma_xa")
    .stage("adult", n=12, frame=danh_sach, parent="ma_thon")
    .draw(seed=HAT_GIONG)
)
mau

# %% [markdown]
# Đi thực địa (giả lập): người 60 tuổi trở lên hay ở nhà nên trả lời nhiều, người trẻ trả lời ít; phường ít
# hơn xã. Tỷ lệ trả lời từ khoảng 40 % đến 90 % tùy nhóm.

# %%
may = np.random.default_rng(HAT_GIONG)
chon = mau.main[["adult", "stratum"]].merge(nguoi, on="adult")
kha_nang = (
    chon["nhom_tuoi"].map({"18–34": 0.45, "35–59": 0.70, "60+": 0.88})
    + chon["gioi"].map({"Nam": -0.03, "Nữ": 0.03})
    + chon["stratum"].map({"phường": -0.03}).fillna(0.0)
)
tra_loi = may.random(len(chon)) < kha_nang
khac = np.where(may.random(len(chon)) < 0.6, "không gặp", "từ chối")
chon["ket_qua"] = np.where(tra_loi, "hoàn thành", khac)
chon["tra_loi"] = tra_loi.astype(int)
for cot in ("hai_long", "truc_tuyen"):
    chon[cot] = chon[cot].where(tra_loi)
phieu = chon.drop(columns=["stratum", "ma_thon", "ma_xa"])

thiet_ke = sv.join(mau, phieu, id="adult", responded="co_phieu")
thiet_ke

# %% [markdown]
# Hộ có nhiều người lớn mà chỉ hỏi một người thì phải **nhân** với số người lớn; một người đứng tên trong
# nhiều danh sách (nhiều hồ sơ một cửa) thì phải **chia** cho số danh sách:

# %%
ho = pd.DataFrame({"quyen_so": [20.0, 20.0, 20.0], "nguoi_lon": [1, 2, 4], "so_ho_so": [1, 3, 1]})
mau_ho = (
    sv.Design(ho, weights="quyen_so")
    .pipe(sv.multiply_weights, "nguoi_lon")
    .pipe(sv.multiply_weights, "so_ho_so", divide=True)
)
show(
    ho.assign(cuoi=mau_ho.weights).set_axis(
        ["quyền số hộ", "người lớn trong hộ", "số hồ sơ của người ấy", "quyền số của người"], axis=1
    ),
    "Ba hộ (giả lập)",
)

# %% [markdown]
# ## 2. Phiếu đi đâu
#
# Trước khi sửa, phải **đếm**: phát ra bao nhiêu, gặp được ai, ai từ chối. Các tỷ lệ theo định nghĩa của
# AAPOR. Hộ thay thế không làm tăng tỷ lệ trả lời: hộ bị thay vẫn là hộ không trả lời.

# %%
sv.dispositions(thiet_ke, "ket_qua")

# %% [markdown]
# ## 3. Không trả lời
#
# Nếu bỏ qua người không trả lời, ta ngầm nói rằng họ giống người trả lời. Hãy xem ở đây có đúng không.

# %%
that = float(nguoi["truc_tuyen"].mean())
tho = sv.proportion(thiet_ke, "truc_tuyen", value=1).to_frame().iloc[0]
reading(
    f"chỉ lấy người trả lời, quyền số thiết kế cho {percent(tho['estimate'])} người từng nộp hồ sơ trực "
    f"tuyến, khoảng tin cậy 95 % từ {percent(tho['ci_low'])} đến {percent(tho['ci_high'])}; con số thật của "
    f"dân số giả lập là {percent(that)}. Người trẻ ít trả lời, mà họ nộp trực tuyến nhiều, "
    "nên kết quả thấp hơn thật."
)

# %% [markdown]
# **Lớp điều chỉnh**: trong mỗi lớp (tầng × nhóm tuổi × giới, biết được cho mọi người được chọn), người trả
# lời gánh phần của người không trả lời. Lớp quá ít người trả lời thì được **gộp** với lớp bên cạnh, và máy
# nói ra.

# %%
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # máy nhắc về các lớp đã gộp; ở đây đọc ngay bên dưới
    theo_lop = sv.adjust_nonresponse(
        thiet_ke, responded="tra_loi", cells=["stratum", "nhom_tuoi", "gioi"], collapse_below=15
    )
gop = pd.DataFrame({"lớp được gộp": theo_lop.steps[-1].joined})
show(gop, "Các lớp có dưới 15 người trả lời")

# %% [markdown]
# **Xu hướng trả lời** (propensity): ước lượng khả năng trả lời của từng người bằng mô hình logit rồi lấy
# nghịch đảo. Khả năng ấy là *ước lượng*, nên nó cũng đi vào sai số.

# %%
theo_logit = sv.adjust_nonresponse(
    thiet_ke, responded="tra_loi", method="propensity", predictors=["stratum", "nhom_tuoi", "gioi"]
)


def bang_so_sanh(cac_cach):
    dong = {ten: sv.mean(d, "truc_tuyen") for ten, d in cac_cach.items()}
    return pd.DataFrame(
        {ten: (100 * e.value.iloc[0], 100 * e.se.iloc[0]) for ten, e in dong.items()},
        index=["ước lượng, %", "sai số chuẩn, điểm %"],
    ).T


show(
    bang_so_sanh({"chưa sửa": thiet_ke, "theo lớp": theo_lop, "xu hướng": theo_logit}),
    f"Từng nộp trực tuyến; con số thật {percent(that)} (giả lập)",
)

# %% [markdown]
# ## 4. Biên đã biết: khớp với dân số
#
# Cơ cấu giới và tuổi của dân số thường biết được (ở đây: từ danh sách giả lập). **Hậu phân tầng** dùng một
# bảng chéo, **hiệu chỉnh biên** (raking) dùng từng bảng một, **calibrate** dùng thêm cả tổng của biến số.

# %%
bien = {
    "gioi": nguoi["gioi"].value_counts(normalize=True),
    "nhom_tuoi": nguoi["nhom_tuoi"].value_counts(normalize=True),
}
da_can = sv.rake(theo_lop, bien)
hau_phan_tang = sv.poststratify(theo_lop, ["gioi", "nhom_tuoi"], nguoi[["gioi", "nhom_tuoi"]].value_counts())
da_can

# %% [markdown]
# Bảng trên là **dấu vết** của quyền số: mỗi bước để lại bao nhiêu dòng, tổng bao nhiêu, nặng nhẹ ra sao. Vẽ
# ra thì dễ thấy hơn: biên trước và sau, phân bố quyền số, và mỗi bước “tốn” bao nhiêu phiếu.

# %%
plots.plot_margins(da_can, title="Trước và sau hiệu chỉnh (giả lập)")

# %%
plots.plot_weights(da_can, title="Phân bố quyền số (giả lập)")

# %%
plots.plot_trail(da_can, title="Mỗi bước làm mất bao nhiêu phiếu (giả lập)")

# %%
cot_bien = {"margin": "biên", "level": "mức", "target": "mục tiêu", "before": "trước", "after": "sau"}
show(
    margins_table(da_can)[list(cot_bien)].rename(columns=cot_bien).round(3),
    "Các biên trước và sau (giả lập)",
)

# %% [markdown]
# ## 5. Khi không làm được, máy nói vì sao
#
# Quyền số sai trong im lặng là lỗi nguy hiểm nhất. Bốn lỗi hay gặp – câu trả lời của máy bằng tiếng Anh,
# nhưng lúc nào cũng nêu: **cái gì, ở đâu, sửa thế nào**.


# %%
def thu(viec):
    try:
        viec()
    except (ValueError, KeyError, TypeError) as loi:
        return str(loi)
    return "làm được"


cac_loi = {
    "thiếu mục tiêu cho một mức": lambda: sv.rake(theo_lop, {"gioi": {"Nam": 1.0}}),
    "viết theo phần trăm": lambda: sv.rake(theo_lop, {"gioi": {"Nam": 49, "Nữ": 51}}),
    "hai biên có tổng khác nhau": lambda: sv.rake(
        theo_lop,
        {
            "gioi": {"Nam": 160_000, "Nữ": 170_000},
            "nhom_tuoi": {"18–34": 100_000, "35–59": 150_000, "60+": 70_000},
        },
    ),
    "giới hạn quá chặt": lambda: sv.calibrate(theo_lop, bien, distance="raking", bounds=(0.99, 1.01)),
}
show(
    pd.DataFrame({"máy nói": {ten: thu(viec) for ten, viec in cac_loi.items()}}),
    "Bốn lần máy từ chối",
)

# %% [markdown]
# Biên **không thể** cùng đúng: máy chứng minh bằng quy hoạch tuyến tính, nêu một nhóm mục tiêu mâu thuẫn
# nhỏ nhất (bỏ bất kỳ cái nào thì phần còn lại làm được) và lời giải gần nhất.

# %%
nho = pd.DataFrame(
    {"w": 10.0, "gioi": ["Nam"] * 4 + ["Nữ"] * 4, "noi_o": ["phường"] * 4 + ["phường", "xã"] * 2}
)
bon = sv.Design(nho, weights="w")
reading(thu(lambda: sv.rake(bon, {"gioi": {"Nam": 0.6, "Nữ": 0.4}, "noi_o": {"phường": 0.5, "xã": 0.5}})))

# %% [markdown]
# ## 6. Cắt quyền số quá nặng
#
# Vài phiếu quá nặng làm sai số lớn. Cắt bớt thì sai số nhỏ đi, nhưng biên xê dịch; máy cắt, chia phần dư
# cho người khác, rồi **khớp lại biên dưới mức cắt ấy**, và nói được mất ra sao.

# %%
cot_nang = {
    "nhom_tuoi": "nhóm tuổi",
    "gioi": "giới",
    "base weight": "quyền số cơ sở",
    "final weight": "cuối cùng",
}
nang = heaviest(da_can, 5, columns=["nhom_tuoi", "gioi"])
show(nang[list(cot_nang)].rename(columns=cot_nang).round(1), "Năm phiếu nặng nhất (giả lập)")

# %%
da_cat = sv.trim(da_can, ratio=2.2)
da_cat

# %% [markdown]
# ## 7. Sai số tính cả các bước quyền số
#
# Nhiều phần mềm coi quyền số cuối cùng là con số cho sẵn. Ở đây mỗi bước được **kéo ngược** vào sai số.
# Cách thứ hai là **quyền số lặp**: làm lại *mọi bước* trên hàng trăm bộ quyền số. Hai cách độc lập cho kết
# quả gần nhau.

# %%
cho_san = sv.Design(
    da_can.data.assign(cuoi=da_can.w), weights="cuoi", strata="stratum", psu=["commune", "village"]
)
lap = sv.replicate_weights(da_can, "rwyb", replicates=200, seed=HAT_GIONG)
cach = {"coi quyền số là cho sẵn": cho_san, "kéo ngược từng bước": da_can, "quyền số lặp, 200 bộ": lap}
show(bang_so_sanh(cach), "Ba cách tính sai số của cùng một ước lượng (giả lập)")

# %%
ket_qua = sv.proportion(da_can, "truc_tuyen", value=1)
dong = ket_qua.to_frame().iloc[0]
reading(
    f"sau các bước, ước lượng {percent(dong['estimate'])}, khoảng tin cậy 95 % từ "
    f"{percent(dong['ci_low'])} đến {percent(dong['ci_high'])}; con số thật "
    f"{percent(that)}. (Số liệu giả lập.)"
)

# %% [markdown]
# ## 8. Mẫu tự chọn: phiếu ở quầy, mã QR
#
# Phiếu ở quầy chỉ có người *đến* và *chịu điền*. Dưới đây, người hài lòng hay điền phiếu hơn (giả lập). Có
# thể gán **quyền số giả** cho giống một mẫu xác suất, nhưng phần lệch do chính câu trả lời thì không mất.

# %%
de_dien = 0.010 + 0.012 * nguoi["hai_long"] + 0.008 * (nguoi["nhom_tuoi"] == "18–34")
quay = nguoi[may.random(len(nguoi)) < de_dien]
tu_chon = sv.Design(quay, sampling="self-selected")
gia = sv.pseudo_weights(tu_chon, da_can, using=["gioi", "nhom_tuoi"])
sv.proportion(gia, "hai_long", value=1)

# %%
hai_long_that = float(nguoi["hai_long"].mean())
tho_quay = float(quay["hai_long"].mean())
gia_quay = float(sv.mean(gia, "hai_long").value.iloc[0])
mau_ngau_nhien = sv.proportion(da_can, "hai_long", value=1).to_frame().iloc[0]
reading(
    f"{integer(len(quay))} phiếu ở quầy cho {percent(tho_quay)} hài lòng, gán quyền số giả thì "
    f"{percent(gia_quay)}; con số thật {percent(hai_long_that)}. Mẫu xác suất "
    f"{integer(mau_ngau_nhien['n'])} phiếu cho "
    f"{percent(mau_ngau_nhien['estimate'])}, khoảng tin cậy từ {percent(mau_ngau_nhien['ci_low'])} đến "
    f"{percent(mau_ngau_nhien['ci_high'])}: nhiều phiếu không thay được cách chọn. Kết quả từ mẫu tự chọn "
    "không suy rộng được. (Số liệu giả lập.)"
)

# %% [markdown]
# ## 9. Bảng quyền số để nộp kèm báo cáo
#
# Mỗi cột một thừa số: ai cũng nhân lại được từ trái sang phải ra quyền số cuối cùng.

# %%
bang = weight_factors(da_can)
tep = export_weights(da_can, Path(tempfile.mkdtemp()) / "quyen_so.xlsx")
reading(f"đã ghi bảng {integer(len(bang))} dòng, {integer(bang.shape[1])} cột vào {tep[0].name}.")

# %% [markdown]
# ## 10. Việc của bạn
#
# Một xã phát phiếu ở quầy, thu 3.000 phiếu, 96 % hài lòng, và viết “96 % người dân hài lòng”. Câu ấy:
#
# - `a`: đúng, vì 3.000 phiếu là nhiều;
# - `b`: chưa có căn cứ, vì người điền phiếu tự chọn;
# - `c`: đúng nếu chỉnh quyền số theo giới và tuổi.

# %%
du_doan = None  # thay None bằng "a", "b" hoặc "c"
predict_choice(
    du_doan,
    "b",
    {
        "a": "đúng, vì 3.000 phiếu là nhiều",
        "b": "chưa có căn cứ, vì người điền phiếu tự chọn",
        "c": "đúng nếu chỉnh quyền số theo giới và tuổi",
    },
    why="quyền số chỉ sửa phần lệch do giới và tuổi; người hài lòng hay điền phiếu hơn thì vẫn lệch.",
)

# %% [markdown]
# **Tiếp theo:** [07 – Trước và sau](07_truoc_sau.ipynb).
