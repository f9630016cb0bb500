"""In which windows a visit counts beside the year (累计窗口): the month, the institution, the
stay, the disease, the pool shared with other benefits; and what it met and left in each.

A window is a text under the accumulators of a person-year: the benefit, a slash, and what
narrows it, so that a row of `accumulator` holds it and a reader understands it:

    outpatient/2023-05   outpatient/2023Q2   outpatient/H17   outpatient/T3
    outpatient/D:M01603  inpatient/S:Z0001   inpatient/turns  shared/慢特病与住院

Every visit that counts adds the same five numbers to each of its windows, and a refund takes
them off again, so that one rule serves all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple, TypeVar

from ledger.benefits.kernel import Amounts, YearSoFar
from ledger.core.errors import Refused
from ledger.policy.shape_schema import BENEFITS
from ledger.policy.shapes import Shapes, Window

WindowSoFar = tuple[int, int, int, int, int]
"""In scope, deductible, cost counted, paid (fen), and how many visits."""

EMPTY_WINDOW: WindowSoFar = (0, 0, 0, 0, 0)
T = TypeVar("T")
TURNS = "turns"
SHARED = "shared"
ORDINARY = BENEFITS[0]
"""The benefit of ordinary outpatient visits: its year is no window but the person-year itself."""


class WindowKey(NamedTuple):
    """A window of a person: the natural year that it belongs to, and its text."""

    year: int
    window: str


class WindowUse(NamedTuple):
    """What a visit met in a window, what it added, and what the window's limit cut."""

    key: WindowKey
    before: WindowSoFar
    added: WindowSoFar
    cut_fen: int = 0

    @property
    def after(self) -> WindowSoFar:
        return add(self.before, self.added)

    def given_back(self, now: WindowSoFar) -> WindowUse:
        """The mirror of this use, met by a refund in the window as it is `now`."""
        back = tuple(-part for part in self.added)
        return WindowUse(self.key, now, back, -self.cut_fen)  # type: ignore[arg-type]  # Five parts.


class VisitWindows(NamedTuple):
    """The windows of a visit by their role; None where the rules ask for none."""

    deductible: WindowKey | None = None
    bands: WindowKey | None = None
    period: WindowKey | None = None
    disease: WindowKey | None = None
    shared: WindowKey | None = None
    turns: WindowKey | None = None
    stay: WindowKey | None = None
    """Of the stay itself: whether it has been counted as a turn already."""

    def distinct(self) -> list[WindowKey]:
        """Each once, in order of role."""
        return list(dict.fromkeys(key for key in self if key is not None))


class Facts(NamedTuple):
    """What shapes may ask of a visit; None where nobody said."""

    benefit: str = "outpatient"
    day: date | None = None
    place: int | str | None = None
    """The institution's number; a colon and its name where it is not on our list."""
    tier: int | None = None
    stay_id: str | None = None
    stay_from: date | None = None
    age: int | None = None
    contracted: bool | None = None
    disease: str | None = None


NO_FACTS = Facts()
Windows = Mapping[WindowKey, WindowSoFar]
"""What is in each window before a visit; one that is missing is empty."""


def year_of(windows: Windows, benefit: str, year: int, ordinary: YearSoFar) -> YearSoFar:
    """The accumulators of a benefit's year that a visit meets; the last one over all benefits.

    Args:
        windows: of the person.
        ordinary: the year of the person's ordinary outpatient visits.
    """
    others = sum(windows.get(WindowKey(year, name), EMPTY_WINDOW)[3] for name in BENEFITS[1:])
    overall = ordinary[3] + others
    if benefit == ORDINARY:
        return (*ordinary[:4], overall)
    so_far = windows.get(WindowKey(year, benefit), EMPTY_WINDOW)
    return (*so_far[:4], overall)


def with_year(
    windows: Windows, benefit: str, year: int, amounts: Amounts, uses: tuple[WindowUse, ...]
) -> tuple[WindowUse, ...]:
    """The windows in which a visit counts; of another benefit than the ordinary one always its
    year, too.

    Args:
        uses: what the rules ask for beside the year.
    """
    if benefit == ORDINARY:
        return uses
    added = (amounts[0] + amounts[1], amounts[0], amounts[2], amounts[7], 1)
    key = WindowKey(year, benefit)
    return (WindowUse(key, windows.get(key, EMPTY_WINDOW), added), *uses)


