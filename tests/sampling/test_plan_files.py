import datetime as dt
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from planned import commune_frame, communes, frame, village_frame

from sampling.checks import ArgumentError, ColumnError, DataError
from sampling.plan import Plan
from sampling.sample.toml import read_toml, to_toml
from surveykit.project.settings import SCHEMA


def plan():
    return (
        Plan(commune_frame(), "type", "Khảo sát giả lập")
        .stage("commune", n=6, method="pps_systematic", size="households", sort=["x", "y"], serpentine=True)
        .stage("village", n={"xã": 2, "phường": 3}, frame=village_frame(), reserve=1, carry=["name", "so_ho"])
        .stage("household", n=4, method="systematic")
        .stage("adult", method="birthday")
    )


LISTS = {"commune": commune_frame(), "village": village_frame()}


def text(**changes):
    return to_toml({"plan": plan().outline.to_dict() | {"hash": plan().hash} | changes})


# --- TOML ---------------------------------------------------------------------------------------------------

words = st.text(st.characters(exclude_categories=["Cs"]))
scalars = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.dates() | words
lists = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3), max_leaves=6)
tables = st.recursive(
    st.dictionaries(words, lists, max_size=3),
    lambda inner: st.dictionaries(words, lists | inner | st.lists(inner, min_size=1, max_size=3), max_size=3),
    max_leaves=8,
)


@given(tables)
def test_what_is_written_as_toml_is_read_back(table):
    assert tomllib.loads(to_toml(table)) == table


def test_only_what_toml_holds_is_written():
    assert to_toml({"a": None, "b": dt.date(2026, 1, 2)}) == "b = 2026-01-02\n"
    with pytest.raises(TypeError) as caught:
        to_toml({"a": 1j})
    assert str(caught.value) == "1j is a complex; TOML holds text, numbers, dates and lists."


def test_a_file_that_cannot_be_read_says_why(tmp_path):
    (tmp_path / "ke_hoach.toml").write_text("a = ", encoding="utf-8")
    (tmp_path / "cu.toml").write_bytes("a = 'Hạ'".encode("utf-16"))
    for name, message in (
        (
            "ke_hoch.toml",
            "ke_hoch.toml: there is no such file. Did you mean 'ke_hoach.toml'? Check the name.",
        ),
        ("cu.toml", "cu.toml is not written in UTF-8. Save it again as UTF-8."),
    ):
        with pytest.raises(DataError) as caught:
            read_toml(tmp_path / name)
        assert str(caught.value) == message
    with pytest.raises(DataError, match=r"^ke_hoach.toml is not valid TOML: .*\. Correct that line\.$"):
        read_toml(tmp_path / "ke_hoach.toml")
    with pytest.raises(DataError, match=r"^khac.toml: there is no such file. Check the name.$"):
        read_toml(tmp_path / "nowhere" / "khac.toml")


# --- a plan in a file ---------------------------------------------------------------------------------------


def test_a_plan_read_back_is_the_same_and_draws_the_same(tmp_path):
    plan().to_toml(tmp_path / "plan.toml")
    again = Plan.from_toml(tmp_path / "plan.toml", LISTS)
    assert again.outline == plan().outline
    assert again.hash == plan().hash
    assert repr(again) == repr(plan())
    assert_frame_equal(again.draw(seed=3).table, plan().draw(seed=3).table)
    assert [path.name for path in tmp_path.iterdir()] == ["plan.toml"]


