"""The sampling frame: a dated list of units, its quality report and the hash of its content."""

from __future__ import annotations

import datetime as dt
import hashlib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from .checks import (
    ArgumentError,
    ColumnError,
    DataError,
    SurveyWarning,
    check_columns,
    check_frame,
    listed,
)
from .codes import day, own_codes, text, texts, warn_unmatched, width
from .format import COLUMNS, date, integer
from .lists import meets, personal, read_list
from .lists.numbers import Decimal
from .lists.persons import WithoutPerson
from .quality import ERROR, NO_POPULATION, NOTE, WARNING, coverage, report

__all__ = ["Frame", "read_frame"]


@dataclass(frozen=True, eq=False, repr=False)
class Frame:
    """A dated list of units from which a sample is drawn.

    The table is copied: the caller's is never changed. Columns named `name`, `province`, `district`,
    `commune`, `village`, `lat`, `lon`, `area_km2` and `quality` are looked at by `problems` where they exist.

    Parameters
    ----------
    units : pd.DataFrame
        One row per unit.
    id : str
        Column with the code of each unit, as text.
    name : str
        What the frame lists.
    as_of : date or str
        The day for which the list is right, "yyyy-mm-dd".
    source : str
        Where the list comes from.
    strata : str or list of str, optional
        Columns whose crossing gives the strata.
    size : str, optional
        Column with the measure of size, such as households.
    meanings : mapping, optional
        For a flag in the column `quality`: its name, its level and what it means, for `problems`.
    multiplicity : str, optional
        Column that says how many lines of the list lead to the same person (five files of one person: 5).
        The weight of a drawn line is divided by it: the sum of y / (probability x multiplicity) over the
        drawn lines estimates the total over persons without bias.

    Examples
    --------
    >>> units = pd.DataFrame({"ma": ["01273", "01279"], "so_ho": [4100, 3900]})
    >>> frame = Frame(units, id="ma", name="Hai phường", as_of="2025-07-01", source="ví dụ", size="so_ho")
    >>> frame
    Khung mẫu: Hai phường, 2 đơn vị, ngày 01/07/2025
    >>> len(frame.problems()), frame.hash[:8]
    (0, 'cd098e9c')
    """

    units: pd.DataFrame
    id: str
    name: str
    as_of: dt.date | str
    source: str
    strata: str | Sequence[str] | None = None
    size: str | None = None
    meanings: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)
    multiplicity: str | None = None

    def __post_init__(self) -> None:
        units = check_frame(self.units, "units").reset_index(drop=True)
        check_columns(units, self.id, "id")
        check_columns(units, self.size, "size")
        check_columns(units, self.multiplicity, "multiplicity")
        object.__setattr__(self, "units", units)
        object.__setattr__(self, "strata", check_columns(units, self.strata, "strata"))
        object.__setattr__(self, "as_of", day(self.as_of))

    def __len__(self) -> int:
        return len(self.units)

    def __repr__(self) -> str:
        text = f"Khung mẫu: {self.name}, {integer(len(self))} đơn vị, ngày {date(self.as_of)}"
        return text + ("" if self.size else f"; {NO_POPULATION}")

    @property
    def hash(self) -> str:
        """SHA-256 of the content: the same for any order of rows and columns and any dtype."""
        names = [self.id, *sorted((name for name in self.units.columns if name != self.id), key=str)]
        cells = [texts(self.units[name]) for name in names]
        rows = sorted(map("\x1f".join, zip(*cells, strict=True)))
        content = "\x1e".join(["\x1f".join(map(text, names)), *rows])
        return hashlib.sha256(content.encode("utf-8")).hexdigest()

    def problems(
        self, known: Any = None, *, of: str = "units", by: str | Sequence[str] | None = None
    ) -> pd.DataFrame:
        """Return the quality report, in Vietnamese: what to look at before a sample is drawn.

        Parameters
        ----------
        known : number, mapping, Series or DataFrame, optional
            Totals that are known from elsewhere, to judge the coverage: one number for the whole frame; a
            mapping or Series from group to total; or a DataFrame with the columns `by` and a column named
            `of`. The ratio of the frame to it is reported, with the groups that are more than 5 % off,
            those that the frame lacks, and those that have no known total.
        of : str
            What the known totals count: "units" (the default), or a column of numbers of the frame.
        by : str or list of str, optional
            Columns of the frame with the groups; by default its strata, or else `province`, whose names are
            compared without "Tỉnh" and "Thành phố".

        Returns
        -------
        pd.DataFrame
            `check`, `level` ("lỗi" must be mended, "cảnh báo" should be looked at, "ghi chú" is to be
            known), `n` units, `where` (the first of them) and `meaning`.

        Raises
        ------
        DataError
            No group of `known` is in the frame, or one is there twice.
        ArgumentError, ColumnError, TypeError
            `known`, `of` or `by` cannot be used.

        Examples
        --------
        >>> units = pd.DataFrame({"ma": ["01273", "01279"], "loai": ["phường", "xã"], "so_ho": [4100, 3900]})
        >>> frame = Frame(units, id="ma", name="Hai xã", as_of="2025-07-01", source="ví dụ", size="so_ho")
        >>> frame.problems({"phường": 4000, "xã": 5000}, of="so_ho", by="loai")[["check", "where"]].values
        array([['độ phủ', 'cả khung'],
               ['độ phủ của nhóm lệch', 'xã 0,780']], dtype=object)
        """
        found = report(self) + ([] if known is None else coverage(self, known, of, by))
        found.sort(key=lambda row: (ERROR, WARNING, NOTE).index(row[1]))
        return pd.DataFrame(found, columns=["check", "level", "n", "where", "meaning"])

    def join(
        self, table: pd.DataFrame, *, on: str | None = None, columns: str | Sequence[str] | None = None
    ) -> Frame:
        """Return the frame with columns of one's own table added, matched by code.

        Codes given as numbers, or as text without their leading zeros, are mended with a warning.
        Units without a row in the table keep missing values; they, and the codes of the table that are
        not in the frame, are listed in a warning.

        Parameters
        ----------
        table : pd.DataFrame
            One row per unit.
        on : str, optional
            Column of the table with the codes; by default the frame's own id.
        columns : str or list of str, optional
            Columns to add; by default all others.

        Raises
        ------
        DataError
            A code is missing or there twice, or no code is in the frame.
        ColumnError
            A column is not in the table, or is in the frame already.

        Examples
        --------
        >>> units = pd.DataFrame({"ma": ["01273", "01279"], "ten": ["Thục Phán", "Nùng Trí Cao"]})
        >>> frame = Frame(units, id="ma", name="Hai phường", as_of="2025-07-01", source="ví dụ")
        >>> own = pd.DataFrame({"ma_xa": ["01279", "01273"], "so_ho": [3900, 4100]})
        >>> frame.join(own, on="ma_xa").units["so_ho"].tolist()
        [4100, 3900]
        """
        on = self.id if on is None else on
        check_columns(check_frame(table, "table"), on, "on")
        added = check_columns(table, columns, "columns") or tuple(c for c in table.columns if c != on)
        if not added:
            raise ArgumentError(
                "columns: the table has no column besides the codes. Name the columns to add."
            )
        there = [name for name in added if name in self.units.columns]
        if there:
            raise ColumnError(
                f"columns: the frame has {listed(there)} already. Choose other columns, or rename them."
            )
        ids = pd.Series(texts(self.units[self.id]))
        codes = own_codes(table[on], on, width(ids))
        warn_unmatched(codes, ids, on)
        taken = table[list(added)].set_axis(pd.Index(codes)).reindex(pd.Index(ids))
        return replace(self, units=self.units.assign(**{name: taken[name].array for name in added}))

    def select(self, condition: str, *, name: str | None = None) -> Frame:
        """Return the frame of the units that meet a condition.

        Parameters
        ----------
        condition : str
            Written as for DataFrame.query, about the columns of the frame: "type == 'xã' and so_ho > 100".
        name : str, optional
            What the new frame lists; by default the name of this one with the condition.

        Raises
        ------
        ColumnError
            The condition names a column that is not there.
        ArgumentError
            It cannot be read, or does not say yes or no for each unit.
        DataError
            No unit meets it.

        Examples
        --------
        >>> units = pd.DataFrame({"ma": ["01273", "01279"], "loai": ["phường", "xã"]})
        >>> Frame(units, id="ma", name="Hai xã", as_of="2025-07-01", source="ví dụ").select("loai == 'xã'")
        Khung mẫu: Hai xã (loai == 'xã'), 1 đơn vị, ngày 01/07/2025; khung không có dân số
        """
        units = self.units[meets(self.units, condition)]
        if len(units) == 0:
            raise DataError(
                f"condition={condition!r}: none of the {len(self)} units meets it. Check the values."
            )
        return replace(self, units=units, name=f"{self.name} ({condition})" if name is None else name)

    def _repr_html_(self) -> str:
        found = self.problems()["level"].value_counts()
        counts = ", ".join(f"{found[level]} {level}" for level in (ERROR, WARNING, NOTE) if level in found)
        lacking = f"<p>{NO_POPULATION.capitalize()}: nối cột của mình bằng .join().</p>"
        hidden = [name for name in personal(self.units.columns) if name != self.id]
        private = f"<p>Không hiện ở đây vì có thể là dữ liệu cá nhân: {escape(', '.join(hidden))}.</p>"
        head = self.units.drop(columns=hidden).head().rename(columns=COLUMNS)
        table = head.to_html(index=False, border=0, na_rep="–", decimal=",")
        return (
            f"<div><p><b>{escape(self.name)}</b>: {integer(len(self))} đơn vị, ngày {date(self.as_of)}. "
            f"Nguồn: {escape(self.source)}.</p>{'' if self.size else lacking}{table}"
            f"{private if hidden else ''}"
            f"<p>Chất lượng khung mẫu: {counts or 'không có gì phải lưu ý'} (xem .problems()). "
            f"Mã băm nội dung: {self.hash[:12]}</p></div>"
        )


