# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # Ước lượng: từ thiết kế đến bảng, và mỗi con số nói gì
#
# > **Một con số, sai số của nó, và điều nó không nói.** Tỷ lệ, trung bình, trung vị, so sánh, kiểm định, hồi
# > quy: tất cả từ *một* thiết kế đã khai.
#
# Sổ tay này bắt đầu ở chỗ [05 – Quyền số](05_trong_so.ipynb) dừng lại. Sau mỗi bảng có một câu **đọc kết
# quả**; có những chỗ **dự đoán rồi chạy**: hãy đoán trước khi xem. Trang cuối trả lời câu hay gặp: *vì sao
# không dùng Weight Cases của SPSS*.
#
# > **Số liệu giả lập.** Chỉ tên và mã xã là thật. Người, phiếu, câu trả lời đều do máy sinh ra, nên con số
# > thật của cả dân số biết trước và so sánh được. Không con số nào ở đây nói về Cao Bằng.
#
# Cách chạy: bấm vào ô đầu tiên, nhấn **Shift + Enter** lần lượt đến hết (chừng một phút). Ô chỉ hiện dấu ba
# chấm là ô được gấp lại cho gọn; bấm vào dấu đó để xem lệnh.
#
# [← Về trang bắt đầu](00_bat_dau.ipynb)

# %%
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.stats import norm

import sampling
import surveykit as sv
from sampling.format import integer, interval, number, p_value, percent, points
from surveykit import lesson, plots, population
from surveykit.lesson import reading, refused, show
from surveykit.plots.estimates import plot_estimates
from surveykit.population.settings import FACTORS

HAT_GIONG = 20261126  # hạt giống của mọi việc ngẫu nhiên trong sổ tay này

# %% [markdown]
# ## 1. Số liệu và thiết kế
#
# Dân số giả lập: mọi người từ 18 tuổi của tỉnh, kèm 15 câu hỏi hài lòng (thang 1–5). Thêm bốn điều: có **nộp
# hồ sơ** trong năm không; nộp **trực tuyến** hay tại quầy; **chờ** bao nhiêu phút; biết tin của xã qua những
# **kênh** nào. Ai trẻ thì nộp nhiều hơn, xem mạng nhiều hơn. Trong *cùng một nhóm tuổi*, người nộp hồ sơ và
# người không nộp xem mạng như nhau: điều này ta đặt ra, để xem các phép tính có tìm lại được không.

# %%
dan_so = population.simulate("Cao Bằng", seed=20261122)
cac_xa = population.commune_list(dan_so)
nguoi = population.adult_list(dan_so, wave=2).rename(columns={"ma_nguoi": "adult"})
for cot in ("ten_xa", "loai"):
    nguoi[cot] = nguoi["ma_xa"].map(cac_xa.set_index("ma_xa")[cot])

may = np.random.default_rng([HAT_GIONG, 1])
tuoi, n = nguoi["nhom_tuoi"], len(nguoi)
nguoi["da_nop"] = (may.random(n) < tuoi.map({"18–34": 0.80, "35–59": 0.65, "60+": 0.30})).astype(int)
qua_mang = may.random(n) < tuoi.map({"18–34": 0.75, "35–59": 0.50, "60+": 0.20})
nguoi["cach_nop"] = np.where(qua_mang, "trực tuyến", "tại quầy")

thon_cham = may.normal(0, 0.35, nguoi["ma_thon"].nunique())[pd.factorize(nguoi["ma_thon"])[0]]
muc = 2.7 + 0.35 * (nguoi["loai"] == "phường") - 0.25 * qua_mang + thon_cham
nguoi["phut_cho"] = np.ceil(np.exp(muc + may.normal(0, 0.6, n)))
nguoi.loc[nguoi["da_nop"] == 0, ["cach_nop", "phut_cho"]] = None

KENH = {"mang": "mạng xã hội", "loa": "loa truyền thanh", "can_bo": "cán bộ thôn", "bang_tin": "bảng tin"}
nhom = tuoi.map({"18–34": 0, "35–59": 1, "60+": 2}).to_numpy()
phan = {"mang": [0.85, 0.55, 0.15], "loa": [0.25, 0.40, 0.60], "can_bo": [0.30, 0.45, 0.55]}
phan["bang_tin"] = [0.15, 0.15, 0.15]
for kenh in KENH:
    nguoi[kenh] = (may.random(n) < np.array(phan[kenh])[nhom]).astype(int)

# %% [markdown]
# **Rút mẫu và đi hỏi** (giả lập): 24 xã theo quy mô (PPS), 4 thôn mỗi xã, 16 người mỗi thôn. Người già hay có
# nhà hơn người trẻ, nên phiếu thu về lệch về phía già.

# %%
xa = replace(
    sampling.communes(province="Cao Bằng").join(cac_xa[["ma_xa", "so_ho"]], on="ma_xa"),
    name="Xã, phường Cao Bằng, số hộ giả lập",
    strata="type",
    size="so_ho",
)
CHUNG = {"as_of": "2026-07-01", "source": "giả lập"}
thon = sampling.Frame(
    population.village_list(dan_so)[["ma_thon", "ma_xa"]], id="ma_thon", name="Thôn giả lập", **CHUNG
)
danh_sach = sampling.Frame(nguoi[["adult", "ma_thon"]], id="adult", name="Người giả lập", **CHUNG)

mau = (
    sampling.Plan(xa)
    .stage("commune", n=24, method="pps_sampford")
    .stage("village", n=4, frame=thon, parent="ma_xa")
    .stage("adult", n=16, frame=danh_sach, parent="ma_thon")
    .draw(seed=HAT_GIONG)
)

may = np.random.default_rng([HAT_GIONG, 2])
phieu = nguoi[nguoi["adult"].isin(mau.main["adult"])].copy()
co_nha = may.random(len(phieu)) < phieu["nhom_tuoi"].map({"18–34": 0.55, "35–59": 0.75, "60+": 0.90})
phieu["tra_loi"] = co_nha.astype(int)
CAU = [f"c{i:02d}" for i in range(1, 16)]
HOI = ["chung", "hai_long", *CAU, "da_nop", "cach_nop", "phut_cho", *KENH]
phieu[HOI] = phieu[HOI].where(co_nha)

BA_MUC = ["không hài lòng", "bình thường", "hài lòng"]  # mức 1–2, 3, 4–5
phieu["ba_muc"] = pd.cut(phieu["chung"].astype(float), [0, 2, 3, 5], labels=BA_MUC)
cot = ["ten_xa", "gioi", "nhom_tuoi", "tra_loi", "chung", "c01", "cach_nop", "phut_cho", *KENH]
show(phieu[cot].head(4).reset_index(drop=True), "Bốn phiếu đầu (giả lập)")

