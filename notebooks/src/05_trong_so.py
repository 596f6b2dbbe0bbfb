# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # Quyền số: mỗi phiếu đại diện cho bao nhiêu người
#
# > **Phiếu thu về không giống dân số.** Quyền số sửa được phần nào, và không sửa được phần nào?
#
# Sổ tay này đi từ **quyền số thiết kế** đến **quyền số cuối cùng**, bước nào cũng nhìn thấy được và bước nào
# cũng đi vào sai số. Có ba chỗ **dự đoán rồi chạy**: hãy đoán trước khi xem.
#
# > **Số liệu giả lập.** Chỉ tên và mã xã là thật. Người, hồ sơ, phiếu, câu trả lời đều do máy sinh ra, nên
# > con số thật của cả dân số biết trước và so sánh được. Không con số nào ở đây nói về Cao Bằng.
#
# Cách chạy: bấm vào ô đầu tiên, nhấn **Shift + Enter** lần lượt đến hết (chưa đến một phút). Ô chỉ hiện dấu
# ba chấm là ô được gấp lại cho gọn; bấm vào dấu đó để xem lệnh.
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
from sampling.format import integer, number, percent, points
from surveykit import lesson, plots, population
from surveykit.diagnostics import export_weights, heaviest, kish_deff
from surveykit.lesson import reading, refused, show
from surveykit.plots import weights as hinh

HAT_GIONG = 20261126  # hạt giống của mọi việc ngẫu nhiên trong sổ tay này

# %% [markdown]
# ## 0. Câu hỏi
#
# Dân số giả lập: mọi người từ 18 tuổi của tỉnh. Hỏi hai điều: có **hài lòng** không (mức 4 hoặc 5), và trong
# năm có từng **nộp hồ sơ trực tuyến** không. Người trẻ nộp trực tuyến nhiều hơn người già.

# %%
dan_so = population.simulate("Cao Bằng", seed=20261122, items=False)
cac_xa = population.commune_list(dan_so)
nguoi = population.adult_list(dan_so, wave=2).rename(columns={"ma_nguoi": "adult"})
nguoi["loai"] = nguoi["ma_xa"].map(cac_xa.set_index("ma_xa")["loai"])

may = np.random.default_rng([HAT_GIONG, 1])
nguoi["ho_so"] = may.poisson(nguoi["nhom_tuoi"].map({"18–34": 1.6, "35–59": 1.2, "60+": 0.5}))
qua_mang = may.random(len(nguoi)) < nguoi["nhom_tuoi"].map({"18–34": 0.85, "35–59": 0.60, "60+": 0.30})
nguoi["truc_tuyen"] = ((nguoi["ho_so"] > 0) & qua_mang).astype(int)

# %% [markdown]
# Điều tra viên đến nhà thì người già hay có nhà, người trẻ hay đi vắng; nữ chịu trả lời hơn nam; ở phường khó
# gặp hơn ở xã. Trong dân số giả lập, **khả năng trả lời** của từng người do ta đặt ra (ngoài đời không ai
# biết):

# %%
nguoi["kha_nang"] = (
    nguoi["nhom_tuoi"].map({"18–34": 0.45, "35–59": 0.70, "60+": 0.88})
    + nguoi["gioi"].map({"Nam": -0.07, "Nữ": 0.07})
    + nguoi["loai"].map({"phường": -0.05, "xã": 0.0})
)

theo_tuoi = nguoi.groupby("nhom_tuoi")
co_cau = pd.DataFrame(
    {
        "trong dân số": theo_tuoi.size() / len(nguoi),
        "khả năng trả lời": theo_tuoi["kha_nang"].mean(),
        "trong số người trả lời": theo_tuoi["kha_nang"].sum() / nguoi["kha_nang"].sum(),
        "nộp trực tuyến": theo_tuoi["truc_tuyen"].mean(),
    }
)
show(co_cau.map(percent).rename_axis(index=None, columns="nhóm tuổi"), "Ai trả lời, ai không (giả lập)")

# %% jupyter={"source_hidden": true}
that = float(nguoi["truc_tuyen"].mean())
hai_long_that = float(nguoi["hai_long"].mean())
hoi_het = float(np.average(nguoi["truc_tuyen"], weights=nguoi["kha_nang"]))
reading(
    f"dù phát phiếu cho cả {integer(len(nguoi))} người, trong số người trả lời cũng chỉ có "
    f"{percent(hoi_het)} từng nộp trực tuyến; con số thật là {percent(that)}. Phần lệch "
    f"{points(hoi_het - that)} ấy không do ít phiếu, nên phát thêm phiếu không chữa được. (Số liệu giả lập.)"
)

# %% [markdown]
# **Quyền số sửa được** phần lệch do những điều *biết được cho cả người không trả lời hoặc cho cả dân số*: xã
# nào, tuổi nào, giới nào. **Quyền số không sửa được** phần lệch do điều không biết – ví dụ chính người không
# hài lòng thì không trả lời. Mục 3 cho thấy cả hai.

# %% [markdown]
# ## 1. Quyền số thiết kế: một chia cho xác suất được chọn
#
# Rút 24 xã theo quy mô (PPS), 4 thôn mỗi xã, 12 người mỗi thôn. Xác suất của một người là xác suất xã × xác
# suất thôn × xác suất người; mẫu đã rút tự mang theo con số này.

# %%
xa = replace(
    sampling.communes(province="Cao Bằng").join(cac_xa[["ma_xa", "so_ho"]], on="ma_xa"),
    name="Xã, phường Cao Bằng, số hộ giả lập",
    strata="type",
    size="so_ho",
)
CHUNG = {"as_of": "2026-07-01", "source": "giả lập"}
cac_thon = population.village_list(dan_so)[["ma_thon", "ma_xa"]]
thon = sampling.Frame(cac_thon, id="ma_thon", name="Thôn giả lập", **CHUNG)
danh_sach = sampling.Frame(nguoi[["adult", "ma_thon"]], id="adult", name="Người giả lập", **CHUNG)

