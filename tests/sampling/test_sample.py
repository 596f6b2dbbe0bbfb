import datetime as dt

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal
from planned import commune_frame, communes, frame, household_frame, village_frame, villages

from sampling.checks import ArgumentError, ColumnError, DataError, SurveyWarning
from sampling.plan import Plan
from sampling.sample import Sample
from sampling.sample.display import lines

EXACT = 1e-12  # products of a few probabilities


def first(**changes):
    options = {"method": "pps_sampford", "size": "households", "reserve": 1} | changes
    return Plan(commune_frame(), "type", "Khảo sát giả lập").stage("commune", n=6, **options)


def three(**changes):
    plan = first(**changes).stage("village", n=2, reserve=1).stage("household", n=4, reserve=3)
    return plan.stage("adult", method="birthday")


def drawn(seed=20261122, **changes):
    sample = three(**changes).draw(seed=seed, on="2026-11-22")
    return sample.draw_next(village_frame(), others="drop").draw_next(household_frame(), others="drop")


def says(error, call):
    with pytest.raises(error) as caught:
        call()
    return str(caught.value)


def same(one, other):
    """Whether two samples hold the same."""
    assert_frame_equal(one.table, other.table)
    assert_frame_equal(one.log, other.log)
    assert (one.outline, one.seed, one.on, one.stages) == (other.outline, other.seed, other.on, other.stages)
    assert list(one.blocks) == list(other.blocks)
    for key, block in one.blocks.items():
        again = other.blocks[key]
        for name in ("ids", "method", "kind", "measurable", "formula", "N"):
            assert getattr(block, name) == getattr(again, name)
        for name in ("probability", "certainty", "joint", "x"):
            assert (getattr(block, name) is None) == (getattr(again, name) is None)
            if getattr(block, name) is not None:
                np.testing.assert_array_equal(getattr(block, name), getattr(again, name))


# --- what a sample holds ------------------------------------------------------------------------------------


def test_the_table_has_the_strata_the_stages_and_how_each_row_is_used():
    sample = drawn()
    assert list(sample.table) == [
        "type", "stratum", "commune", "commune_name", "commune_probability", "village", "village_name",
        "village_probability", "household", "household_probability", "probability", "weight", "order", "use",
        "certainty",
    ]  # fmt: skip
    assert sample.table["use"].value_counts().to_dict() == {"main": 48, "reserve": 2 + 6 + 36}
    assert len(sample) == len(sample.main) == 48
    reserves = sample.table[sample.table["use"] == "reserve"]
    assert reserves[["probability", "weight"]].isna().all().all()
    assert sample.main.notna().all().all()
    assert all(str(sample.table[name].dtype) == "str" for name in ("commune", "village", "household", "use"))


def test_reserves_stand_after_the_units_they_are_for():
    table = drawn().table
    for _, rows in table[table["household"].notna()].groupby("village", sort=False):
        assert rows["use"].tolist() == ["main"] * 4 + ["reserve"] * 3
        assert rows["order"].tolist() == [1, 2, 3, 4, 1, 2, 3]
        assert rows.index.tolist() == list(range(rows.index[0], rows.index[0] + 7))


def test_a_sample_tells_what_it_is_and_what_it_waits_for():
    sample = three().draw(seed=20261122, on="2026-11-22")
    low, high = sample.main["weight"].min(), sample.main["weight"].max()
    assert repr(sample).splitlines() == [
        "Mẫu: Khảo sát giả lập; hạt giống ngẫu nhiên 20261122, rút ngày 22/11/2026",
        "1. xã/phường: 6 trên 16, PPS Sampford; 2 dự phòng",
        f"Quyền số: {low:.2f} – {high:.2f}; tổng {sample.main['weight'].sum():.1f}".replace(".", ","),
        "Dòng: 6 chính thức, 2 dự phòng",
        "Còn chờ danh sách: thôn, hộ, người lớn; quyền số ở trên là của xã/phường",
    ]
    english = lines(sample, "en")
    assert english[0] == "Sample: Khảo sát giả lập; random seed 20261122, drawn on 22 November 2026"
    assert english[-1] == (
        "Lists still awaited: village, household, adult; the weights above are those of the units of "
        "'commune'"
    )
    page = sample._repr_html_()
    assert "<th>tên xã/phường</th>" in page
    assert "<td>chính thức</td>" in page
    assert "dòng nữa" not in page
    assert "dòng nữa" in drawn()._repr_html_()