def read_frame(
    path: str | Path,
    *,
    id: str,
    as_of: dt.date | str,
    name: str | None = None,
    source: str | None = None,
    sheet: str | None = None,
    header: int = 1,
    encoding: str | None = None,
    unit_name: str | None = None,
    size: str | None = None,
    strata: str | Sequence[str] | None = None,
    codes: str | Sequence[str] | Mapping[str, int] | None = None,
    numbers: str | Sequence[str] | None = None,
    decimal: Decimal | None = None,
    person: str | Sequence[str] | None = None,
    without_person: WithoutPerson = "refuse",
    drop_person: bool = True,
    multiplicity: str | None = None,
) -> Frame:
    r"""Read one's own list of villages, households or transactions, an Excel or CSV file, as a frame.

    Codes and strata are text, with their zeros in front; `size`, `numbers` and `multiplicity` are numbers; in
    a CSV file all other columns stay text. A CSV file may part its values by comma, semicolon, tab or "|".

    Parameters
    ----------
    path : str or Path
        A file .xlsx, .xlsm, .csv, .tsv or .txt.
    id : str
        Column with the code of each line.
    as_of : date or str
        The day for which the list is right, "yyyy-mm-dd".
    name, source : str, optional
        What the frame lists and where it comes from; by default the name of the file.
    sheet : str, optional
        Sheet of a spreadsheet; needed if it has several.
    header : int
        Row with the names of the columns, counted from 1.
    encoding : str, optional
        Of a text file, by default UTF-8 or what its first bytes say. "cp1258" reads files of an old
        Vietnamese Windows and composes their letters.
    unit_name : str, optional
        Column with the names of the units; it is called `name` in the frame, so that `problems` sees it.
    size, strata
        As in `Frame`.
    codes : str, list of str, or mapping from column to number of digits, optional
        More columns that are codes, such as that of the commune. With a number of digits, codes that a
        spreadsheet made into numbers get back the zeros in front; it may be said for `id` too.
    numbers : str or list of str, optional
        More columns that are numbers, such as an area.
    decimal : {",", "."}, optional
        The decimal mark of numbers stored as text; without it each column must show which it is.
    person : str or list of str, optional
        Columns that together say who a person is, for a list of transactions. The lines of each person are
        counted in a column `multiplicity`, by which the weight of a drawn line is divided. Capitals,
        blanks, invisible letters and the way of placing tones (Hòa, Hoà) make no difference.
    without_person : {"refuse", "alone"}
        What to do with lines where a part of that key is missing: refuse them (the default), or count each
        as a person of its own.
    drop_person : bool
        Leave the columns of the key out of the frame, so that only the count is kept (the default);
        columns that are strata, codes or numbers stay.
    multiplicity : str, optional
        Column that has this count already.

    Returns
    -------
    Frame
        Its lines in the order of the file. Look at its `problems()` before drawing.

    Raises
    ------
    FileNotFoundError, DataError, ColumnError, ArgumentError
        The file cannot be read as it stands; the sentence says in which row, and how to mend it.

    Warns
    -----
    SurveyWarning
        Codes are stored as numbers; cells of a column of numbers are text and are missing now; a column of
        the person's key holds numbers and text.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "mot_cua.csv"
    >>> lines = ["ma_hs;ho_ten;nam_sinh", "0001;Lê Hòa;1980", "0002;Lý Mai;1991", "0003;LÊ HOÀ;1980"]
    >>> _ = file.write_text("\n".join(lines), encoding="utf-8")
    >>> frame = read_frame(file, id="ma_hs", as_of="2026-10-31", person=["ho_ten", "nam_sinh"])
    >>> frame
    Khung mẫu: mot_cua.csv, 3 đơn vị, ngày 31/10/2026; khung không có dân số
    >>> frame.units.to_numpy().tolist()
    [['0001', 2], ['0002', 1], ['0003', 2]]
    """
    table, times, said = read_list(
        path,
        id=id,
        sheet=sheet,
        header=header,
        encoding=encoding,
        unit_name=unit_name,
        size=size,
        strata=strata,
        numbers=numbers,
        codes=codes,
        decimal=decimal,
        person=person,
        without_person=without_person,
        drop_person=drop_person,
        multiplicity=multiplicity,
    )
    for sentence in said:
        warnings.warn(sentence, SurveyWarning, stacklevel=2)
    file = Path(path).name
    return Frame(
        table,
        id=id,
        name=file if name is None else name,
        as_of=as_of,
        source=file if source is None else source,
        strata=strata,
        size=size,
        multiplicity=times,
    )
