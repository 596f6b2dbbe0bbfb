"""Weighted designs for the tests of diagnostics."""

import pandas as pd
from drawn_samples import ADULTS, COMMUNES, VILLAGES, frame

import sampling
import surveykit as sv

PEOPLE = pd.DataFrame(
    {
        "so": ["007", "008", "009", "010"],
        "w": [10.0, 10.0, 20.0, 20.0],
        "xa": list("aabb"),
        "gioi": ["Nam", "Nữ", "Nam", "Nữ"],
        "tra_loi": [1, 0, 1, 1],
        "tuoi": [20.0, 30.0, 40.0, 60.0],
    }
)


def weighted() -> sv.Design:
    """Return four people: one did not answer; men and women are then made equal."""
    design = sv.Design(PEOPLE, weights="w", strata="xa")
    design = design.pipe(sv.adjust_nonresponse, responded="tra_loi", cells="xa")
    return design.pipe(sv.rake, {"gioi": {"Nam": 0.5, "Nữ": 0.5}})


def three_stages() -> sv.Design:
    plan = (
        sampling.Plan(frame(COMMUNES, "ma_xa"), strata="loai")
        .stage("xa", n_each=3, method="pps_sampford", size="ho")
        .stage("thon", n=2, frame=frame(VILLAGES, "ma_thon"), parent="ma_xa")
        .stage("nguoi", n=3, frame=frame(ADULTS, "ma_nguoi"), parent="ma_thon")
    )
    sample = plan.draw(seed=5)
    return sv.join(sample, sample.main[["nguoi"]].assign(y=1.0), id="nguoi")
