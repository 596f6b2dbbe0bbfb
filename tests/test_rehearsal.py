"""A rehearsal finds the truth, the errors made and the errors said, for several designs at once."""

import os

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import sampling
import surveykit as sv
from sampling.checks import ArgumentError, DataError
from surveykit import plots
from surveykit.plots.designs import rehearsal as picture
from surveykit.rehearsal import Rehearsal, rehearse

TOLD = {"as_of": "2026-07-01", "source": "giả lập"}


def people():
    """Return 30 villages of 20 adults: answers alike within a village (giả lập)."""
    rng = np.random.default_rng(1)
    village = np.repeat(np.arange(30), 20)
    y = (rng.uniform(size=600) < 0.7 + 0.25 * np.sin(village)[:]).astype(int)
    return pd.DataFrame(
        {
            "thon": [f"t{v:02d}" for v in village],
            "nguoi": [f"p{k:04d}" for k in range(600)],
            "hai_long": y,
            "gioi": np.where(np.arange(600) % 2 == 0, "Nam", "Nữ"),
            "tra_loi": 0.4 + 0.5 * y,
        }
    )


PEOPLE = people()
VILLAGES = PEOPLE[["thon"]].drop_duplicates().assign(so=20)


def plans():
    adults = sampling.Frame(PEOPLE[["thon", "nguoi"]], id="nguoi", name="người giả lập", **TOLD)
    villages = sampling.Frame(VILLAGES, id="thon", name="thôn giả lập", **TOLD)
    alone = sampling.Plan(adults).stage("nguoi", n=60)
    clustered = sampling.Plan(villages).stage("thon", n=10).stage("nguoi", n=6, frame=adults, parent="thon")
    return {"từng người": alone, "theo thôn": clustered}


def run(**more):
    given = {"y": "hai_long", "id": "nguoi", "seed": 3, "repetitions": 8, "jobs": 1, "progress": False}
    return rehearse(more.pop("plans", None) or plans(), PEOPLE, **{**given, **more})


def test_the_truth_is_counted_and_designs_stand_side_by_side():
    found = run(cost={"nguoi": 10.0})
    assert found.table.index.tolist() == ["từng người", "theo thôn"]
    assert (found.table["truth"] == PEOPLE["hai_long"].mean()).all()
    assert (found.table["n"] == 60).all()
    assert (found.table["cost"] == 600).all()
    assert found.table.loc["theo thôn", "se"] > found.table.loc["từng người", "se"]


def test_the_table_is_what_the_draws_say():
    found = run()
    own = found.draws[found.draws["design"] == "theo thôn"]
    row = found.table.loc["theo thôn"]
    assert_allclose(row["bias"], own["estimate"].mean() - found.truth)
    assert_allclose(row["sd"], own["estimate"].std())
    assert_allclose(row["se"], np.sqrt((own["se"] ** 2).mean()))
    hit = (own["ci_low"] <= found.truth) & (found.truth <= own["ci_high"])
    assert_allclose(row["coverage"], hit.mean())
    assert_allclose(row["margin"], (own["ci_high"] - own["ci_low"]).mean() / 2)


def test_the_same_seed_gives_the_same_rehearsal_in_one_process_or_two():
    one, two = run(), run(jobs=2)
    pd.testing.assert_frame_equal(one.draws, two.draws)
    other = run(seed=4)
    assert not one.draws["estimate"].equals(other.draws["estimate"])


def test_totals_and_shares():
    assert run(statistic="total").truth == PEOPLE["hai_long"].sum()
    shares = run(statistic="proportion", value=[1])
    assert shares.truth == PEOPLE["hai_long"].mean()
    assert run(statistic="proportion").truth == PEOPLE["hai_long"].mean()


def adjusted(design):
    return sv.adjust_nonresponse(design, responded="answered", cells=["hai_long"])


def test_people_who_do_not_answer_bias_the_plain_mean_and_adjusting_mends_it():
    alone = {"từng người": plans()["từng người"]}
    plain = run(plans=alone, response="tra_loi", repetitions=30)
    mended = run(plans=alone, response="tra_loi", repetitions=30, weighting=adjusted)
    assert plain.table["bias"].iloc[0] > 0.05
    assert abs(mended.table["bias"].iloc[0]) < abs(plain.table["bias"].iloc[0]) / 3
    assert plain.table["n"].iloc[0] < 60