mau = (
    sampling.Plan(xa)
    .stage("commune", n=24, method="pps_sampford")
    .stage("village", n=4, frame=thon, parent="ma_xa")
    .stage("adult", n=12, frame=danh_sach, parent="ma_thon")
    .draw(seed=HAT_GIONG)
)
cot = {
    "stratum": "tầng",
    "commune": "mã xã",
    "commune_probability": "xác suất xã",
    "village": "mã thôn",
    "village_probability": "xác suất thôn",
    "adult_probability": "xác suất người",
    "weight": "quyền số thiết kế",
}
moi_xa = mau.main.drop_duplicates("commune").iloc[1:6]
bang = moi_xa[list(cot)].rename(columns=cot)
for ten in [ten for ten in bang if ten.startswith("xác suất")]:
    bang[ten] = [number(x, 4) for x in bang[ten]]
show(bang, "Một người ở mỗi xã, năm xã của mẫu (giả lập)")

# %% jupyter={"source_hidden": true}
dong = moi_xa.iloc[-1]
tich = " × ".join(number(dong[f"{cap}_probability"], 4) for cap in ("commune", "village", "adult"))
reading(
    f"người ở dòng cuối có xác suất được chọn {tich}, nên đại diện cho 1 chia cho tích ấy, tức "
    f"{integer(dong['weight'])} người. Xã có xác suất 1 là xã lớn, chọn chắc chắn. Cả "
    f"{integer(len(mau.main))} người của mẫu đại diện cho chừng {integer(mau.main['weight'].sum())} người; "
    f"dân số có {integer(len(nguoi))}, chênh nhau là do may rủi khi rút. (Số liệu giả lập.)"
)

# %% [markdown]
# **Đi thực địa** (giả lập). Mỗi người được rút là một dòng, kể cả người không trả lời. `join` ghép phiếu vào
# mẫu: tầng, các cấp, xác suất đã nằm trong mẫu, không phải khai lại.

# %%
may = np.random.default_rng([HAT_GIONG, 2])
chon = mau.main[["adult", "stratum", "commune", "village", "weight"]].merge(nguoi, on="adult")
co_tra_loi = may.random(len(chon)) < chon["kha_nang"]
vang = np.where(may.random(len(chon)) < 0.6, "không gặp", "từ chối")
chon["ket_qua"] = np.where(co_tra_loi, "hoàn thành", vang)
chon["tra_loi"] = co_tra_loi.astype(int)

CAU_HOI = ["hai_long", "truc_tuyen", "ho_so"]
phieu = chon[["adult", "loai", "gioi", "nhom_tuoi", "ket_qua", "tra_loi", *CAU_HOI]].copy()
phieu[CAU_HOI] = phieu[CAU_HOI].where(co_tra_loi)

thiet_ke = sv.join(mau, phieu, id="adult", responded="co_phieu")
show(thiet_ke, "Quyền số thiết kế (giả lập)")

# %% [markdown]
# ### Rút hộ, rồi hỏi một người trong hộ
#
# Rút hộ thì mỗi **hộ** có xác suất như nhau. Hộ một người lớn thì người ấy chắc chắn được hỏi, hộ bốn người
# lớn thì mỗi người chỉ có một phần tư cơ hội. Phải **nhân** quyền số với số người lớn của hộ. Thử với 800 hộ:

# %%
nguoi["ho"] = dan_so.structure.household
nguoi["nguoi_lon"] = nguoi.groupby("ho")["adult"].transform("size")
nguoi["mot_minh"] = (nguoi["nguoi_lon"] == 1).astype(int)

so_ho = nguoi["ho"].nunique()
ho_rut = np.random.default_rng([HAT_GIONG, 3]).choice(so_ho, 800, replace=False)
mau_ho = nguoi[nguoi["ho"].isin(ho_rut)].groupby("ho").sample(n=1, random_state=HAT_GIONG)
mau_ho = mau_ho.assign(quyen_so_ho=so_ho / 800)

chua_nhan = sv.Design(mau_ho, weights="quyen_so_ho")
da_nhan = chua_nhan.pipe(sv.multiply_weights, "nguoi_lon")
bang = pd.concat([sv.proportion(d, "mot_minh", value=1).to_frame() for d in (chua_nhan, da_nhan)])
bang.index = ["chưa nhân", "nhân với số người lớn"]
show(
    lesson.table(bang, rows="quyền số"),
    f"Bao nhiêu người sống một mình? Con số thật: {percent(nguoi['mot_minh'].mean())} (giả lập)",
)

# %% [markdown]
# ### Một người đứng tên nhiều lần
#
# Rút từ danh sách **hồ sơ** một cửa thì người nộp năm hồ sơ có năm cơ hội. Phải **chia** quyền số cho số lần
# người ấy có tên. Thử rút 800 hồ sơ rồi hỏi người nộp:

# %%
nguoi["tu_ba"] = (nguoi["ho_so"] >= 3).astype(int)
nop = nguoi[nguoi["ho_so"] > 0]
danh_sach_ho_so = nop.loc[nop.index.repeat(nop["ho_so"])]
ho_so_rut = danh_sach_ho_so.sample(n=800, random_state=HAT_GIONG)
ho_so_rut = ho_so_rut.assign(quyen_so_ho_so=len(danh_sach_ho_so) / 800)