# %% [markdown]
# Cả thiết kế trong một chuỗi: ghép phiếu vào mẫu (mẫu đã rút tự mang tầng, các cấp, xác suất), bù người không
# trả lời theo nhóm tuổi, khớp biên giới và tuổi. **Mọi lệnh sau đây chỉ cần `thiet_ke`**; không lệnh nào phải
# khai lại quyền số, tầng hay cụm.

# %%
bien = {cot: nguoi[cot].value_counts() for cot in ("gioi", "nhom_tuoi")}

thiet_ke = (
    sv.join(mau, phieu, id="adult", responded="co_phieu")
    .pipe(sv.adjust_nonresponse, responded="tra_loi", cells=["nhom_tuoi"])
    .pipe(sv.rake, bien)
)
show(thiet_ke, "Quyền số sau từng bước (giả lập)")

# %% jupyter={"source_hidden": true}
co = phieu["tra_loi"] == 1
reading(
    f"phát {integer(len(phieu))} phiếu, {integer(co.sum())} người trả lời ({percent(co.mean())}), ở "
    f"{phieu['ma_thon'].nunique()} thôn của {phieu['ma_xa'].nunique()} xã. Quyền số cuối cùng cộng lại bằng "
    f"{integer(thiet_ke.w.sum())}, đúng số người từ 18 tuổi của dân số giả lập."
)

# %% [markdown]
# ## 2. Một tỷ lệ, và từng con số trong bảng
#
# Bao nhiêu phần trăm người dân hài lòng (mức 4 hoặc 5)?

# %%
ket_qua = sv.proportion(thiet_ke, "chung", value=[4, 5])
show(ket_qua, "Tỷ lệ hài lòng chung (giả lập)")

# %% jupyter={"source_hidden": true}
dong, that = ket_qua.to_frame().iloc[0], float(nguoi["hai_long"].mean())
chua = "chứa" if dong["ci_low"] <= that <= dong["ci_high"] else "không chứa"
reading(
    f"ước lượng {percent(dong['estimate'])}; với độ tin cậy 95 %, con số thật từ "
    f"{interval(dong['ci_low'], dong['ci_high'])}. Ở đây con số thật biết được: {percent(that)}, khoảng "
    f"{chua} nó. (Số liệu giả lập.)"
)

# %% [markdown]
# **Khoảng kiểu cũ** thì sao? Bỏ quyền số, bỏ cụm, coi mọi phiếu như rút ngẫu nhiên từng người. Máy làm được,
# nếu ta nói rõ đó là giả định:

# %%
bo_het = sv.Design(phieu[co], sampling="srs")
tho = sv.proportion(bo_het, "chung", value=[4, 5])
show(tho, "Cùng các phiếu ấy, coi như mẫu ngẫu nhiên đơn giản (giả lập)")

# %% jupyter={"source_hidden": true}
dong_tho = tho.to_frame().iloc[0]
rong, rong_tho = (100 * (d["ci_high"] - d["ci_low"]) for d in (dong, dong_tho))
reading(
    f"khoảng kiểu cũ rộng {number(rong_tho, 1)} điểm, khoảng đúng rộng {number(rong, 1)} điểm. Hẹp hơn không "
    "phải vì chính xác hơn mà vì bỏ quên: người cùng thôn trả lời giống nhau, và quyền số không đều. (Số "
    "liệu giả lập.)"
)

# %% [markdown]
# Đọc các cột của bảng thứ nhất:
#
# - **sai số chuẩn**: rút lại mẫu khác thì ước lượng thường xê dịch chừng ấy;
# - **n**: số người trả lời câu này;
# - **deff** (hệ số thiết kế): sai số *bình phương* gấp mấy lần so với rút ngẫu nhiên từng người;
# - **n hiệu dụng** = n / deff: số phiếu ngẫu nhiên đơn giản đáng giá bằng mẫu này;
# - **bậc tự do**: số xã (hoặc thôn, ở xã chọn chắc chắn) trừ số tầng. Sai số được *ước lượng* từ chừng ấy đơn
#   vị; ít thì khoảng phải rộng ra.
#
# ### Dự đoán rồi chạy (1)
#
# Mẫu này đáng giá bằng bao nhiêu phiếu rút ngẫu nhiên đơn giản? Thay `None` bằng con số bạn đoán.

# %%
du_doan = None

# %% jupyter={"source_hidden": true}
lesson.predict_number(
    du_doan,
    dong["n_eff"],
    near=0.15 * dong["n"],
    unit="phiếu",
    why=f"Có {integer(dong['n'])} phiếu, deff {number(dong['deff'])}: {integer(dong['n'])} chia cho "
    f"{number(dong['deff'])} còn {integer(dong['n_eff'])}. Bậc tự do {number(dong['df'], 0)}: sai số ấy ước "
    "lượng từ các xã, không phải từ từng phiếu.",
)

# %% [markdown]
# ### Tỷ lệ gần 0 hoặc gần 100 %
#
# Tỷ lệ gần 0 hay 1 thì khoảng “± 1,96 lần sai số chuẩn” có thể vượt 100 % hoặc co lại bằng 0. Khoảng mặc
# định (“auto”) thì không. Thử người **rất không hài lòng** (mức 1) ở riêng các xã, không kể phường:

# %%
hiem = sv.proportion(thiet_ke, "chung", value=1, where="loai == 'xã'")
bang = pd.concat([hiem.ci(method=m) for m in ("auto", "wald", "korn-graubard")])
bang = bang.map(lambda x: percent(x, 2)).set_axis(["cận dưới", "cận trên"], axis=1)
bang.index = ["auto (mặc định)", "± t lần sai số chuẩn", "Korn–Graubard"]
show(bang, f"Rất không hài lòng ở các xã: ước lượng {percent(hiem.value.iloc[0], 2)} (giả lập)")

# %% jupyter={"source_hidden": true}
can = hiem.ci(method="wald").iloc[0]
am = "dưới 0, điều không thể có" if can["ci_low"] < 0 else "sát 0"
reading(
    f"cận dưới kiểu ± là {percent(can['ci_low'], 2)}, {am}. Hai khoảng kia lệch về phía trên, vì chỉ có phía "
    "ấy còn chỗ. (Số liệu giả lập.)"
)

# %% [markdown]
# ## 3. Theo xã, theo loại xã
#
# Thêm `by=` là được mọi nhóm, với hiệp phương sai chung của chúng (mục 8 sẽ cần).

# %%
theo_loai = sv.proportion(thiet_ke, "chung", value=[4, 5], by="loai")
show(theo_loai, "Hài lòng theo loại xã (giả lập)")

# %% jupyter={"source_hidden": true}
bang = theo_loai.to_frame()
rong = 100 * (bang["ci_high"] - bang["ci_low"])
reading(
    f"chỉ có {phieu.loc[phieu['loai'] == 'phường', 'ma_xa'].nunique()} phường trong mẫu: khoảng của phường "
    f"rộng {number(rong['phường'], 1)} điểm, của xã {number(rong['xã'], 1)} điểm. (Số liệu giả lập.)"
)