def test_a_sample_without_rows_in_use_is_shown_too():
    plan = Plan(commune_frame()).stage("commune", n=1, method="bernoulli")
    sample = next(s for s in map(plan.draw, range(100)) if len(s) == 0)
    assert "Quyền số" not in repr(sample)
    assert sample.awaiting == ()


def test_the_design_names_its_columns():
    assert drawn().design == {
        "weights": "weight",
        "strata": "stratum",
        "psu": ["commune", "village", "household"],
        "probability": ["commune_probability", "village_probability", "household_probability"],
        "certainty": "certainty",
    }
    assert Plan(commune_frame()).stage("commune", n=2).draw(seed=1).design["strata"] is None


def test_each_stage_tells_its_list_and_its_stream():
    sample = drawn()
    one, two, three_ = sample.stages
    assert (one.name, one.method, one.N, one.n, one.reserve) == ("commune", "pps_sampford", 16, 6, 2)
    assert (one.hash, one.frame) == (commune_frame().hash, "Danh sách code giả lập")
    assert (one.stream, two.stream, three_.stream) == ((20261122, 1), (20261122, 2), (20261122, 3))
    assert (one.as_of, two.n, three_.reserve) == (dt.date(2026, 7, 1), 12, 36)
    assert villages()["commune"].isin(sample.main["commune"]).sum() == two.N
    assert repr(sample.blocks[0, "xã"]) == "Block(4 of 12, 'pps_sampford', joint 'exact')"


# --- joint probabilities ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "method", ["srs", "systematic", "pps_systematic", "pps_sampford", "pps_conditional_poisson", "pps_tille"]
)
def test_joint_probabilities_of_a_fixed_size_add_up_over_the_whole_stratum(method):
    # all units of a stratum are drawn in turn by many seeds: the pairs seen give the whole matrix
    size = {"size": "households"} if method.startswith("pps") else {}
    plan = Plan(commune_frame(6)).stage("commune", n=3, method=method, **size)
    whole = pd.DataFrame(np.nan, index=communes(6)["code"], columns=communes(6)["code"])
    for seed in range(61 if method.endswith("systematic") else 2000):
        if seed > 60 and not whole.isna().any().any():
            break
        matrix = plan.draw(seed=seed).joint_matrix("commune")
        assert_allclose(matrix, matrix.T, rtol=EXACT)
        whole.loc[matrix.index, matrix.columns] = matrix
    pi = pd.Series(np.diag(whole), index=whole.index)
    assert_allclose(pi.sum(), 3)
    if not method.endswith("systematic"):  # there some pairs never come, and their 0 is not seen
        assert_allclose(whole.sum(axis=1) - pi, 2 * pi, rtol=1e-9)
    assert plan.draw(seed=1).joint["measurable"].tolist() == [not method.endswith("systematic")]


def test_the_joint_table_has_a_row_for_each_block():
    sample = drawn()
    told = sample.joint
    assert list(told) == ["stage", "parent", "method", "N", "n", "joint", "formula", "measurable"]
    assert told["stage"].value_counts().to_dict() == {"household": 12, "village": 6, "commune": 2}
    assert told["parent"].iloc[-1].count("/") == 1
    row = told[told["parent"] == "xã"].iloc[0]
    assert (row["N"], row["n"], row["joint"], row["measurable"]) == (12, 4, "exact", True)


