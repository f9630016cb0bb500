"""Reports read from a database in which something of everything has happened."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from exports.catalog import EXPORTS
from ledger.core.errors import Unknown
from ledger.core.money import yuan_text
from ledger.core.months import Month
from ledger.core.people import ContributionKind
from ledger.reports.journal import Journal
from ledger.services.books import reporting
from ledger.services.books.read import balance
from tests.conftest import need_program
from tests.exports.sheets import row_named, rows_of, values_of
from tests.people import CHEN, LIN, WANG, YU_NAME, ZHAO, somebody
from tests.world import World, busy_template, code_of, copy_of

JANUARY, FEBRUARY = Month(2023, 1), Month(2023, 2)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The busy quarter, only read."""
    made = copy_of(busy_template(), tmp_path_factory.mktemp("reports") / "busy.db")
    yield made
    made.close()


def report(world: World, name: str, **arguments: Any) -> Any:
    """A report with its streams read into lists."""
    with reporting.opened(world.context, name, **arguments) as value:
        fields = {field: getattr(value, field) for field in value.__slots__}
        streams = {k: list(v) for k, v in fields.items() if isinstance(v, Iterator)}
        return type(value)(**(fields | streams))


def exported(world: World, folder: Path, name: str, **arguments: Any) -> Path:
    path = folder / f"{name}{EXPORTS[name].suffix}"
    with reporting.opened(world.context, name, **arguments) as value:
        EXPORTS[name].write(value, path)
    return path


@pytest.mark.parametrize("month", [Month(2022, 12), JANUARY, FEBRUARY, Month(2023, 3)])
def test_every_month_reconciles(world: World, tmp_path: Path, month: Month) -> None:
    book = values_of(exported(world, tmp_path, "reconciliation", month=month))
    wrong = [row[1] for row in rows_of(book["核对"]) if row[5] == "不平"]
    assert wrong == []
    assert row_named(book["核对"], "结论")[1] == "全部平衡"


def test_the_details_of_a_month_are_what_happened_in_it(world: World) -> None:
    month = report(world, "reconciliation", month=JANUARY)
    assert {line.visit_id for line in month.settlements} >= set("ABCDEFG")
    assert sum(line.is_refund for line in month.settlements) == 1
    assert month.counts.refunds == 1
    assert sum(line.total_fen for line in month.settlements) == month.settled_total_fen
    assert {line.kind for line in month.fund_flows} == {"fund_to_fiscal", "fund_to_disbursement"}
    assert {line.employer_name for line in month.contributions} == {"十堰样例一厂"}


def test_a_payment_is_listed_in_the_month_in_which_it_was_made(world: World) -> None:
    assert report(world, "reconciliation", month=JANUARY).payments == []
    paid = report(world, "reconciliation", month=FEBRUARY).payments
    assert {line.month for line in paid} == {202301}
    assert sum(line.pool_fen + line.account_fen for line in paid) > 0


def test_whoever_was_not_credited_is_listed_with_the_reason(world: World) -> None:
    with world.context.reading() as connection:
        month = reporting.reconciliation(world.context, connection, Month(2023, 3))
        reasons = {line.name: line.reason for line in month.not_credited}
    assert reasons[CHEN.name] == "本月尚未划账"
    assert WANG.name not in reasons, "the pool-only plan has no account to credit"


def test_what_arrived_too_late_for_its_month_waits_for_the_next_run(world: World) -> None:
    lines = report(world, "reconciliation", month=JANUARY).not_credited
    assert [(line.name, line.reason) for line in lines] == [
        ("其他参保人", "缴费已到账，本月未划入，待补划")
    ]


def test_a_contribution_that_did_not_arrive_is_the_reason(world: World) -> None:
    lines = report(world, "reconciliation", month=FEBRUARY).not_credited
    assert {line.reason for line in lines if line.name == "其他参保人"} == {"本月缴费未到账"}


def test_debts_at_the_end_of_a_month_are_the_accounts_balance(world: World) -> None:
    month = report(world, "reconciliation", month=FEBRUARY)
    owed = next(line for line in month.trial if line.code == "1201").closing_fen
    assert sum(line.owed_fen for line in month.owed) == owed
    assert {line.name for line in month.owed} == {ZHAO.name}