# %% [markdown]
# **Trong một xã.** Sai số giữa các xã không còn nghĩa: xã đã chọn rồi. Máy chuyển sang tính *có điều kiện*
# trong xã, với **thôn** là đơn vị, và nói điều đó ở dòng dưới bảng.

# %%
moi_xa = sv.proportion(thiet_ke, "chung", value=[4, 5], by="ten_xa")
plot_estimates(
    moi_xa,
    title="Tỷ lệ hài lòng chung của từng xã trong mẫu (giả lập)",
    reference=float(ket_qua.value.iloc[0]),
    reference_label="cả tỉnh",
    sort=True,
    note="Mỗi xã có 4 thôn trong mẫu. Số liệu giả lập.",
)

# %% jupyter={"source_hidden": true}
bang = moi_xa.to_frame()
p = float(ket_qua.value.iloc[0])
trong = int(((bang["ci_low"] <= p) & (p <= bang["ci_high"])).sum())
reading(
    f"khoảng của {trong} trong {len(bang)} xã chứa mức chung {percent(p)}. Mỗi xã chỉ có "
    f"{number(bang['df'].min(), 0)} bậc tự do (4 thôn), nên khoảng rộng từ "
    f"{number(100 * (bang['ci_high'] - bang['ci_low']).min(), 0)} đến "
    f"{number(100 * (bang['ci_high'] - bang['ci_low']).max(), 0)} điểm. (Số liệu giả lập.)"
)

# %% [markdown]
# ## 4. Trung bình, trung vị, phân vị
#
# Điểm trung bình của thang 1–5 và số phút chờ trung bình, cùng một lệnh. `phut_cho` chỉ có ở người đã nộp hồ
# sơ; người khác để trống, và dòng dưới bảng đếm số bỏ qua.

# %%
trung_binh = sv.mean(thiet_ke, ["chung", "phut_cho"])
show(trung_binh, "Điểm hài lòng và phút chờ trung bình (giả lập)")

# %% jupyter={"source_hidden": true}
bang = trung_binh.to_frame()
reading(
    f"người đã nộp hồ sơ chờ trung bình {number(bang.loc['phut_cho', 'estimate'], 1)} phút (từ "
    f"{number(bang.loc['phut_cho', 'ci_low'], 1)} đến {number(bang.loc['phut_cho', 'ci_high'], 1)}), tính từ "
    f"{integer(bang.loc['phut_cho', 'n'])} người; con số thật {number(nguoi['phut_cho'].mean(), 1)}. Điểm "
    f"trung bình {number(bang.loc['chung', 'estimate'])} thì khó đọc hơn “{percent(ket_qua.value.iloc[0])} "
    "hài lòng”: chừng ấy điểm là tốt hay vừa? (Số liệu giả lập.)"
)

# %% [markdown]
# **Trung vị và phân vị.** Phút chờ thì lệch: phần đông chờ ngắn, vài người chờ rất lâu. Trung vị (một nửa chờ
# không quá chừng ấy) và các phân vị nói được điều đó:

# %%
phan_vi = sv.quantile(thiet_ke, "phut_cho", [0.25, 0.5, 0.75, 0.9])
TEN_PHAN_VI = {
    0.25: "một phần tư chờ không quá",
    0.5: "một nửa chờ không quá (trung vị)",
    0.75: "ba phần tư chờ không quá",
    0.9: "chín phần mười chờ không quá",
}
plot_estimates(
    phan_vi,
    title="Phân vị của phút chờ (giả lập)",
    xlabel="phút",
    labels=TEN_PHAN_VI,
    reference=float(trung_binh.value["phut_cho"]),
    reference_label="trung bình",
    note="Số liệu giả lập.",
)

# %% jupyter={"source_hidden": true}
giua, chin = (number(phan_vi.value[q], 0) for q in (0.5, 0.9))
giua_that, chin_that = (number(nguoi["phut_cho"].quantile(q), 0) for q in (0.5, 0.9))
reading(
    f"trung bình {number(trung_binh.value['phut_cho'], 1)} phút mà trung vị {giua} phút: vài người chờ rất "
    f"lâu kéo trung bình lên. Một phần mười chờ từ {chin} phút trở lên, điều trung bình không cho thấy. Con "
    f"số thật: trung vị {giua_that}, chín phần mười {chin_that} phút. (Số liệu giả lập.)"
)

# %% [markdown]
# Với thang 1–5, trung vị chỉ có thể là một trong năm mức:

# %%
giua_muc = sv.median(thiet_ke, "chung")
show(giua_muc, "Trung vị của câu hỏi chung (giả lập)")

# %% jupyter={"source_hidden": true}
can = giua_muc.ci().iloc[0]
reading(
    f"trung vị là mức {number(giua_muc.value.iloc[0], 0)}, khoảng từ mức {number(can['ci_low'], 0)} đến mức "
    f"{number(can['ci_high'], 0)}: gần như không nói gì. Với thang 1–5, tỷ lệ mức 4–5 và điểm trung bình nói "
    "nhiều hơn. (Số liệu giả lập.)"
)

# %% [markdown]
# ## 5. Nhiều câu hỏi thang 1–5
#
# Đưa cả danh sách cột vào một lệnh: mỗi câu một dòng, cùng hiệp phương sai.

# %%
TEN_CAU = {f"c{i:02d}": f"câu {i}: {ten}" for ten, cau in FACTORS.items() for i in [int(c[1:]) for c in cau]}
nam_bon = sv.proportion(thiet_ke, CAU, value=[4, 5])
plot_estimates(
    nam_bon,
    title="Phần hài lòng (mức 4–5) ở 15 câu (giả lập)",
    labels=TEN_CAU,
    reference=float(ket_qua.value.iloc[0]),
    reference_label="câu hỏi chung",
    note="Số liệu giả lập.",
)

# %% jupyter={"source_hidden": true}
cao, thap = nam_bon.value.idxmax(), nam_bon.value.idxmin()
cach = nam_bon.contrast({cao: 1, thap: -1}).to_frame().iloc[0]
reading(
    f"15 câu nằm gần nhau: cao nhất {percent(nam_bon.value[cao])} ({TEN_CAU[cao]}), thấp nhất "
    f"{percent(nam_bon.value[thap])} ({TEN_CAU[thap]}). Hiệu của hai câu ấy {lesson.in_words(cach)}, nhưng "
    "phải đọc dè dặt: ta chọn câu cao nhất và thấp nhất sau khi đã xem. (Số liệu giả lập.)"
)

# %% [markdown]
# **Thang Likert, ba cách tóm** một câu: điểm trung bình; phần hài lòng (mức 4–5); *hiệu* phần hài lòng trừ
# phần không hài lòng (mức 1–2). Một lệnh làm cả ba, mỗi con số có khoảng của nó:

# %%
thang = sv.likert(thiet_ke, list(FACTORS["Công chức phục vụ"]))
show(thang, "Bốn câu về công chức phục vụ (giả lập)")