def test_one_unit_of_several_is_not_measurable_and_all_of_one_is():
    plan = Plan(commune_frame(), "type").stage("commune", n={"xã": 1, "phường": 4})
    assert plan.draw(seed=1).joint.set_index("parent")["measurable"].to_dict() == {
        "phường": True,
        "xã": False,
    }
    table = communes(5).assign(seat=[True, False, False, False, False])
    plan = Plan(frame(table, "code")).stage("commune", n=2, certain="seat")
    assert plan.draw(seed=1).joint["measurable"].tolist() == [False]


def test_matrices_follow_from_n_and_N_where_they_are_not_kept():
    sample = Plan(commune_frame()).stage("commune", n=4).draw(seed=1)
    assert sample.blocks[0, ""].joint is None
    assert_allclose(sample.joint_matrix("commune").to_numpy()[0, 1], 4 * 3 / (16 * 15))
    sample = Plan(commune_frame()).stage("commune", n=6, method="poisson", size="households").draw(seed=1)
    pi = sample.blocks[0, ""].probability
    matrix = sample.joint_matrix("commune").to_numpy()
    assert_allclose(matrix[0, 1:], pi[0] * pi[1:])
    assert_allclose(np.diag(matrix), pi)
    one = Plan(commune_frame(1)).stage("commune", n=1).draw(seed=1)
    assert one.joint_matrix("commune").to_numpy().tolist() == [[1.0]]


def test_a_matrix_that_is_not_there_is_refused_with_the_reason():
    sample = first().draw(seed=1)
    assert says(ColumnError, lambda: sample.joint_matrix("comune", "xã")) == (
        "stage='comune': the plan has no such stage. Did you mean 'commune'?"
    )
    assert says(ColumnError, lambda: sample.joint_matrix("commune", "xa")) == (
        "parent='xa': 'commune' has no block of that name. Did you mean 'xã'?"
    )
    spread = (
        Plan(commune_frame()).stage("commune", n=4, method="local_pivotal", coords=["x", "y"]).draw(seed=1)
    )
    assert says(DataError, lambda: spread.joint_matrix("commune")) == (
        "joint_matrix('commune', ''): joint probabilities of 4 units drawn by 'local_pivotal' are not "
        "known. See "
        "sample.joint for what is known of each block."
    )
    approximate = first(method="pps_pareto").draw(seed=1)
    assert approximate.blocks[0, "xã"].joint is None
    assert " units drawn by 'pps_pareto' are not kept." in says(
        DataError, lambda: approximate.joint_matrix("commune", "xã")
    )


def test_large_blocks_tell_their_kind_without_a_matrix():
    many = frame(
        pd.DataFrame({"ma": [f"{i:05d}" for i in range(5000)], "size": 1 + np.arange(5000) % 7}), "ma"
    )
    sample = Plan(many).stage("unit", n=2100, method="systematic").draw(seed=1)
    block = sample.blocks[0, ""]
    assert (block.joint, block.kind, block.measurable) == (None, "exact", False)
    assert says(DataError, lambda: sample.joint_matrix("unit")).startswith(
        "joint_matrix('unit', ''): joint probabilities of 2100 units drawn by 'systematic' are not kept."
    )
    assert Plan(many).stage("unit", n=2100).draw(seed=1).joint["joint"].tolist() == ["exact"]


def test_a_long_draw_shows_how_far_it_has_come_and_a_short_one_nothing(capfd, monkeypatch):
    monkeypatch.setattr("sampling.sample.blocks.PATIENCE", 0.0)
    monkeypatch.setattr("sampling.sample.blocks.MANY", 3)
    plan = first().stage("village", n=2, method="systematic", frame=village_frame())
    plan.draw(seed=1)
    assert "Rút mẫu" in capfd.readouterr().err
    plan.draw(seed=1, progress=False)
    first().stage("village", n=2, frame=village_frame()).draw(seed=1)
    assert capfd.readouterr().err == ""


# --- reserves -----------------------------------------------------------------------------------------------


