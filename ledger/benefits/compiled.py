"""The kernel compiled: the very functions of `kernel.py`, over arrays, for a city's year.

Nothing of a rule stands here. `settle_amounts`, `add_to_year` and `fold_visits` are taken as
they are and handed to Numba; only the names through which the fold reaches the other two are
bound to forms that are compiled into it. Numba is imported at the first call.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

from ledger.benefits import kernel, simulation, visit_order
from ledger.benefits.kernel_rules import is_shaped
from ledger.benefits.simulation import Periods

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.integer[Any]]

_CACHED_ROWS = 1 << 14
"""Visits that are sorted, settled and put back while the processor has them at hand."""


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


@cache
def machine_code(function: Callable[..., Any], **names: Callable[..., Any] | bool) -> Any:
    """A function on ints and arrays as machine code.

    The code is kept beside the source or in the user's cache folder; where neither can be
    written it is made anew in each process, which takes a second or two. While it runs, other
    threads run too.

    Args:
        names: helpers that the function calls, in an order in which each calls only earlier
            ones; they are compiled into it. A truth value is bound as it is: what stands behind
            a false one is left out of the code.
    """
    import numba

    # Inlined and without Python's check for a division by zero (all divide by constants) the
    # fold is four times as fast.
    inline = numba.njit(inline="always", error_model="numpy")
    bound: dict[str, Any] = {}
    for name, value in names.items():
        bound[name] = value if isinstance(value, bool) else inline(_rebound(value, bound))
    whole = _rebound(function, bound, f"_{_digest(function, names)}")
    try:
        return numba.njit(cache=True, nogil=True, error_model="numpy")(whole)
    except RuntimeError:  # Numba's word for: no folder in which compiled code could be kept.
        return numba.njit(nogil=True, error_model="numpy")(whole)


def _rebound(plain: Callable[..., Any], names: Mapping[str, Any], more: str = "") -> FunctionType:
    """The same code, with some of the names that it uses bound anew."""
    assert isinstance(plain, FunctionType)
    same = FunctionType(plain.__code__, {**plain.__globals__, **names}, plain.__name__ + more)
    same.__module__ = plain.__module__
    return same


def _digest(function: Callable[..., Any], names: Mapping[str, object]) -> str:
    """Changes with everything that goes into the code: what the functions do, the constants and
    the places that they name. Numba looks only at the function's own file, and would run kept
    code of helpers that have changed since."""
    said = []
    for one in (function, *names.values()):
        if isinstance(one, FunctionType):
            code = one.__code__
            places = [one.__globals__.get(name) for name in code.co_names]
            consts = [const for const in code.co_consts if not isinstance(const, CodeType)]
            said += [code.co_code.hex(), repr(consts), repr(code.co_names)]
            said += [repr(place) for place in places if isinstance(place, int | tuple)]
        else:
            said.append(repr(one))
    return hashlib.blake2b("|".join(said).encode(), digest_size=6).hexdigest()


PLAIN_STEPS: Mapping[str, Callable[..., Any] | bool] = {
    "SHAPES": False,
    "left_of": kernel.left_of,
    "least": kernel.least,
    "still_open": kernel.still_open,
    "pay_of": kernel.pay_of,
    "limited": kernel.limited,
    "settle_visit": kernel.settle_visit,
    "add_to_year": kernel.add_to_year,
}
"""The kernel's steps for rules without shapes, each after those that it calls."""


def compiled_fold() -> Any:
    """`kernel.fold_visits` for arrays; its `rules_of_period` is two-dimensional, int64."""
    return machine_code(kernel.fold_visits, **PLAIN_STEPS)


def pooled_amounts(
    day: Ints, med_type: Ints, med_types: list[str], in_scope: Ints, periods: Periods
) -> tuple[Ints, list[int]]:
    """The amounts in scope (fen), zero where the benefit does not pay for that type of visit on
    that day; and how many visits of each of `med_types` that was."""
    import numpy as np

    pooled = np.array([[code in types for code in med_types] for types in periods.pooled], bool)
    amounts, left_out = np.empty(len(in_scope), np.int64), np.zeros(len(med_types), np.int64)
    period_of_day = np.array(periods.period_of_day, np.int16)
    machine_code(simulation.keep_pooled)(
        day,
        med_type,
        in_scope,
        periods.first_day,
        period_of_day,
        pooled.reshape(len(periods.pooled), len(med_types)),
        amounts,
        left_out,
    )
    return amounts, left_out.tolist()


def settle_columns(
    visits: VisitColumns, time: Ints, per_day: int, periods: Periods, threads: int
) -> Settled:
    """Settle visits that stand in any order: by person, then time, ties as they came.

    Args:
        time: when each visit was settled, int64, in a unit of which a day has `per_day`.
        periods: covers every day of the visits.
        threads: the result does not depend on it.
    """
    import numpy as np

    if not len(time):
        return Settled(*(np.empty(0, np.int64) for _ in range(2)))
    if machine_code(visit_order.in_order)(visits.person, time):
        return fold_in_threads(visits, periods, threads)
    settled = np.empty((len(time), 2), np.int64)
    tables = fold_tables(periods)
    with ThreadPoolExecutor(threads) as pool:
        limits, records = _by_person(visits, time, pool, threads)

        def one(persons: slice) -> None:
            _settle_block(limits[persons], records, per_day, tables, settled)

        list(pool.map(one, _blocks(limits)))
    return Settled(settled[:, 0], settled[:, 1])