# %% jupyter={"source_hidden": true}
cau = thang.net.value.idxmin()
reading(
    f"bốn câu về công chức phục vụ gần như nhau theo cả ba cách; hiệu thấp nhất ở {cau}: "
    f"{points(thang.net.value[cau])}. Báo cáo chọn một cách tóm trước khi xem số liệu, rồi giữ nguyên qua "
    "các đợt. (Số liệu giả lập.)"
)

# %% [markdown]
# ## 6. Câu chọn nhiều đáp án
#
# “Ông/bà biết tin của xã qua đâu?” được chọn nhiều kênh: mỗi kênh một cột 0/1. Có hai phần trăm khác nhau,
# hay bị lẫn: phần của **người** (cộng lại quá 100 %) và phần của **lượt chọn** (cộng lại đúng 100 %).

# %%
phan_nguoi = sv.multiple_response(thiet_ke, list(KENH), labels=KENH)
plot_estimates(
    phan_nguoi,
    title="Phần người biết tin qua từng kênh (giả lập)",
    note="Chọn nhiều kênh nên cộng lại quá 100 %. Số liệu giả lập.",
)

# %% [markdown]
# Phần của **lượt chọn**: số lượt chọn kênh ấy chia cho số lượt chọn của mọi người.

# %%
phan_luot = sv.multiple_response(thiet_ke, list(KENH), base="answers", labels=KENH)
bang = pd.DataFrame(
    {
        "phần của người": [percent(x) for x in phan_nguoi.value],
        "phần của lượt chọn": [percent(x) for x in phan_luot.value],
    },
    index=phan_nguoi.value.index.rename(None),
)
show(bang, "Hai phần trăm của cùng một câu hỏi (giả lập)")

# %% jupyter={"source_hidden": true}
reading(
    f"{percent(phan_nguoi.value['mạng xã hội'])} số người biết tin qua mạng xã hội, nhưng mạng xã hội chỉ là "
    f"{percent(phan_luot.value.iloc[0])} số lượt chọn, vì mỗi người chọn trung bình "
    f"{number(phan_nguoi.value.sum())} kênh. Báo cáo phải nói rõ phần trăm của cái gì. (Số liệu giả lập.)"
)

# %% [markdown]
# ## 7. So hai nhóm có cơ cấu khác nhau: tỷ lệ chuẩn hóa
#
# Người **đã nộp hồ sơ** có hay xem mạng xã hội hơn người chưa nộp không? So thẳng thì lẫn tuổi vào: người đã
# nộp trẻ hơn, mà người trẻ xem mạng nhiều. **Chuẩn hóa**: tính tỷ lệ trong từng nhóm tuổi, rồi ghép lại theo
# *cùng một* cơ cấu tuổi, ở đây là của dân số.

# %%
phan_tuoi = nguoi["nhom_tuoi"].value_counts(normalize=True)
hai_cach = {
    "so thẳng": sv.mean(thiet_ke, "mang", by="da_nop"),
    "chuẩn hóa theo tuổi": sv.standardise(
        thiet_ke, "mang", cells="nhom_tuoi", population=phan_tuoi, by="da_nop"
    ),
}
hieu = [cach.contrast({1: 1, 0: -1}).to_frame() for cach in hai_cach.values()]
bang = pd.concat(hieu).set_axis(list(hai_cach))
bang_doc = lesson.table(bang, unit="points", rows="đã nộp trừ chưa nộp")
show(bang_doc, "Xem tin của xã qua mạng xã hội (giả lập)")

# %% jupyter={"source_hidden": true}
reading(
    f"so thẳng, chênh nhau {lesson.in_words(bang.iloc[0])}. Trên cùng cơ cấu tuổi chỉ còn "
    f"{lesson.in_words(bang.iloc[1])}: chênh lệch là do tuổi, đúng như ta đã đặt ra ở mục 1. Chuẩn hóa chỉ "
    "gỡ được điều ta đã đo, không gỡ được điều phiếu không hỏi. (Số liệu giả lập.)"
)

# %% [markdown]
# ## 8. So sánh
#
# Hai khoảng tin cậy có chồng lên nhau hay không thì **không** trả lời được câu “có khác nhau không”. Phải
# tính khoảng của chính *hiệu*, với hiệp phương sai của hai con số (cùng xã, cùng thôn thì chúng không độc
# lập). Mọi kết quả có `by=` đã mang sẵn điều ấy:

# %%
theo_tuoi = sv.proportion(thiet_ke, "chung", value=[4, 5], by="nhom_tuoi")
gia_tre = theo_tuoi.contrast({"60+": 1, "18–34": -1}, "60+ trừ 18–34")
show(gia_tre, "Hài lòng: người từ 60 tuổi trừ người trẻ (giả lập)")

# %% jupyter={"source_hidden": true}
dong = gia_tre.to_frame().iloc[0]
sai = theo_tuoi.se
roi = float(np.hypot(sai["60+"], sai["18–34"]))
hieu_that = nguoi.groupby("nhom_tuoi")["hai_long"].mean()
reading(
    f"chênh nhau {lesson.in_words(dong)}; con số thật {points(hieu_that['60+'] - hieu_that['18–34'])}. Sai "
    f"số chuẩn của hiệu là {number(100 * dong['se'])} điểm; coi hai nhóm như độc lập thì ra "
    f"{number(100 * roi)}. (Số liệu giả lập.)"
)

# %% [markdown]
# ### Nhiều so sánh cùng lúc
#
# 24 xã thì có 276 cặp. Dù mọi xã như nhau, cứ 20 phép so sánh ở mức 5 % vẫn có chừng một phép “có ý nghĩa”.
# Phải chỉnh theo số phép so sánh: **Holm** và **max-t** giữ khả năng nhầm *dù chỉ một lần* dưới 5 %.
#
# ### Dự đoán rồi chạy (2)
#
# Trong 276 cặp xã, bao nhiêu cặp có p dưới 5 % khi **không** chỉnh?

# %%
du_doan = None

# %%
hang = {}
for ten, cach in {"không chỉnh": "none", "Holm": "holm", "max-t": "max-t"}.items():
    p = moi_xa.pairwise(cach).test().iloc[:, -1]  # cột cuối: p đã chỉnh, hoặc p khi không chỉnh
    hang[ten] = {"số cặp": len(p), "số cặp p < 5 %": int((p < 0.05).sum()), "p nhỏ nhất": p_value(p.min())}
so_cap = pd.DataFrame(hang).T
show(so_cap, "So từng cặp xã về tỷ lệ hài lòng (giả lập)")

