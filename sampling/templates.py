"""Plans to start from. Each is an ordinary plan: read it, change its numbers, add a stage.

What is said here of SIPAS and PAPI is what was published; what was not published is chosen here and said so.
None of these plans claims to repeat an official survey.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from .checks import ArgumentError, check_choice
from .frame import Frame
from .plan import Plan
from .selection import Method

__all__ = ["counter_interval", "one_commune", "panel", "papi_like", "sipas_like", "two_tier_2026"]

Person = Literal["kish", "birthday", "list"]
PEOPLE = ("kish", "birthday", "list")


def sipas_like(
    communes: Frame,
    *,
    strata: str | Sequence[str] = "province",
    size: str | None = None,
    n_communes: int = 6,
    n_villages: int = 3,
    n_adults: int = 31,
    reserve: int = 0,
    villages: Frame | None = None,
    adults: Frame | None = None,
) -> Plan:
    """Return a plan of the shape of SIPAS 2024: the same number of communes in each province.

    Taken from what was published of SIPAS 2024 (36,525 people, 195 districts, 385 communes, 1,170 villages in
    63 provinces): about 6 communes a province, 3 villages a commune and 31 adults a village, at home, and the
    same number in each province, large or small, so that national figures need the weights.
    Not published, and chosen here: how communes are drawn (by size), and villages and adults (at random).
    Left out: the districts, which ended on 1 July 2025. The plan does not claim to be the ministry's.

    Parameters
    ----------
    communes : Frame
    strata : column names
        Provinces.
    size : column name
        Size of a commune, such as its adults; by default that of the frame. Without any, communes are drawn
        at random.
    n_communes, n_villages, n_adults : int
        In each stratum, commune and village.
    reserve : int
        Reserve adults in each village.
    villages, adults : Frame, optional
        Lists; without them the stages wait.

    Examples
    --------
    >>> from sampling import communes
    >>> sipas_like(communes(["Cao Bằng", "Bắc Ninh"]))
    Kế hoạch chọn mẫu: Kiểu SIPAS
    Khung mẫu: Xã, phường, đặc khu: ..., 155 đơn vị, ngày 01/07/2025; phân tầng theo province.
    1. Rút 6 xã/phường mỗi tầng, ngẫu nhiên đơn giản.
    2. Trong mỗi xã/phường, rút 3 thôn, ngẫu nhiên đơn giản; danh sách đưa vào sau.
    3. Trong mỗi thôn, rút 31 người lớn, ngẫu nhiên đơn giản; danh sách đưa vào sau.
    """
    plan = Plan(communes, strata, "Kiểu SIPAS")
    plan = plan.stage("commune", n_each=n_communes, method=_by_size(communes, size), size=size)
    plan = plan.stage("village", n=n_villages, frame=villages)
    return plan.stage("adult", n=n_adults, reserve=reserve, frame=adults)


def papi_like(
    districts: Frame,
    *,
    strata: str | Sequence[str] = "province",
    seat: str = "seat",
    size: str | None = None,
    n_districts: int = 3,
    n_communes: int = 2,
    n_villages: int = 2,
    n_citizens: int = 20,
    reserve: int = 10,
    communes: Frame | None = None,
    villages: Frame | None = None,
    citizens: Frame | None = None,
) -> Plan:
    """Return a plan of the shape of PAPI: seats taken with certainty, the rest by size.

    Taken from what PAPI published for its small provinces: the district of the provincial capital and two
    others by size; in each the commune of the district's seat and one other by size; there the seat's village
    and one other by size; 20 citizens and 10 in reserve, of whom 16 are to answer (3 x 2 x 2 x 16 = 192).
    A seat has probability 1 and a unit drawn by size has not, so the weights must be used: unweighted answers
    over-represent the centres. Chosen here: the PPS method (Sampford's, so that variances can be estimated)
    and citizens at random. Districts ended on 1 July 2025: the plan is for frames of before, or for other
    units of three levels.

    Parameters
    ----------
    districts : Frame
    strata : column names
        Provinces.
    seat : column name
        In each list: True for the seat.
    size : column name
        In each list: the measure of size; by default that of the frame.
    n_districts, n_communes, n_villages, n_citizens : int
        In each unit above, the seat among them.
    reserve : int
        Reserve citizens in each village.
    communes, villages, citizens : Frame, optional
        Lists; without them the stages wait.

    Examples
    --------
    >>> import pandas as pd
    >>> units = pd.DataFrame({"ma": list("ABCD"), "province": "01", "seat": [True, False, False, False],
    ...                       "so_dan": [50, 30, 20, 10]})
    >>> about = {"name": "Huyện giả lập", "as_of": "2024-01-01", "source": "giả lập"}
    >>> frame = Frame(units, id="ma", size="so_dan", **about)
    >>> sample = papi_like(frame).draw(seed=2)
    >>> sample.main[["district", "district_probability", "certainty"]].round(3).values.tolist()
    [['A', 1.0, True], ['B', 1.0, True], ['C', 0.667, False]]
    """
    plan = Plan(districts, strata, "Kiểu PAPI")
    by_size: Method = "pps_sampford"
    plan = plan.stage("district", n_each=n_districts, method=by_size, size=size, certain=seat)
    plan = plan.stage("commune", n=n_communes, method=by_size, size=size, certain=seat, frame=communes)
    plan = plan.stage("village", n=n_villages, method=by_size, size=size, certain=seat, frame=villages)
    return plan.stage("citizen", n=n_citizens, reserve=reserve, frame=citizens)


def two_tier_2026(
    communes: Frame,
    *,
    strata: str | Sequence[str] = "type",
    size: str | None = None,
    n_communes: int = 30,
    n_villages: int = 3,
    n_households: int = 10,
    person: Person = "birthday",
    reserve: int = 3,
    villages: Frame | None = None,
    households: Frame | None = None,
) -> Plan:
    """Return a plan for two tiers of government: commune, village, household, adult, and no district.

    Communes are stratified by their type and drawn by size, villages at random, households systematically
    from the list of the village, with reserves in a fixed order, and one adult of each household by a rule.
    It takes no survey as its model; work the numbers out with the size functions.

    Parameters
    ----------
    communes : Frame
    strata : column names
    size : column name
        Size of a commune, such as its households; by default that of the frame. Without any, communes are
        drawn at random.
    n_communes : int
        In all, shared out over the strata in proportion.
    n_villages, n_households : int
        In each commune and village.
    person : {"birthday", "kish", "list"}
        How the adult is found.
    reserve : int
        Reserve households in each village.
    villages, households : Frame, optional
        Lists; without them the stages wait.

    Examples
    --------
    >>> from sampling import communes
    >>> two_tier_2026(communes("Cao Bằng"), n_communes=12).outline.stages[0].n_by
    (('phường', 2), ('xã', 10))
    """
    check_choice(person, PEOPLE, "person")
    plan = Plan(communes, strata, "Hai cấp 2026")
    plan = plan.stage("commune", n=n_communes, method=_by_size(communes, size), size=size)
    plan = plan.stage("village", n=n_villages, frame=villages)
    plan = plan.stage("household", n=n_households, method="systematic", reserve=reserve, frame=households)
    return plan.stage("adult", method=person)


def one_commune(
    households: Frame,
    *,
    strata: str | Sequence[str] = "village",
    n: int = 200,
    person: Person = "birthday",
    sort: str | Sequence[str] | None = None,
    reserve: int = 5,
) -> Plan:
    """Return a plan for one commune: households of every village, one adult of each.

    Every village is a stratum, so every one is in the sample and no village is a cluster. Households are
    drawn systematically from the list, in proportion to their number. It takes no survey as its model.

    Parameters
    ----------
    households : Frame
    strata : column names
        Villages.
    n : int
        Households in all, at least 2 in each village.
    person : {"birthday", "kish", "list"}
        How the adult is found.
    sort : column names
        Order of the list, such as the road; by default that of the ids.
    reserve : int
        Reserve households in each village.

    Examples
    --------
    >>> import pandas as pd
    >>> units = pd.DataFrame({"ho": [f"{i:03d}" for i in range(90)], "village": ["A"] * 60 + ["B"] * 30})
    >>> frame = Frame(units, id="ho", name="Hộ giả lập", as_of="2026-01-01", source="giả lập")
    >>> sample = one_commune(frame, n=9).draw(seed=1)
    >>> sample.main["village"].value_counts().to_dict(), sample.awaiting
    ({'A': 6, 'B': 3}, ('adult',))
    """
    check_choice(person, PEOPLE, "person")
    plan = Plan(households, strata, "Một xã")
    plan = plan.stage("household", n=n, method="systematic", sort=sort, reserve=reserve)
    return plan.stage("adult", method=person)


def counter_interval(
    hours: Frame,
    *,
    strata: str | Sequence[str] | None = None,
    n_hours: int = 20,
    every: int = 5,
) -> Plan:
    """Return a plan for a one-stop counter: hours are drawn, and in each every k-th visitor is asked.

    The frame lists the opening hours (day by hour) of one or several counters; hours are the clusters. The
    first visitor of an hour is told by a random number from 1 to k. What is drawn are visits, not people: who
    comes five times has five chances, so ask how often, and divide the weight by it where people are meant.

    Parameters
    ----------
    hours : Frame
    strata : column names, optional
        Such as the counter or the time of day; by default those of the frame.
    n_hours : int
        Hours in all.
    every : int
        k.

    Examples
    --------
    >>> import pandas as pd
    >>> units = pd.DataFrame({"gio": [f"{d:02d}-{h:02d}" for d in range(1, 23) for h in (8, 9, 10, 14, 15)]})
    >>> frame = Frame(units, id="gio", name="Giờ mở cửa giả lập", as_of="2026-06-01", source="giả lập")
    >>> sample = counter_interval(frame, n_hours=4).draw(seed=1)
    >>> sample.main[["hour", "visitor_start"]].values.tolist()
    [['02-15', 3], ['08-09', 3], ['13-15', 3], ['19-09', 2]]
    """
    plan = Plan(hours, strata, "Phỏng vấn tại quầy theo khoảng cách")
    plan = plan.stage("hour", n=n_hours, method="systematic")
    return plan.stage("visitor", method="every", every=every)


def panel(
    frame: Frame,
    *,
    n: int,
    wave: int = 1,
    stay: int = 4,
    unit: str = "commune",
    strata: str | Sequence[str] | None = None,
    reserve: int = 0,
) -> Plan:
    """Return a plan of one wave of a rotating panel: each unit stays for some waves, then makes room.

    Units are ranked by random numbers that they keep, whatever else the frame of a wave lists. A wave takes n
    units in a row, and the next wave starts further on by the share 1 / stay of the sample: in a frame that
    stays the same, two waves in a row share (stay − 1) / stay of their units, to within one. Each wave by
    itself is a simple random sample of each stratum. Draw all waves with the same seed. It takes no survey
    as its model.

    Parameters
    ----------
    frame : Frame
        List of the wave.
    n : int
        Units in all, in each wave.
    wave : int
        From 1.
    stay : int
        Waves for which a unit stays. With a large number nearly all stay: a panel without rotation.
    unit : str
        Name of the stage.
    strata : column names, optional
        By default those of the frame.
    reserve : int
        Reserves in each stratum.

    Examples
    --------
    >>> from sampling import communes
    >>> waves = [panel(communes("Cao Bằng"), n=16, wave=w).draw(seed=1).main["commune"] for w in (1, 2, 5)]
    >>> len(set(waves[0]) & set(waves[1])), len(set(waves[0]) & set(waves[2]))
    (12, 0)
    """
    for name, value in (("wave", wave), ("stay", stay)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ArgumentError(f"{name}={value!r}: pass a whole number of 1 or more.")
    plan = Plan(frame, strata, f"Điều tra lặp lại, đợt {wave}")
    return plan.stage(unit, n=n, rotate=(wave - 1) / stay, reserve=reserve)


def _by_size(frame: Frame, size: str | None) -> Method:
    """Return PPS where there is a measure of size."""
    return "srs" if size is None and frame.size is None else "pps_systematic"
