"""The exact sentences that a wrong plan gives."""

import pytest
from planned import commune_frame, communes, frame, says, village_frame, villages

from sampling.checks import ArgumentError, ColumnError, DataError
from sampling.plan import Plan


def plan(strata="type", **changes):
    return Plan(commune_frame(), strata).stage("commune", **({"n": 6} | changes))


def test_a_plan_needs_a_frame_and_columns_that_it_has():
    assert says(TypeError, lambda: Plan(communes())) == (
        "frame is a DataFrame; pass a sampling.Frame: Frame(table, id='...', ...)."
    )
    assert says(ColumnError, lambda: Plan(commune_frame(), "typ")) == (
        "strata='typ': the data have no such column. Did you mean 'type'?"
    )
    hole = communes().assign(type=["xã", None] * 8)
    assert says(DataError, lambda: Plan(frame(hole, "code"), "type").stage("commune", n=2)) == (
        "strata='type': 8 units of 'Danh sách code giả lập' have no value: '01276', '01282', '01288' and 5 "
        "more. "
        "Fill it in, or leave these units out of the frame."
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"method": "pps_systematic", "size": "househols"},
            "stage 'commune', size='househols': the list 'Danh sách code giả lập' has no such column. "
            "Did you mean 'households'?",
        ),
        (
            {"method": "systematic", "sort": ["x", "z"]},
            "stage 'commune', sort='z': the list 'Danh sách code giả lập' has no such column.",
        ),
        (
            {"carry": "nam"},
            "stage 'commune', carry='nam': the list 'Danh sách code giả lập' has no such column. "
            "Did you mean 'name'?",
        ),
        (
            {"n": {"xã": 3, "phuong": 3}},
            "stage 'commune': n names 'phuong', which is no stratum. Did you mean 'phường'?",
        ),
        (
            {"n": {"xã": 3}},
            "stage 'commune': n has no number for the stratum 'phường'. Add it, or leave its units out of "
            "the "
            "frame.",
        ),
    ],
)
def test_a_plan_that_names_an_absent_column_or_stratum_says_the_likely_one(changes, message):
    assert says(ColumnError, lambda: plan(**changes)) == message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"n": None},
            "stage 'commune': say how many units to draw: n= (in all) or n_each= (in each stratum).",
        ),
        (
            {"n_each": 2},
            "stage 'commune': say how many units to draw: n= (in all) or n_each= (in each stratum).",
        ),
        ({"n": 0}, "stage 'commune', n=0: pass a whole number of 1 or more."),
        ({"n": True}, "stage 'commune', n=True: pass a whole number of 1 or more."),
        ({"n": 2.5}, "stage 'commune', n=2.5: pass a whole number of 1 or more."),
        (
            {"n": {"xã": 2, "phường": 5}},
            "stage 'commune': n=5 for the stratum 'phường', which has 4 units. Draw 4 or fewer, or pass "
            "short='all'.",
        ),
        (
            {"method": "pps_systematic"},
            "stage 'commune', method='pps_systematic': there is no measure of size. Name its column: "
            "size='...' "
            "(the list 'Danh sách code giả lập' has 'code', 'name', 'type', 'households', 'x', 'y').",
        ),
        (
            {"method": "srs_wr"},
            "stage 'commune', method='srs_wr': a plan draws without replacement. Choose 'srs'.",
        ),
        ({"short": "few"}, "short='few' is not known. Choose one of 'error', 'all'."),
        (
            {"carry": "probability"},
            "stage 'commune', carry='probability': commune_probability is a column that the draw fills. "
            "Give the "
            "column of the list another name.",
        ),
        ({"reserve": -1}, "stage 'commune', reserve=-1: pass a whole number of 0 or more."),
        (
            {"sort": "x"},
            "stage 'commune', sort=: the method 'srs' does not look at it. Leave it out, or choose "
            "'systematic' or "
            "'pps_systematic' or 'pps_pivotal'.",
        ),
        (
            {"balance": "x"},
            "stage 'commune', balance=: the method 'srs' does not look at it. Leave it out, or choose "
            "'cube'.",
        ),
        (
            {"method": "cube"},
            "stage 'commune': the method 'cube' needs columns to work on. Name them: balance=[...].",
        ),
        (
            {"method": "systematic", "serpentine": True, "sort": "x"},
            "stage 'commune': serpentine=True needs two columns or more to go to and fro. Name them: "
            "sort=[...].",
        ),
        (
            {"method": "every", "every": 5},
            "stage 'commune', method='every': the first stage is drawn from the frame. Put a stage above "
            "it, e.g. "
            "the hours or the households.",
        ),
        (
            {"method": "systematic", "every": 5},
            "stage 'commune': every=5 goes with method='every'. Leave one of the two out.",
        ),
        (
            {"rotate": 0.5, "method": "systematic"},
            "stage 'commune', rotate=: numbers are kept from wave to wave at the first stage, with "
            "method='srs'. "
            "Leave it out.",
        ),
        (
            {"rotate": -1},
            "stage 'commune', rotate=-1: pass 0 for the first wave, then the share of the sample renewed "
            "since, "
            "e.g. 0.25.",
        ),
        (
            {"frame": village_frame()},
            "stage 'commune', frame=: the first stage is drawn from the frame of the plan. Leave it out.",
        ),
    ],
)
def test_arguments_of_the_first_stage_that_do_not_fit_are_refused(changes, message):
    assert says(ArgumentError, lambda: plan(**changes)) == message


