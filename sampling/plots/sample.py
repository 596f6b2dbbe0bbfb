"""The map of a drawn sample: the units of the frame by their coordinates, and which of them were drawn."""

from __future__ import annotations

import io
import math
import textwrap
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..checks import ArgumentError, DataError, check_choice, check_columns
from ..codes import texts
from ..format import LANGS, Lang, date, integer, number
from ..frame import Frame
from ..sample import Sample
from ..sample.words import unit_word

__all__ = ["plot_sample_map"]

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
INK, GREY, DOT = "#222222", "#6b6b6b", "#bdbdbd"
DRAWN, SURE = "#0072B2", "#D55E00"  # of Okabe and Ito, told apart by the colour-blind, and by shape too
LEAST, MOST = 22.0, 190.0  # points squared of a mark at probability 0 and 1
DPI = 107
WIDTH = 9.2  # inches

WORDS = {
    "title": ("Mẫu được rút: {name}", "Sample drawn: {name}"),
    "others": ("{unit} không được chọn ({n})", "{unit} not drawn ({n})"),
    "drawn": ("{unit} được chọn ({n})", "{unit} drawn ({n})"),
    "sure": ("{unit} chọn chắc chắn ({n})", "{unit} taken with certainty ({n})"),
    "sizes": ("Xác suất được chọn", "Inclusion probability"),
    "lon": ("kinh độ (°Đ)", "longitude (°E)"),
    "lat": ("vĩ độ (°B)", "latitude (°N)"),
    "note": (
        "Khung mẫu: {frame}, ngày {day}. Nguồn: {source}. Hạt giống {seed}.",
        "Frame: {frame}, {day}. Source: {source}. Seed {seed}.",
    ),
    "nowhere": (
        "Đơn vị không có tọa độ, không vẽ: {n} (được chọn: {drawn}).",
        "Units without coordinates, not shown: {n} (drawn: {drawn}).",
    ),
    "synthetic": (" (giả lập)", " (synthetic)"),
}


class SampleMap(Figure):
    """A figure that shows itself in a notebook whole, without any magic line."""

    def _repr_png_(self) -> bytes:
        page = io.BytesIO()
        self.savefig(page, format="png", dpi=DPI)
        return page.getvalue()


class Places(NamedTuple):
    """Units of the frame: coordinates in degrees, whether drawn, with what probability, whether certain."""

    lon: Array
    lat: Array
    drawn: Mask
    probability: Array
    certainty: Mask

    def at(self, rows: Mask) -> Places:
        """Return some of the units."""
        return Places(
            self.lon[rows], self.lat[rows], self.drawn[rows], self.probability[rows], self.certainty[rows]
        )


def plot_sample_map(
    sample: Sample,
    frame: Frame,
    *,
    lat: str = "lat",
    lon: str = "lon",
    title: str | None = None,
    lang: Lang = "vi",
) -> Figure:
    """Draw the units of the first stage by their coordinates, and mark those drawn.

    A drawn unit is a disc whose area grows with its inclusion probability; a certainty unit is a square.
    Units without coordinates are counted in the note below.

    Parameters
    ----------
    sample : Sample
        What was drawn.
    frame : Frame
        The list of the first stage, the very one that the sample was drawn from.
    lat, lon : str
        Columns of the frame with the coordinates in degrees.
    title : str, optional
        By default the name of the plan.
    lang : {"vi", "en"}

    Returns
    -------
    Figure

    Raises
    ------
    ArgumentError
        The frame is not the list that the sample was drawn from.
    ColumnError
        The frame has no such columns.
    DataError
        A coordinate is not a number, or no unit has both.
    """
    say = {key: pair[0 if check_choice(lang, LANGS, "lang") == "vi" else 1] for key, pair in WORDS.items()}
    places = _places(sample, frame, lat, lon)
    here = np.isfinite(places.lon) & np.isfinite(places.lat)
    if not here.any():
        raise DataError(f"lat={lat!r}, lon={lon!r}: no unit of {frame.name!r} has both. Fill them in.")
    listing = sample.outline.frame
    made_up = _made_up(f"{listing.name} {listing.source}")
    note = say["note"].format(
        frame=listing.name, day=date(listing.as_of, lang), source=listing.source, seed=sample.seed
    )
    if not here.all():
        lost = {"n": ~here, "drawn": ~here & places.drawn}
        note += " " + say["nowhere"].format(**{k: integer(int(v.sum()), lang) for k, v in lost.items()})
    shown = places.at(here)
    title = say["title"].format(name=sample.outline.name) if title is None else title
    if made_up and not _made_up(title):
        title += say["synthetic"]
    unit = unit_word(sample.outline.stages[0].name, lang)
    figure = SampleMap(figsize=(WIDTH, _height(shown)), layout="constrained")
    axes = figure.subplots()
    _marks(axes, shown, unit, say, lang)
    _sizes(axes, shown, say, lang)
    _degrees(axes, shown, say, lang)
    axes.set_title(textwrap.fill(title, 75), loc="left", fontsize=12, fontweight="bold", color=INK)
    figure.supxlabel(textwrap.fill(note, 120), x=0.01, ha="left", fontsize=7.5, color=GREY)
    return figure