def test_a_retirement_is_listed_in_its_month(world: World) -> None:
    names = [line.name for line in report(world, "reconciliation", month=FEBRUARY).retired]
    assert names == [CHEN.name]
    assert report(world, "reconciliation", month=JANUARY).retired == []


def test_a_refund_of_an_earlier_month_is_a_refund_across_months(tmp_path: Path) -> None:
    world = World(tmp_path / "own.db")
    world.enrol(CHEN)
    chen = str(CHEN.psn_no)
    first = world.settle(world.visit("A", chen, date(2023, 1, 10), 90_000))
    again = world.settle(world.visit("B", chen, date(2023, 2, 10), 30_000))
    world.reverse(first, datetime(2023, 2, 11, 9))
    world.reverse(again, datetime(2023, 2, 12, 9))
    found = report(world, "reconciliation", month=FEBRUARY).cross_month_refunds
    assert [(line.original_id, line.original_month) for line in found] == [
        (first["setl_id"], 202301)
    ]
    assert found[0].total_fen == -90_000
    world.close()


def test_a_contribution_outside_the_benefit_period_is_listed(tmp_path: Path) -> None:
    world = World(tmp_path / "own.db")
    left = somebody(7, "离开的人", benefit_until=date(2023, 1, 1))
    world.enrol(CHEN, left)
    world.contribute(
        world.contribution(str(CHEN.psn_no), "2023-01", 500_000),
        world.contribution(str(left.psn_no), "2023-01", 400_000),
    )
    found = report(world, "reconciliation", month=JANUARY).not_rostered
    assert [(line.name, line.account_fen, line.reason) for line in found] == [
        ("离开的人", 8_000, "费款所属期不在待遇享受期")
    ]
    world.close()


@pytest.mark.parametrize("who", [CHEN, LIN, ZHAO])
def test_a_statement_ends_at_the_balance(world: World, who: Any) -> None:
    statement = report(world, "statement", person=who.psn_no)
    assert statement.closing_fen == world.balance(who.psn_no)
    assert sum(year.left_fen for year in statement.years) == statement.closing_fen
    assert statement.holder.name == who.name


def test_a_statement_begins_where_the_days_before_ended(world: World) -> None:
    whole = report(world, "statement", person=CHEN.psn_no)
    part = report(world, "statement", person=CHEN.psn_no, first_day=date(2023, 2, 1))
    assert part.opening_fen == 300_000 + sum(
        line.in_fen - line.out_fen for line in whole.lines if line.happened_on.month == 1
    )
    assert part.closing_fen == whole.closing_fen


def test_a_statement_tells_of_limits_family_and_debts(world: World) -> None:
    chen = report(world, "statement", person=CHEN.certno)
    assert {(use.user_name, use.relation) for use in chen.family} == {
        (LIN.name, "配偶"),
        (YU_NAME, "子女"),
    }
    assert chen.outpatient.deductible_fen == 50_000
    used = world.accumulators(str(CHEN.psn_no), 2023)
    assert (chen.outpatient.deductible_used_fen, chen.outpatient.cap_used_fen) == (used[1], used[3])
    zhao = report(world, "statement", person=ZHAO.psn_no)
    owed = balance(world.context, str(ZHAO.psn_no), date(2023, 2, 1))["owed"]
    assert yuan_text(zhao.owed_fen) == owed
    assert zhao.owed_fen > 0


def test_a_relative_without_an_account_has_a_statement_of_what_was_paid_for_him(
    world: World,
) -> None:
    number = world.rows("SELECT certno FROM person WHERE name = ?", YU_NAME)[0][0]
    statement = report(world, "statement", person=number)
    assert statement.lines == ()
    assert {use.holder_name for use in statement.family} == {CHEN.name}


def test_a_statement_marks_the_retirees_assumed_amount_and_nothing_else(world: World) -> None:
    lin = report(world, "statement", person=LIN.psn_no)
    assert [value.key for value in lin.head.assumptions] == ["crediting.retiree_flat"]
    assert report(world, "statement", person=ZHAO.psn_no).head.assumptions == ()