def test_the_hash_does_not_depend_on_how_the_file_is_written(tmp_path):
    path = tmp_path / "plan.toml"
    plan().to_toml(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("# kế hoạch\n\n" + "\r\n".join(f"  {line}  " for line in lines), encoding="utf-8-sig")
    assert Plan.from_toml(path, LISTS).hash == plan().hash


def test_a_plan_without_the_list_of_a_later_stage_waits_for_it(tmp_path):
    plan().to_toml(tmp_path / "plan.toml")
    again = Plan.from_toml(tmp_path / "plan.toml", {"commune": commune_frame()})
    sample = again.draw(seed=3)
    assert sample.awaiting == ("village", "household", "adult")
    assert_frame_equal(sample.draw_next(village_frame()).table, plan().draw(seed=3).table)


def test_the_file_holds_the_keys_that_a_report_reads(tmp_path):
    plan().to_toml(tmp_path / "plan.toml")
    told = tomllib.loads((tmp_path / "plan.toml").read_text(encoding="utf-8"))
    del told["plan"]
    keys = {f"{table}.{key}": value for table, row in told.items() for key, value in row.items()}
    assert set(keys) <= set(SCHEMA)
    assert keys["design.selection"] == "probability"
    assert keys["columns.weight"] == "weight"
    assert keys["columns.stratum"] == "stratum"
    assert [keys[f"columns.{name}"] for name in ("commune", "village", "id")] == [
        "commune",
        "village",
        "adult",
    ]
    assert keys["population.frame_date"] == dt.date(2026, 7, 1)
    assert keys["design.stages"].startswith("1. Rút 6 xã/phường")
    sample = plan().draw(seed=1)
    assert {keys["columns.stratum"], keys["columns.commune"], keys["columns.village"]} <= set(sample.table)


def test_a_report_file_may_hold_a_plan(tmp_path):
    path = tmp_path / "bao_cao.toml"
    path.write_text('title = "Báo cáo"\n[files]\nanswers = "a.csv"\n' + text(), encoding="utf-8")
    assert Plan.from_toml(path, LISTS).hash == plan().hash


def test_a_file_is_not_written_over_unless_said(tmp_path):
    path = tmp_path / "plan.toml"
    plan().to_toml(path)
    with pytest.raises(ArgumentError) as caught:
        plan().to_toml(path)
    assert str(caught.value) == "path='plan.toml' is there already. Name a new file, or pass overwrite=True."
    plan().to_toml(path, overwrite=True)


def test_another_list_than_that_of_the_plan_is_refused_with_both_hashes(tmp_path):
    path = tmp_path / "plan.toml"
    plan().to_toml(path)
    other = frame(communes().assign(y=0), "code", name="Danh sách mới giả lập")
    with pytest.raises(DataError) as caught:
        Plan.from_toml(path, LISTS | {"commune": other})
    assert str(caught.value) == (
        f"frames['commune']: the plan was made with 'Danh sách code giả lập' of the hash "
        f"{commune_frame().hash}, "
        f"and this list, 'Danh sách mới giả lập', has {other.hash}. Pass the list of the plan, or "
        "check=False."
    )
    taken = Plan.from_toml(path, LISTS | {"commune": other}, check=False)
    assert taken.outline.frame.hash == other.hash
    assert taken.hash != plan().hash
    assert taken.draw(seed=1).stages[0].hash == other.hash


def test_a_list_brought_later_must_be_that_of_the_plan(tmp_path):
    path = tmp_path / "plan.toml"
    plan().to_toml(path)
    sample = Plan.from_toml(path, {"commune": commune_frame()}).draw(seed=1)
    other = village_frame(name="Thôn khác giả lập", as_of="2026-08-01")
    assert sample.draw_next(other).stages[1].as_of == dt.date(2026, 8, 1)
    changed = frame(village_frame().units.assign(so_ho=1), "ma_thon")
    with pytest.raises(DataError) as caught:
        sample.draw_next(changed)
    assert str(caught.value) == (
        f"stage 'village': the plan names the list 'Danh sách ma_thon giả lập' with the hash "
        f"{village_frame().hash}, and this one ('Danh sách ma_thon giả lập') has {changed.hash}. Bring the "
        "list "
        "of the plan, or pass check=False to draw from this one."
    )
    assert sample.draw_next(changed, check=False, others="drop").stages[1].hash == changed.hash


def test_a_plan_changed_by_hand_is_refused_unless_said(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(text(name="Khác"), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        Plan.from_toml(path, LISTS)
    changed = Plan.from_toml(path, LISTS, check=False)
    assert changed.name == "Khác"
    assert str(caught.value) == (
        f"plan.toml: the plan was changed after it was written (its hash is {changed.hash}, the file says "
        f"{plan().hash}). Put the old values back, or pass check=False to take it as it is now."
    )
    path.write_text(text(name="Khác", hash=None), encoding="utf-8")
    assert Plan.from_toml(path, LISTS).hash == changed.hash


STAGE = {"name": "commune", "n": 6}


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"version": 9}, ArgumentError, "plan.toml: plan.version=9 is not known; this library reads 1. Read "
        "the "
         "file with the library that wrote it."),
        ({"version": None}, ColumnError, "plan.toml: the key 'plan.version' is missing. Write it as "
        "Plan.to_toml "
         "does."),
        ({"stratum": "a"}, ColumnError, "plan.toml: 'plan.stratum' is not a key of a plan. Did you mean "
        "'strata'?"),
        ({"stages": [STAGE | {"methd": "srs"}]}, ColumnError, "plan.toml: plan.stages[1]: 'methd' is not a "
        "key of "
         "a stage. Did you mean 'method'?"),
        ({"stages": [{"n": 6}]}, ColumnError, "plan.toml: plan.stages[1]: the key 'name' is missing. Give "
        "the stage "
         "its name."),
        ({"stages": [STAGE | {"n": "6"}]}, ArgumentError, "plan.toml: plan.stages[1].n='6': a whole number "
        "is "
         "needed here."),
        ({"stages": [STAGE | {"sort": "x"}]}, ArgumentError, "plan.toml: plan.stages[1].sort='x': a list of "
        "text is "
         "needed here."),
        ({"stages": [STAGE | {"reserve": True}]}, ArgumentError, "plan.toml: plan.stages[1].reserve=True: a "
        "whole "
         "number is needed here."),
        ({"stages": [STAGE | {"n_by": {"xã": 1.5}}]}, ArgumentError, "plan.toml: plan.stages[1].n_by={'xã': "
        "1.5}: a "
         "table of whole numbers is needed here."),
        ({"stages": [STAGE | {"n_by": {"xã": 4, "phường": 3}}]}, ArgumentError, "stage 'commune': n=6, and "
        "n_by "
         "adds up to 7. Correct one of the two."),
        ({"stages": [{"name": "commune"}]}, ArgumentError, "stage 'commune': say how many units to draw: n= "
        "or "
         "n_by."),
        ({"strata": [], "stages": [STAGE, STAGE]}, ArgumentError, "stage 'commune' is in the plan already. "
        "Give this one another "
         "name."),
        ({"stages": [STAGE, {"name": "a", "frame": {"name": "b"}}]}, ColumnError, "plan.toml: "
        "plan.stages[2].frame: "
         "the key 'hash' is missing. Write it as Plan.to_toml does."),
        ({"frame": {"titel": 1, **dict.fromkeys(("name", "hash", "as_of", "source", "id", "units"), "")}},
         ColumnError, "plan.toml: plan.frame: 'titel' is not a key of a frame."),
    ],
)  # fmt: skip
def test_a_file_with_a_mistake_names_its_place(tmp_path, changes, error, message):
    path = tmp_path / "plan.toml"
    path.write_text(text(**({"hash": None} | changes)), encoding="utf-8")
    with pytest.raises(error) as caught:
        Plan.from_toml(path, {"commune": commune_frame()}, check=False)
    assert str(caught.value) == message


def test_a_file_without_a_plan_and_lists_without_a_stage_are_named(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text('title = "Báo cáo"\n', encoding="utf-8")
    with pytest.raises(ColumnError) as caught:
        Plan.from_toml(path, LISTS)
    assert str(caught.value) == (
        "plan.toml: there is no table [plan], so it holds no plan. Write one: plan.to_toml(path)."
    )
    path.write_text(text(), encoding="utf-8")
    with pytest.raises(ColumnError) as caught:
        Plan.from_toml(path, LISTS | {"vilage": village_frame()})
    assert (
        str(caught.value) == "frames names 'vilage', and the plan has no such stage. Did you mean 'village'?"
    )
    with pytest.raises(ColumnError) as caught:
        Plan.from_toml(path, {"village": village_frame()})
    assert str(caught.value) == (
        "frames has no list for the first stage 'commune'. Pass frames={'commune': frame}."
    )
