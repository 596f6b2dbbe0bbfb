"""The sentences a user reads when replicate columns or files of them are refused, word for word."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from strategies import make

import surveykit as sv
from sampling.checks import ArgumentError, ColumnError, DataError
from surveykit.replication import read_replicates, replicate_frame, write_replicates

PAIRS = make([2, 2], 4, "clusters")
PEOPLE = pd.DataFrame({"w": [10.0, 10, 20, 20], "answered": [1, 1, 1, 0], "sex": [1, 2, 1, 2]}).assign(
    rep_1=[0.0, 20, 20, 20], rep_2=[20.0, 0, 20, 20], rep_3=[10.0, 10, 0, 40], rep_4=[10.0, 10, 40, 0]
)


def refused(kind: type[Exception], sentence: str, call: Any) -> None:
    """Fail unless the call is refused with exactly this sentence."""
    with pytest.raises(kind, match=f"^{re.escape(sentence)}$") as error:
        call()
    assert type(error.value) is kind


def replicate(design: sv.Design = PAIRS, method: Any = "JKn", **words: Any) -> sv.Design:
    return sv.replicate_weights(design, method, **words)


# --- reading columns ----------------------------------------------------------------------------------------


def columns(columns: Any = "rep_*", data: pd.DataFrame = PEOPLE, **words: Any) -> sv.Design:
    said = {"method": "JK1"} | words
    return sv.Design(data, weights="w", replicates=sv.ReplicateColumns(columns, **said))


@pytest.mark.parametrize(
    ("kind", "call", "sentence"),
    [
        (
            TypeError,
            lambda: sv.Design(PEOPLE, weights="w", replicates=["rep_1"]),
            "replicates is a list; pass replicates=ReplicateColumns('brr_*', method='BRR').",
        ),
        (
            ArgumentError,
            lambda: sv.Design(
                PEOPLE, weights="w", psu="sex", replicates=sv.ReplicateColumns("rep_*", method="JK1")
            ),
            "replicates=: the replicate weights carry the whole design, so psu= would not be read. Leave "
            "it out; or leave replicates= out, for the Taylor variance or replicate_weights().",
        ),
        (
            ArgumentError,
            lambda: sv.Design(PEOPLE, sampling="srs", replicates=sv.ReplicateColumns("rep_*", method="JK1")),
            "replicates=: pass weights='…' too, the full-sample weight that goes with them.",
        ),
        (
            ArgumentError,
            lambda: columns(method="jkn"),
            "method='jkn' is not known. Did you mean 'JKn'? Choose one of 'JK1', 'JKn', 'JK2', 'BRR', "
            "'Fay', 'bootstrap', 'SDR', 'ACS', 'other'.",
        ),
        (
            ColumnError,
            lambda: columns("repw_*"),
            "replicates='repw_*': the data have no such columns. Did you mean 'rep_4'?",
        ),
        (
            ColumnError,
            lambda: columns(["rep_1", "rep_9"]),
            "replicates='rep_9': the data have no such column. Did you mean 'rep_4'?",
        ),
        (
            ArgumentError,
            lambda: columns(["rep_1", "rep_1"]),
            "replicates: 'rep_1' is named twice. Name each column once.",
        ),
        (
            ArgumentError,
            lambda: columns("rep_1"),
            "replicates: 'rep_1' is not enough, for a variance needs two replicates or more. Name every "
            "replicate column, or give a pattern such as 'brr_*'.",
        ),
        (
            ArgumentError,
            lambda: columns(["w", "rep_1", "rep_2"]),
            "replicates: 'w' is the weight itself. Leave it out of the replicate columns.",
        ),
        (
            ArgumentError,
            lambda: columns(["rep_1", "rep_2", "rep_3"], method="BRR"),
            "replicates: 3 columns, but BRR has 1, 2 or a multiple of 4. Check that no column is missing "
            "or too many; if the file is so, pass method='other' with its scale.",
        ),
        (
            ArgumentError,
            lambda: columns(method="Fay"),
            "fay=None with method='Fay': Fay's factor is a number from 0 to below 1, for method='Fay' "
            "alone. The manual of the file gives it.",
        ),
        (
            ArgumentError,
            lambda: columns(method="BRR", fay=0.5),
            "fay=0.5 with method='BRR': Fay's factor is a number from 0 to below 1, for method='Fay' "
            "alone. The manual of the file gives it.",
        ),
        (
            ArgumentError,
            lambda: columns(method="JKn"),
            "method='JKn' needs rscales: (n − 1)/n of the stratum of each replicate, times 1 − f where "
            "units were drawn without replacement. Pass rscales=[…], one number a column.",
        ),
        (
            ArgumentError,
            lambda: columns(method="JKn", rscales=[0.5, 0.5]),
            "rscales has 2 numbers for 4 replicate columns. Give one a column, in their order.",
        ),
        (
            ArgumentError,
            lambda: columns(method="JKn", rscales=[0.5, 0.5, 0.5, -1]),
            "rscales: every number must be 0 or more, and one at least above 0.",
        ),
        (
            ArgumentError,
            lambda: columns(method="other"),
            "method='other' needs scale: the number before the sum in the manual of the file.",
        ),
        (
            ArgumentError,
            lambda: columns(scale=0),
            "scale=0: give a number above 0, as the manual of the file says.",
        ),
        (
            ArgumentError,
            lambda: columns(df="many"),
            "df='many': give a number above 0, as the manual of the file says.",
        ),
        (
            DataError,
            lambda: columns(data=PEOPLE.assign(rep_2=[1.0, np.nan, 1, 1])),
            "replicates: 'rep_2' is missing in row 1. A replicate weight is 0 or more.",
        ),
        (
            DataError,
            lambda: columns(data=PEOPLE.assign(rep_2=[1.0, 1, -3, -4])),
            "replicates: 'rep_2' is -3 in rows 2, 3. A replicate weight is 0 or more.",
        ),
        (
            DataError,
            lambda: columns(data=PEOPLE.assign(rep_2=0.0)),
            "replicates: 'rep_2' is 0 in every row. Check the column.",
        ),
        (
            DataError,
            lambda: columns(data=PEOPLE.assign(rep_0=PEOPLE["w"]), method="bootstrap"),
            "replicates: 'rep_0' equals 'w' in every row: it is the full-sample weight, which no "
            "replicate of bootstrap is. Leave it out.",
        ),
        (
            DataError,
            lambda: columns(["a", "b"], PEOPLE.assign(a=1.0, b=[0.0, 2, 1, 1]), combined=False),
            "replicates: 'a' is 1 in every row, which no replicate of JK1 is. Leave it out.",
        ),
        (
            DataError,
            lambda: columns(["a", "b"], PEOPLE.assign(a=[2.0, 0, 1, 1], b=[0.0, 2, 1, 1])),
            "replicates: the columns sum to 4 on average, and the weights to 60. If they are factors of "
            "the weight, pass combined=False; if not, check that they belong to this weight.",
        ),
        (
            DataError,
            lambda: columns(combined=False),
            "replicates: the columns sum to 60 on average, and the rows to 4. If they are weights, leave "
            "combined=False out; if not, check that they belong to this weight.",
        ),
        (
            TypeError,
            lambda: columns(data=PEOPLE.assign(rep_2=list("abcd"))),
            "replicates='rep_2' holds text ('a', 'b' and 1 more), and a replicate weight is a number.",
        ),
    ],
)
def test_columns_that_cannot_be_replicate_weights_are_refused(kind, call, sentence):
    refused(kind, sentence, call)


# --- files --------------------------------------------------------------------------------------------------


def test_files_that_cannot_be_written_or_read_are_refused(tmp_path):
    design = replicate()
    refused(
        ArgumentError,
        "replicate_frame: the design has no replicates. Make them with replicate_weights() first.",
        lambda: replicate_frame(PAIRS),
    )
    refused(
        ArgumentError,
        "write_replicates: the design is limited by where='sex == 1', and a file holds the whole sample. "
        "Write the design without it, and take the part after reading.",
        lambda: write_replicates(design.where("sex == 1"), tmp_path / "a.csv"),
    )
    write_replicates(design, tmp_path / "a.csv")
    refused(
        ArgumentError,
        "path='a.csv' is there already. Name a new file, or pass overwrite=True.",
        lambda: write_replicates(design, tmp_path / "a.csv"),
    )
    taken = design.changed(data=design.data.assign(jkw_2=1))
    refused(
        ArgumentError,
        "write_replicates: the data have columns 'jkw_2' already. Rename or drop them first.",
        lambda: write_replicates(taken, tmp_path / "b.csv"),
    )
    stepped = sv.adjust_nonresponse(replicate(), responded="answered", cells="stratum")
    refused(
        ArgumentError,
        "write_replicates: the data have a column 'final_weight' already. Rename it first.",
        lambda: write_replicates(
            stepped.changed(data=stepped.data.assign(final_weight=1)), tmp_path / "b.csv"
        ),
    )
    wide = design.changed(data=design.data.assign(**{"mã xã": 1}))
    for ending, program in (("dta", "Stata"), ("sav", "SPSS")):
        refused(
            ArgumentError,
            f"path: {program} has no column names like 'mã xã'. Rename them (letters, digits and _), or "
            "write .csv.",
            lambda e=ending: write_replicates(wide, tmp_path / f"b.{e}"),
        )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "a.toml"]


def test_files_that_do_not_belong_together_are_refused(tmp_path):
    refused(
        DataError,
        "c.csv: there is no such file. Check the name.",
        lambda: read_replicates(tmp_path / "c.csv"),
    )
    data, how = write_replicates(replicate(), tmp_path / "a.csv")
    refused(
        ArgumentError,
        "path='a.toml' ends in '.toml'. Give a file ending in '.csv', '.xlsx', '.sav', '.dta'.",
        lambda: read_replicates(how),
    )
    table = pd.read_csv(data, encoding="utf-8-sig")
    table.drop(columns="jkw_3").to_csv(data, index=False, encoding="utf-8")
    refused(
        DataError,
        "a.csv has no columns 'jkw_3', which the .toml beside it names. Write it again.",
        lambda: read_replicates(data),
    )
    how.write_text("a = 1\n", encoding="utf-8")
    refused(
        DataError,
        "a.toml does not tell of replicate weights. Give a file that write_replicates() has made; or name "
        "the columns: Design(data, weights='…', replicates=ReplicateColumns('…*', method='…')).",
        lambda: read_replicates(data),
    )
    how.unlink()
    refused(DataError, "a.toml: there is no such file. Check the name.", lambda: read_replicates(data))
