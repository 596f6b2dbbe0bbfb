"""A plan read aloud: one sentence for the frame, one for each stage; and the analysis design that follows."""

from __future__ import annotations

from typing import Any

from ..format import Lang, date, integer, percent
from .outline import Outline, Stage
from .words import method_words, unit_word

__all__ = ["file_tables", "sentences"]

SPREAD = 8  # strata whose numbers are read out one by one
ALLOCATIONS = {
    "equal": ("đều nhau", "equally"),
    "proportional": ("tỷ lệ với {vi}", "in proportion to {en}"),
    "square_root": ("theo căn bậc hai của {vi}", "by the square root of {en}"),
}


def sentences(outline: Outline, lang: Lang = "vi") -> list[str]:
    """Return the frame and each stage as one sentence.

    Parameters
    ----------
    outline : Outline
        What a plan says.
    lang : {"vi", "en"}
    """
    vi, frame = lang == "vi", outline.frame
    units = f"{integer(frame.units, lang)} {'đơn vị' if vi else 'units'}"
    strata = ", ".join(outline.strata)
    how = (
        (f"phân tầng theo {strata}" if vi else f"stratified by {strata}")
        if strata
        else ("không phân tầng" if vi else "not stratified")
    )
    first = (
        f"Khung mẫu: {frame.name}, {units}, ngày {date(frame.as_of)}; {how}."
        if vi
        else f"Frame: {frame.name}, {units}, as of {date(frame.as_of, 'en')}; {how}."
    )
    names = [stage.name for stage in outline.stages]
    rest = [
        f"{i}. {_stage(stage, names[i - 2] if i > 1 else None, bool(outline.strata), lang)}"
        for i, stage in enumerate(outline.stages, 1)
    ]
    return [first, *rest]


def _stage(stage: Stage, above: str | None, strata: bool, lang: Lang) -> str:
    vi, unit = lang == "vi", unit_word(stage.name, lang)
    where = (
        f"Trong mỗi {unit_word(above, lang)}, "
        if vi and above
        else f"In each {unit_word(above or '', lang)}, "
    )
    method = method_words(stage.method, lang)
    if stage.every is not None:
        text = (
            f"{where}cứ {integer(stage.every)} {unit} lấy một tại thực địa, bắt đầu từ một số ngẫu nhiên"
            if vi
            else f"{where}every {integer(stage.every, 'en')}th {unit} in the field, from a random start"
        )
    elif stage.by_rule:
        text = (
            f"{where}lấy {method}; xác suất là 1 chia cho số người trong hộ"
            if vi
            else f"{where}{method}; the chance is 1 over the people of the household"
        )
    else:
        text = ("rút " if vi else "draw ") + _number(stage, above, strata, unit, lang)
        text = (where if above else "") + text
        text = text[0].upper() + text[1:] + f", {method}" + _details(stage, lang)
    if above and stage.frame is None and not (stage.by_rule and stage.every is None):
        text += "; danh sách đưa vào sau" if vi else "; the list comes later"
    return text + "."


def _number(stage: Stage, above: str | None, strata: bool, unit: str, lang: Lang) -> str:
    vi = lang == "vi"
    if stage.n_by is None:
        each = strata and above is None
        extra = (" mỗi tầng" if vi else " in each stratum") if each else ""
        return f"{integer(stage.n, lang)} {unit}{extra}"
    parts = [f"{label or '–'} {integer(n, lang)}" for label, n in stage.n_by]
    if len(parts) > SPREAD:
        low, high = (integer(end([n for _, n in stage.n_by]), lang) for end in (min, max))
        among = (
            f"{integer(len(parts))} tầng, từ {low} đến {high} mỗi tầng"
            if vi
            else f"{integer(len(parts), 'en')} strata, {low} to {high} in each"
        )
    else:
        among = ", ".join(parts)
    if above is not None:
        return f"{unit} {'theo tầng' if vi else 'by stratum'} ({among})"
    total = integer(sum(n for _, n in stage.n_by), lang)
    if stage.allocation is None:
        return f"{total} {unit} ({among})"
    base = ("quy mô", "size") if stage.size else ("số đơn vị", "the number of units")
    words = ALLOCATIONS.get(stage.allocation, (stage.allocation, stage.allocation))[0 if vi else 1]
    words = words.format(vi=base[0], en=base[1])
    return f"{total} {unit}, {'phân bổ' if vi else 'allocated'} {words} ({among})"


def _details(stage: Stage, lang: Lang) -> str:
    vi, text = lang == "vi", ""
    if stage.size and stage.method.startswith(("pps", "poisson", "cube", "local")):
        text += f" {'theo' if vi else 'by'} {stage.size}"
    if stage.sort:
        zigzag = (" hình rắn" if vi else " serpentine") if stage.serpentine else ""
        text += f", {'xếp' if vi else 'sorted'}{zigzag} {'theo' if vi else 'by'} {', '.join(stage.sort)}"
    for names, words in (
        (stage.balance, ("cân bằng theo", "balanced on")),
        (stage.coords, ("trải theo", "spread by")),
    ):
        if names:
            text += f", {words[0 if vi else 1]} {', '.join(names)}"
    if stage.rotate is not None:
        share = percent(stage.rotate, 0, lang)
        text += (
            f"; giữ số ngẫu nhiên qua các đợt, dời {share} cỡ mẫu so với đợt đầu"
            if vi
            else f"; numbers kept from wave to wave, {share} of the sample on from the first wave"
        )
    if stage.certain:
        text += f"; {'lấy chắc chắn nơi có' if vi else 'with certainty where'} {stage.certain}"
    if stage.reserve:
        order = "dự phòng xếp sẵn thứ tự" if vi else "reserves in a fixed order"
        text += f"; {integer(stage.reserve, lang)} {order}"
    if stage.short == "all":
        text += "; nơi không đủ thì lấy hết" if vi else "; where there are too few, all"
    return text


def file_tables(outline: Outline, seed: int | None = None) -> dict[str, Any]:
    """Return the tables of a plan's file: the keys that a report reads as well, then the plan itself."""
    names = [stage.name for stage in outline.stages]
    village = "village" if "village" in names[:-1] else (names[1] if len(names) > 2 else None)
    columns = {
        "id": names[-1],
        "commune": "commune" if "commune" in names else names[0],
        "village": village,
        "stratum": "stratum" if outline.strata else None,
        "weight": "weight",
    }
    return {
        "population": {"frame": outline.frame.name, "frame_date": outline.frame.as_of},
        "columns": columns,
        "design": {"selection": "probability", "stages": " ".join(sentences(outline)[1:])},
        "plan": {**outline.to_dict(), "hash": outline.hash, "seed": seed},
    }