chua_chia = sv.Design(ho_so_rut, weights="quyen_so_ho_so", psu="adult")
da_chia = chua_chia.pipe(sv.multiply_weights, "ho_so", divide=True)
bang = pd.concat([sv.proportion(d, "tu_ba", value=1).to_frame() for d in (chua_chia, da_chia)])
bang.index = ["chưa chia", "chia cho số hồ sơ"]
show(
    lesson.table(bang, rows="quyền số"),
    f"Người nộp từ ba hồ sơ, trong số người có nộp. Con số thật: {percent(nop['tu_ba'].mean())} (giả lập)",
)

# %% [markdown]
# ## 2. Phiếu đi đâu
#
# Trước khi sửa, phải **đếm**: phát ra bao nhiêu, gặp được ai, ai từ chối. Ngoài đời, muốn đếm được thì điều
# tra viên phải ghi kết quả của **mọi** phiếu phát ra.

# %%
theo_nhom = sv.dispositions(thiet_ke, "ket_qua", by="nhom_tuoi").to_frame()
cot = {"I": "trả lời đủ", "R": "từ chối", "NC": "không gặp", "RR1": "tỷ lệ trả lời"}
theo_nhom = theo_nhom[list(cot)].rename(columns=cot).rename_axis(index=None, columns="nhóm tuổi")
theo_nhom["tỷ lệ trả lời"] = theo_nhom["tỷ lệ trả lời"].map(percent)
show(theo_nhom, "Kết quả của các phiếu phát ra (giả lập)")

# %% [markdown]
# **Một xã, với đủ mọi chuyện** (giả lập): phát 120 phiếu, có nhà không tìm thấy địa chỉ, có người không thuộc
# đối tượng; 30 người được **thay thế** để đủ số phiếu. Các tỷ lệ theo định nghĩa của AAPOR (hội các nhà
# nghiên cứu dư luận Hoa Kỳ); chúng khác nhau ở chỗ tính phiếu *một phần* và phiếu *không rõ* ra sao.

# %%
phat_ra = {
    "hoàn thành": 70,
    "một phần": 6,
    "từ chối": 12,
    "không gặp": 18,
    "ốm": 3,
    "không tìm thấy địa chỉ": 6,
    "không thuộc đối tượng": 5,
}
thay_the = {"hoàn thành": 28, "từ chối": 2}
mot_xa = pd.DataFrame(
    {
        "ket_qua": [*np.repeat(list(phat_ra), list(phat_ra.values())), *np.repeat(list(thay_the), [28, 2])],
        "thay_the": [0] * sum(phat_ra.values()) + [1] * sum(thay_the.values()),
    }
)
cac_phieu = sv.dispositions(mot_xa, "ket_qua", substitute="thay_the")
cac_phieu

# %% jupyter={"source_hidden": true}
dem = cac_phieu.counts
thu_ve = int(dem.loc[["I", "P"]].to_numpy().sum())
ty_le = cac_phieu.rates["issued"]
reading(
    f"xã thu về {integer(thu_ve)} phiếu trên {integer(dem['issued'].sum())} phiếu phát ra và báo cáo “tỷ lệ "
    f"trả lời {percent(thu_ve / dem['issued'].sum())}”. Tính đúng thì từ "
    f"{percent(ty_le[['RR1', 'RR3', 'RR5']].min())} (RR1) đến {percent(ty_le[['RR2', 'RR4', 'RR6']].max())} "
    "(RR6): người bị thay vẫn là người không trả lời. Báo cáo phải nói rõ dùng tỷ lệ nào. (Số liệu giả lập.)"
)

# %% [markdown]
# ### Dự đoán rồi chạy (1): thay cho đủ phiếu thì có hết lệch không?
#
# Trở lại mẫu của ta. Cứ một người không trả lời thì điều tra viên tìm một người khác **cùng thôn**, ai chịu
# trả lời thì lấy. Số phiếu lại đủ như lúc phát ra. Ước lượng tỷ lệ nộp trực tuyến sẽ:
#
# - **A** – gần con số thật hơn hẳn, vì đã đủ phiếu;
# - **B** – vẫn lệch rõ.
#
# Thay `None` bằng `"A"` hoặc `"B"`, chạy ô này và hai ô kế tiếp.

# %%
du_doan = None

# %%
may = np.random.default_rng([HAT_GIONG, 4])
thieu = chon[chon["tra_loi"] == 0].groupby("ma_thon").size()
quanh = nguoi[nguoi["ma_thon"].isin(thieu.index) & ~nguoi["adult"].isin(chon["adult"])]
chiu = quanh[may.random(len(quanh)) < quanh["kha_nang"]].sample(frac=1, random_state=HAT_GIONG)
nguoi_thay = chiu[chiu.groupby("ma_thon").cumcount() < chiu["ma_thon"].map(thieu)]

cua_thon = chon.drop_duplicates("ma_thon")[["ma_thon", "stratum", "commune", "village", "weight"]]
cot = ["stratum", "commune", "village", "weight", "truc_tuyen"]
tra_loi_that = chon.loc[chon["tra_loi"] == 1, cot]
du_phieu = pd.concat([tra_loi_that, nguoi_thay.merge(cua_thon, on="ma_thon")[cot]])

khai = {"weights": "weight", "strata": "stratum", "psu": ["commune", "village"]}
bang = pd.concat(
    [sv.proportion(sv.Design(d, **khai), "truc_tuyen", value=1).to_frame() for d in (tra_loi_that, du_phieu)]
).set_axis(["chỉ người được rút", "thay cho đủ phiếu"])
show(lesson.table(bang, rows="phiếu"), f"Từng nộp trực tuyến; con số thật {percent(that)} (giả lập)")

