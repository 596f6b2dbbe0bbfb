"""A sample in a folder."""

import numpy as np
import pytest
from pandas.testing import assert_frame_equal
from planned import commune_frame, drawn, first, says, village_frame

from sampling.checks import ArgumentError, DataError
from sampling.plan import Plan
from sampling.sample import Sample

EXACT = 1e-12  # products of a few probabilities


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


def test_a_block_of_which_no_unit_was_drawn_is_read_back(tmp_path):
    plan = Plan(commune_frame(), "type").stage("commune", n={"xã": 2, "phường": 1}, method="bernoulli")
    sample = next(s for s in map(plan.draw, range(200)) if not len(s.blocks[0, "phường"]) and len(s))
    sample.save(tmp_path / "mau")
    same(sample, Sample.read(tmp_path / "mau"))


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
