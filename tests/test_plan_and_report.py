"""One file holds the plan of the sample and the settings of the report."""

import tomllib

import pandas as pd
import pytest
from projects import EXAMPLE, copy_example

import sampling
from sampling.checks import ArgumentError
from surveykit.project import read_settings
from surveykit.project.settings import SCHEMA


def plan():
    units = pd.DataFrame({"ma": ["01", "02", "03", "04"], "so_ho": [100, 200, 300, 400]})
    frame = sampling.Frame(units, id="ma", name="Bốn xã giả lập", as_of="2026-07-01", source="giả lập")
    drawn = sampling.Plan(frame).stage("commune", n=2, method="pps_systematic", size="so_ho")
    return frame, drawn.stage("village", n=3)


def plan_table(path):
    """Return the tables of a plan alone, without those that it shares with the report."""
    text = path.read_text(encoding="utf-8")
    return text[text.index("[plan]") :]


def test_a_report_reads_its_settings_from_a_file_that_holds_the_plan_too(tmp_path):
    both = copy_example(tmp_path)
    _, drawn = plan()
    drawn.to_toml(tmp_path / "plan.toml")
    report = both.read_text(encoding="utf-8")
    both.write_text(report.rstrip("\n") + "\n\n" + plan_table(tmp_path / "plan.toml"), encoding="utf-8")
    assert dict(read_settings(both)) == dict(read_settings(EXAMPLE / "bao_cao.toml"))


def test_the_plan_is_read_from_the_same_file(tmp_path):
    both = copy_example(tmp_path)
    frame, drawn = plan()
    drawn.to_toml(tmp_path / "plan.toml")
    report = both.read_text(encoding="utf-8")
    both.write_text(report.rstrip("\n") + "\n\n" + plan_table(tmp_path / "plan.toml"), encoding="utf-8")
    again = sampling.Plan.from_toml(both, frames={"commune": frame})
    assert again.hash == drawn.hash


def test_the_tables_that_a_plan_shares_with_a_report_are_keys_of_the_report(tmp_path):
    _, drawn = plan()
    drawn.to_toml(tmp_path / "plan.toml")
    table = tomllib.loads((tmp_path / "plan.toml").read_text(encoding="utf-8"))
    table.pop("plan")
    keys = {f"{name}.{key}" for name, own in table.items() for key in own}
    assert keys
    assert keys <= set(SCHEMA)


def test_a_plan_that_is_no_table_is_refused(tmp_path):
    both = copy_example(tmp_path)
    both.write_text("plan = 1\n" + both.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(ArgumentError) as error:
        read_settings(both)
    expected = "bao_cao.toml: 'plan' is not a table. Write it as Plan.to_toml does, or remove it."
    assert str(error.value) == expected