# %% jupyter={"source_hidden": true}
khac, con = (int(so_cap.loc[ten, "số cặp p < 5 %"]) for ten in ("không chỉnh", "Holm"))
lesson.predict_number(
    du_doan,
    khac,
    near=5,
    unit="cặp",
    why=f"Chỉ do may rủi, {len(p)} phép so sánh ở mức 5 % đã cho chừng {number(0.05 * len(p), 0)} cặp. Chỉnh "
    f"theo Holm thì còn {con}: với 4 thôn mỗi xã, số liệu này không đủ để xếp hạng các xã. (Số liệu giả "
    "lập.)",
)

# %% [markdown]
# Ít nhóm hơn, mỗi nhóm ở khắp tỉnh, thì khoảng hẹp hơn. Ba nhóm tuổi, khoảng **đúng đồng thời** cho cả ba
# hiệu:

# %%
plot_estimates(
    theo_tuoi.pairwise("max-t"),
    title="Hài lòng: hiệu giữa các nhóm tuổi (giả lập)",
    note="Số liệu giả lập.",
)

# %% jupyter={"source_hidden": true}
dong_thoi = theo_tuoi.pairwise("max-t").ci()
co_0 = int(((dong_thoi["ci_low"] <= 0) & (dong_thoi["ci_high"] >= 0)).sum())
reading(
    f"{co_0} trong {len(dong_thoi)} khoảng chứa 0. Khoảng chứa 0 không có nghĩa là “bằng nhau”: con số thật "
    "của người từ 60 tuổi cao hơn người trẻ, nhưng mẫu này chưa đủ để thấy. (Số liệu giả lập.)"
)

# %% [markdown]
# **Một câu hỏi cho cả ba nhóm:** mọi nhóm tuổi có như nhau không? Một kiểm định F (Wald), dùng cả hiệp phương
# sai:

# %%
ca_ba = theo_tuoi.pairwise(against="18–34").joint_test()
show(ca_ba, "Hài lòng: ba nhóm tuổi như nhau? (giả lập)")

# %% jupyter={"source_hidden": true}
reading(
    f"p = {p_value(ca_ba.p)}. {'Không đủ căn cứ để nói' if ca_ba.p >= 0.05 else 'Có căn cứ để nói'} các "
    "nhóm tuổi khác nhau về tỷ lệ hài lòng. Bậc tự do thứ hai đến từ số xã, không phải từ hơn một nghìn "
    "phiếu. (Số liệu giả lập.)"
)

# %% [markdown]
# ### Hai nhóm, một con số: kiểm định t và cỡ tác động
#
# Người nộp trực tuyến rồi đến nhận có chờ ít hơn người nộp tại quầy không?

# %%
theo_cach = sv.mean(thiet_ke, "phut_cho", by="cach_nop", where="da_nop == 1")
show(theo_cach, "Phút chờ trung bình theo cách nộp (giả lập)")

# %%
kiem_dinh = sv.t_test(thiet_ke, "phut_cho", by="cach_nop")
show(kiem_dinh, "Phút chờ: tại quầy trừ trực tuyến (giả lập)")

# %% jupyter={"source_hidden": true}
them = theo_cach.contrast({"tại quầy": 1, "trực tuyến": -1}).to_frame().iloc[0]
reading(
    f"nộp tại quầy thì chờ lâu hơn {number(them['estimate'], 1)} phút (từ {number(them['ci_low'], 1)} đến "
    f"{number(them['ci_high'], 1)}; p = {p_value(kiem_dinh.p)}). Cỡ tác động d = "
    f"{number(kiem_dinh.details['d'])}: hiệu bằng chừng ấy lần độ lệch chuẩn giữa người với người. p cho "
    "biết hiệu có dễ chỉ do may rủi không, d cho biết hiệu lớn hay nhỏ. (Số liệu giả lập.)"
)

# %% [markdown]
# ## 9. Bảng chéo
#
# Mức hài lòng có liên quan đến nhóm tuổi không? Một lệnh cho phần trăm có quyền số, khoảng tin cậy, số phiếu
# và kiểm định **Rao–Scott**: khi bình phương của Pearson, sửa theo cụm và quyền số.

# %%
bang_cheo = sv.crosstab(thiet_ke, "ba_muc", "nhom_tuoi")
show(bang_cheo, "Mức hài lòng theo nhóm tuổi (giả lập)")

# %% jupyter={"source_hidden": true}
v, rao_scott = bang_cheo.cramers_v().to_frame().iloc[0], bang_cheo.test()
reading(
    f"p = {p_value(rao_scott.p)}; Cramér V = {number(v['estimate'])} (0 là không liên quan, 1 là liên quan "
    "hoàn toàn). Không thấy liên hệ giữa mức hài lòng và nhóm tuổi trong mẫu này. Khi bình phương tính "
    "thẳng từ quyền số thì quên cụm: mục 14. (Số liệu giả lập.)"
)

# %% [markdown]
# ## 10. Hồi quy logit
#
# Câu ở mục 7, hỏi bằng mô hình: tuổi và giới như nhau thì đã nộp hồ sơ có đi cùng xem mạng không? Hệ số của
# mô hình logit nằm trên thang log; lấy mũ thì thành **tỷ số chênh** (odds ratio), 1 nghĩa là như nhau.

# %%
mo_hinh = sv.regress(thiet_ke, "mang ~ da_nop + nhom_tuoi + gioi", family="logit")
ty_so = mo_hinh.exp().to_frame()
bang = mo_hinh.to_frame().loc[ty_so.index]  # không kể hằng số
TEN_HE_SO = {
    "nhom_tuoi[35–59]": "35–59 tuổi, so với 18–34",
    "nhom_tuoi[60+]": "60 tuổi trở lên, so với 18–34",
    "gioi[Nữ]": "nữ, so với nam",
    "da_nop": "đã nộp hồ sơ",
}
show(
    pd.DataFrame(
        {
            "hệ số": bang["estimate"],
            "sai số chuẩn": bang["se"],
            "tỷ số chênh": ty_so["estimate"],
            "cận dưới 95 %": ty_so["ci_low"],
            "cận trên 95 %": ty_so["ci_high"],
            "p": bang["p"].map(p_value),
        }
    )
    .rename(index=TEN_HE_SO)
    .rename_axis(None),
    "Xem tin của xã qua mạng xã hội (giả lập)",
)

# %% jupyter={"source_hidden": true}
nop, gia = (number(ty_so.loc[ten, "estimate"]) for ten in ("da_nop", "nhom_tuoi[60+]"))
reading(
    f"cùng tuổi, cùng giới thì tỷ số chênh của người đã nộp là {nop} (p = "
    f"{p_value(bang.loc['da_nop', 'p'])}): không thấy liên hệ, như mục 7. Tuổi thì rõ: người từ 60 tuổi so "
    f"với người trẻ, tỷ số chênh {gia}. Tỷ số chênh không phải “lần”: với chuyện hay gặp, nó phóng đại "
    "chênh lệch. (Số liệu giả lập.)"
)

# %% [markdown]
# **Tác động biên trung bình** dễ đọc hơn: tính bằng điểm phần trăm, trung bình trên mọi người của mẫu.

