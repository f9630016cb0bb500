"""What must hold of rules of any shape, and that plain and compiled give the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.benefits import kernel
from ledger.benefits.compiled import VisitColumns, fold_in_threads
from ledger.benefits.compiled_shapes import ShapeColumns, fold_shaped, months_of_days
from ledger.benefits.kernel import MOST_FEN, NEW_YEAR, Met, YearSoFar, add_to_year, settle_visit
from ledger.benefits.kernel_fold import SLOTS_PER_VISIT, fold_shaped_visits
from ledger.benefits.kernel_rules import kernel_parameters, with_shapes
from ledger.benefits.simulation import EPOCH, Periods, periods_of
from ledger.policy.shapes import Shapes, Window
from ledger.policy.values import DeductibleShape, OutpatientRules
from tests.kernel.rules import OUTPATIENT_RULES, outpatient_rules
from tests.kernel.shaped import DISEASES, shaped_rules

FEN = st.integers(0, 300_000) | st.integers(0, MOST_FEN)
SMALL = st.integers(0, 300_000)
YEAR = st.tuples(FEN, FEN, FEN, FEN, FEN)
MET = st.tuples(
    SMALL, st.integers(0, 9), SMALL, SMALL, SMALL, SMALL, SMALL, SMALL, SMALL,
    st.just(0), st.integers(0, len(DISEASES) - 1),
)  # fmt: skip
WHO = st.tuples(st.integers(0, 2), st.integers(1, 3))
FIRST, LAST = 19_300, 19_800
MONTHLY = outpatient_rules(shape=DeductibleShape.ANNUAL, deductible=(10_000,) * 3, ratio=10_000)


class Row(NamedTuple):
    person: int
    day: int
    status: int
    tier: int
    in_scope: int
    place: int
    disease: int


ROWS = st.lists(
    st.builds(
        Row,
        st.integers(0, 3),
        st.integers(FIRST, LAST),
        st.integers(0, 2),
        st.integers(1, 3),
        st.integers(0, 90_000) | st.integers(0, MOST_FEN),
        st.integers(0, 2),
        st.integers(0, len(DISEASES) - 1),
    ),
    max_size=30,
)


@given(shaped_rules(), YEAR, MET, WHO, FEN)
def test_the_parts_add_up_under_any_shape(
    rules: OutpatientRules, year: YearSoFar, met: Met, who: tuple[int, int], in_scope: int
) -> None:
    amounts = settle_visit(kernel_parameters(rules), year, met, *who, in_scope)
    deductible, beyond, cost, before, visit, annual, overall, pay, period, disease, shared = amounts
    assert before == pay + visit + annual + overall + period + disease + shared
    assert min(amounts) >= 0
    assert pay <= before <= beyond
    assert cost <= beyond
    assert deductible + beyond in (0, in_scope)


@given(shaped_rules(), YEAR, MET, WHO, FEN, FEN)
def test_a_dearer_visit_never_pays_less_under_any_shape(
    rules: OutpatientRules,
    year: YearSoFar,
    met: Met,
    who: tuple[int, int],
    in_scope: int,
    more: int,
) -> None:
    parameters = kernel_parameters(rules)
    pay = settle_visit(parameters, year, met, *who, in_scope)[7]
    dearer = min(in_scope + more, MOST_FEN)
    assert settle_visit(parameters, year, met, *who, dearer)[7] >= pay


@given(OUTPATIENT_RULES, YEAR, WHO.filter(lambda who: who[0] < 2), FEN)
def test_the_places_of_unused_shapes_change_nothing(
    rules: OutpatientRules, year: YearSoFar, who: tuple[int, int], in_scope: int
) -> None:
    plain = kernel_parameters(rules)
    shaped = with_shapes(plain, 0)
    assert len(plain) == kernel.WIDTH < len(shaped)
    met = kernel.NOTHING_MET
    settled = settle_visit(plain, year, met, *who, in_scope)
    assert settle_visit(shaped, year, met, *who, in_scope) == settled


@given(shaped_rules(), MET, WHO, FEN)
def test_giving_back_is_subtracting_what_was_added_under_any_shape(
    rules: OutpatientRules, met: Met, who: tuple[int, int], in_scope: int
) -> None:
    amounts = settle_visit(kernel_parameters(rules), NEW_YEAR, met, *who, in_scope)
    year = add_to_year(NEW_YEAR, amounts)
    assert add_to_year(year, [-part for part in amounts]) == NEW_YEAR


@settings(max_examples=150, deadline=None)
@given(shaped_rules(), shaped_rules() | OUTPATIENT_RULES, st.integers(FIRST, LAST), ROWS)
def test_plain_and_compiled_agree_under_any_shape(
    first: OutpatientRules, second: OutpatientRules, turn: int, rows: list[Row]
) -> None:
    periods = _periods(first, second, turn)
    rows = sorted(rows, key=lambda row: row[:2])
    assert _compiled(rows, periods, 1) == _plainly(rows, periods)


@settings(max_examples=50, deadline=None)
@given(OUTPATIENT_RULES, OUTPATIENT_RULES, st.integers(FIRST, LAST), ROWS)
def test_both_folds_agree_where_no_shape_is_used(
    first: OutpatientRules, second: OutpatientRules, turn: int, rows: list[Row]
) -> None:
    periods = _periods(first, second, turn)
    rows = sorted((row for row in rows if row.status < 2), key=lambda row: row[:2])
    plain = fold_in_threads(_columns(rows), periods, 1)
    assert _compiled(rows, periods, 1) == list(
        zip(plain.deductible.tolist(), plain.pay.tolist(), strict=True)
    )


def test_a_limit_of_a_month_and_a_deductible_of_a_month_share_one_window() -> None:
    """Counted twice, the second visit of the month would find more used than there was."""
    rules = _with(MONTHLY, deductible_window=Window.MONTH, period_cap_fen=(30_000, 30_000))
    periods = _periods(rules, rules, FIRST)
    rows = [Row(0, FIRST + day, 0, 1, 30_000, 0, 0) for day in (0, 1, 2, 40)]
    assert _plainly(rows, periods) == [(10_000, 20_000), (0, 10_000), (0, 0), (10_000, 20_000)]


def _with(rules: OutpatientRules, **shapes: Any) -> OutpatientRules:
    return replace(rules, shapes=replace(Shapes(), **shapes))


def _periods(first: OutpatientRules, second: OutpatientRules, turn: int) -> Periods:
    return periods_of(
        range(FIRST, LAST + 1), lambda day: first if (day - EPOCH).days < turn else second
    )


def _columns(rows: list[Row]) -> VisitColumns:
    kinds = (np.int32, np.int32, np.uint8, np.uint8, np.int64)
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(Row._fields)
    return VisitColumns(
        *(np.array(column, kind) for column, kind in zip(columns[:5], kinds, strict=True))
    )


def _compiled(rows: list[Row], periods: Periods, threads: int) -> list[tuple[int, int]]:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(Row._fields)
    place, disease = (np.array(column, np.int32) for column in columns[5:])
    shapes = ShapeColumns(place, np.zeros(len(rows), np.uint8), disease)
    settled = fold_shaped(_columns(rows), shapes, periods, threads)
    return list(zip(settled.deductible.tolist(), settled.pay.tolist(), strict=True))


def _plainly(rows: list[Row], periods: Periods) -> list[tuple[int, int]]:
    columns = [list(column) for column in zip(*rows, strict=True)] or [[]] * len(Row._fields)
    room = len(rows) * SLOTS_PER_VISIT + 1
    width = max(len(with_shapes(rules, 0)) for rules in periods.rules)
    deductible, pay = [0] * len(rows), [0] * len(rows)
    fold_shaped_visits(
        *columns[:6],
        [0] * len(rows),
        columns[6],
        periods.first_day,
        periods.period_of_day,
        periods.years,
        months_of_days(periods),
        [with_shapes(rules, width) for rules in periods.rules],
        [0] * room,
        [[0, 0, 0] for _ in range(room)],
        deductible,
        pay,
    )
    return list(zip(deductible, pay, strict=True))
