"""The kernel compiled: the very functions of `kernel.py`, over arrays, for a city's year.

Nothing of a rule stands here. `settle_amounts`, `add_to_year` and `fold_visits` are taken as
they are and handed to Numba; only the names through which the fold reaches the other two are
bound to forms that are compiled into it. Numba is imported at the first call.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import pairwise
from types import FunctionType
from typing import TYPE_CHECKING, Any

from ledger.benefits import kernel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.signedinteger[Any]]

Fold = Callable[..., None]


@cache
def compiled_fold() -> Fold:
    """`kernel.fold_visits` as machine code, for one-dimensional arrays of whole numbers.

    `rules_of_period` is a two-dimensional int64 array; status and tier are fastest as uint8.
    The compiled code is kept beside the source or in the user's cache folder; where neither
    can be written it is made anew in each process, which takes a second or two. While it runs,
    other threads run too.
    """
    import numba

    def rebound(function: Callable[..., Any], **names: Any) -> FunctionType:
        """The same code, with some of the names that it uses bound anew."""
        assert isinstance(function, FunctionType)
        same = FunctionType(function.__code__, {**function.__globals__, **names}, function.__name__)
        same.__module__ = function.__module__
        return same

    # Inlined and without Python's check for a division by zero (the kernel divides by a
    # constant only) the loop is four times as fast.
    inline = numba.njit(inline="always", error_model="numpy")
    fold = rebound(
        kernel.fold_visits,
        settle_amounts=inline(rebound(kernel.settle_amounts)),
        add_to_year=inline(rebound(kernel.add_to_year)),
    )
    try:
        compiled: Fold = numba.njit(cache=True, nogil=True, error_model="numpy")(fold)
    except RuntimeError:  # Numba's word for: no folder in which compiled code could be kept.
        compiled = numba.njit(nogil=True, error_model="numpy")(fold)
    return compiled


def fold_in_threads(
    person: Ints,
    visit_columns: tuple[Ints, ...],
    tables: tuple[Any, ...],
    deductible: Ints,
    pay: Ints,
    threads: int,
) -> None:
    """`fold_visits` over stretches of persons at once; the result does not depend on `threads`.

    Args:
        visit_columns: day, status, tier, in_scope.
        tables: first_day, period_of_day, year_of_period, rules_of_period.
        deductible, pay: int64, filled.
    """
    from concurrent.futures import ThreadPoolExecutor

    fold = compiled_fold()

    def one(stretch: slice) -> None:
        fold(
            person[stretch],
            *(column[stretch] for column in visit_columns),
            *tables,
            deductible[stretch],
            pay[stretch],
        )

    stretches = _whole_persons(person, threads)
    if len(stretches) == 1:
        one(stretches[0])
        return
    with ThreadPoolExecutor(len(stretches)) as pool:
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
    ends = sorted(cuts)
    return [slice(a, b) for a, b in pairwise(ends)]