# %%
tac_dong = mo_hinh.effects().to_frame().rename(index=TEN_HE_SO)
show(lesson.table(tac_dong, unit="points", rows="tác động biên"), "Xem tin của xã qua mạng xã hội (giả lập)")

# %% [markdown]
# **Dự đoán trung bình**: nếu mọi người đều ở nhóm tuổi ấy, giới và việc nộp hồ sơ giữ như trong mẫu, thì bao
# nhiêu phần trăm xem mạng?

# %%
du_doan_tuoi = mo_hinh.margins("nhom_tuoi")
show(lesson.table(du_doan_tuoi.to_frame(), rows="nhóm tuổi"), "Dự đoán trung bình theo nhóm tuổi (giả lập)")

# %% jupyter={"source_hidden": true}
nop = tac_dong.loc["đã nộp hồ sơ"]
reading(
    f"tác động biên của việc đã nộp là {lesson.in_words(nop)}, gần với con số chuẩn hóa ở mục 7: hai đường, "
    "một câu trả lời. Từ 60 tuổi trở lên thì "
    f"{lesson.in_words(tac_dong.loc['60 tuổi trở lên, so với 18–34'])} so với người trẻ: nói như vậy dễ "
    "hiểu hơn tỷ số chênh. (Số liệu giả lập.)"
)

# %% [markdown]
# ## 11. Hàm của các ước lượng, và nhiều kết quả cùng lúc
#
# Người già hài lòng *gấp mấy lần* người trẻ? Tỷ số của hai tỷ lệ là một hàm; sai số của nó theo hiệp phương
# sai chung:

# %%
gap = sv.function(theo_tuoi, lambda v: {"60+ chia 18–34": v["60+"] / v["18–34"]})
show(gap, "Tỷ số hài lòng của người từ 60 tuổi và người trẻ (giả lập)")

# %% jupyter={"source_hidden": true}
dong = gap.to_frame().iloc[0]
reading(
    f"tỷ số {number(dong['estimate'])}, từ {number(dong['ci_low'])} đến {number(dong['ci_high'])}: khoảng "
    f"{'chứa' if dong['ci_low'] <= 1 <= dong['ci_high'] else 'không chứa'} 1. (Số liệu giả lập.)"
)

# %% [markdown]
# Hai kết quả từ hai lệnh cũng so được: ghép lại với hiệp phương sai chung. Phường chờ lâu hơn *mức chung* bao
# nhiêu? (Mức chung có cả phường, nên hai con số không độc lập.)

# %%
cung_luc = sv.together(sv.mean(thiet_ke, "phut_cho", by="loai"), sv.mean(thiet_ke, "phut_cho"))
hon_chung = cung_luc.contrast({"phường": 1, "phut_cho": -1}, "phường trừ mức chung")
show(hon_chung, "Phút chờ trung bình (giả lập)")

# %% jupyter={"source_hidden": true}
dong = hon_chung.to_frame().iloc[0]
reading(
    f"ở phường chờ lâu hơn mức chung {number(dong['estimate'], 1)} phút (từ {number(dong['ci_low'], 1)} đến "
    f"{number(dong['ci_high'], 1)}). (Số liệu giả lập.)"
)

# %% [markdown]
# ## 12. Quyền số lặp: vẫn những lệnh ấy
#
# Cách thứ hai để có sai số: làm lại **mọi bước quyền số** trên nhiều bộ quyền số, xem ước lượng dao động bao
# nhiêu. Đổi thiết kế một lần, các lệnh giữ nguyên. (Ở đây coi xã như rút có hoàn lại.)

# %%
hoan_lai = (
    sv.join(mau, phieu, id="adult", responded="co_phieu", pps="with_replacement")
    .pipe(sv.adjust_nonresponse, responded="tra_loi", cells=["nhom_tuoi"])
    .pipe(sv.rake, bien)
)
lap = sv.replicate_weights(hoan_lai, "rwyb", replicates=300, seed=HAT_GIONG)

hang = {}
for ten, d in {"tuyến tính hóa (Taylor)": hoan_lai, "300 bộ quyền số lặp": lap}.items():
    hang[ten] = {
        "hài lòng (điểm)": number(100 * sv.proportion(d, "chung", value=[4, 5]).se.iloc[0]),
        "điểm trung bình c01": number(sv.mean(d, "c01").se.iloc[0], 4),
        "phút chờ trung bình": number(sv.mean(d, "phut_cho").se.iloc[0]),
    }
show(pd.DataFrame(hang).T, "Sai số chuẩn theo hai đường (giả lập)")

# %% jupyter={"source_hidden": true}
ty = sv.mean(lap, "phut_cho").se.iloc[0] / sv.mean(hoan_lai, "phut_cho").se.iloc[0]
reading(
    f"hai đường đi khác nhau, sai số gần nhau (ở phút chờ tỷ số là {number(ty)}). Quyền số lặp tiện khi nộp "
    "số liệu cho người khác: họ không cần biết tầng, cụm. (Số liệu giả lập.)"
)

# %% [markdown]
# ## 13. Điều thiết kế không nói được
#
# Có những câu hỏi mà mẫu này không trả lời được. Máy nói ra, thay vì in một con số vô căn cứ.
#
# **Một thôn.** Người trong thôn được rút ngẫu nhiên, nên sai số *trong thôn* tính được; nhưng nếu chỉ khai
# đến cấp thôn thì không:

# %%
khai = {"weights": "quyen_so", "psu": "ma_thon"}
thu = phieu[co].assign(quyen_so=thiet_ke.w[co.to_numpy()])
mot_thon = thu["ma_thon"].iloc[0]
it = sv.mean(sv.Design(thu, **khai), "phut_cho", where=f"ma_thon == {mot_thon!r}")
show(it, "Phút chờ trung bình ở một thôn, khi thiết kế chỉ khai đến thôn (giả lập)")

# %% jupyter={"source_hidden": true}
reading(
    f"có ước lượng ({number(it.value.iloc[0], 1)} phút, {integer(it.n.iloc[0])} người) nhưng ô sai số để "
    'trống, kèm lý do. Khai thêm cấp dưới thôn, psu=["ma_thon", "adult"], thì máy tính được.'
)

# %% [markdown]
# **Hai cụm.** Hai thôn thì có sai số, nhưng chỉ một bậc tự do: máy vẫn in và nhắc “đọc thận trọng”.

# %%
hai_thon = thu["ma_thon"].unique()[:2].tolist()
it = sv.mean(sv.Design(thu, **khai), "phut_cho", where=f"ma_thon in {hai_thon}")
show(it, "Phút chờ trung bình ở hai thôn (giả lập)")

