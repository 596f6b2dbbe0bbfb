"""The plan of a sample: strata and stages in order, drawn with a seed."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape

from ..allocation import Method
from ..checks import ArgumentError, check_columns, column_names
from ..frame import Frame
from ..sample import Outline, Sample, Stage, sentences
from ..sample.listing import check_stage, listing_of, size_of
from ..sample.outline import Listing, Short
from ..sample.steps import first_step
from . import files
from .checks import check_list, check_name, check_stage_rules
from .numbers import Numbers, check_total, first_numbers, later_numbers

__all__ = ["Plan"]


@dataclass(frozen=True, eq=False, repr=False)
class Plan:
    """Strata and stages in order; each `stage` gives a new plan, and nothing is drawn until `draw`.

    Parameters
    ----------
    frame : Frame
        List of the units of the first stage.
    strata : column name or names, optional
        Columns of the frame whose crossing gives the strata of the first stage; by default those of the
        frame, ``()`` for none.
    name : str
        What the plan is for; by default the name of the frame.

    Examples
    --------
    >>> import pandas as pd
    >>> units = pd.DataFrame({"ma": ["01", "02", "03", "04"], "so_ho": [100, 200, 300, 400]})
    >>> frame = Frame(units, id="ma", name="Bốn xã giả lập", as_of="2026-07-01", source="giả lập")
    >>> plan = Plan(frame).stage("commune", n=2, method="pps_systematic", size="so_ho").stage("village", n=3)
    >>> plan
    Kế hoạch chọn mẫu: Bốn xã giả lập
    Khung mẫu: Bốn xã giả lập, 4 đơn vị, ngày 01/07/2026; không phân tầng.
    1. Rút 2 xã/phường, PPS hệ thống theo so_ho.
    2. Trong mỗi xã/phường, rút 3 thôn, ngẫu nhiên đơn giản; danh sách đưa vào sau.
    >>> sample = plan.draw(seed=1)
    >>> sample.main[["commune", "probability", "weight"]].round(3).values.tolist()
    [['02', 0.4, 2.5], ['04', 0.8, 1.25]]
    >>> sample.awaiting
    ('village',)
    """

    frame: Frame
    strata: str | Sequence[str] | None = None
    name: str = ""
    stages: tuple[Stage, ...] = field(default=(), kw_only=True)
    frames: Mapping[str, Frame] = field(default_factory=dict, kw_only=True)
    listing: Listing | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if not isinstance(self.frame, Frame):
            raise TypeError(
                f"frame is a {type(self.frame).__name__}; pass a sampling.Frame: Frame(table, id='...', ...)."
            )
        given = self.frame.strata if self.strata is None else self.strata
        strata = check_columns(self.frame.units, column_names(given, "strata"), "strata")
        object.__setattr__(self, "strata", strata)
        object.__setattr__(self, "name", self.name or self.frame.name)
        object.__setattr__(self, "listing", self.listing or listing_of(self.frame))

    @property
    def outline(self) -> Outline:
        """What the plan says, without its lists."""
        assert self.listing is not None
        return Outline(self.name, self.listing, tuple(self.strata or ()), self.stages)

    @property
    def hash(self) -> str:
        """SHA-256 of what the plan says, the hashes of its lists among it."""
        return self.outline.hash

    def __repr__(self) -> str:
        return "\n".join([f"Kế hoạch chọn mẫu: {self.name}", *sentences(self.outline)])

    def _repr_html_(self) -> str:
        first, *rest = sentences(self.outline)
        steps = "".join(f"<li>{escape(line.split('. ', 1)[1])}</li>" for line in rest)
        return (
            f"<div><p><b>Kế hoạch chọn mẫu: {escape(self.name)}</b></p><p>{escape(first)}</p><ol>{steps}</ol>"
            f"<p>Mã băm kế hoạch: {self.hash[:12]}</p></div>"
        )

    def stage(
        self,
        name: str,
        *,
        n: Numbers | None = None,
        n_each: int | None = None,
        every: int | None = None,
        method: str = "srs",
        size: str | None = None,
        frame: Frame | None = None,
        parent: str | Sequence[str] | None = None,
        allocation: Method = "proportional",
        certain: str | None = None,
        rotate: float | None = None,
        sort: str | Sequence[str] | None = None,
        serpentine: bool = False,
        balance: str | Sequence[str] | None = None,
        coords: Sequence[str] | None = None,
        reserve: int = 0,
        short: Short = "error",
        carry: str | Sequence[str] | None = None,
    ) -> Plan:
        """Return the plan with one more stage.

        Parameters
        ----------
        name : str
            Names the stage and the column of its ids: "commune", "village", "household", "adult".
        n : int, mapping or allocation
            At the first stage the total, shared out over the strata by `allocation`, or the number for each
            stratum (a mapping, a Series, or the result of `allocate`). Later the number in each unit above,
            the same everywhere or by stratum.
        n_each : int
            At the first stage: this number in each stratum.
        every : int
            Take every k-th unit in the field, from a random start; `method` is then "every".
        method : str
            A word of `select`, or a rule: "every", and for one person of a household "kish" (grid),
            "birthday" (last or next) or "list" (random from the full list).
        size : column name
            Measure of size; by default the one of the list, for PPS methods.
        frame : Frame
            List of the stage. The first has the list of the plan. Without one the stage waits for its list:
            `Sample.draw_next`.
        parent : column name or names
            Column of the list that says under which unit of the stage above a unit stands; several stages
            above, outermost first. By default columns named like the stages above, or like its column of ids.
        allocation : str
            How n is shared out over the strata ("proportional", "equal", ...; see `allocate`): by the measure
            of size if one is used, else by the number of units, with at least 2 where there are 2.
        certain : column name
            Flags (True/False) of units that are taken with probability 1, as part of n.
        rotate : float
            First stage, method "srs": units keep their random numbers from wave to wave under the same seed.
            0 is the first wave; 0.25 renews a quarter of its sample, 1 all of it.
        sort, serpentine : column names
            Order of the list, for "systematic", "pps_systematic" and "pps_pivotal"; to and fro if serpentine.
        balance, coords : column names
            For "cube" and "local_pivotal".
        reserve : int
            Reserves in each stratum or unit above: drawn at random from the units not drawn, in random order.
        short : {"error", "all"}
            Where there are fewer than n units: an error, or take all of them.
        carry : column names
            Columns of the list that go along into the table; by default "name", where there is one.

        Raises
        ------
        ArgumentError
            The name is used already, or arguments do not go together.
        ColumnError
            A column, stratum or stage is named that is not there.
        DataError
            Units of the list stand under none of the units above.
        """
        number = len(self.stages)
        method = "every" if every is not None and method == "srs" else method
        listed = self.frame if number == 0 else frame
        if number == 0 and frame is not None:
            raise ArgumentError(
                f"stage {name!r}, frame=: the first stage is drawn from the frame of the plan. Leave it out."
            )
        stage = Stage(
            name=name,
            every=every,
            method=method,
            size=size,
            certain=certain,
            rotate=rotate,
            sort=column_names(sort, "sort"),
            serpentine=serpentine,
            balance=column_names(balance, "balance"),
            coords=column_names(coords, "coords"),
            reserve=reserve,
            short=short,
            carry=None if carry is None else column_names(carry, "carry"),
            parent=column_names(parent, "parent"),
        )
        check_name(stage, self.outline)
        check_stage_rules(stage, number, self.stages[-1] if number else None)
        if number and n_each is not None:
            raise ArgumentError(
                f"stage {name!r}, n_each=: it is for strata at the first stage. Pass n=, the number in each "
                "unit above."
            )
        if stage.by_rule and (n is not None or frame is not None):
            given = "n" if n is not None else "frame"
            raise ArgumentError(
                f"stage {name!r}, {given}=: units are taken in the field ({method!r}), not from a list. "
                "Leave it out."
            )
        if listed is not None:
            check_stage(stage, listed)
            stage = replace(stage, size=size_of(stage, listed))
        if number == 0:
            stage = first_numbers(stage, self.frame, self.outline.strata, n, n_each, allocation)
        elif not stage.by_rule:
            stage = later_numbers(stage, self.frame, self.outline.strata, n)
        frames = dict(self.frames)
        if number and listed is not None:
            above = self.frame if number == 1 else frames.get(self.stages[-1].name)
            check_list(stage, listed, [s.name for s in self.stages], above)
            stage = replace(stage, frame=listing_of(listed))
            frames[name] = listed
        return replace(self, stages=(*self.stages, stage), frames=frames)

    def draw(
        self,
        seed: int,
        *,
        through: str | None = None,
        on: dt.date | str | None = None,
        progress: bool = True,
    ) -> Sample:
        """Draw all stages that have a list, in order.

        Stage s (from 1) takes the random numbers of the seed (seed, s), its reserves those of
        (seed, 100 + s). The same seed gives the same sample on every platform and in every order of rows.

        Parameters
        ----------
        seed : int
            Required; it stands in the record of the draw.
        through : name of a stage
            Stop after it, for instance to release reserves before the stage below is drawn.
        on : date
            Day of the draw, for the record; by default today.
        progress : bool
            Whether a long draw may show how far it has come.

        Returns
        -------
        Sample; `awaiting` names the stages that wait for a list.
        """
        outline = self.outline
        if not outline.stages:
            raise ArgumentError("draw: the plan has no stage. Add one: plan.stage('commune', n=12).")
        last = len(outline.stages) - 1 if through is None else outline.stage(through, "through")
        seed, day = files.checked_seed_of(seed), files.day_of(on)
        step = first_step(outline, self.frame, seed, progress=progress)
        sample = Sample(outline, seed, day, step.table, step.blocks, (step.stage,))
        for number in range(1, last + 1):
            stage = outline.stages[number]
            if stage.frame is None or stage.name not in self.frames:
                break
            sample = sample.drawn_from(self.frames[stage.name], stage.frame, progress=progress)
        return sample

    def to_toml(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write the plan; the file holds the keys of the analysis design for the report as well.

        Parameters
        ----------
        path : path
        overwrite : whether a file that is there already may be replaced
        """
        files.write(self.outline, path, overwrite=overwrite)

    @classmethod
    def from_toml(
        cls, path: str | os.PathLike[str], frames: Mapping[str, Frame], *, check: bool = True
    ) -> Plan:
        """Read a plan that `to_toml` wrote.

        Parameters
        ----------
        path : path
            Tables other than ``plan`` are left to the report.
        frames : mapping
            List of each stage by the name of the stage. The first is needed; a later stage without one waits.
        check : bool
            False: take lists with another content than the plan names, and a file changed by hand.

        Raises
        ------
        DataError
            A list has another content than the plan names, or the file was changed.
        """
        outline = files.outline_of(path, check=check)
        lists, told = files.frames_of(outline, frames, check=check)
        first = outline.stages[0].name
        plan = cls(lists.pop(first), outline.strata, outline.name, listing=told[first])
        for number, stage in enumerate(files.with_listings(outline.stages, told)):
            check_name(stage, plan.outline)
            check_stage_rules(replace(stage, frame=None), number, plan.stages[-1] if number else None)
            if number == 0:
                check_stage(stage, plan.frame)
                check_total(stage, plan.frame, outline.strata)
            elif stage.name in lists:
                check_stage(stage, lists[stage.name])
            plan = replace(plan, stages=(*plan.stages, stage))
        return replace(plan, frames=lists)