def test_reserves_are_released_in_order_and_every_release_is_logged():
    sample = drawn()
    village = sample.main["village"][0]
    rows = sample.table[(sample.table["village"] == village) & sample.table["household"].notna()]
    lost, order = rows["household"].tolist()[:2], rows["household"].tolist()[4:]
    after = sample.release(lost[1], reason="đi vắng", on="2026-12-01").release(
        [lost[0]], reason="từ chối", on=dt.date(2026, 12, 2)
    )
    assert after.log.values.tolist() == [
        ["household", f"{rows['commune'].iloc[0]}/{village}", lost[1], order[0], 1, "đi vắng", "2026-12-01"],
        ["household", f"{rows['commune'].iloc[0]}/{village}", lost[0], order[1], 2, "từ chối", "2026-12-02"],
    ]
    assert len(sample.log) == 0
    assert sample.table["use"].isin(["main", "reserve"]).all()
    uses = after.table.set_index("household")["use"]
    assert uses[[*lost, *order]].tolist() == ["replaced", "replaced", "released", "released", "reserve"]
    assert "1 dự phòng đã dùng" in repr(sample.release(lost[0], reason="vắng", on="2026-12-01"))


def test_a_reserve_takes_over_weight_and_place_and_the_sum_of_weights_stays():
    sample = drawn(method="pps_systematic")
    lost = sample.main["household"][[0, 5, 17]].tolist()
    after = sample.release(lost, reason="vắng", on="2026-12-01")
    assert_allclose(after.main["weight"].sum(), sample.main["weight"].sum(), rtol=EXACT)
    before = sample.main.set_index("household").loc[lost]
    now = after.main.set_index("household").loc[after.log["reserve"]]
    for name in (
        "weight",
        "probability",
        "household_probability",
        "commune_probability",
        "certainty",
        "village",
    ):
        assert now[name].tolist() == before[name].tolist()
    assert sorted(after.place("household")) == sorted(sample.main["household"])
    block = sample.blocks[2, after.log["parent"][0]]
    assert lost[0] in block.ids
    assert after.place("village").tolist() == after.main["village"].tolist()


def test_a_reserve_that_is_lost_too_makes_room_for_the_next_in_the_same_place():
    sample = drawn()
    lost = sample.main["household"][0]
    for step in range(3):
        sample = sample.release(lost, reason=f"lần {step}", on="2026-12-01")
        lost = sample.log["reserve"].iloc[-1]
    assert sample.log["order"].tolist() == [1, 2, 3]
    assert set(sample.place("household")) == set(drawn().main["household"])
    parent = sample.log["parent"][0]
    assert says(DataError, lambda: sample.release(lost, reason="vắng", on="2026-12-01")) == (
        f"release: no reserve of household is left in {parent!r} for {lost!r}. Leave the unit in the sample "
        "as one "
        "that did not answer, and adjust the weights for it."
    )


def test_a_unit_of_an_upper_stage_goes_with_all_that_stands_under_it():
    sample = drawn()
    lost = sample.main["commune"][0]
    after = sample.release(lost, reason="lũ", on="2026-12-01", stage="commune")
    gone = after.table[after.table["commune"] == lost]
    assert (gone["use"] == "replaced").all()
    assert gone["weight"].isna().all()
    assert after.awaiting == ("village", "household", "adult")
    taken = after.main[after.main["village"].isna()]
    assert taken["commune"].tolist() == after.log["reserve"].tolist()
    old = sample.main[sample.main["commune"] == lost].iloc[0]
    assert taken["commune_probability"].iloc[0] == old["commune_probability"]
    again = after.draw_next(village_frame(), others="drop").draw_next(household_frame(), others="drop")
    assert again.awaiting == ("adult",)
    assert again.stages[1].lists[1].stream == (20261122, 2, 2)
    assert again.stages[1].n == 14
    kept = sample.table[sample.table["commune"] != lost]
    both = again.table[again.table["commune"].isin(kept["commune"]) & (again.table["use"] != "released")]
    both = both[~both["commune"].isin(after.log["reserve"])]
    others = kept[~kept["commune"].isin(after.log["reserve"])]
    assert_frame_equal(both.reset_index(drop=True), others.reset_index(drop=True))
    assert again.place("commune").value_counts().to_dict() == sample.main["commune"].value_counts().to_dict()