# %% jupyter={"source_hidden": true}
dong = it.to_frame().iloc[0]
reading(
    f"với một bậc tự do phải nhân sai số chuẩn với chừng 12,7 thay vì 1,96: khoảng từ "
    f"{number(dong['ci_low'], 1)} đến {number(dong['ci_high'], 1)} phút, gần như không nói gì. Cả deff "
    f"{number(dong['deff'])} và “n hiệu dụng” {integer(dong['n_eff'])} từ {integer(dong['n'])} người cũng "
    "chỉ là may rủi: hai con số tình cờ gần nhau thì sai số trông nhỏ."
)

# %% [markdown]
# **Mẫu tự chọn.** Phiếu ở quầy, mã QR: không ai có xác suất được chọn. Máy cho bảng (kèm “không suy rộng
# được”) nhưng không cho kiểm định:

# %%
tu_chon = sv.Design(phieu[co & (phieu["cach_nop"] == "tại quầy")], sampling="self-selected")
o_quay = sv.mean(tu_chon, "phut_cho", by="loai")
refused(
    lambda: o_quay.contrast({"phường": 1, "xã": -1}).test(),
    "phiếu do người ta tự điền thì không có sai số chọn mẫu, nên không có p. So với một mẫu xác suất.",
)

# %% [markdown]
# **Hỏi sai cột, sai mức.** Máy nêu cái sai và gợi ý:

# %%
refused(
    lambda: sv.mean(thiet_ke, "nhom_tuoi"),
    "nhóm tuổi là chữ; trung bình cần số. Muốn biết phần của từng nhóm thì dùng `proportion`.",
)

# %%
refused(
    lambda: sv.proportion(thiet_ke, "chung", value=[4, 5], where="loai == 'phuong'"),
    "không phiếu nào thỏa điều kiện: chữ phải viết đúng dấu (“phường”).",
)

# %% [markdown]
# ## 14. Vì sao không dùng Weight Cases của SPSS
#
# Weight Cases nhận cột quyền số và coi mỗi phiếu như **được lặp lại** chừng ấy lần. Chính tài liệu của IBM
# nói vậy, và dặn: quyền số của mẫu phức tạp thì chỉ dùng trong gói Complex Samples, đừng đưa vào Weight Cases
# (*WEIGHT command, Overview*, ibm.com/docs; *IBM SPSS Complex Samples 19*, chương 1). Ước lượng thì vẫn đúng.
# **Sai số, khoảng tin cậy, p thì không.**
#
# Cùng số liệu, ba cách:
#
# 1. **Weight Cases, quyền số để nguyên**: n coi như bằng tổng quyền số;
# 2. **Weight Cases, quyền số chuẩn hóa** (chia cho trung bình, để cộng lại bằng số phiếu): n đúng, nhưng quên
#    cụm và quên quyền số không đều;
# 3. **theo thiết kế**.

# %%
w, y = thiet_ke.w[co.to_numpy()], phieu.loc[co, "hai_long"].to_numpy(float)
nam = (phieu.loc[co, "gioi"] == "Nam").to_numpy()
hang = {}
for ten, u in {"1. quyền số để nguyên": w, "2. quyền số chuẩn hóa": w / w.mean()}.items():
    p, tong = np.average(y, weights=u), u.sum()
    hang[ten] = (p, np.sqrt(p * (1 - p) / (tong - 1)), tong)
hang["3. theo thiết kế"] = tuple(ket_qua.to_frame()[["estimate", "se", "n_eff"]].iloc[0])
ba_cach = pd.DataFrame(hang, index=["estimate", "se", "n"]).T
ba_cach["low"], ba_cach["high"] = (ba_cach["estimate"] + dau * 1.96 * ba_cach["se"] for dau in (-1, 1))
ba_cach.loc["3. theo thiết kế", ["low", "high"]] = ket_qua.ci().iloc[0].to_numpy()
bang = pd.DataFrame(
    {
        "ước lượng": ba_cach["estimate"].map(percent),
        "cỡ mẫu được coi là": ba_cach["n"].map(integer),
        "sai số chuẩn (điểm)": (100 * ba_cach["se"]).map(lambda x: number(x, 3)),
        "khoảng 95 %": [interval(a, b) for a, b in zip(ba_cach["low"], ba_cach["high"], strict=True)],
    }
)
show(bang, f"Tỷ lệ hài lòng; con số thật {percent(that)} (giả lập)")

# %%
ve = ba_cach[::-1].assign(arm=["adopting", "comparison", "comparison"], truth=that)
plots.dot_interval(
    {"Cùng số liệu, cùng quyền số": ve},
    title="Ba khoảng tin cậy 95 % của cùng một ước lượng (giả lập)",
    xlabel="Tỷ lệ hài lòng (%)",
    arms={"comparison": "Weight Cases", "adopting": "theo thiết kế"},
    truth="con số thật",
    note="Thanh ngang: khoảng 95 %; của quyền số để nguyên gần như khuất sau dấu vuông. Số liệu giả lập.",
)

# %% jupyter={"source_hidden": true}
lan = ba_cach["se"].iloc[2] / ba_cach["se"]
reading(
    "ba cách cho cùng ước lượng. Nhưng với quyền số để nguyên, máy tưởng đã hỏi "
    f"{integer(ba_cach['n'].iloc[0])} người và in sai số chuẩn nhỏ hơn cách theo thiết kế "
    f"{number(lan.iloc[0], 0)} lần; chuẩn hóa thì nhỏ hơn {number(lan.iloc[1], 1)} lần. (Số liệu giả lập.)"
)

# %% [markdown]
# ### Rút lại 400 lần
#
# Một mẫu thì có thể may. Khoảng 95 % phải trúng con số thật chừng **95 lần trong 100 mẫu**. Rút lại 400 mẫu
# theo một thiết kế đơn giản hơn cho nhanh: 10 thôn ở phường, 30 thôn ở xã, 12 người mỗi thôn; ai được hỏi
# cũng trả lời.
#
# ### Dự đoán rồi chạy (3)
#
# Khoảng “95 %” của Weight Cases với **quyền số chuẩn hóa** trúng con số thật bao nhiêu lần trong 100?

# %%
du_doan = None

# %%
may = np.random.default_rng([HAT_GIONG, 3])
so_nguoi = nguoi.groupby("ma_thon").size().to_numpy()  # người xếp theo thôn, thôn xếp theo mã
dau_thon = np.cumsum(so_nguoi) - so_nguoi
o_phuong = (nguoi["loai"] == "phường").to_numpy()[dau_thon]
tang, moi_thon = [(np.flatnonzero(o_phuong), 10), (np.flatnonzero(~o_phuong), 30)], 12
hai_long, loai = nguoi["hai_long"].to_numpy(), nguoi["loai"].to_numpy()