def fold_in_threads(visits: VisitColumns, periods: Periods, threads: int) -> Settled:
    """`fold_visits` over sorted visits."""
    import numpy as np

    settled = Settled(*(np.empty(len(visits.person), np.int64) for _ in range(2)))
    fold_into(settled, visits, fold_tables(periods), threads)
    return settled


def fold_tables(periods: Periods) -> tuple[Any, ...]:
    """The periods as the compiled fold reads them: rules without shapes, which it leaves out."""
    import numpy as np

    assert not any(map(is_shaped, periods.rules)), "rules with shapes: see compiled_shapes"
    return (
        periods.first_day,
        np.array(periods.period_of_day, np.int16),
        np.array(periods.years, np.int16),
        np.array(periods.rules, np.int64),
    )


def fold_into(
    settled: Settled, visits: VisitColumns, tables: tuple[Any, ...], threads: int
) -> None:
    """Fill `settled` for sorted visits, stretches of whole persons at once."""
    fold = compiled_fold()

    def one(stretch: slice) -> None:
        columns = [column[stretch] for column in visits]
        fold(*columns, *tables, *(column[stretch] for column in settled))

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, whole_persons(visits.person, threads)))


def whole_persons(person: Ints, parts: int) -> list[slice]:
    """Cut sorted persons into about equal stretches, never through one person's visits."""
    import numpy as np

    rows = len(person)
    cuts = {0, rows}
    for part in range(1, parts):
        here = rows * part // parts
        if here:
            cuts.add(int(np.searchsorted(person, person[here], side="left")))
    return [slice(start, end) for start, end in pairwise(sorted(cuts))]


def _by_person(
    visits: VisitColumns, time: Ints, pool: ThreadPoolExecutor, parts: int
) -> tuple[Ints, Ints]:
    """The visits grouped by person: the limits between persons, and the records. Each part of
    the file is counted and then put in its places by itself."""
    import numpy as np

    rows, people = len(time), int(visits.person.max()) + 1
    cuts = [slice(rows * part // parts, rows * (part + 1) // parts) for part in range(parts)]
    counts, limits = np.zeros((parts, people), np.int64), np.empty(people + 1, np.int64)
    records = np.empty((rows, 3), np.int64)

    def count(part: int) -> None:
        machine_code(visit_order.count_by_person)(visits.person[cuts[part]], counts[part])

    def group(part: int) -> None:
        here = cuts[part]
        columns = (visits.person, time, visits.status, visits.tier, visits.in_scope)
        machine_code(visit_order.group_by_person)(
            *(column[here] for column in columns),
            here.start,
            counts[part],
            records,
            np.empty(visit_order.BLOCK, np.int64),
        )

    list(pool.map(count, range(parts)))
    machine_code(visit_order.begin_stretches)(counts, limits)
    list(pool.map(group, range(parts)))
    return limits, records


def _blocks(limits: Ints) -> Iterator[slice]:
    """Stretches of whole persons, each about as long as a cache holds; as slices of `limits`."""
    import numpy as np

    steps = np.arange(0, limits[-1], _CACHED_ROWS)
    cuts = {0, len(limits) - 1, *np.searchsorted(limits, steps, side="left").tolist()}
    for start, end in pairwise(sorted(cuts)):
        yield slice(start, end + 1)


def _settle_block(
    limits: Ints, records: Ints, per_day: int, tables: tuple[Any, ...], settled: Ints
) -> None:
    """Sort the visits of some persons by time, settle them, and put the results in their rows."""
    import numpy as np

    left = np.empty(len(limits) - 1, np.int32)
    count = machine_code(visit_order.sort_short_stretches)(limits, records, left)
    for who in left[:count]:
        stretch = records[limits[who] : limits[who + 1]]
        stretch[:] = stretch[np.argsort(stretch[:, visit_order.TIME], kind="stable")]
    rows = int(limits[-1] - limits[0])
    visits = VisitColumns(
        person=np.empty(rows, np.int32),
        day=np.empty(rows, np.int32),
        status=np.empty(rows, np.uint8),
        tier=np.empty(rows, np.uint8),
        in_scope=np.empty(rows, np.int64),
    )
    order = np.empty(rows, np.int64)
    machine_code(visit_order.unpack)(limits, records, per_day, *visits, order)
    results = Settled(*(np.empty(rows, np.int64) for _ in range(2)))
    compiled_fold()(*visits, *tables, *results)
    machine_code(visit_order.put_back)(order, *results, settled)
