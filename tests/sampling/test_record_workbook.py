import pytest
from record_samples import book_of, cells_of, commune_frame, drawn

from sampling.plan import Plan
from sampling.record import list_hash, write_record


@pytest.fixture(scope="module")
def sample():
    return drawn()


def test_the_workbook_has_the_text_and_a_sheet_for_each_table(sample, tmp_path):
    (path,) = write_record(sample, tmp_path / "bien_ban.xlsx", members=["An"], agency="SỞ NỘI VỤ")
    book = book_of(path)
    assert book.sheetnames == [
        "Biên bản chọn mẫu", "Khung mẫu", "Dòng số", "Giai đoạn", "Tầng", "Xác suất cặp", "Chính thức",
        "Dự phòng",
    ]  # fmt: skip
    text = "\n".join(str(cell.value) for cell in cells_of(book))
    assert sample.outline.hash in text
    assert list_hash(sample) in text
    assert "Họ và tên" in text
    assert all("giả lập" in book[name]["A1"].value for name in book.sheetnames[1:])


def test_a_workbook_of_lists_that_are_not_synthetic_is_not_called_so(tmp_path):
    sample = Plan(commune_frame(name="Các xã", source="danh mục"), name="A").stage("commune", n=3).draw(1)
    book = book_of(write_record(sample, tmp_path / "r.xlsx")[0])
    assert not any("giả lập" in str(cell.value).lower() for cell in cells_of(book))
    assert book["Chính thức"]["A2"].value == "STT"


def test_codes_are_text_and_numbers_are_numbers_in_the_workbook(sample, tmp_path):
    book = book_of(write_record(sample, tmp_path / "r.xlsx")[0])
    sheet = book["Chính thức"]
    heads = {cell.value: cell.column for cell in sheet[3]}
    row = sheet[4]
    code, probability = row[heads["Mã xã/phường"] - 1], row[heads["Xác suất được chọn"] - 1]
    assert code.value == sample.table["commune"][0]
    assert (code.data_type, code.number_format) == ("s", "@")
    assert probability.value == sample.table["probability"][0]
    assert [cell for cell in cells_of(book) if cell.data_type == "f"] == []