# %% jupyter={"source_hidden": true}
lech = (bang["estimate"] - that).abs()
lesson.predict_choice(
    du_doan,
    "A" if lech.iloc[1] < 0.5 * lech.iloc[0] else "B",
    {"A": "gần con số thật hơn hẳn, vì đã đủ phiếu", "B": "vẫn lệch rõ"},
    why=f"Trước khi thay lệch {points(lech.iloc[0], sign=False)}, sau khi thay lệch "
    f"{points(lech.iloc[1], sign=False)}. Người được lấy thay cũng là người hay có nhà: số phiếu đủ, cơ cấu "
    "vẫn thiếu người trẻ. (Số liệu giả lập.)",
)

# %% [markdown]
# ## 3. Không trả lời
#
# Bỏ qua người không trả lời là ngầm nói rằng họ giống người trả lời.
#
# **Lớp điều chỉnh.** Chia mọi người được rút thành lớp theo điều biết được cho *cả người không trả lời* (ở
# đây: loại xã và nhóm tuổi, lấy từ danh sách). Trong mỗi lớp, người trả lời gánh phần của người không trả
# lời. Lớp có dưới 30 người trả lời thì được **gộp** với lớp bên cạnh, và máy nói ra điều đó.

# %%
with warnings.catch_warnings(record=True) as nhac:
    warnings.simplefilter("always")
    theo_lop = thiet_ke.pipe(
        sv.adjust_nonresponse, responded="tra_loi", cells=["loai", "nhom_tuoi"], collapse_below=30
    )

he_so = (theo_lop.weights / thiet_ke.weights).where(phieu["tra_loi"] == 1)
lop = (
    phieu.assign(he_so=he_so).groupby(["loai", "nhom_tuoi"]).agg({"tra_loi": ["size", "sum"], "he_so": "max"})
)
lop.columns = ["phiếu phát ra", "trả lời", "hệ số"]
show(
    lop.reset_index().rename(columns={"loai": "loại xã", "nhom_tuoi": "nhóm tuổi"}),
    "Các lớp điều chỉnh không trả lời (giả lập)",
)

# %% jupyter={"source_hidden": true}
tre, gia = (lop.loc[("xã", tuoi), "hệ số"] for tuoi in ("18–34", "60+"))
reading(
    f"ở xã, mỗi người trẻ trả lời đại diện cho {number(tre)} người được rút, mỗi người già cho "
    f"{number(gia)}. Máy nhắc {integer(len(nhac))} lần về lớp quá ít người: đã gộp "
    f"{integer(len(theo_lop.steps[-1].joined))} lần, nên các lớp ấy có cùng hệ số. (Số liệu giả lập.)"
)

# %% [markdown]
# **Xác suất trả lời** (propensity). Cách khác: ước lượng khả năng trả lời của từng người bằng mô hình logit
# rồi lấy nghịch đảo. Dùng được nhiều biến hơn, không phải gộp lớp. Khả năng ấy là *ước lượng*, nên nó cũng đi
# vào sai số.

# %%
theo_logit = thiet_ke.pipe(
    sv.adjust_nonresponse,
    responded="tra_loi",
    method="propensity",
    predictors=["loai", "nhom_tuoi", "gioi"],
)

cac_cach = {"chưa sửa": thiet_ke, "lớp điều chỉnh": theo_lop, "xác suất trả lời": theo_logit}
bang = pd.concat([sv.proportion(d, "truc_tuyen", value=1).to_frame() for d in cac_cach.values()])
bang.index = list(cac_cach)
show(lesson.table(bang, rows="quyền số"), f"Từng nộp trực tuyến; con số thật {percent(that)} (giả lập)")

# %% jupyter={"source_hidden": true}
lech = 100 * (bang["estimate"] - that)
trong = bang[(bang["ci_low"] <= that) & (that <= bang["ci_high"])].index
reading(
    f"chưa sửa thì lệch {number(lech['chưa sửa'], 1, sign=True)} điểm; theo lớp còn "
    f"{number(lech['lớp điều chỉnh'], 1, sign=True)}, theo xác suất trả lời còn "
    f"{number(lech['xác suất trả lời'], 1, sign=True)}. Khoảng tin cậy chứa con số thật: "
    f"{', '.join(trong) or 'không cách nào'}. (Số liệu giả lập, một mẫu.)"
)

# %% [markdown]
# ### Điều quyền số không sửa được
#
# Giờ giả sử người **không hài lòng** ít chịu trả lời hơn 25 điểm phần trăm. Tính trên cả dân số giả lập, để
# không lẫn may rủi của một mẫu; sửa theo cùng các lớp, thêm cả giới.

# %%
ngai = (nguoi["kha_nang"] - 0.25 * (1 - nguoi["hai_long"])).clip(lower=0.05)
hang = {}
for ten, y, p in (("nộp trực tuyến", "truc_tuyen", nguoi["kha_nang"]), ("hài lòng", "hai_long", ngai)):
    lop = nguoi.assign(p=p, py=p * nguoi[y]).groupby(["loai", "nhom_tuoi", "gioi"])[["p", "py"]].sum()
    so_nguoi = nguoi.groupby(["loai", "nhom_tuoi", "gioi"]).size()
    hang[ten] = (
        np.average(nguoi[y], weights=p),
        np.average(lop["py"] / lop["p"], weights=so_nguoi),
        nguoi[y].mean(),
    )
khong_sua = pd.DataFrame(hang, index=["chưa sửa", "sửa theo lớp", "con số thật"]).T
show(khong_sua.map(percent), "Hai câu hỏi, cùng một cách sửa (giả lập)")

