import datetime as dt

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from planned import (
    commune_frame,
    communes,
    drawn,
    first,
    frame,
    says,
    three,
    village_frame,
    villages,
)

from sampling.checks import ColumnError, DataError
from sampling.plan import Plan
from sampling.sample.display import lines

EXACT = 1e-12  # products of a few probabilities


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
