"""The kernel compiled: the very functions of `kernel.py`, over arrays, for a city's year.

Nothing of a rule stands here. `settle_amounts`, `add_to_year` and `fold_visits` are taken as
they are and handed to Numba; only the names through which the fold reaches the other two are
bound to forms that are compiled into it. Numba is imported at the first call.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from types import FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

from ledger.benefits import kernel, visit_order
from ledger.benefits.simulation import Periods

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.integer[Any]]


class VisitColumns(NamedTuple):
    """Visits as columns, one item each; sorted only where it says so."""

    person: Ints
    """Numbers from 0 without gaps, int32."""
    day: Ints
    """Days since 1970-01-01, int32."""
    status: Ints
    """0 employed, 1 retired; uint8."""
    tier: Ints
    """1, 2 or 3; uint8."""
    in_scope: Ints
    """Fen, int64; zero where the benefit does not pay for the visit."""


class Settled(NamedTuple):
    """What the kernel gave for each visit, fen, int64, in the order of the visits given."""

    deductible: Ints
    pay: Ints


def machine_code(function: Callable[..., Any], **helpers: Callable[..., Any]) -> Any:
    """A function on ints and arrays as machine code; `helpers` that it calls are compiled in.

    The code is kept beside the source or in the user's cache folder; where neither can be
    written it is made anew in each process, which takes a second or two. While it runs, other
    threads run too.
    """
    import numba

    def rebound(plain: Callable[..., Any], names: dict[str, Any]) -> FunctionType:
        """The same code, with some of the names that it uses bound anew."""
        assert isinstance(plain, FunctionType)
        same = FunctionType(plain.__code__, {**plain.__globals__, **names}, plain.__name__)
        same.__module__ = plain.__module__
        return same

    # Inlined and without Python's check for a division by zero (all divide by constants) the
    # fold is four times as fast.
    inline = numba.njit(inline="always", error_model="numpy")
    bound: dict[str, Any] = {}
    for name, helper in helpers.items():
        bound[name] = inline(rebound(helper, bound))
    whole = rebound(function, bound)
    try:
        return numba.njit(cache=True, nogil=True, error_model="numpy")(whole)
    except RuntimeError:  # Numba's word for: no folder in which compiled code could be kept.
        return numba.njit(nogil=True, error_model="numpy")(whole)


@cache
def compiled_fold() -> Any:
    """`kernel.fold_visits` for arrays; its `rules_of_period` is two-dimensional, int64."""
    return machine_code(
        kernel.fold_visits,
        settle_amounts=kernel.settle_amounts,
        add_to_year=kernel.add_to_year,
    )


def settle_columns(visits: VisitColumns, time: Ints, periods: Periods, threads: int) -> Settled:
    """Settle visits that stand in any order: by person, then time, ties as they came.

    Args:
        time: when each visit was settled, in any unit, int64.
        periods: covers every day of the visits.
        threads: the result does not depend on it.
    """
    import numpy as np

    order = _order(visits.person, time)
    if order is not None:
        visits = VisitColumns(*(column[order] for column in visits))
    settled = Settled(*(np.empty(len(time), np.int64) for _ in range(2)))
    fold_in_threads(visits, periods, settled, threads)
    if order is None:
        return settled
    back = Settled(*(np.empty(len(time), np.int64) for _ in range(2)))
    for there, here in zip(back, settled, strict=True):
        there[order] = here
    return back


def fold_in_threads(visits: VisitColumns, periods: Periods, settled: Settled, threads: int) -> None:
    """`fold_visits` over sorted visits, stretches of whole persons at once; fills `settled`."""
    import numpy as np

    fold = compiled_fold()
    tables = (
        periods.first_day,
        np.array(periods.period_of_day, np.int16),
        np.array(periods.years, np.int16),
        np.array(periods.rules, np.int64),
    )

    def one(stretch: slice) -> None:
        columns = [column[stretch] for column in visits]
        fold(*columns, *tables, *(column[stretch] for column in settled))

    stretches = _whole_persons(visits.person, threads)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, stretches))


def _whole_persons(person: Ints, parts: int) -> list[slice]:
    """Cut sorted persons into about equal stretches, never through one person's visits."""
    import numpy as np

    rows = len(person)
    cuts = {0, rows}
    for part in range(1, parts):
        here = rows * part // parts
        if here:
            cuts.add(int(np.searchsorted(person, person[here], side="left")))
    return [slice(start, end) for start, end in pairwise(sorted(cuts))]


def _order(person: Ints, time: Ints) -> Ints | None:
    """The rows in order of person and time; None where they are in that order already."""
    import numpy as np

    if machine_code(visit_order.in_order)(person, time):
        return None
    people = int(person.max()) + 1
    ends, left = np.zeros(people, np.int64), np.empty(people, np.int32)
    order, grouped = np.empty(len(person), np.int32), np.empty(len(person), np.int64)
    machine_code(visit_order.group_by_person)(person, time, ends, order, grouped)
    count = machine_code(visit_order.sort_short_stretches)(ends, order, grouped, left)
    for who in left[:count]:
        stretch = slice(ends[who - 1] if who else 0, ends[who])
        order[stretch] = order[stretch][np.argsort(grouped[stretch], kind="stable")]
    return order
