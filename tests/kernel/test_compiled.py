"""The compiled kernel gives what the plain one gives: it is the same source."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.benefits.compiled import (
    Settled,
    VisitColumns,
    compiled_fold,
    fold_in_threads,
    machine_code,
    settle_columns,
)
from ledger.benefits.kernel import MOST_FEN, fold_visits
from ledger.benefits.kernel_rules import kernel_parameters
from ledger.benefits.simulation import EPOCH, Periods, periods_of
from ledger.core.errors import NotInForce
from ledger.policy.values import OutpatientRules
from tests.kernel.rules import OUTPATIENT_RULES, SHIYAN, outpatient_rules

Row = tuple[int, int, int, int, int]
"""person, day, status, tier, in scope"""

ROWS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(19_300, 19_800),
        st.integers(0, 1),
        st.integers(1, 3),
        st.integers(0, 90_000) | st.integers(0, MOST_FEN),
    ),
    max_size=40,
)


def two_rules(first: OutpatientRules, second: OutpatientRules, turn: int) -> Periods:
    """One set of rules up to a day, another from it on."""
    return periods_of(
        range(19_300, 19_801),
        lambda day: first if day < EPOCH + timedelta(days=turn) else second,
    )


def columns_of(rows: list[Row]) -> VisitColumns:
    kinds = (np.int32, np.int32, np.uint8, np.uint8, np.int64)
    columns = zip(*rows, strict=True) if rows else ((),) * 5
    return VisitColumns(*(np.array(c, kind) for c, kind in zip(columns, kinds, strict=True)))


def plainly(rows: list[Row], periods: Periods) -> list[tuple[int, int]]:
    """The same fold, run as Python on lists."""
    deductible, pay = [0] * len(rows), [0] * len(rows)
    columns = zip(*rows, strict=True) if rows else ((),) * 5
    fold_visits(
        *(list(column) for column in columns),
        periods.first_day,
        periods.period_of_day,
        periods.years,
        periods.rules,
        deductible,
        pay,
    )
    return list(zip(deductible, pay, strict=True))


def pairs(settled: Settled) -> list[tuple[int, int]]:
    return list(zip(settled.deductible.tolist(), settled.pay.tolist(), strict=True))


@settings(max_examples=200)
@given(OUTPATIENT_RULES, OUTPATIENT_RULES, st.integers(19_300, 19_800), ROWS)
def test_plain_and_compiled_agree_to_the_fen(
    first: OutpatientRules, second: OutpatientRules, turn: int, rows: list[Row]
) -> None:
    rows = sorted(rows, key=lambda row: row[:2])
    periods = two_rules(first, second, turn)
    assert pairs(fold_in_threads(columns_of(rows), periods, 1)) == plainly(rows, periods)


def many_rows(count: int, people: int) -> list[Row]:
    random = Random(20230101)
    return [
        (
            random.randrange(people),
            random.randrange(19_358, 19_723),
            random.randrange(2),
            random.randrange(1, 4),
            random.randrange(90_000),
        )
        for _ in range(count)
    ]


@pytest.mark.parametrize("people", [1, 2, 40, 3_000])
def test_visits_in_any_order_are_settled_by_time_with_ties_as_they_came(people: int) -> None:
    rows = many_rows(5_000, people)
    rows += [(people - 1, *row[1:]) for row in rows[:1]]  # The last person has a visit at least.
    periods = two_rules(SHIYAN, SHIYAN, 19_300)
    by_row = sorted(range(len(rows)), key=lambda i: rows[i][:2])
    expected = dict(zip(by_row, plainly([rows[i] for i in by_row], periods), strict=True))
    columns = columns_of(rows)
    time = columns.day.astype(np.int64) * 86_400
    settled = settle_columns(columns, time, 86_400, periods, threads=2)
    assert pairs(settled) == [expected[i] for i in range(len(rows))]


def test_the_result_does_not_depend_on_the_number_of_threads() -> None:
    columns = columns_of(sorted(many_rows(2_000, 7)))
    periods = two_rules(SHIYAN, SHIYAN, 19_300)
    once = pairs(fold_in_threads(columns, periods, 1))
    assert pairs(fold_in_threads(columns, periods, 2)) == once
    assert pairs(fold_in_threads(columns, periods, 16)) == once


def test_accumulators_begin_again_on_the_first_of_january() -> None:
    new_year = (date(2024, 1, 1) - EPOCH).days
    rows = [(0, new_year - 1, 0, 1, 80_000), (0, new_year, 0, 1, 80_000)]
    periods = periods_of([new_year - 1, new_year], lambda day: SHIYAN)
    assert periods.years == [2023, 2024]
    assert pairs(fold_in_threads(columns_of(rows), periods, 1)) == [(50_000, 24_000)] * 2


def test_a_change_of_rules_within_the_year_keeps_the_accumulators() -> None:
    turn = (date(2023, 7, 1) - EPOCH).days
    rows = [(0, turn - 1, 0, 1, 80_000), (0, turn, 0, 1, 10_000)]
    later = outpatient_rules(ratio=9_000)
    periods = two_rules(SHIYAN, later, turn)
    assert pairs(fold_in_threads(columns_of(rows), periods, 1)) == [(50_000, 24_000), (0, 9_000)]


def test_days_without_rules_are_named_and_days_not_asked_for_are_left_out() -> None:
    def rules_on(day: date) -> OutpatientRules:
        if day < date(2023, 1, 1):
            raise NotInForce("没有规则")
        return SHIYAN

    first = (date(2022, 12, 31) - EPOCH).days
    periods = periods_of([first, first + 1, first + 3], rules_on)
    assert periods.not_in_force == {first: "没有规则"}
    assert periods.period_of_day == [-1, 0, -1, 0]
    assert periods.rules == [kernel_parameters(SHIYAN)]


def test_code_is_compiled_where_nothing_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    import numba

    whole = numba.njit

    def refuse_to_keep(*, cache: bool = False, **options: bool) -> object:
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return whole(**options)

    monkeypatch.setattr(numba, "njit", refuse_to_keep)
    assert machine_code(_twice)(21) == 42


def _twice(number: int) -> int:
    return number + number


def test_no_visits_give_no_results() -> None:
    nothing = columns_of([])
    periods = periods_of([], lambda day: SHIYAN)
    assert pairs(settle_columns(nothing, nothing.in_scope, 1, periods, threads=2)) == []
    assert compiled_fold() is compiled_fold()
