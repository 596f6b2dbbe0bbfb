"""The drawn sample: its table, its blocks, how each stage was drawn, and the log of reserves."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from ..checks import ArgumentError, ColumnError, DataError, check_choice, check_frame, column_names, near
from ..frame import Frame
from . import files
from .blocks import joint_table, matrix_of
from .display import html, text
from .later import awaiting_rows, next_step, waiting
from .listing import Others, check_stage, listing_of
from .outline import Listing, Outline
from .parts import Block, DrawnStage
from .reserves import empty_log, places, release
from .rows import in_use
from .rules import chances_of, count_households, matched, people_of
from .words import HOUSEHOLD

__all__ = ["Sample"]


@dataclass(frozen=True, eq=False, repr=False)
class Sample:
    """Units drawn by a plan. Nothing in it is changed: each step gives a new sample.

    Attributes
    ----------
    outline : what the plan says, without its lists
    seed : of the draw
    on : day of the draw
    table : a row for each unit of the last stage drawn, main or reserve, and for each reserve of the stages
        above. Columns: those of the strata and ``stratum``; for each stage its id (named like the stage),
        columns of its list that go along and ``<stage>_probability`` given the unit above; ``probability``;
        ``weight`` = 1 / probability, divided by how often the unit stands in its list; ``order`` of selection
        (or of use, for a reserve) within the unit above; ``use``: "main", "reserve", "released" (a reserve in
        use), "replaced" (a unit lost, and what stands under it) or "empty" (a unit above without units);
        ``certainty`` of the unit of the first stage
    blocks : units drawn together by (stage from 0, stratum or ids above joined by "/")
    stages : how each stage was drawn
    log : reserves released: stage, parent, lost, reserve, order, reason, date
    """

    outline: Outline
    seed: int
    on: dt.date
    table: pd.DataFrame
    blocks: Mapping[tuple[int, str], Block]
    stages: tuple[DrawnStage, ...]
    log: pd.DataFrame = field(default_factory=empty_log)

    def __len__(self) -> int:
        return int(in_use(self.table).sum())

    def __repr__(self) -> str:
        return text(self)

    def _repr_html_(self) -> str:
        return html(self)

    @property
    def main(self) -> pd.DataFrame:
        """The rows in use: main units, and reserves in the place of those lost."""
        return self.table[in_use(self.table)].reset_index(drop=True)

    @property
    def awaiting(self) -> tuple[str, ...]:
        """Names of the stages that wait for their lists; none when the sample is complete."""
        return tuple(self.outline.stages[number].name for number in waiting(self.table, self.outline))

    @property
    def design(self) -> dict[str, Any]:
        """Names of the columns as a survey design asks for them."""
        names = [stage.name for stage in self.stages]
        return {
            "weights": "weight",
            "strata": "stratum" if self.outline.strata else None,
            "psu": names,
            "probability": [f"{name}_probability" for name in names],
            "certainty": "certainty",
        }

    @property
    def joint(self) -> pd.DataFrame:
        """A row for each block: its method, N, n and what is known of the joint probabilities."""
        return joint_table(self.blocks, [stage.name for stage in self.outline.stages])

    def joint_matrix(self, stage: str, parent: str = "") -> pd.DataFrame:
        """Return the joint probabilities of the units of one block, by id.

        Parameters
        ----------
        stage : name of the stage
        parent : stratum at the first stage ("" without strata), later the ids above joined by "/"

        Raises
        ------
        ColumnError
            There is no such stage or block.
        DataError
            The joint probabilities of the block are not known, or were not written out.
        """
        number = self.outline.stage(stage)
        keys = [key for s, key in self.blocks if s == number]
        if (number, parent) not in self.blocks:
            raise ColumnError(f"parent={parent!r}: {stage!r} has no block of that name.{near(parent, keys)}")
        block = self.blocks[number, parent]
        matrix = matrix_of(block)
        if matrix is None:
            raise DataError(
                f"joint_matrix({stage!r}, {parent!r}): joint probabilities of {len(block)} units drawn by "
                f"{block.method!r} are {'not kept' if block.kind != 'none' else 'not known'}. "
                "See sample.joint for what is known of each block."
            )
        return pd.DataFrame(matrix, index=list(block.ids), columns=list(block.ids))

    def place(self, stage: str) -> pd.Series[str]:
        """Return for each row of `main` the unit first drawn, in whose place the unit of a stage stands.

        A reserve stands for the unit that was lost, so it has that unit's place in the block.
        """
        found = places(self.outline, self.table, self.log, self.outline.stage(stage))
        return found[in_use(self.table)].reset_index(drop=True)

    def draw_next(
        self,
        frame: Frame,
        *,
        part: bool = False,
        empty: Collection[str] = (),
        others: Others = "error",
        check: bool = True,
    ) -> Sample:
        """Draw the next stage from a list that was made after the stage above was drawn.

        The outcome is the same as if the list had been there from the start. For a stage taken by a rule in
        the field ("every") the list holds the units that the rule met.

        Parameters
        ----------
        frame : Frame
            Units of the stage, with a column that says under which unit above each stands.
        part : bool
            Draw in those units above that have a list, and leave the others for a later call. Later draws
            take random numbers of their own, so the order of the calls is part of the draw.
        empty : ids of units above that hold no unit
        others : {"error", "drop"}
            What to do with units of the list that stand under none of the units drawn.
        check : bool
            False: take a list whose content is not the one that the plan names.

        Raises
        ------
        ArgumentError
            No stage waits, or a unit above holds fewer units than are to be drawn.
        ColumnError
            The list lacks a column that the plan names.
        DataError
            The list of a unit drawn is missing, ids are missing or repeated, or the list is another one.
        """
        check_choice(others, ("error", "drop"), "others")
        number = self._next()
        stage = self.outline.stages[number]
        if stage.method in HOUSEHOLD:
            raise ArgumentError(
                f"stage {stage.name!r} takes {stage.method!r} in the field, not from a list. "
                "Tell the number of people of each household: sample.with_household(adults='...')."
            )
        check_stage(stage, frame)
        listing = listing_of(frame)
        known = stage.frame is not None and stage.frame.hash == listing.hash
        if check and stage.frame is not None and not known:
            raise DataError(
                f"stage {stage.name!r}: the plan names the list {stage.frame.name!r} with the hash "
                f"{stage.frame.hash}, and this one ({listing.name!r}) has {listing.hash}. Bring the list of "
                "the plan, or pass check=False to draw from this one."
            )
        return self.drawn_from(
            frame,
            listing,
            part=part,
            empty=[empty] if isinstance(empty, str) else list(empty),
            others="drop" if known else others,
        )

    def drawn_from(
        self,
        frame: Frame,
        listing: Listing,
        *,
        part: bool = False,
        empty: Collection[str] = (),
        others: Others = "drop",
        progress: bool = True,
    ) -> Sample:
        """Draw the next stage from a list that was checked."""
        number = self._next()
        lists = self.stages[number - 1].lists
        step = next_step(
            self.outline,
            self.table,
            frame,
            listing,
            number=number,
            seed=self.seed,
            batch=self._batch(number),
            id_above=lists[-1].listing.id if lists else None,
            part=part,
            empty=empty,
            others=others,
            progress=progress,
        )
        return self._grown(number, step.table, step.blocks, step.stage)

    def _next(self) -> int:
        numbers = waiting(self.table, self.outline)
        if not numbers:
            raise ArgumentError("No stage waits for a list: the sample is complete.")
        return numbers[0]

    def _batch(self, number: int) -> int:
        return 1 + (len(self.stages[number].lists) if number < len(self.stages) else 0)

    def _grown(
        self, number: int, table: pd.DataFrame, blocks: Mapping[tuple[int, str], Block], how: DrawnStage
    ) -> Sample:
        stages = list(self.stages)
        if number < len(stages):
            stages[number] = stages[number].plus(how)
        else:
            stages.append(how)
        return replace(self, table=table, blocks={**self.blocks, **blocks}, stages=tuple(stages))

    def with_household(
        self,
        data: pd.DataFrame | None = None,
        *,
        adults: str,
        person: str | None = None,
        id: str | Sequence[str] | None = None,
        unknown: float | None = None,
    ) -> Sample:
        """Give the person taken in each household the chance 1 / number of people who could be taken.

        Parameters
        ----------
        data : DataFrame, optional
            A row for each household, from the field. Without it the numbers stand in columns of the sample.
        adults : column with the number of people
        person : column with the number of the person on the household's list, from 1; for the Kish grid,
            whose chances are not even among 5 people and among more than 6
        id : column of the data with the id of the household, or with the ids of several stages, outermost
            first; by default those columns that are named like the stages
        unknown : number for households where nobody could be asked; without it they are an error

        Raises
        ------
        DataError
            A household has no number, a number below 1 or more than one row, or is not in the sample.

        Warns
        -----
        SurveyWarning
            By the Kish grid the chances in some households are not even, and `person` is not told.
        """
        number = self._next()
        stage = self.outline.stages[number]
        if stage.method not in HOUSEHOLD:
            raise ArgumentError(
                f"stage {stage.name!r} is drawn from a list (method {stage.method!r}). "
                "Bring it: sample.draw_next(frame)."
            )
        names = [s.name for s in self.outline.stages[: number + 1]]
        at = awaiting_rows(self.table, self.outline, number)
        rows, unit = self.table.iloc[at], names[-2]
        if data is None:
            told = rows
        else:
            columns = _id_columns(check_frame(data, "data"), names[:-1], id)
            known = self.table.loc[self.table[unit].notna(), names[:-1]].drop_duplicates()
            told = matched(rows, known, data, columns)
        for argument, column in (("adults", adults), ("person", person)):
            if column is not None and column not in told:
                whose = "sample has" if data is None else "data have"
                hint = near(column, told.columns)
                raise ColumnError(f"{argument}={column!r}: the {whose} no such column.{hint}")
        ids = rows[unit].to_numpy(dtype=object)
        people = people_of(told, adults, ids, unit, unknown)
        chance = chances_of(stage.method, people, told, person, ids, unit)
        done = count_households(self.table, number, names, at, people, chance, stage.method)
        how = DrawnStage(stage.name, stage.method, done.N, done.n)
        return self._grown(number, done.table, done.blocks, how)

    def release(
        self, lost: str | Sequence[str], *, reason: str, on: str | dt.date, stage: str | None = None
    ) -> Sample:
        """Put the next reserve, in the order drawn, in the place of each unit lost.

        The reserve takes over chance, weight and place; what stands under a lost unit goes with it, and the
        stages below are then drawn in the reserve by `draw_next`.

        Parameters
        ----------
        lost : id or list of ids; where an id stands under several units, the ids above joined by "/" as well
        reason, on : why and when, for the log
        stage : name of the stage; by default the last one drawn from a list

        Raises
        ------
        ColumnError, DataError
            The unit is not in the sample or not in use, or there is no reserve left.
        """
        listed = [
            own.name for own, _ in zip(self.outline.stages, self.stages, strict=False) if not own.by_rule
        ]
        name = listed[-1] if stage is None else stage
        number = self.outline.stage(name)
        if number >= len(self.stages):
            raise ArgumentError(f"stage={name!r} is not drawn yet. Draw it first: sample.draw_next(frame).")
        units = [lost] if isinstance(lost, str) else list(lost)
        table, log = release(self.outline, self.table, self.log, units, number=number, reason=reason, on=on)
        return replace(self, table=table, log=log)

    def save(self, folder: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write the sample into a folder that is made in whole or not at all.

        ``sample.csv`` is the table (UTF-8, codes as text), ``units.csv`` the units of the blocks,
        ``joint.csv`` the pairs (i ≤ j) with their joint probabilities, ``log.csv`` the reserves released,
        ``plan.toml`` the plan, ``draw.toml`` seed, day, hashes and how each stage was drawn.

        Parameters
        ----------
        folder : path
        overwrite : whether a sample that is there already may be replaced
        """
        files.save(self, folder, overwrite=overwrite)

    @classmethod
    def read(cls, folder: str | os.PathLike[str]) -> Sample:
        """Read what `save` wrote; `draw_next` and `release` go on from there."""
        return cls(*files.read(folder))


def _id_columns(data: pd.DataFrame, names: Sequence[str], id: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return the columns of a table of households that hold their ids, outermost first."""
    own = tuple(name for name in names if name in data.columns) or (names[-1],)
    columns = own if id is None else column_names(id, "id")
    for column in columns:
        if column not in data.columns:
            hint = near(column, data.columns)
            raise ColumnError(f"id={column!r}: the data have no such column.{hint}")
    return columns