# %% jupyter={"source_hidden": true}
con = khong_sua["sửa theo lớp"] - khong_sua["con số thật"]
reading(
    f"câu “nộp trực tuyến” hết lệch (còn {points(con['nộp trực tuyến'])}), vì tuổi, giới, loại xã giải thích "
    f"được ai trả lời. Câu “hài lòng” vẫn lệch {points(con['hài lòng'])}: trong cùng một lớp, người trả lời "
    "đã khác người không trả lời, và không có gì trong số liệu cho biết điều đó. Chỉ có tỷ lệ trả lời cao và "
    "cách hỏi tốt mới giảm được. (Số liệu giả lập.)"
)

# %% [markdown]
# ## 4. Biên đã biết: khớp với dân số
#
# Số người theo giới, theo tuổi của tỉnh thường biết được. Ba cách, từ đòi hỏi nhiều đến ít, rồi rộng hơn:
#
# - **hậu phân tầng** (`poststratify`): khớp từng ô của bảng chéo giới × tuổi;
# - **hiệu chỉnh biên** (`rake`): chỉ khớp tổng theo giới và tổng theo tuổi;
# - **hiệu chỉnh tổng quát** (`calibrate`): khớp thêm tổng của một con số, ở đây tổng số hồ sơ cả năm, biết từ
#   hệ thống một cửa. Câu hỏi trên phiếu phải đo *đúng cái* mà hệ thống đếm.

# %%
bien = {"gioi": nguoi["gioi"].value_counts(), "nhom_tuoi": nguoi["nhom_tuoi"].value_counts()}
o_cheo = nguoi[["gioi", "nhom_tuoi"]].value_counts()
tong_ho_so = float(nguoi["ho_so"].sum())

hau_phan_tang = theo_lop.pipe(sv.poststratify, ["gioi", "nhom_tuoi"], o_cheo)
da_can = theo_lop.pipe(sv.rake, bien)
tong_quat = theo_lop.pipe(sv.calibrate, {**bien, "ho_so": tong_ho_so}, distance="raking")

cac_cach = {
    "chưa khớp biên": theo_lop,
    "hậu phân tầng": hau_phan_tang,
    "hiệu chỉnh biên": da_can,
    "hiệu chỉnh tổng quát": tong_quat,
}
bang = pd.concat([sv.proportion(d, "truc_tuyen", value=1).to_frame() for d in cac_cach.values()])
bang.index = list(cac_cach)
cot = lesson.table(bang, rows="quyền số")
cot.insert(1, "sai số chuẩn (điểm)", [number(100 * se) for se in bang["se"]])
show(cot, f"Từng nộp trực tuyến; con số thật {percent(that)} (giả lập)")

# %% jupyter={"source_hidden": true}
se = {ten: number(100 * x) for ten, x in bang["se"].items()}
reading(
    f"sai số chuẩn: {se['chưa khớp biên']} điểm khi chưa khớp biên, {se['hiệu chỉnh biên']} khi khớp giới và "
    f"tuổi, {se['hiệu chỉnh tổng quát']} khi thêm tổng số hồ sơ. Biên chỉ giúp giảm sai số khi liên quan đến "
    "câu hỏi và chưa được dùng; tuổi thì lớp điều chỉnh đã dùng rồi. (Số liệu giả lập.)"
)

# %% [markdown]
# Mỗi bước để lại **dấu vết** (`design.trail`): bao nhiêu phiếu còn quyền số, tổng bao nhiêu, nặng nhẹ ra sao.

# %%
show(tong_quat, "Quyền số sau từng bước (giả lập)")

# %% [markdown]
# Ba hình để kiểm tra. **Biên trước và sau:** ô vuông là trước bước hiệu chỉnh, chấm là quyền số cuối cùng.

# %%
hinh.plot_margins(tong_quat, title="Biên trước và sau hiệu chỉnh (giả lập)")

# %% [markdown]
# **Phân bố quyền số:** có phiếu nào nặng bất thường không?

# %%
hinh.plot_weights(tong_quat, title="Phân bố quyền số (giả lập)")

# %% [markdown]
# **Mỗi bước tốn bao nhiêu:** quyền số càng chênh nhau thì mỗi phiếu càng ít giá trị.

# %%
hinh.plot_trail(tong_quat, title="Mỗi bước làm mất bao nhiêu phiếu (giả lập)")

# %% jupyter={"source_hidden": true}
kish = kish_deff(tong_quat).iloc[0]
reading(
    f"còn {integer(kish['n'])} phiếu có quyền số, nhưng vì quyền số không đều nên chỉ chính xác bằng "
    f"{integer(kish['n_eff'])} phiếu có quyền số như nhau. Cái giá ấy đổi lấy ước lượng bớt lệch. (Số liệu "
    "giả lập.)"
)

# %% [markdown]
# ## 5. Khi không làm được, máy nói vì sao
#
# Quyền số sai trong im lặng là lỗi nguy hiểm nhất, nên máy dừng lại. Câu của máy bằng tiếng Anh, nhưng lúc
# nào cũng nêu: **cái gì, ở đâu, sửa thế nào**. Năm lần từ chối thật:

# %%
refused(
    lambda: sv.rake(theo_lop, {"gioi": {"Nam": 1.0}}),
    "biên thiếu một mức có trong số liệu. Thêm mức ấy vào biên, hoặc mã hóa lại các dòng ấy.",
)

# %%
refused(
    lambda: sv.rake(theo_lop, {"gioi": {"Nam": 49.5, "Nữ": 50.5}}),
    "viết theo phần trăm thì máy không biết đó là phần trăm hay số người. Viết phần (cộng lại bằng 1) hoặc "
    "số người.",
)

# %%
refused(
    lambda: sv.rake(
        theo_lop,
        {
            "gioi": {"Nam": 160_000, "Nữ": 170_000},
            "nhom_tuoi": {"18–34": 100_000, "35–59": 150_000, "60+": 70_000},
        },
    ),
    "hai biên cộng lại ra hai dân số khác nhau (thường do lấy từ hai năm), nên không quyền số nào khớp cả "
    "hai.",
)

