"""The month's workbook, the fund report and the providers' statements of a month with
resettlements and paper bills in it."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from ledger.core.months import Month
from ledger.core.people import Relation
from ledger.services.claims.claim import claim
from ledger.services.resettlement.resettle_payee import note_payee
from tests.exports.sheets import row_named, rows_of, values_of
from tests.people import certno, psn_no
from tests.reports.test_reporting import exported, report
from tests.resettle.test_claims import BANK, bill
from tests.resettle.test_resettle import Again, last_of, late_visit
from tests.world import World, code_of

SEPTEMBER = Month(2023, 9)


@pytest.fixture
def busy(world: World, again: Again) -> World:
    """Late visits, mutual aid, bills, two resettlements and a refund, all booked in September."""
    late_visit(world)
    world.link(world.relation(certno(1), certno(2), Relation.SPOUSE))
    world.settle(world.visit("B", psn_no(2), date(2023, 9, 5), 60_000, "hospital-2", use=2))
    claim(world.context, bill())
    claim(world.context, bill("B2", from_account=True, visited_at=datetime(2023, 6, 1, 9)))
    again()
    note_payee(world.context, psn_no(1), BANK, date(2023, 9, 2))
    world.settle(world.visit("february", psn_no(1), date(2023, 2, 1), 30_000))
    again()
    world.reverse({"setl_id": last_of(world, "april")}, datetime(2023, 9, 20, 9))
    return world


def test_the_month_reconciles(busy: World, tmp_path: Path) -> None:
    book = values_of(exported(busy, tmp_path, "reconciliation", month=SEPTEMBER))
    assert [row[1] for row in rows_of(book["核对"]) if row[5] == "不平"] == []
    assert row_named(book["核对"], "结论")[1] == "全部平衡"


def test_the_fund_report_is_even(busy: World, tmp_path: Path) -> None:
    book = values_of(exported(busy, tmp_path, "fund-report", month=SEPTEMBER))
    assert row_named(book["收支表"], "期末结余＝货币资金合计")[1] == "平"


@pytest.mark.parametrize("hospital", ["hospital-1", "hospital-2", "hospital-3"])
def test_a_provider_is_owed_the_sum_of_its_lines(busy: World, hospital: str) -> None:
    found = report(busy, "provider-statement", provider_code=code_of(hospital), month=SEPTEMBER)
    assert found.pool.payable_fen == sum(line.pool_fen for line in found.lines)
    assert found.account.payable_fen == sum(line.account_fen for line in found.lines)


def test_a_providers_statement_says_what_visits_said(world: World, tmp_path: Path) -> None:
    """A column only where any visit said more than the ordinary fields."""
    plain = values_of(
        exported(world, tmp_path, "provider-statement", provider_code=code_of("hospital-3"),
                 month=Month(2023, 3))
    )  # fmt: skip
    assert not any("就诊所填" in map(str, row) for row in rows_of(plain["结算明细"]))
    world.settle(
        world.visit("A", psn_no(1), date(2023, 3, 1), 60_000, disease_code="M03900", stay_id="Z1")
    )
    world.settle(world.visit("B", psn_no(1), date(2023, 3, 2), 60_000))
    book = values_of(
        exported(world, tmp_path, "provider-statement", provider_code=code_of("hospital-3"),
                 month=Month(2023, 3))
    )  # fmt: skip
    rows = rows_of(book["结算明细"])
    assert any("就诊所填" in map(str, row) for row in rows)
    assert [row[-1] for row in rows if row[1] in ("A", "B")] == ["病种 M03900，住院号 Z1", ""]
