"""A learner is answered kindly and rightly; only a mistake of the lesson's writer is an error."""

import numpy as np
import pandas as pd
import pytest

import surveykit as sv
from sampling.checks import ArgumentError, ColumnError
from surveykit.lesson import predict_choice, predict_number, reading, refused, show, table

WIDTHS = {"A": "hẹp hơn", "B": "bằng nhau", "C": "rộng hơn"}


def test_without_a_guess_both_checks_invite_to_one_and_keep_the_answer_to_themselves():
    replies = [
        predict_number(None, 41.3, near=5, why="Vì 41."),
        predict_choice(None, "C", WIDTHS, why="Vì C rộng."),
    ]
    assert [reply.status for reply in replies] == ["chưa dự đoán"] * 2
    assert all(reply.text.startswith("Chưa có dự đoán.") for reply in replies)
    assert "41" not in replies[0].text
    assert "rộng" not in replies[1].text


@pytest.mark.parametrize("guess", ["mười", "", object(), [10], True, float("nan"), float("inf"), "x" * 200])
def test_a_guess_that_is_no_number_is_shown_and_asked_for_again(guess):
    reply = predict_number(guess, 41.3, near=5)
    assert reply.status == "chưa dự đoán"
    assert reply.text.startswith("Không đọc được ")
    assert "41,3" not in reply.text
    assert len(reply.text) < 200


@pytest.mark.parametrize(
    "guess",
    [41.3, 40, 36.3, 46.3, "41,3", "41.3", " 40 điểm", "40 %", "±40", np.float64(40), np.int64(40)],
)
def test_a_guess_near_enough_is_right_however_it_is_written(guess):
    assert predict_number(guess, 41.3, near=5, unit="điểm").status == "đúng"


@pytest.mark.parametrize(("guess", "side"), [(10, "thấp"), ("−5", "thấp"), (90.25, "cao")])
def test_a_wrong_guess_learns_on_which_side_and_how_far(guess, side):
    reply = predict_number(guess, 41.3, near=5, digits=1, unit="điểm", why="Ít thôn thì khoảng rộng.")
    away = {10: "31,3", "−5": "46,3", 90.25: "49,0"}[guess]
    assert reply.status == "chưa đúng"
    assert f"bạn đoán {side} hơn {away} điểm." in reply.text
    assert reply.text.endswith("Ít thôn thì khoảng rộng.")


def test_a_guess_is_told_with_the_decimals_it_came_with():
    texts = [predict_number(guess, 0, near=1).text for guess in (12, 12.5, 12.345)]
    assert [text.split("bạn đoán ")[1].split(", kết")[0] for text in texts] == [
        "12",
        "12,5",
        "12,35",
    ]


@pytest.mark.parametrize("guess", ["C", "c", " C ", "rộng hơn", "rong hon", "RỘNG HƠN"])
def test_a_choice_is_understood_by_its_letter_or_by_its_words(guess):
    reply = predict_choice(guess, "C", WIDTHS, why="Hai sai số cộng lại.")
    assert reply == ("đúng", "Đúng: C (rộng hơn). Hai sai số cộng lại.")


def test_a_wrong_choice_learns_the_right_one():
    reply = predict_choice("A", "C", WIDTHS)
    assert reply == ("chưa đúng", "Chưa đúng: bạn chọn A (hẹp hơn), kết quả là C (rộng hơn).")


@pytest.mark.parametrize("guess", ["D", "hơn", 3, ""])
def test_a_choice_that_is_not_there_is_shown_and_asked_for_again(guess):
    reply = predict_choice(guess, "C", WIDTHS)
    assert reply.status == "chưa dự đoán"
    assert reply.text.startswith("Không có lựa chọn ")


def test_words_that_two_options_share_name_none_of_them():
    assert predict_choice("như nhau", "A", {"A": "như nhau", "B": "Như nhau"}).status == "chưa dự đoán"


def test_an_exercise_without_a_sound_answer_is_an_error_of_its_writer():
    with pytest.raises(ArgumentError, match="finite"):
        predict_number(10, float("nan"), near=5)
    with pytest.raises(ArgumentError, match="near=-1"):
        predict_number(10, 41.3, near=-1)
    with pytest.raises(ArgumentError, match="'D' is not among the options"):
        predict_choice("A", "D", WIDTHS)


def test_a_reply_is_text_in_the_console_and_one_escaped_paragraph_in_a_notebook():
    reply = reading("p < 0,05 & n = 30.")
    assert repr(reply) == "Đọc kết quả: p < 0,05 & n = 30."
    assert reply._repr_html_().endswith(">Đọc kết quả: p &lt; 0,05 &amp; n = 30.</p>")
    assert "85,1\u00a0%" in reading("Có 85,1 % hài lòng.")._repr_html_()  # no line ends before the sign


def test_a_table_of_shares_has_answers_and_one_of_differences_has_signs():
    rows = pd.DataFrame(
        {"estimate": [0.5, np.nan], "ci_low": [0.4, np.nan], "ci_high": [0.6, np.nan], "n": [1234, 0]},
        index=pd.Index(["A", "B"], name="xa"),
    )
    shares, points = table(rows, rows="xã"), table(rows, unit="points")
    assert shares.columns.to_list() == ["ước lượng (%)", "khoảng tin cậy 95 %", "số trả lời"]
    assert shares.to_numpy().tolist() == [["50,0", "40,0 đến 60,0", "1.234"], ["–", "–", "0"]]
    assert (shares.columns.name, shares.index.name) == ("xã", None)
    assert points.loc["A"].to_list() == ["+50,0", "+40,0 đến +60,0"]