# %% [markdown]
# **Biên không thể cùng đúng.** Trong tám phiếu dưới đây, mọi người nam đều ở phường. Máy chứng minh (bằng quy
# hoạch tuyến tính) rằng các đích mâu thuẫn, nêu một nhóm mâu thuẫn nhỏ nhất và lời giải gần nhất.

# %%
tam_phieu = pd.DataFrame(
    {"w": 10.0, "gioi": ["Nam"] * 4 + ["Nữ"] * 4, "noi_o": ["phường"] * 4 + ["phường", "xã"] * 2}
)
refused(
    lambda: sv.rake(
        sv.Design(tam_phieu, weights="w"),
        {"gioi": {"Nam": 0.6, "Nữ": 0.4}, "noi_o": {"phường": 0.5, "xã": 0.5}},
    ),
    "chỉ người nữ mới ở xã, nên phần ở xã không thể lớn hơn phần của nữ. Bỏ một trong các đích được nêu tên "
    "thì phần còn lại làm được.",
)

# %% [markdown]
# **Giới hạn quá chặt.** Đòi mỗi quyền số chỉ được đổi tối đa 1 %:

# %%
refused(
    lambda: sv.calibrate(theo_lop, bien, distance="raking", bounds=(0.99, 1.01)),
    "không làm được trong khoảng ấy; hai số cuối câu là khoảng hẹp nhất còn làm được.",
)

# %% [markdown]
# ## 6. Cắt quyền số quá nặng
#
# Vài phiếu quá nặng thì kết quả lệ thuộc vài người. Phiếu nào nặng, và vì bước nào?

# %%
nang = heaviest(tong_quat, 5, columns=["nhom_tuoi", "gioi", "loai"])
buoc = [s.name for s in tong_quat.steps]
cot = {"nhom_tuoi": "nhóm tuổi", "gioi": "giới", "loai": "loại xã", "base weight": "quyền số thiết kế"}
cot |= dict(zip(buoc, ["× không trả lời", "× hiệu chỉnh"], strict=True))
cot |= {"final weight": "= cuối cùng", "times_median": "gấp trung vị (lần)"}
show(nang[list(cot)].rename(columns=cot).reset_index(drop=True), "Năm phiếu nặng nhất (giả lập)")

# %% [markdown]
# Cắt ở mức **2 lần trung vị**. Phần bị cắt được chia cho người khác; làm vậy thì biên xê dịch, nên máy khớp
# lại biên *dưới mức cắt ấy*. Tên của bước nói cắt bao nhiêu phiếu, được gì và biên lệch bao nhiêu trước khi
# khớp lại; số phiếu cắt ở đó kể cả phiếu chạm mức cắt vì nhận phần chia lại.

# %%
da_cat = tong_quat.pipe(sv.trim, ratio=2)
show(da_cat, "Các bước, sau khi cắt (giả lập)")

# %%
hinh.plot_weights(da_cat, title="Phân bố quyền số sau khi cắt (giả lập)")

# %% jupyter={"source_hidden": true}
muc = da_cat.w.max()
truoc, sau = (sv.proportion(d, "truc_tuyen", value=1).to_frame().iloc[0] for d in (tong_quat, da_cat))
co = [kish_deff(d)["n_eff"].iloc[0] for d in (tong_quat, da_cat)]
reading(
    f"{integer((tong_quat.w > muc * (1 + 1e-9)).sum())} phiếu nặng hơn mức cắt {integer(muc)}. Được: cỡ mẫu "
    f"hiệu dụng (chỉ kể quyền số không đều) từ {integer(co[0])} thành {integer(co[1])}, sai số chuẩn từ "
    f"{number(100 * truoc['se'])} thành {number(100 * sau['se'])} điểm. Mất: ước lượng dịch đi "
    f"{points(sau['estimate'] - truoc['estimate'], 2)}, vì những người nặng nhất bị bớt tiếng nói. Cắt càng "
    "mạnh thì càng có thể lệch; phải nói mức cắt trong báo cáo. (Số liệu giả lập.)"
)

# %% [markdown]
# ## 7. Sai số tính cả các bước quyền số
#
# Hay gặp: lấy cột quyền số cuối cùng, coi như con số cho sẵn. Nhưng mẫu khác thì tỷ lệ trả lời và hệ số hiệu
# chỉnh cũng khác. Ba cách tính sai số của **cùng** các ước lượng:
#
# 1. coi quyền số cuối cùng là cho sẵn;
# 2. **kéo ngược** từng bước vào sai số (cách của bàn làm việc này);
# 3. **quyền số lặp**: làm lại *mọi bước* trên 400 bộ quyền số.
#
# ### Dự đoán rồi chạy (2)
#
# Sau hiệu chỉnh biên, số người 60 tuổi trở lên khớp đúng với dân số. Sai số chuẩn của con số ấy là:
#
# - **A** – bằng 0 theo cách 1, khác 0 theo cách 2 và 3;
# - **B** – khác 0 theo cách 1, bằng 0 theo cách 2 và 3;
# - **C** – khác 0 theo cả ba cách.

# %%
du_doan = None

# %%
hoan_lai = sv.join(mau, phieu, id="adult", responded="co_phieu", pps="with_replacement")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # các lớp đã gộp, như ở mục 3
    tung_buoc = hoan_lai.pipe(
        sv.adjust_nonresponse, responded="tra_loi", cells=["loai", "nhom_tuoi"], collapse_below=30
    ).pipe(sv.rake, bien)

