"""Sentences and headings of the draw record and of the field lists, Vietnamese and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..checks import nfc
from ..format import Lang

__all__ = ["FORMULAS", "JOINTS", "PHRASES", "say"]

#: What a record calls the joint probabilities.
JOINTS: Mapping[str, tuple[str, str]] = {
    "exact": ("chính xác", "exact"),
    "approx": ("xấp xỉ", "approximate"),
    "none": ("không có", "none"),
}

#: Where joint probabilities come from, where that is said in words; a formula or a name needs none.
FORMULAS: Mapping[str, tuple[str, str]] = {
    "none": ("–", "–"),
    "with replacement": ("có hoàn lại", "with replacement"),
    "overlap of steps": ("phần chung của các bước", "overlap of steps"),
    "ordered pivotal (Chauvet 2012)": (
        "trục xoay theo thứ tự (Chauvet 2012)",
        "ordered pivotal (Chauvet 2012)",
    ),
}

PHRASES: Mapping[str, tuple[str, str]] = {
    # head
    "nation": ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "SOCIALIST REPUBLIC OF VIET NAM"),
    "motto": ("Độc lập - Tự do - Hạnh phúc", "Independence - Freedom - Happiness"),
    "number": ("Số: …/BB-…", "No.: …"),
    "place": ("{place}, ngày {day} tháng {month} năm {year}", "{place}, {date}"),
    "place_blank": ("{place}, ngày … tháng … năm …", "{place}, date: …"),
    "title": ("BIÊN BẢN CHỌN MẪU", "RECORD OF THE DRAW OF A SAMPLE"),
    "notice": (
        "DỮ LIỆU GIẢ LẬP – để thử và để học, không phải người hay hộ có thật",
        "SYNTHETIC DATA – for trial and for learning, no real people or households",
    ),
    "synthetic_tail": (" (giả lập)", " (synthetic)"),
    "opening": (
        "Biên bản này ghi lại cách rút mẫu để bất kỳ ai có cùng khung mẫu đều rút lại được đúng mẫu này.",
        "This record says how the sample was drawn, so that anybody who holds the same lists can draw it "
        "again.",
    ),
    "sheet.record": ("Biên bản", "Record"),
    # sections
    "plan": ("Phương án chọn mẫu", "Plan"),
    "plan_hash": ("Mã băm của phương án (SHA-256): {hash}", "Hash of the plan (SHA-256): {hash}"),
    "lists": ("Khung mẫu và danh sách", "Frame and lists"),
    "lists_note": (
        "Mã băm (SHA-256) tính từ toàn bộ nội dung danh sách: sửa một ô là mã khác hẳn.",
        "A hash (SHA-256) is worked out from all that a list holds: one cell changed gives quite another.",
    ),
    "drawn_on": ("Ngày rút mẫu: {date}", "Drawn on {date}"),
    "random": ("Hạt giống và dòng số ngẫu nhiên", "Random seed and streams"),
    "seed": ("Hạt giống ngẫu nhiên: {seed}", "Random seed: {seed}"),
    "generator": (
        "Bộ sinh số ngẫu nhiên: PCG64; mỗi lần rút ở mỗi giai đoạn có một dòng số riêng, ghi ở bảng dưới.",
        "Random number generator: PCG64; each draw of each stage has a stream of its own, given in the "
        "table.",
    ),
    "result": ("Kết quả chọn theo giai đoạn và theo tầng", "Result by stage and by stratum"),
    "waiting": (
        "Giai đoạn {stages}: CHƯA RÚT, còn chờ danh sách. Biên bản này chỉ nói về các giai đoạn đã rút.",
        "Stage {stages}: NOT DRAWN yet, its list is awaited. This record is of the stages drawn.",
    ),
    "by_rule": (
        "Giai đoạn {stage}: chọn tại thực địa theo quy tắc ({method}), không có danh sách để rút trước.",
        "Stage {stage}: taken in the field by a rule ({method}); there is no list to draw from beforehand.",
    ),
    "short": (
        "Giai đoạn {stage}: {n} đơn vị cấp trên có ít đơn vị hơn số phải rút, nên lấy hết.",
        "Stage {stage}: {n} units above hold fewer units than were to be drawn, and all were taken.",
    ),
    "certainty": (
        "Đơn vị chọn chắc chắn (xác suất bằng 1): {units}.",
        "Certainty units (probability 1): {units}.",
    ),
    "certainty_many": (
        "Đơn vị chọn chắc chắn (xác suất bằng 1): {n} đơn vị, đánh dấu trong danh sách.",
        "Certainty units (probability 1): {n}, marked in the list.",
    ),
    "certainty_none": ("Không có đơn vị chọn chắc chắn.", "There are no certainty units."),
    "joint": ("Xác suất cặp", "Joint probabilities"),
    "joint_note": (
        "Xác suất để hai đơn vị cùng được chọn; dùng khi tính sai số chuẩn. “Đo được”: mọi cặp đơn vị đều có "
        "thể cùng được chọn, nên phương sai ước lượng được không chệch.",
        "The probability that two units are drawn together, for standard errors. “Measurable”: every pair "
        "can be "
        "drawn, so that an unbiased variance estimator exists.",
    ),
    "main_list": ("Danh sách đơn vị được chọn", "Units drawn"),
    "list_count": (
        "{main} đơn vị chính thức và {reserve} đơn vị dự phòng.",
        "{main} main units and {reserve} reserves.",
    ),
    "list_hash": (
        "Mã băm của cả danh sách, chính thức và dự phòng (SHA-256): {hash}",
        "Hash of the whole list, main and reserve (SHA-256): {hash}",
    ),
    "list_apart": (
        "Danh sách dài trên {most} dòng nên nằm trong tệp {file}, gồm trang “{main}” và “{reserve}”; tệp "
        "này là "
        "một phần của biên bản và phải khớp mã băm ở trên.",
        "The list is longer than {most} rows, so it stands in the file {file}, sheets “{main}” and "
        "“{reserve}”; "
        "that file is a part of this record and must agree with the hash above.",
    ),
    "list_apart_main": (
        "Danh sách dài trên {most} dòng nên nằm trong tệp {file}, trang “{main}”; tệp này là một phần của "
        "biên bản và "
        "phải khớp mã băm ở trên.",
        "The list is longer than {most} rows, so it stands in the file {file}, sheet “{main}”; that file is "
        "a part "
        "of this record and must agree with the hash above.",
    ),
    "reserves": ("Danh sách dự phòng theo thứ tự", "Reserves in their order"),
    "reserves_none": ("Không rút dự phòng.", "No reserves were drawn."),
    "reserves_note": (
        "Chỉ dùng khi được cho phép, trong cùng đơn vị cấp trên, theo đúng thứ tự từ 1; lần dùng nào cũng "
        "ghi lại.",
        "Used only on release, within the same unit above, in order from 1; every use is written down.",
    ),
    "log": ("Nhật ký dùng dự phòng", "Log of released reserves"),
    "log_none": (
        "Đến khi lập biên bản chưa dùng đơn vị dự phòng nào.",
        "No reserve had been released when this record was made.",
    ),
    "again": ("Cách rút lại để kiểm tra", "How to draw again"),
    "again_note": (
        "Cài đặt {library} bản {version}, dùng đúng các danh sách có mã băm ở mục 2 và tệp phương án có mã "
        "băm ở "
        "mục 1, rồi chạy:",
        "Install {library} version {version}, take the lists with the hashes of section 2 and the plan with "
        "the "
        "hash of section 1, and run:",
    ),
    "again_frames": ("Frame của từng danh sách ở mục 2", "a Frame of each list of section 2"),
    "again_release": ("theo nhật ký ở trên, vào lúc đã ghi", "as the log above says, and when"),
    "again_hash": ("phải ra mã băm của danh sách ở mục 6", "must give the hash of the list in section 6"),
    "again_same": (
        "Cùng danh sách, cùng phương án và cùng hạt giống thì được đúng mẫu này, trên mọi máy và mọi thứ tự "
        "dòng.",
        "The same lists, plan and seed give this very sample, on any computer and for any order of the rows.",
    ),
    "closing": (
        "Biên bản được đọc lại cho những người có mặt cùng nghe, nhất trí và ký tên dưới đây.",
        "The record was read to those present, who agree and sign below.",
    ),
    "signed.name": ("Họ và tên", "Name"),
    "signed.role": ("Chức vụ, cơ quan", "Role and office"),
    "signed.sign": ("Chữ ký", "Signature"),
    # captions
    "caption": ("Bảng {number}. {text}", "Table {number}. {text}"),
    "c.lists": ("Khung mẫu và danh sách đã dùng", "Frame and lists used"),
    "c.streams": ("Dòng số ngẫu nhiên", "Random number streams"),
    "c.stages": ("Số đơn vị có và số được chọn theo giai đoạn", "Units listed and drawn by stage"),
    "c.strata": ("Số đơn vị có và số được chọn theo tầng", "Units listed and drawn by stratum"),
    "c.joint": ("Xác suất cặp theo giai đoạn", "Joint probabilities by stage"),
    "c.main": ("Đơn vị chính thức", "Main units"),
    "c.reserve": ("Đơn vị dự phòng", "Reserves"),
    "c.log": ("Dự phòng đã dùng", "Reserves released"),
    "s.lists": ("Khung mẫu", "Lists"),
    "s.streams": ("Dòng số", "Streams"),
    "s.stages": ("Giai đoạn", "Stages"),
    "s.strata": ("Tầng", "Strata"),
    "s.joint": ("Xác suất cặp", "Joint probabilities"),
    "s.main": ("Chính thức", "Main"),
    "s.reserve": ("Dự phòng", "Reserves"),
    "s.log": ("Nhật ký", "Log"),
    # headings of columns
    "h.row": ("STT", "No."),
    "h.stage": ("Giai đoạn", "Stage"),
    "h.name_of_list": ("Danh sách", "List"),
    "h.list": ("Danh sách; nguồn", "List; source"),
    "h.day": ("Ngày của danh sách", "As of"),
    "h.units": ("Số đơn vị", "Units"),
    "h.hash": ("Mã băm (SHA-256)", "Hash (SHA-256)"),
    "h.stream": ("Dòng số", "Stream"),
    "h.method": ("Cách chọn", "Method"),
    "h.N": ("N (có trong danh sách)", "N (listed)"),
    "h.n": ("n (được chọn)", "n (drawn)"),
    "h.sure": ("Chọn chắc chắn", "Certainty"),
    "h.reserve": ("Dự phòng", "Reserves"),
    "h.stratum": ("Tầng", "Stratum"),
    "h.blocks": ("Số nhóm", "Blocks"),
    "h.joint": ("Xác suất cặp", "Joint probabilities"),
    "h.measurable": ("Đo được", "Measurable"),
    "h.formula": ("Công thức", "Formula"),
    "h.code": ("Mã {unit}", "Code of the {unit}"),
    "h.name": ("Tên {unit}", "Name of the {unit}"),
    "h.date": ("Ngày", "Date"),
    "h.parent": ("Trong", "Within"),
    "h.lost": ("Đơn vị bị thay", "Unit lost"),
    "h.released": ("Dự phòng thay vào", "Reserve released"),
    "h.reason": ("Lý do", "Reason"),
    "h.probability": ("Xác suất được chọn", "Probability"),
    "h.weight": ("Quyền số", "Weight"),
    "h.use": ("Loại", "Use"),
    "h.order": ("Thứ tự", "Order"),
    "yes": ("có", "yes"),
    "no": ("không", "no"),
    "some": ("một phần", "in part"),
    "all_strata": ("toàn bộ", "all"),
    "empty": ("không có đơn vị cấp dưới", "no units below"),
    "dots": ("……", "……"),
    "unknown": ("(không rõ)", "(unknown)"),
    "file.list": ("danh_sach", "list"),
    # field lists
    "file.overview": ("phan_cong", "assignment"),
    "person": ("Điều tra viên {number}", "Interviewer {number}"),
    "f.title": ("DANH SÁCH ĐƠN VỊ KHẢO SÁT", "LIST OF UNITS TO VISIT"),
    "f.survey": ("Cuộc khảo sát: {name}. Điều tra viên: {person}.", "Survey: {name}. Interviewer: {person}."),
    "f.survey_blank": (
        "Cuộc khảo sát: {name}. Điều tra viên: ……………………………… Giám sát viên: ………………………………",
        "Survey: {name}. Interviewer: ……………………………… Supervisor: ………………………………",
    ),
    "f.place": ("Địa bàn: {places}. Số đơn vị: {n}.", "Place: {places}. Units: {n}."),
    "f.places": ("{n} nơi ({unit}), từ {first} đến {last}", "{n} places ({unit}), {first} to {last}"),
    "f.rule": (
        "1. Chỉ đến đúng các đơn vị có trong danh sách; không tự ý thay đơn vị, kể cả khi vắng nhà.",
        "1. Visit the units of this list and no others; never replace a unit yourself, even if nobody is at "
        "home.",
    ),
    "f.codes": (
        "2. Ghi mã kết quả của lần đến cuối: 1 hoàn thành; 2 từ chối; 3 không gặp sau 3 lần đến; "
        "4 không tìm thấy địa chỉ; 5 không thuộc đối tượng; 6 lý do khác (ghi rõ ở cột ghi chú).",
        "2. Write the result of the last visit: 1 complete; 2 refusal; 3 not met after 3 visits; "
        "4 address not found; 5 not eligible; 6 other (say what in the remarks).",
    ),
    "f.reserve_rule": (
        "3. Không phỏng vấn được thì báo giám sát viên; chỉ dùng trang “{sheet}” khi được cho phép.",
        "3. Where no interview is possible tell the supervisor; use the sheet “{sheet}” only on release.",
    ),
    "f.reserve_held": (
        "3. Không phỏng vấn được thì báo giám sát viên; dự phòng do giám sát viên giữ.",
        "3. Where no interview is possible tell the supervisor, who keeps the reserves.",
    ),
    "f.held": (
        "{n} dự phòng dùng chung cho nhiều danh sách nên do giám sát viên giữ, ở trang “{sheet}” của tệp "
        "này.",
        "{n} reserves serve several lists, so the supervisor keeps them: sheet “{sheet}” of this file.",
    ),
    "f.no_reserve": (
        "3. Không phỏng vấn được thì báo giám sát viên; cuộc khảo sát này không có dự phòng.",
        "3. Where no interview is possible tell the supervisor; there are no reserves here.",
    ),
    "f.main": ("Danh sách", "List"),
    "f.reserve": ("Dự phòng", "Reserves"),
    "f.reserve_title": (
        "DỰ PHÒNG – CHỈ DÙNG KHI ĐƯỢC CHO PHÉP VÀ THEO ĐÚNG THỨ TỰ",
        "RESERVES – ONLY ON RELEASE AND IN THEIR ORDER",
    ),
    "f.reserve_note": (
        "Trong cùng một {unit}, dùng dự phòng số 1 trước, rồi đến số 2, …; không bỏ qua số nào. Mỗi lần "
        "dùng ghi mã "
        "đơn vị được thay và người cho phép.",
        "Within the same {unit} use reserve 1 first, then 2, and so on, leaving none out. Write down the "
        "code of the "
        "unit replaced and who released it.",
    ),
    "f.reserve_note_alone": (
        "Dùng dự phòng số 1 trước, rồi đến số 2, …; không bỏ qua số nào. Mỗi lần dùng ghi mã đơn vị được "
        "thay và "
        "người cho phép.",
        "Use reserve 1 first, then 2, and so on, leaving none out. Write down the code of the unit replaced "
        "and who "
        "released it.",
    ),
    "f.start": ("Bắt đầu từ {unit} thứ", "First {unit}"),
    "f.result": ("Mã kết quả", "Result"),
    "f.day": ("Ngày (ngày/tháng)", "Date (day/month)"),
    "f.remark": ("Ghi chú", "Remarks"),
    "f.instead": ("Thay cho mã", "Instead of"),
    "f.release": ("Người cho phép", "Released by"),
    "f.multi": ("Phân công", "Assignment"),
    "f.overview": ("PHÂN CÔNG ĐIỀU TRA", "ASSIGNMENT"),
    "f.how_people": (
        "{k} điều tra viên, {p} nơi ({unit}), {n} đơn vị. Mỗi nơi giao trọn cho một người; các nơi liền "
        "nhau theo thứ "
        "tự mã đi cùng nhau; số đơn vị mỗi người từ {low} đến {high}.",
        "{k} interviewers, {p} places ({unit}), {n} units. A place goes to one person as a whole; places "
        "next to each "
        "other in the order of codes stay together; {low} to {high} units a person.",
    ),
    "f.how_places": (
        "{p} nơi ({unit}), {n} đơn vị; mỗi nơi một tệp, từ {low} đến {high} đơn vị.",
        "{p} places ({unit}), {n} units; a file for each place, {low} to {high} units.",
    ),
    "f.replaced": (
        "{n} đơn vị đã được thay nên không còn trong danh sách.",
        "{n} units were replaced and are no longer listed.",
    ),
    "f.waiting": (
        "{n} {unit} còn chờ danh sách nên chưa có ở đây: {places}.",
        "{n} {unit} still await their lists and are not here: {places}.",
    ),
    "f.person": ("Điều tra viên", "Interviewer"),
    "f.where": ("Địa bàn", "Places"),
    "f.count": ("Số nơi", "Places"),
    "f.n": ("Số đơn vị", "Units"),
    "f.spare": ("Dự phòng", "Reserves"),
    "f.file": ("Tệp", "File"),
}  # fmt: skip


def say(phrase: str, lang: Lang, **values: Any) -> str:
    """Return a phrase with its values.

    >>> say("seed", "vi", seed=20261122)
    'Hạt giống ngẫu nhiên: 20261122'
    """
    text = PHRASES[phrase][0 if lang == "vi" else 1]
    return nfc(text.format(**values)) if values else text