mau_lap = []
for _ in range(400):
    chon = np.concatenate([may.choice(cac_thon, so, replace=False) for cac_thon, so in tang])
    hang = np.concatenate([dau_thon[t] + may.choice(so_nguoi[t], moi_thon, replace=False) for t in chon])
    nhan = np.concatenate([np.full(so, len(cac_thon) / so) for cac_thon, so in tang])
    rut = pd.DataFrame({"thon": np.repeat(chon, moi_thon), "loai": loai[hang], "y": hai_long[hang]})
    rut["w"] = np.repeat(nhan * so_nguoi[chon] / moi_thon, moi_thon)
    uoc = sv.proportion(sv.Design(rut, weights="w", strata="loai", psu="thon"), "y", value=1)
    p, khoang = float(uoc.value.iloc[0]), uoc.ci().iloc[0]
    for ten, co_mau in {"1. quyền số để nguyên": rut["w"].sum(), "2. quyền số chuẩn hóa": len(rut)}.items():
        nua = 1.96 * np.sqrt(p * (1 - p) / (co_mau - 1))
        mau_lap.append((ten, p, p - nua, p + nua))
    mau_lap.append(("3. theo thiết kế", p, khoang["ci_low"], khoang["ci_high"]))
mau_lap = pd.DataFrame(mau_lap, columns=["cách", "estimate", "low", "high"])
mau_lap["trúng"] = (mau_lap["low"] <= that) & (that <= mau_lap["high"])
do_phu = mau_lap.groupby("cách")["trúng"].mean()

# %% jupyter={"source_hidden": true}
lesson.predict_number(
    du_doan,
    100 * do_phu["2. quyền số chuẩn hóa"],
    near=4,
    unit="lần",
    why=f"Quyền số nguyên: {number(100 * do_phu['1. quyền số để nguyên'], 0)} lần trong 100; theo thiết kế: "
    f"{number(100 * do_phu['3. theo thiết kế'], 0)} lần. Với 400 mẫu, các con số này còn xê dịch vài phần "
    "trăm vì may rủi. (Số liệu giả lập.)",
)

# %%
ve = {}
for ten, phan in mau_lap.groupby("cách"):
    dau = phan.head(30).reset_index(drop=True)
    dau.index = [f"mẫu {i + 1}" for i in dau.index]
    ve[f"{ten}: trúng {percent(do_phu[ten], 0)}"] = dau.assign(
        arm=np.where(dau["trúng"], "adopting", "comparison"), truth=that
    )
plots.dot_interval(
    ve,
    title="Khoảng 95 % của 30 mẫu đầu tiên, theo ba cách (giả lập)",
    xlabel="Tỷ lệ hài lòng (%)",
    arms={"adopting": "trúng con số thật", "comparison": "trượt"},
    truth="con số thật",
    note="Cùng mẫu, cùng ước lượng ở ba ô; chỉ khác độ rộng của khoảng. Phần trăm: trong cả 400 mẫu. Số liệu "
    "giả lập.",
)

# %% jupyter={"source_hidden": true}
uoc_luong = mau_lap.loc[mau_lap["cách"] == "3. theo thiết kế", "estimate"]
reading(
    f"trung bình của 400 ước lượng là {percent(uoc_luong.mean())}, con số thật {percent(that)}: ước lượng "
    f"không lệch. Độ lệch chuẩn của 400 ước lượng là {number(100 * uoc_luong.std())} điểm – đó mới là sai số "
    f"thật. “Khoảng 95 %” của quyền số để nguyên trúng {percent(do_phu.iloc[0], 0)}, của quyền số chuẩn hóa "
    f"{percent(do_phu.iloc[1], 0)}, theo thiết kế {percent(do_phu.iloc[2], 0)}. (Số liệu giả lập.)"
)

# %% [markdown]
# **Kiểm định cũng hỏng theo.** Nam và nữ có hài lòng khác nhau không? p theo ba cách, trên mẫu của ta:

# %%
theo_gioi = sv.proportion(thiet_ke, "hai_long", value=1, by="gioi")
dung = theo_gioi.contrast({"Nữ": 1, "Nam": -1}, "Nữ trừ Nam")
hieu = float(dung.value.iloc[0])
z = {}
for ten, u in {"1. quyền số để nguyên": w, "2. quyền số chuẩn hóa": w / w.mean()}.items():
    p = np.average(y, weights=u)
    z[ten] = abs(hieu) / np.sqrt(p * (1 - p) * (1 / u[nam].sum() + 1 / u[~nam].sum()))
bang = pd.DataFrame({"p": {ten: p_value(2 * norm.sf(x)) for ten, x in z.items()}})
bang.loc["3. theo thiết kế", "p"] = p_value(dung.test()["p"].iloc[0])
show(bang, f"Nữ trừ Nam: {points(hieu)} (giả lập)")

# %% jupyter={"source_hidden": true}
reading(
    f"hiệu {points(hieu)} thì ba cách như nhau, p thì không: quyền số để nguyên biến một chênh lệch có thể "
    f"chỉ do may rủi (p = {bang.loc['3. theo thiết kế', 'p']}) thành “rất có ý nghĩa” (p "
    f"{bang.loc['1. quyền số để nguyên', 'p']}). Với hàng trăm nghìn “phiếu”, chênh lệch nào cũng “có ý "
    "nghĩa”. (Số liệu giả lập.)"
)

# %% [markdown]
# ## 15. Bài tập
#
# ### Dự đoán rồi chạy (4)
#
# Một báo cáo viết: “85 % hài lòng, sai số ± 0,1 %, n = 340.000”, trong khi chỉ hỏi hơn một nghìn người. Lỗi ở
# đâu?
#
# - **A** – quyền số tính sai;
# - **B** – tổng quyền số bị coi là số người trả lời;
# - **C** – không có lỗi, vì mẫu đại diện cho chừng ấy người.

# %%
du_doan = None

# %% jupyter={"source_hidden": true}
lesson.predict_choice(
    du_doan,
    "B",
    {
        "A": "quyền số tính sai",
        "B": "tổng quyền số bị coi là số người trả lời",
        "C": "không có lỗi, vì mẫu đại diện cho chừng ấy người",
    },
    why=f"Mẫu đại diện cho {integer(thiet_ke.w.sum())} người, nhưng thông tin chỉ đến từ {integer(co.sum())} "
    f"người trả lời, đáng giá bằng {integer(ket_qua.to_frame()['n_eff'].iloc[0])} phiếu ngẫu nhiên đơn giản.",
)

# %% [markdown]
# **Làm tiếp**
#
# - Đổi `n=16` ở mục 1 thành 8 rồi 32 người mỗi thôn. n tăng gấp bốn thì n hiệu dụng tăng mấy lần?
# - Ở mục 14, đổi 10 và 30 thôn thành 20 và 60 thôn, `moi_thon = 6`: vẫn 480 người. “Quyền số chuẩn hóa” trúng
#   bao nhiêu lần? Vì sao đỡ hơn?
# - Dùng số liệu của mình: khai `sv.Design(phieu, weights=…, strata=…, psu=[…])` rồi chạy các lệnh ở mục 2 đến
#   11.
#
# **Tiếp theo:** [07 – Trước và sau](07_truoc_sau.ipynb).