so_lieu = tung_buoc.data.assign(cuoi_cung=tung_buoc.w)
cac_cap = ["commune", "village", "adult"]
cho_san = sv.Design(
    so_lieu,
    weights="cuoi_cung",
    strata="design_stratum",
    psu=cac_cap,
    fpc=[f"{cap}_fraction" for cap in cac_cap],
)
lap = sv.replicate_weights(tung_buoc, "rwyb", replicates=400, seed=HAT_GIONG)

cac_cach = {"1. coi là cho sẵn": cho_san, "2. kéo ngược từng bước": tung_buoc, "3. quyền số lặp": lap}
sai_so = pd.DataFrame(
    {
        ten: (
            100 * sv.mean(d, "truc_tuyen").se.iloc[0],
            100 * sv.mean(d, "hai_long").se.iloc[0],
            sv.count(d, by="nhom_tuoi").se["60+"],
        )
        for ten, d in cac_cach.items()
    },
    index=["nộp trực tuyến (điểm)", "hài lòng (điểm)", "số người 60+ (người)"],
).T
show(
    sai_so.assign(**{c: [number(v, 0 if "60+" in c else 2) for v in sai_so[c]] for c in sai_so}),
    "Sai số chuẩn theo ba cách (giả lập)",
)

# %% jupyter={"source_hidden": true}
tuoi = sai_so["số người 60+ (người)"] > 1
dap_an = {(False, True, True): "A", (True, False, False): "B", (True, True, True): "C"}[tuple(tuoi)]
ty = sai_so["nộp trực tuyến (điểm)"] / sai_so["nộp trực tuyến (điểm)"].iloc[1]
lesson.predict_choice(
    du_doan,
    dap_an,
    {
        "A": "bằng 0 theo cách 1, khác 0 theo cách 2 và 3",
        "B": "khác 0 theo cách 1, bằng 0 theo cách 2 và 3",
        "C": "khác 0 theo cả ba cách",
    },
    why="Số người 60+ đã khớp với dân số thì mẫu nào cũng cho đúng con số ấy; cách 1 không biết điều đó. Ở "
    f"câu “nộp trực tuyến”, sai số của cách 1 bằng {number(ty.iloc[0])} lần, của cách 3 bằng "
    f"{number(ty.iloc[2])} lần cách 2: hai cách tính đúng đi hai đường khác nhau mà gần nhau, phần khác "
    "có cả may rủi của 400 bộ. (Số liệu giả lập.)",
)

# %% [markdown]
# Ở bảng này cả ba cách đều coi xã như rút có hoàn lại, để chỉ khác nhau ở các bước quyền số. Kết quả để báo
# cáo thì dùng xác suất cặp của mẫu đã rút:

# %%
ket_qua = sv.proportion(da_cat, "truc_tuyen", value=1)
show(ket_qua, "Từng nộp hồ sơ trực tuyến (giả lập)")

# %% jupyter={"source_hidden": true}
dong = ket_qua.to_frame().iloc[0]
chua = "chứa" if dong["ci_low"] <= that <= dong["ci_high"] else "không chứa"
reading(
    f"sau mọi bước, ước lượng {percent(dong['estimate'])}, khoảng tin cậy 95 % từ {percent(dong['ci_low'])} "
    f"đến {percent(dong['ci_high'])}, {chua} con số thật {percent(that)}. (Số liệu giả lập.)"
)

# %% [markdown]
# ## 8. Mẫu tự chọn: phiếu ở quầy, mã QR
#
# Phiếu ở quầy chỉ có người *đến nộp hồ sơ* và *chịu điền*. Dưới đây (giả lập) người hài lòng hay điền hơn.
# Không ai có xác suất được chọn biết trước, nên phải khai `sampling="self-selected"`; từ đó mọi kết quả mang
# dòng chữ **không suy rộng được**.

# %%
may = np.random.default_rng([HAT_GIONG, 5])
de_dien = np.where(nguoi["ho_so"] > 0, 0.012 + 0.020 * nguoi["hai_long"], 0.0)
quay = nguoi.loc[may.random(len(nguoi)) < de_dien, ["gioi", "nhom_tuoi", "loai", "hai_long"]]
o_quay = sv.Design(quay, sampling="self-selected")
tho = sv.proportion(o_quay, "hai_long", value=1)
show(tho, "Hài lòng theo phiếu ở quầy (giả lập)")

# %% [markdown]
# **Quyền số giả.** Nhờ một mẫu xác suất làm chuẩn, có thể gán cho phiếu ở quầy quyền số như thể biết khả năng
# điền phiếu, theo giới, tuổi và loại xã. Phần lệch do chính câu trả lời thì vẫn còn. Dòng dưới bảng nhắc cỡ
# mẫu hiệu dụng *nếu* việc điền phiếu dính với câu trả lời ở mức 0,005; ô sau nữa ước lượng mức ấy.

# %%
gia = o_quay.pipe(sv.pseudo_weights, da_can, using=["gioi", "nhom_tuoi", "loai"])
da_gan = sv.proportion(gia, "hai_long", value=1)
show(da_gan, "Hài lòng theo phiếu ở quầy, có quyền số giả (giả lập)")

# %%
xac_suat = sv.proportion(da_can, "hai_long", value=1)
ba_nguon = {"Phiếu ở quầy": tho, "Ở quầy, quyền số giả": da_gan, "Mẫu xác suất": xac_suat}
ve = pd.concat([kq.to_frame() for kq in ba_nguon.values()]).set_axis(list(ba_nguon))
ve = ve.rename(columns={"ci_low": "low", "ci_high": "high"})
plots.dot_interval(
    {"Ba nguồn, một câu hỏi": ve.assign(arm=["early", "early", "adopting"], truth=hai_long_that)},
    title="Tỷ lệ hài lòng: phiếu ở quầy và mẫu xác suất (giả lập)",
    xlabel="Tỷ lệ hài lòng (%)",
    arms={"early": "tự chọn: không suy rộng được", "adopting": "mẫu xác suất"},
    truth="con số thật",
    note="Thanh ngang: khoảng 95 %; của mẫu tự chọn thì chưa kể thiên lệch tự chọn. Số liệu giả lập.",
)

