"""Reports as pure functions of what they are given."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.books.chart import CHART, Side
from ledger.books.kinds import TRANSFER_KINDS
from ledger.reports.account_statement import Movement, moves_account, statement_lines
from ledger.reports.crediting_list import account_and_owed
from ledger.reports.fund_report import (
    INCOME,
    PAYMENTS,
    PERSONAL_CASH,
    POOLED_CASH,
    SHIFTS,
    Pair,
)
from ledger.reports.head import ReportHead, entry_label
from ledger.reports.journal import JournalLeg
from ledger.reports.provider_statement import Payable
from ledger.reports.trial_balance import FlowTotal, net_flow, trial_balance
from tests.exports import invented

FLOWS = st.lists(
    st.builds(
        lambda kind, month, before: FlowTotal(
            kind.kind, kind.debit, kind.credit, 1, month, month + before
        ),
        st.sampled_from(sorted(TRANSFER_KINDS.values())),
        st.integers(0, 10**9),
        st.integers(0, 10**9),
    )
)


@given(FLOWS, st.lists(st.integers(-(10**9), 10**9), min_size=len(CHART), max_size=len(CHART)))
def test_every_pair_of_columns_is_equal(flows: list[FlowTotal], amounts: list[int]) -> None:
    openings = {account.code: fen for account, fen in zip(CHART, amounts, strict=True)}
    openings[CHART[0].code] -= sum(amounts)
    trial = trial_balance(openings, flows)
    assert [line.code for line in trial] == [account.code for account in CHART]
    assert sum(line.opening_fen for line in trial) == 0
    assert sum(line.year_opening_fen for line in trial) == 0
    assert sum(line.closing_fen for line in trial) == 0
    assert sum(line.debit_fen for line in trial) == sum(line.credit_fen for line in trial)


@given(FLOWS)
def test_the_two_funds_hold_what_lies_in_the_cash_accounts(flows: list[FlowTotal]) -> None:
    closing = {line.code: line.closing_fen for line in trial_balance({}, flows)}
    cash = sum(closing[code] for code in ("1101", "1102", "1103"))
    assert cash == -sum(closing[code] for code in (*POOLED_CASH, *PERSONAL_CASH))


def test_every_account_but_cash_belongs_to_one_fund() -> None:
    of_funds = [*POOLED_CASH, *PERSONAL_CASH]
    cash = [account.code for account in CHART if account.code.startswith("110")]
    assert sorted(of_funds + cash) == sorted(account.code for account in CHART)


@pytest.mark.parametrize("kind", sorted(TRANSFER_KINDS))
def test_the_lines_of_the_fund_report_carry_every_kind(kind: str) -> None:
    """What a kind does to a fund's cash is what its lines of income, payment and shift say."""
    pair = Pair(TRANSFER_KINDS[kind].debit, TRANSFER_KINDS[kind].credit)
    for codes, came, gone in (
        (POOLED_CASH, "pooled_in", "pooled_out"),
        (PERSONAL_CASH, "personal_in", "personal_out"),
    ):
        moved = (pair.credit in codes) - (pair.debit in codes)
        shown = sum(
            sign * (getattr(line, came).count(pair) - getattr(line, gone).count(pair))
            for sign, lines in ((1, INCOME), (-1, PAYMENTS), (1, SHIFTS))
            for line in lines
        )
        assert shown == moved, (kind, codes)


def test_a_balance_shows_on_its_normal_side() -> None:
    flow = FlowTotal("pool_pay", "5101", "2101", 2, 300, 300)
    lines = {line.code: line for line in trial_balance({"2101": -100, "5101": 100}, [flow])}
    assert lines["2101"].normal_side is Side.CREDIT
    assert (lines["2101"].opening_normal_fen, lines["2101"].closing_normal_fen) == (100, 400)
    assert lines["5101"].closing_normal_fen == 400


def test_a_refund_is_taken_off_its_kind() -> None:
    flows = [
        FlowTotal("pool_pay", "5101", "2101", 2, 300, 300),
        FlowTotal("pool_pay_refund", "2101", "5101", 1, 120, 120),
        FlowTotal("account_pay", "3201", "2102", 1, 50, 50),
    ]
    assert net_flow(flows, "pool_pay", "account_pay") == 230
    assert net_flow(flows, "family_pay") == 0


@pytest.mark.parametrize(
    ("kind", "way"),
    [("credit_employee", 1), ("clawback_retiree", -1), ("account_pay", -1), ("family_draw", -1),
     ("account_pay_refund", 1), ("owed_employee", 0), ("pool_pay", 0), ("family_pay", 0)],
)  # fmt: skip
def test_a_kind_moves_the_account_one_way(kind: str, way: int) -> None:
    assert moves_account(kind) == way


def test_the_balance_runs_and_what_leaves_the_account_alone_is_left_out() -> None:
    day = date(2023, 2, 1)
    movements = [
        Movement(day, "credit_employee", 2023, 202302, 500),
        Movement(day, "pool_pay", 2023, None, 70),
        Movement(day, "account_pay", 2022, None, 200, "医院"),
    ]
    lines = statement_lines({2022: 100}, movements, day, day)
    assert [(line.in_fen, line.out_fen, line.balance_fen) for line in lines] == [
        (500, 0, 600),
        (0, 200, 400),
    ]


def test_a_statement_closes_where_its_lines_end() -> None:
    report = invented.statement()
    assert report.closing_fen == report.lines[-1].balance_fen
    assert replace(report, lines=()).closing_fen == report.opening_fen


def test_a_claw_back_is_negative_and_a_debt_leaves_the_account_alone() -> None:
    assert account_and_owed("credit_retiree", 80) == (80, 0)
    assert account_and_owed("clawback_employee", 80) == (-80, 0)
    assert account_and_owed("owed_employee", 80) == (0, 80)


def test_what_is_unpaid_is_carried_and_due_less_paid() -> None:
    assert Payable(100, 250, 90).unpaid_fen == 260


def test_only_the_retirees_amounts_carry_the_mark() -> None:
    head = invented.HEAD
    marked = {kind for kind in TRANSFER_KINDS if "【假定】" in head.kind_label(kind)}
    assert marked == {"credit_retiree", "clawback_retiree", "owed_retiree"}
    sure = replace(head, retiree_flat_assumed=False)
    assert not any("【" in sure.kind_label(kind) for kind in TRANSFER_KINDS)


def test_instants_are_shown_in_chinas_time() -> None:
    head: ReportHead = invented.HEAD
    assert head.generated_text == "2023-03-01 09:30:00"
    assert entry_label("provider_payment") == "拨付定点机构"


def test_legs_of_an_entry_are_put_together() -> None:
    entries = list(invented.journal().entries())
    assert [(entry.entry_id, len(entry.legs)) for entry in entries] == [(1, 2), (2, 2), (3, 3)]
    assert isinstance(entries[0].legs[0], JournalLeg)