def benefit_of(uses: Iterable[WindowUse]) -> str:
    """The benefit by which a visit with these uses was settled; ordinary where none is named."""
    whole = (use.key.window for use in uses if "/" not in use.key.window)
    return next(whole, ORDINARY)


def add(window: WindowSoFar, more: WindowSoFar) -> WindowSoFar:
    return (
        window[0] + more[0],
        window[1] + more[1],
        window[2] + more[2],
        window[3] + more[3],
        window[4] + more[4],
    )


def less(window: WindowSoFar, taken: WindowSoFar) -> WindowSoFar:
    return (
        window[0] - taken[0],
        window[1] - taken[1],
        window[2] - taken[2],
        window[3] - taken[3],
        window[4] - taken[4],
    )


def windows_of(shapes: Shapes, facts: Facts) -> VisitWindows:
    """The windows that the rules of a benefit look at for one visit.

    Raises:
        Refused: `visit/missing-fact`, naming the fact that the pack needs and the visit lacks.
    """
    if not _asks(shapes):
        return VisitWindows()
    day = needed(facts.day, "就诊日期", "setl_time")
    stay = _stay(shapes, facts, day)
    return VisitWindows(
        deductible=_narrowed(shapes.deductible_window, facts, day, stay),
        bands=stay if shapes.bands and shapes.band_window is Window.STAY else None,
        period=_narrowed(shapes.period, facts, day, stay) if shapes.period_cap_fen else None,
        disease=_disease(shapes, facts, day),
        shared=WindowKey(day.year, f"{SHARED}/{shapes.shared_cap_name}")
        if shapes.shared_cap_fen
        else None,
        turns=WindowKey(day.year, f"{facts.benefit}/{TURNS}") if shapes.turns else None,
        stay=stay,
    )


def _asks(shapes: Shapes) -> bool:
    """Do the rules look at any window beside the year?"""
    return bool(
        shapes.deductible_window is not Window.YEAR
        or shapes.turns
        or (shapes.bands and shapes.band_window is Window.STAY)
        or shapes.period_cap_fen
        or shapes.disease_caps_fen
        or shapes.shared_cap_fen
    )


def _narrowed(kind: Window, facts: Facts, day: date, stay: WindowKey | None) -> WindowKey | None:
    if kind is Window.QUARTER:
        return WindowKey(day.year, f"{facts.benefit}/{day.year}Q{(day.month + 2) // 3}")
    if kind is Window.MONTH:
        return WindowKey(day.year, f"{facts.benefit}/{day:%Y-%m}")
    if kind is Window.HOSPITAL_YEAR:
        place = needed(facts.place, "医疗机构编号", "fixmedins_code")
        return WindowKey(day.year, f"{facts.benefit}/H{place}")
    if kind is Window.TIER_YEAR:
        return WindowKey(day.year, f"{facts.benefit}/T{needed(facts.tier, '级别', 'tier')}")
    return stay if kind is Window.STAY else None


def _stay(shapes: Shapes, facts: Facts, day: date) -> WindowKey | None:
    """The window of an inpatient stay: across the year end a new one, or that of its first day."""
    asked = shapes.deductible_window is Window.STAY or (
        shapes.bands and shapes.band_window is Window.STAY
    )
    if facts.stay_id is None:
        if asked:
            needed(facts.stay_id, "住院号（同一次住院的各次结算相同）", "ipt_no")
        return None
    year = day.year
    if not shapes.stay_restarts_with_year:
        year = needed(facts.stay_from, "入院日期", "begndate").year
    return WindowKey(year, f"{facts.benefit}/S:{facts.stay_id}")


def _disease(shapes: Shapes, facts: Facts, day: date) -> WindowKey | None:
    if not shapes.disease_caps_fen:
        return None
    code = needed(facts.disease, "病种代码", "dise_codg")
    if code not in dict(shapes.disease_caps_fen):
        raise Refused(
            "visit/unknown-disease",
            f"政策包没有规定病种 {code} 的限额；已规定：{'、'.join(dict(shapes.disease_caps_fen))}",
        )
    return WindowKey(day.year, f"{facts.benefit}/D:{code}")


def needed(fact: T | None, words: str, field: str) -> T:
    """A fact that the rules cannot do without.

    Raises:
        Refused: `visit/missing-fact`.
    """
    if fact is None:
        raise Refused(
            "visit/missing-fact",
            f"按本政策包结算需要{words}（{field}），这次就诊没有填写",
            field=field,
        )
    return fact