def test_a_reserve_keeps_its_own_multiplicity():
    table = communes().assign(times=[1, 2, 3, 4] * 4)
    sample = Plan(frame(table, "code", multiplicity="times")).stage("commune", n=5, reserve=3).draw(seed=1)
    after = sample.release(sample.main["commune"][0], reason="vắng", on="2026-12-01")
    row = after.main[after.main["use"] == "released"].iloc[0]
    times = table.set_index("code")["times"]
    assert_allclose(row["weight"], 16 / 5 / times[row["commune"]])


def test_what_cannot_be_released_is_refused_with_the_reason():
    sample = three().draw(seed=20261122)
    one = sample.main["commune"][0]
    spare = sample.table.loc[sample.table["use"] == "reserve", "commune"].iloc[0]

    def release(lost, reason="vắng", on="2026-12-01", **more):
        return lambda: sample.release(lost, reason=reason, on=on, **more)

    assert says(ColumnError, release("9")) == "release: the sample has no commune '9'."
    assert says(DataError, release(spare)) == (
        f"release: commune {spare!r} is not in use (reserve). Name a unit that is in the field."
    )
    assert says(ArgumentError, release(one, reason=" ")) == (
        "reason is empty. Say why the unit was lost; it stands in the log."
    )
    assert says(ArgumentError, release(one, on="1/12/2026")) == (
        "on='1/12/2026' is not a day. Write it as 'yyyy-mm-dd'."
    )
    assert says(ArgumentError, release(one, stage="village")) == (
        "stage='village' is not drawn yet. Draw it first: sample.draw_next(frame)."
    )
    plain = Plan(commune_frame()).stage("commune", n=3).draw(seed=1)
    lost = plain.main["commune"][0]
    assert says(DataError, lambda: plain.release(lost, reason="vắng", on="2026-12-01")) == (
        f"release: no reserve of commune is left for {lost!r}. Leave the unit in the sample as one that did "
        "not "
        "answer, and adjust the weights for it."
    )


def test_an_id_under_several_units_is_named_with_those_above():
    lower = villages().assign(ma_thon=villages()["ma_thon"].str[-1])
    plan = Plan(commune_frame()).stage("commune", n=16)
    sample = plan.stage("village", n=3, reserve=1, frame=frame(lower, "ma_thon")).draw(seed=1)
    used = sample.main[sample.main["village"] == "1"]["commune"].tolist()
    text = says(DataError, lambda: sample.release("1", reason="vắng", on="2026-12-01"))
    assert text.startswith("release: village '1' stands under '01")
    assert text.endswith(f"Name it with the units above: '{used[0]}/1'.")
    after = sample.release(f"{used[1]}/1", reason="vắng", on="2026-12-01")
    assert after.log[["parent", "lost"]].values.tolist() == [[used[1], "1"]]


# --- in a folder --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"method": "pps_systematic", "carry": ["households", "x", "type", "name"]},
        {"method": "cube", "size": None, "balance": ["x", "y"]},
        {"method": "bernoulli", "size": None},
    ],
)
def test_a_sample_read_back_is_the_same(tmp_path, options):
    sample = drawn(**options)
    lost = sample.main["household"][2]
    sample = sample.release(lost, reason="đi “vắng”, xa\nnhà", on="2026-12-01")
    sample = sample.release(sample.main["commune"][5], reason="lũ", on="2026-12-01", stage="commune")
    sample.save(tmp_path / "mau")
    again = Sample.read(tmp_path / "mau")
    same(sample, again)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mau"]
    same(
        again.draw_next(village_frame(), others="drop"),
        sample.draw_next(village_frame(), others="drop"),
    )