def test_a_number_of_units_is_checked_without_strata_too():
    assert says(ArgumentError, lambda: plan((), n=17)) == (
        "stage 'commune': n=17, which has 16 units. Draw 16 or fewer, or pass short='all'."
    )
    assert says(ArgumentError, lambda: plan((), n={"xã": 1})) == (
        "stage 'commune': n is given by stratum, and the plan has no strata. Pass one number, or "
        "Plan(frame, strata='...')."
    )


def test_an_unknown_method_names_the_likely_one():
    text = says(ArgumentError, lambda: plan(method="pps_sistematic", size="households"))
    assert text.startswith(
        "method='pps_sistematic' is not known. Did you mean 'pps_systematic'? Choose one of"
    )


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("commune", {}, "stage 'commune' is in the plan already. Give this one another name."),
        ("weight", {}, "stage 'weight' is also a column of the drawn table. Give it another name."),
        (
            "type",
            {},
            "stage 'type': the drawn table would have two columns 'type', one of them of the strata or of "
            "another "
            "stage. Give the stage another name.",
        ),
        (
            "commune_name",
            {},
            "stage 'commune_name': the drawn table would have two columns 'commune_name', one of them of the "
            "strata or of another stage. Give the stage another name.",
        ),
        (
            "village",
            {"n": None},
            "stage 'village': say how many units to draw in each unit above: n=.",
        ),
        (
            "village",
            {"n_each": 2, "n": None},
            "stage 'village', n_each=: it is for strata at the first stage. Pass n=, the number in each "
            "unit above.",
        ),
        (
            "village",
            {"size": "so_ho"},
            "stage 'village', size='so_ho': the method 'srs' does not use a size. Leave it out, or choose a "
            "PPS "
            "method.",
        ),
        (
            "village",
            {"method": "every", "n": None},
            "stage 'village', method='every': say how far apart: every=5.",
        ),
        (
            "village",
            {"every": 0, "n": None},
            "stage 'village', every=0: pass a whole number of 1 or more.",
        ),
        (
            "village",
            {"every": 5},
            "stage 'village', n=: units are taken in the field ('every'), not from a list. Leave it out.",
        ),
        (
            "adult",
            {"method": "kish", "frame": village_frame(), "n": None},
            "stage 'adult', frame=: units are taken in the field ('kish'), not from a list. Leave it out.",
        ),
        (
            "adult",
            {"method": "kish", "every": 3, "n": None},
            "stage 'adult': every=3 goes with method='every'. Leave one of the two out.",
        ),
        (
            "adult",
            {"method": "birthday", "reserve": 3, "n": None},
            "stage 'adult', reserve=: units are taken in the field ('birthday'), not from a list. Leave it "
            "out.",
        ),
    ],
)
def test_later_stages_that_do_not_fit_are_refused(name, changes, message):
    assert says(ArgumentError, lambda: plan().stage(name, **({"n": 2} | changes))) == message


def test_a_stage_needs_a_name_and_nothing_stands_below_one_person_of_a_household():
    assert (
        says(TypeError, lambda: plan().stage("", n=2)) == "name='': give the stage a name, such as 'commune'."
    )
    below = plan().stage("adult", method="kish")
    assert says(ArgumentError, lambda: below.stage("child", n=1)) == (
        "stage 'child' stands below 'adult', where one person is taken ('kish'). Make that the last stage."
    )


def test_a_list_must_say_under_which_unit_above_its_units_stand():
    bare = villages().rename(columns={"commune": "xa"})
    assert says(ColumnError, lambda: plan().stage("village", n=2, frame=frame(bare, "ma_thon"))) == (
        "stage 'village': the list 'Danh sách ma_thon giả lập' has no column 'commune' or 'code' with the "
        "commune "
        "of each unit. Name it: parent='...' (the list has 'xa', 'name', 'so_ho', 'seat')."
    )
    named = plan().stage("village", n=2, frame=frame(bare, "ma_thon"), parent="xa").draw(seed=1)
    assert len(named) == 12
    by_id = frame(villages().rename(columns={"commune": "code"}), "ma_thon")
    assert len(plan().stage("village", n=2, frame=by_id).draw(seed=1)) == 12


def test_parents_that_are_not_in_the_list_above_are_named():
    wrong = villages().replace({"commune": {"01276": "1276"}})
    assert says(DataError, lambda: plan().stage("village", n=2, frame=frame(wrong, "ma_thon"))) == (
        "stage 'village', parent='commune': '1276' of the list 'Danh sách ma_thon giả lập' are not in 'Danh "
        "sách "
        "code giả lập'. Did you mean '01276'? Correct the ids in one of the two lists."
    )