def test_a_table_by_two_columns_keeps_their_names():
    index = pd.MultiIndex.from_tuples([("A", 1), ("A", 2)], names=["nhom", "dot"])
    rows = pd.DataFrame({"estimate": [0.5, 0.6], "ci_low": [0.4, 0.5], "ci_high": [0.6, 0.7]}, index=index)
    assert table(rows).index.names == ["nhom", "dot"]


def test_a_table_refuses_another_unit_or_a_frame_without_intervals():
    rows = pd.DataFrame({"estimate": [0.5], "ci_low": [0.4], "ci_high": [0.6]})
    with pytest.raises(ArgumentError, match="unit"):
        table(rows, unit="number")
    with pytest.raises(ColumnError, match="ci_low"):
        table(rows[["estimate"]])


def test_a_shown_frame_has_its_title_thousands_and_decimal_commas():
    forms = pd.DataFrame(
        {"phiếu": [1280, 32], "điểm": [0.5, np.nan], "mức": [4.0, np.nan], "nguồn": ["<a>", "b"]}
    )
    page = show(forms, "Phiếu & điểm (giả lập)")._repr_html_()
    assert "<b>Phiếu &amp; điểm (giả lập)</b>" in page
    assert [cell in page for cell in (">1.280<", ">0,50<", ">4<", ">–<", "&lt;a&gt;")] == [True] * 5
    assert "<th>0</th>" not in page  # rows that are only numbered lose their numbers
    assert "<th>1</th>" not in show(forms.iloc[1:], "")._repr_html_()
    assert "<th>A</th>" in show(forms.set_axis(["A", "B"]), "")._repr_html_()


def test_a_shown_frame_says_a_missing_word_as_it_says_a_missing_number():
    forms = pd.DataFrame({"cách nộp": ["tại quầy", None, np.nan], "nhóm": pd.Categorical(["a", None, "b"])})
    assert [row.split()[-1] for row in str(show(forms, "A")).splitlines()[2:]] == ["a", "–", "b"]
    assert show(forms, "A").body.count(">–<") == 3


def test_what_shows_itself_has_its_title_too():
    people = pd.DataFrame({"g": list("abab"), "h": list("xxyy"), "y": [1.0, 2, 3, 5]})
    table = sv.crosstab(sv.Design(people, sampling="srs"), "g", "h")
    shown = show(table, "Bảng chéo (giả lập)")
    assert shown._repr_html_().endswith(table._repr_html_())
    assert "<b>Bảng chéo (giả lập)</b>" in shown._repr_html_()
    assert str(shown) == f"Bảng chéo (giả lập)\n{table!r}"


def test_a_shown_column_that_reaches_a_thousand_has_no_decimals():
    weights = pd.DataFrame({"tổng": [646285.33, 12.5], "nhỏ nhất": [71.72, 92.47]})
    assert str(show(weights, "A")).splitlines()[2].split() == ["646.285", "71,72"]


def test_a_shown_result_is_its_vietnamese_table_under_the_title():
    people = pd.DataFrame({"diem": [3.0, 4, 5, 4]})
    result = sv.mean(sv.Design(people, sampling="srs"), "diem")
    shown = show(result, "Điểm (giả lập)")
    assert shown._repr_html_().endswith(result.to_html("vi"))
    assert repr(shown).startswith("Điểm (giả lập)\n")


def test_a_shown_design_is_the_vietnamese_trail_of_its_weights():
    people = pd.DataFrame({"w": [10.0, 10.0, 10.0, 30.0], "tra_loi": [1, 0, 1, 1]})
    design = sv.Design(people, weights="w").pipe(sv.adjust_nonresponse, responded="tra_loi")
    title, heads, first, second = str(show(design, "Các bước (giả lập)")).splitlines()
    assert title == "Các bước (giả lập)"
    assert heads.strip().startswith("bước số phiếu có quyền số tổng quyền số")
    assert first.split()[:6] == ["quyền", "số", "thiết", "kế", "4", "60"]
    assert second.split()[:7] == ["không", "trả", "lời", "(một", "lớp)", "3", "60"]


def test_a_refusal_is_shown_with_its_meaning_below():
    reply = refused(lambda: sv.Design(pd.DataFrame({"w": [1.0]}), weights="v"), "sai tên cột.")
    assert reply.status == "từ chối"
    first, second = reply.text.split("\n")
    assert first.startswith("Máy nói: weights='v'")
    assert second == "Nghĩa là: sai tên cột."
    assert "<br>Nghĩa là: sai tên cột.</p>" in reply._repr_html_()


def test_a_refusal_that_does_not_come_is_an_error_of_its_writer():
    with pytest.raises(ArgumentError, match=r"was not refused, so 'sai tên cột\.' explains nothing"):
        refused(lambda: 1, "sai tên cột.")


def test_only_a_result_or_a_frame_can_be_shown():
    with pytest.raises(TypeError, match="result is a dict"):
        show({"a": 1}, "A")
