"""The kernel compiled for rules with shapes: the same functions as `compiled.py` takes, with the
steps of the shapes left in, and the fold that knows windows."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from ledger.benefits import kernel, kernel_fold
from ledger.benefits.compiled import Settled, VisitColumns, machine_code, whole_persons
from ledger.benefits.kernel_rules import with_shapes
from ledger.benefits.simulation import EPOCH, Periods

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.integer[Any]]


class ShapeColumns(NamedTuple):
    """What shapes may ask of each visit beside `VisitColumns`; zeros where they do not."""

    place: Ints
    """Institutions numbered from 0, int32."""
    variant: Ints
    """Of the ratio (`kernel_rules.variant_of`), uint8."""
    disease: Ints
    """Place in the table of diseases, int32."""


SHAPED_STEPS: Mapping[str, Any] = {
    "left_of": kernel.left_of,
    "least": kernel.least,
    "still_open": kernel.still_open,
    "highest_ratio": kernel.highest_ratio,
    "deductible_of_turn": kernel.deductible_of_turn,
    "band_start": kernel.band_start,
    "pay_of": kernel.pay_of,
    "cost_of": kernel.cost_of,
    "limited": kernel.limited,
    "within_windows": kernel.within_windows,
    "settle_visit": kernel.settle_visit,
    "add_to_year": kernel.add_to_year,
    "window_number": kernel_fold.window_number,
    "place_of": kernel_fold.place_of,
}
"""Each after those that it calls."""


def fold_shaped(
    visits: VisitColumns, shapes: ShapeColumns, periods: Periods, threads: int
) -> Settled:
    """`kernel_fold.fold_shaped_visits` over sorted visits."""
    import numpy as np

    rows = len(visits.person)
    settled = Settled(*(np.empty(rows, np.int64) for _ in range(2)))
    if not rows:
        return settled
    fold = machine_code(kernel_fold.fold_shaped_visits, **SHAPED_STEPS)
    tables = shaped_tables(periods)
    room = int(np.bincount(visits.person).max()) * kernel_fold.SLOTS_PER_VISIT + 1

    def one(stretch: slice) -> None:
        columns = [column[stretch] for column in (*visits, *shapes)]
        windows = np.empty(room, np.int64), np.empty((room, 3), np.int64)
        fold(*columns, *tables, *windows, *(column[stretch] for column in settled))

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, whole_persons(visits.person, threads)))
    return settled


def settle_shaped_columns(
    visits: VisitColumns, time: Ints, periods: Periods, threads: int
) -> Settled:
    """Settle visits that stand in any order, as `compiled.settle_columns` does, under rules that
    ask nothing of a visit beside its columns (`simulation.not_simulated`)."""
    import numpy as np

    order = np.lexsort((time, visits.person))
    ordered = VisitColumns(*(column[order] for column in visits))
    rows = len(order)
    nothing = ShapeColumns(
        np.zeros(rows, np.int32), np.zeros(rows, np.uint8), np.zeros(rows, np.int32)
    )
    settled = fold_shaped(ordered, nothing, periods, threads)
    back = np.empty(rows, np.int64)
    back[order] = np.arange(rows)
    return Settled(*(column[back] for column in settled))


def shaped_tables(periods: Periods) -> tuple[Any, ...]:
    """The periods as the shaped fold reads them; rules in rows of one length."""
    import numpy as np

    width = max(map(len, periods.rules))
    width = max(width, len(with_shapes(periods.rules[0], 0)))
    return (
        periods.first_day,
        np.array(periods.period_of_day, np.int16),
        np.array(periods.years, np.int16),
        np.array(months_of_days(periods), np.int8),
        np.array([with_shapes(rules, width) for rules in periods.rules], np.int64),
    )


def months_of_days(periods: Periods) -> list[int]:
    """The month of each day of `period_of_day`, 0 for January."""
    first = EPOCH + timedelta(days=periods.first_day)
    return [(first + timedelta(days=i)).month - 1 for i in range(len(periods.period_of_day))]