# %% jupyter={"source_hidden": true}
quanh_that = ve.index[(ve["low"] <= hai_long_that) & (hai_long_that <= ve["high"])]
reading(
    f"{integer(len(quay))} phiếu ở quầy cho {percent(ve['estimate'].iloc[0])} hài lòng, gán quyền số giả thì "
    f"{percent(ve['estimate'].iloc[1])}; con số thật là {percent(hai_long_that)}. Mẫu xác suất chỉ "
    f"{integer(ve['n'].iloc[2])} phiếu cho {percent(ve['estimate'].iloc[2])}. Khoảng chứa con số thật: "
    f"{', '.join(quanh_that) or 'không nguồn nào'}. Nhiều phiếu thì khoảng hẹp, và hẹp quanh chỗ sai. (Số "
    "liệu giả lập.)"
)

# %% [markdown]
# **Phiếu ở quầy đáng giá bao nhiêu?** Khi cả hai cùng hỏi một câu, mẫu xác suất cho biết việc điền phiếu dính
# với câu trả lời đến đâu (*tương quan khuyết tật*), và từ đó số phiếu chọn ngẫu nhiên đáng giá bằng.

# %%
khuyet_tat = sv.data_defect(o_quay, da_can, "hai_long", value=1)
reading(khuyet_tat.text("vi") + ". (Số liệu giả lập.)")

# %% [markdown]
# Ngoài đời, ít ai có sẵn mẫu xác suất cùng câu hỏi; khi ấy chỉ có thể nói phiếu ở quầy cho biết **người điền
# phiếu** nghĩ gì. Máy không cho kiểm định trên mẫu tự chọn:

# %%
refused(lambda: da_gan.test(0.85), "mẫu tự chọn không có xác suất chọn nên không có phép kiểm định nào.")

# %% [markdown]
# ## 9. Bảng quyền số nộp kèm báo cáo
#
# Mỗi phiếu một dòng, mỗi bước một cột: ai cũng nhân lại được từ trái sang phải ra quyền số cuối cùng. Tệp
# Excel có thêm trang “Các bước” và “Biên”. Ở đây ghi vào thư mục tạm; thay bằng thư mục của mình.

# %%
thu_muc = Path(tempfile.mkdtemp())
tep = export_weights(da_cat, thu_muc / "quyen_so.xlsx", columns="adult")[0]

doc = pd.read_excel(tep, sheet_name="Quyền số", header=1, dtype={"commune": str})
co = doc[doc["quyền số cuối cùng"] > 0].drop(columns=["phiếu", "design_stratum", "village"])
show(
    co.tail(4).rename(columns={"adult": "mã người", "commune": "mã xã"}),
    "Bốn phiếu có trả lời, đọc lại từ tệp Excel (giả lập)",
)

# %% jupyter={"source_hidden": true}
cot_so = co.loc[:, "quyền số cơ sở":"quyền số cuối cùng"]
lech_nhan = (cot_so.iloc[:, :-1].prod(axis=1) / cot_so.iloc[:, -1] - 1).abs().max()
reading(
    f"tệp {tep.name} có {integer(len(doc))} dòng, kể cả người không trả lời (quyền số 0). Nhân các cột từ "
    f"“quyền số cơ sở” sang phải ra đúng quyền số cuối cùng; lệch nhiều nhất {percent(lech_nhan, 4)}. (Số "
    "liệu giả lập.)"
)

# %% [markdown]
# ## 10. Bài tập
#
# ### Dự đoán rồi chạy (3)
#
# Một xã phát phiếu ở quầy, thu 3.000 phiếu, 96 % hài lòng, và viết “96 % người dân hài lòng”. Câu ấy:
#
# - **A** – đúng, vì 3.000 phiếu là nhiều;
# - **B** – chưa có căn cứ, vì người điền phiếu tự chọn;
# - **C** – đúng, nếu chỉnh quyền số theo giới và tuổi.

# %%
du_doan = None

# %% jupyter={"source_hidden": true}
lesson.predict_choice(
    du_doan,
    "B",
    {
        "A": "đúng, vì 3.000 phiếu là nhiều",
        "B": "chưa có căn cứ, vì người điền phiếu tự chọn",
        "C": "đúng, nếu chỉnh quyền số theo giới và tuổi",
    },
    why="Như ở mục 8: quyền số chỉ sửa phần lệch do giới và tuổi; người hài lòng hay điền phiếu hơn thì vẫn "
    "lệch.",
)

# %% [markdown]
# **Làm tiếp**
#
# - Bỏ `"nhom_tuoi"` khỏi `cells` ở mục 3 rồi chạy lại. Ước lượng lệch về phía nào, và bước hiệu chỉnh biên ở
#   mục 4 có cứu được không?
# - Đổi `ratio=2` ở mục 6 thành 1.5 rồi 3. Được gì, mất gì?
# - Ở mục 8, cho người không hài lòng hay điền phiếu hơn: đổi thành `0.032 - 0.020 * nguoi["hai_long"]`. Quyền
#   số giả có phát hiện ra không?
# - Dùng số liệu của mình: `quyen_so`, `tang`, `ma_xa`, `tra_loi` trong tệp phiếu là đủ cho mục 3, 4 và 6 (xem
#   [07 – Trước và sau](07_truoc_sau.ipynb)).
#
# **Tiếp theo:** [06 – Ước lượng](06_uoc_luong.ipynb).