@pytest.mark.slow
def test_unbiased_designs_are_found_unbiased_and_their_intervals_cover(repetitions):
    found = run(repetitions=repetitions(2000, 60), jobs=2)
    assert (found.table["bias"].abs() < 4.5 * found.table["bias_mc"]).all()
    assert ((found.table["se_ratio"] - 1).abs() < 0.25).all()
    assert (found.table["coverage"] > 0.95 - 4.5 * found.table["coverage_mc"].clip(lower=0.01)).all()


def test_it_shows_itself_in_vietnamese():
    found = run()
    assert repr(found) == "Diễn tập 2 thiết kế, 8 lần mỗi thiết kế: mean(hai_long), giả lập"
    page = found._repr_html_()
    assert "thiết kế" in page
    assert "độ phủ" in page
    assert "giả lập" in page
    assert run(cost={"nguoi": 1.0})._repr_html_().count("chi phí") == 1


@pytest.mark.parametrize(
    ("lang", "title"), [("vi", "Độ phủ của khoảng tin cậy"), ("en", "Coverage of the intervals")]
)
def test_its_picture_has_a_row_a_design(lang, title):
    figure = picture(run(), lang=lang)
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == ["từng người", "theo thôn"]
    assert figure.axes[2].get_title(loc="left") == title
    assert isinstance(figure, plots.Picture)
    assert figure._repr_png_()[:4] == b"\x89PNG"
    assert figure.axes[1].get_xticklabels()[0].get_text() == "0"


def test_draws_without_an_error_are_counted():
    draws = pd.DataFrame(
        {"design": "A", "estimate": [1.0, 2, 3], "se": [0.5, np.nan, 0.5], "ci_low": [0, np.nan, 2],
         "ci_high": [2, np.nan, 4], "df": 3.0, "n": 5}
    )  # fmt: skip
    row = Rehearsal(draws, 1.5, "y", "mean", 0.95, 1).table.iloc[0]
    assert (row["failed"], row["coverage"]) == (1, 0.5)


def waiting():
    villages = sampling.Frame(VILLAGES, id="thon", name="thôn giả lập", **TOLD)
    return sampling.Plan(villages).stage("thon", n=10).stage("nguoi", n=6)


def dies(design):
    os._exit(1)


REFUSED = [
    (lambda: run(jobs=2, weighting=dies), ArgumentError,
     "jobs=2: the other processes did not start or were stopped. In a script put the call under if __name__ "
     "== '__main__':, or pass jobs=1."),
    (lambda: run(repetitions=1), ArgumentError,
     "repetitions=1: pass a whole number of at least 2, such as 500."),
    (lambda: rehearse({}, PEOPLE, y="hai_long", id="nguoi", seed=1), ArgumentError,
     "plans is empty. Pass a plan, or a mapping of name to plan."),
    (lambda: run(plans={"a": 1}), TypeError, "plans['a'] is a int; pass a sampling.Plan."),
    (lambda: run(id="thon"), ArgumentError,
     "plans['từng người']: its last stage is 'nguoi', but id='thon'. Name the column of the population "
     "that lists the units of the last stage like that stage."),
    (lambda: run(cost={"xa": 1}), ArgumentError,
     "cost: 'xa' is no stage of plans['từng người']. Its stages are 'nguoi'."),
    (lambda: run(statistic="median"), ArgumentError, "statistic='median' is not known."),
    (lambda: run(response="gioi"), DataError, "response='gioi' must hold probabilities between 0 and 1."),
    (lambda: rehearse(plans(), PEOPLE.assign(tra_loi=2.0), y="hai_long", id="nguoi", seed=1,
                      response="tra_loi", progress=False),
     DataError, "response='tra_loi' must hold probabilities between 0 and 1."),
    (lambda: rehearse(plans(), PEOPLE.assign(hai_long=[np.nan] + [1.0] * 599), y="hai_long", id="nguoi",
                      seed=1, progress=False),
     DataError, "y='hai_long' is missing for 1 units of the population, so the truth is not known. Fill it "
     "in; let people not answer with response=."),
    (lambda: rehearse(plans(), PEOPLE.iloc[:300], y="hai_long", id="nguoi", seed=1, jobs=1, progress=False),
     DataError, "id='nguoi': "),
    (lambda: run(plans={"chờ": waiting()}), ArgumentError,
     "plans['chờ']: stage 'nguoi' has no list. A rehearsal needs the list of every stage: pass frame= to "
     "that stage."),
    (lambda: run(jobs=2, weighting=lambda design: design), ArgumentError,
     "weighting: it cannot be sent to other processes"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "sentence"), REFUSED, ids=range(len(REFUSED)))
def test_refusals(call, kind, sentence):
    with pytest.raises(kind) as error:
        call()
    assert str(error.value).startswith(sentence)