def test_a_sample_without_a_log_and_with_one_stage_is_read_back(tmp_path):
    for number, plan in enumerate(
        (
            Plan(commune_frame()).stage("commune", n=3),
            Plan(commune_frame()).stage("commune", n=1, method="bernoulli"),
        )
    ):
        sample = plan.draw(seed=1)
        sample.save(tmp_path / str(number))
        same(sample, Sample.read(tmp_path / str(number)))


def test_the_files_hold_codes_as_text_seed_and_hashes(tmp_path):
    sample = drawn()
    sample.save(tmp_path / "mau")
    names = ["draw.toml", "joint.csv", "log.csv", "plan.toml", "sample.csv", "units.csv"]
    assert sorted(path.name for path in (tmp_path / "mau").iterdir()) == names
    table = (tmp_path / "mau" / "sample.csv").read_bytes()
    assert table.startswith(b"\xef\xbb\xbf")
    assert b",01276," in table or b",01285," in table
    draw = (tmp_path / "mau" / "draw.toml").read_text(encoding="utf-8")
    assert "seed = 20261122\non = 2026-11-22\n" in draw
    assert commune_frame().hash in draw
    plan = (tmp_path / "mau" / "plan.toml").read_text(encoding="utf-8")
    assert f'hash = "{sample.outline.hash}"' in plan
    assert "seed = 20261122" in plan


def test_a_folder_is_not_written_over_unless_said(tmp_path):
    sample = first().draw(seed=1)
    sample.save(tmp_path / "mau")
    assert says(ArgumentError, lambda: sample.save(tmp_path / "mau")) == (
        "folder='mau' holds a sample already. Name a new folder, or pass overwrite=True."
    )
    other = first().draw(seed=2)
    other.save(tmp_path / "mau", overwrite=True)
    same(other, Sample.read(tmp_path / "mau"))
    assert [path.name for path in tmp_path.iterdir()] == ["mau"]
    (tmp_path / "khac").mkdir()
    sample.save(tmp_path / "khac")
    same(sample, Sample.read(tmp_path / "khac"))
    (tmp_path / "anh").mkdir()
    (tmp_path / "anh" / "a.txt").write_text("a", encoding="utf-8")
    assert says(ArgumentError, lambda: sample.save(tmp_path / "anh", overwrite=True)) == (
        "folder='anh' holds other files. Name a new folder."
    )


def test_a_folder_that_is_not_whole_is_refused(tmp_path):
    first().draw(seed=1).save(tmp_path / "mau")
    plan, draw = tmp_path / "mau" / "plan.toml", tmp_path / "mau" / "draw.toml"
    told, how = plan.read_text(encoding="utf-8"), draw.read_text(encoding="utf-8")
    draw.write_text(how.replace("version = 1", "version = 7"), encoding="utf-8")
    assert says(ArgumentError, lambda: Sample.read(tmp_path / "mau")) == (
        "draw.toml: version=7 is not known; this library reads 1. Read the folder with the library that "
        "wrote it."
    )
    draw.write_text(how, encoding="utf-8")
    plan.write_text(told.replace("reserve = 1", "reserve = 2"), encoding="utf-8")
    text = says(DataError, lambda: Sample.read(tmp_path / "mau"))
    assert text.startswith(
        f"draw.toml: the sample was drawn by the plan with the hash {first().hash}, and plan.toml"
    )
    assert text.endswith("Put back the plan.toml that was saved with it.")
    plan.unlink()
    assert says(DataError, lambda: Sample.read(tmp_path / "mau")) == (
        "folder='mau' has no plan.toml, so it holds no whole sample. Name a folder that Sample.save wrote."
    )


def test_no_reserves_where_all_units_are_drawn():
    with pytest.warns(SurveyWarning, match="0 reserves instead of 2"):
        sample = Plan(commune_frame()).stage("commune", n=16, reserve=2).draw(seed=1)
    assert sample.stages[0].reserve == 0