def _made_up(text: str) -> bool:
    return any(word in text.lower() for word in ("giả lập", "synthetic"))


def _places(sample: Sample, frame: Frame, lat: str, lon: str) -> Places:
    listing = sample.outline.frame
    if frame.hash != listing.hash:
        raise ArgumentError(
            f"frame={frame.name!r} is not the list that the sample was drawn from: its hash begins with "
            f"{frame.hash[:8]}, and the plan's {listing.name!r} with {listing.hash[:8]}. Pass the frame of "
            f"the plan."
        )
    for name, argument in ((lat, "lat"), (lon, "lon")):
        check_columns(frame.units, name, argument)
        if not pd.api.types.is_numeric_dtype(frame.units[name]):
            raise DataError(
                f"{argument}={name!r} holds text; a coordinate must be a number. Convert the column."
            )
    blocks = [block for (stage, _), block in sample.blocks.items() if stage == 0]
    ids = [unit for block in blocks for unit in block.ids]
    drawn = pd.DataFrame(
        {
            "probability": np.concatenate([block.probability for block in blocks]),
            "certainty": np.concatenate([block.certainty for block in blocks]),
        },
        index=pd.Index(ids, dtype=object),
    )
    found = drawn[~drawn.index.duplicated()].reindex(pd.Index(texts(frame.units[frame.id]), dtype=object))
    mask = found["probability"].notna().to_numpy()
    x, y = (frame.units[name].to_numpy(np.float64, na_value=np.nan) for name in (lon, lat))
    sure = found["certainty"].eq(True).to_numpy()
    return Places(x, y, mask, found["probability"].to_numpy(np.float64), sure)


def _marks(axes: Axes, places: Places, unit: str, say: dict[str, str], lang: Lang) -> None:
    name = unit[:1].upper() + unit[1:]
    disc = places.drawn & ~places.certainty
    look: dict[str, tuple[Mask, dict[str, Any]]] = {
        "others": (~places.drawn, {"s": 9, "color": DOT, "marker": "o", "zorder": 1}),
        "drawn": (disc, {"color": DRAWN, "marker": "o", "alpha": 0.8, "zorder": 2, "edgecolor": "white"}),
        "sure": (places.certainty, {"color": SURE, "marker": "s", "zorder": 3, "edgecolor": INK}),
    }
    for key, (mask, style) in look.items():
        if mask.any():
            area: dict[str, Any] = {} if "s" in style else {"s": _area(places.probability[mask])}
            label = say[key].format(unit=name, n=integer(int(mask.sum()), lang))
            axes.scatter(places.lon[mask], places.lat[mask], label=label, linewidth=0.7, **style, **area)
    figure: Any = axes.figure
    legend = figure.legend(loc="outside right upper", frameon=False, fontsize=9)
    for handle in legend.legend_handles:
        handle.set_sizes([40.0])


def _area(probability: Array) -> Array:
    return LEAST + (MOST - LEAST) * probability


def _sizes(axes: Axes, places: Places, say: dict[str, str], lang: Lang) -> None:
    """Say what a disc's area means: the smallest, the middle and the largest probability drawn."""
    p = places.probability[places.drawn & ~places.certainty]
    if not p.size:
        return
    values = list(dict.fromkeys(number(v, 3, lang) for v in (p.min(), float(np.median(p)), p.max())))
    known = dict(zip((number(v, 3, lang) for v in p), p, strict=True))
    known.setdefault(number(float(np.median(p)), 3, lang), float(np.median(p)))
    handles = [
        axes.scatter([], [], s=_area(np.array([known[v]])), color=DRAWN, alpha=0.8, edgecolor="white")
        for v in values
    ]
    figure: Any = axes.figure
    figure.legend(
        handles, values, title=say["sizes"], loc="outside right center", frameon=False, fontsize=9,
        title_fontsize=9, labelspacing=0.9, alignment="left",
    )  # fmt: skip


def _degrees(axes: Axes, places: Places, say: dict[str, str], lang: Lang) -> None:
    axes.set_aspect(1 / math.cos(math.radians(float(places.lat.mean()))))
    axes.set_xlabel(say["lon"], fontsize=9, color=GREY)
    axes.set_ylabel(say["lat"], fontsize=9, color=GREY)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
        axis.set_major_formatter(FuncFormatter(lambda v, _: number(v, 2, lang)))
    axes.tick_params(labelsize=8, colors=GREY)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _height(places: Places) -> float:
    """Return the height in inches at which the map fills its width, between a strip and a tower."""
    wide = max(float(np.ptp(places.lon)) * math.cos(math.radians(float(places.lat.mean()))), 1e-6)
    ratio = max(float(np.ptp(places.lat)), 1e-6) / wide
    return min(max(0.68 * WIDTH * ratio + 1.3, 4.0), 10.0)