def test_an_employers_list_names_its_people_only(world: World) -> None:
    listed = report(world, "crediting-list", employer_no="E001", month=FEBRUARY)
    assert listed.employer_name == "十堰样例一厂"
    names = {line.name for line in listed.lines}
    assert CHEN.name in names
    assert LIN.name not in names
    assert {"补收", "基数补差", "退收", ""} & {line.reason for line in listed.lines}


def test_a_list_shows_the_base_that_its_credit_was_counted_on(tmp_path: Path) -> None:
    world = World(tmp_path / "own.db")
    world.enrol(CHEN)
    chen = str(CHEN.psn_no)
    world.contribute(world.contribution(chen, "2023-01", 500_000))
    world.credit("2023-01")
    kind, arrived_on = ContributionKind.BASE_DIFFERENCE, date(2023, 2, 20)
    world.contribute(world.contribution(chen, "2023-01", 50_000, kind, arrived_on))
    world.credit("2023-02")
    january, february = (
        report(world, "crediting-list", employer_no="E001", month=month).lines
        for month in (JANUARY, FEBRUARY)
    )
    assert [(line.base_fen, line.account_fen) for line in january] == [(500_000, 10_000)]
    assert [(line.base_fen, line.account_fen) for line in february] == [(550_000, 1_000)]
    world.close()


def test_a_provider_is_owed_the_sum_of_its_visits(world: World) -> None:
    for month in (JANUARY, FEBRUARY):
        for code in (code_of("hospital-3"), code_of("hospital-1")):
            found = report(world, "provider-statement", provider_code=code, month=month)
            assert found.pool.payable_fen == sum(line.pool_fen for line in found.lines)
            assert found.account.payable_fen == sum(line.account_fen for line in found.lines)
    carried = report(
        world, "provider-statement", provider_code=code_of("hospital-1"), month=FEBRUARY
    )
    assert carried.pool.brought_forward_fen == carried.pool.paid_fen > 0


def test_the_fund_report_is_even(world: World, tmp_path: Path) -> None:
    book = values_of(exported(world, tmp_path, "fund-report", month=FEBRUARY))
    assert row_named(book["收支表"], "期末结余＝货币资金合计")[1] == "平"


def test_the_journal_has_every_transfer_once(world: World) -> None:
    with reporting.opened(world.context, "journal") as value:
        journal: Journal = value
        legs = list(journal.legs)
    assert sum(leg.transfers for leg in legs) == world.count("transfer")
    assert sum(leg.amount_fen for leg in legs) == world.rows(
        "SELECT sum(amount_fen) FROM transfer"
    )[0][0]  # fmt: skip
    ids = [leg.entry_id for leg in legs]
    assert ids == sorted(ids)


def test_hledger_finds_the_ledgers_balances(world: World, tmp_path: Path) -> None:
    hledger = need_program("hledger")
    path = exported(world, tmp_path, "journal")
    environment = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
    subprocess.run([hledger, "-f", path, "check", "--strict"], check=True, env=environment)
    shown = subprocess.run(
        [hledger, "-f", path, "bal", "净资产:个人账户基金", "-N", "--format", "%(total)"],
        check=True,
        capture_output=True,
        encoding="utf-8",
        env=environment,
    ).stdout.strip()
    held = world.rows("SELECT sum(credited_fen - debited_fen) FROM personal_account")[0][0]
    assert shown == f"{yuan_text(-held)} CNY"


@pytest.mark.parametrize(
    ("name", "arguments", "code"),
    [
        ("statement", {"person": "nobody"}, "person/unknown"),
        ("crediting-list", {"employer_no": "E999", "month": JANUARY}, "employer/unknown"),
        ("provider-statement", {"provider_code": "H9", "month": JANUARY}, "provider/unknown"),
    ],
)
def test_what_is_not_there_is_named(
    world: World, name: str, arguments: dict[str, Any], code: str
) -> None:
    with pytest.raises(Unknown) as caught, reporting.opened(world.context, name, **arguments):
        pass
    assert caught.value.code == code
