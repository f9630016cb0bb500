"""`verify` finds nothing wrong in a busy quarter, and names exactly what was planted in it.

Each breach is planted with raw SQL: the triggers are taken off first and put back afterwards,
CHECKs are switched off, so that nothing but `verify` stands between the breach and the reader.
"""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from sqlalchemy import event

from ledger.books.kinds import TRANSFER_KINDS, TransferKind
from ledger.policy.loader import load_pack
from ledger.services.books.verify import verify
from tests import databases
from tests.world import World

SETTLED_CASH = "(SELECT settlement_id FROM settlement WHERE visit_id = 'cash-only')"
SHARED = "(SELECT settlement_id FROM settlement WHERE visit_id = 'H')"
POOLED = "(SELECT settlement_id FROM settlement WHERE visit_id = 'I')"
CAPPED = "(SELECT settlement_id FROM settlement WHERE visit_id = 'D')"
RUN = "(SELECT max(entry_id) FROM transfer WHERE kind = 'credit_retiree')"
A_FLOW = "(SELECT max(entry_id) FROM entry WHERE kind = 'fund_flow')"

PLANTED = {
    "a credit is a fen larger": (
        {"verify/year-totals"},
        "UPDATE transfer SET amount_fen = amount_fen + 1 "
        f"WHERE kind = 'credit_retiree' AND entry_id = {RUN}",
    ),
    "what a provider is owed is a fen larger": (
        {"verify/settlement-books"},
        f"UPDATE transfer SET amount_fen = amount_fen + 1 WHERE kind = 'pool_pay' "
        f"AND entry_id = {POOLED}",
    ),
    "money changes its year": (
        {"verify/year-totals"},
        f"UPDATE transfer SET fund_year = 2020 WHERE kind = 'credit_retiree' AND entry_id = {RUN}",
    ),
    "a transfer is deleted": (
        {"verify/legs"},
        f"DELETE FROM transfer WHERE entry_id = {A_FLOW}",
    ),
    "a leg is added": (
        {"verify/legs"},
        "INSERT INTO transfer SELECT person_id, entry_id, leg + 1, kind, happened_on, "
        "fiscal_month, fund_year, benefit_month, debit_account, credit_account, 1, NULL, NULL "
        f"FROM transfer WHERE entry_id = {A_FLOW}",
    ),
    "a leg moves to another day": (
        {"verify/legs"},
        "UPDATE transfer SET happened_on = '2023-02-27' WHERE fiscal_month = 202302 "
        "AND kind = 'contribution_personal'",
    ),
    "an entry without its legs is added": (
        {"verify/legs"},
        "INSERT INTO entry SELECT person_id, entry_id + 1, kind, 1, happened_on, recorded_at, "
        "202302, NULL, NULL, NULL, actor, memo FROM entry WHERE kind = 'fund_flow' LIMIT 1",
    ),
    "an entry is deleted": (
        {"verify/legs"},
        f"DELETE FROM entry WHERE entry_id = {A_FLOW}",
    ),
    "a settlement's entry is deleted though it moved nothing": (
        {"verify/settlement-books"},
        f"DELETE FROM entry WHERE entry_id = {SETTLED_CASH}",
    ),
    "a settlement's entry moves to another day though it moved nothing": (
        {"verify/settlement-books"},
        f"UPDATE entry SET happened_on = '2023-01-31' WHERE entry_id = {SETTLED_CASH}",
    ),
    "the rules that decided are changed afterwards": (
        {"verify/policy-version"},
        "UPDATE policy_version SET content = replace(content, '0.50', '0.60')",
    ),
    "a visit is deleted": (
        {"verify/settlement-books"},
        "DELETE FROM visit WHERE visit_id = 'cash-only'",
    ),
    "a visit's amount is changed after it was settled": (
        {"verify/settlement-books"},
        "UPDATE visit SET total_fen = total_fen + 1 WHERE visit_id = 'cash-only'",
    ),
    "a settlement's entry claims to reverse another": (
        {"verify/not-reversible"},
        "UPDATE entry SET reverses_entry_id = (SELECT min(o.entry_id) FROM entry AS o "
        "WHERE o.person_id = entry.person_id AND o.kind = 'settlement') "
        f"WHERE entry_id = {POOLED}",
    ),
    "two entries share a number": (
        {"verify/entry-id"},
        "INSERT INTO entry SELECT person_id + 1, entry_id, kind, 0, happened_on, recorded_at, "
        "fiscal_month, NULL, NULL, NULL, actor, memo FROM entry "
        f"WHERE entry_id = {SETTLED_CASH}",
    ),
    "money goes to another account than its kind": (
        {"verify/transfer-accounts"},
        f"UPDATE transfer SET credit_account = '2102' WHERE entry_id = {POOLED} "
        "AND kind = 'pool_pay'",
    ),
    "an account of the chart turns its side": (
        {"verify/chart"},
        "UPDATE account SET normal_side = 'debit' WHERE code = '3201'",
    ),
    "an account of the chart has another name": (
        {"verify/chart"},
        "UPDATE account SET name = name || '（旧）' WHERE code = '1101'",
    ),
    "an account of the chart changes its type": (
        {"verify/chart"},
        "UPDATE account SET type = 'asset' WHERE code = '2101'",
    ),
    "an account of the chart goes to the other fund": (
        {"verify/chart"},
        "UPDATE account SET fund = 'personal' WHERE code = '3101'",
    ),
    "an account of nobody's stands in the chart": (
        {"verify/chart"},
        "INSERT INTO account (code, name, english, type, normal_side, fund) "
        "VALUES ('9999', '其他', 'other', 'asset', 'debit', 'common')",
    ),
    "an account is gone from the chart": (
        {"verify/chart", "verify/transfer-shape"},
        "DELETE FROM account WHERE code = '5104'",
    ),
    "an account is wrong by a fen": (
        {"verify/account-totals"},
        "UPDATE personal_account SET credited_fen = credited_fen + 1 WHERE person_id = 1",
    ),
    "an account's year is wrong by a fen": (
        {"verify/year-totals", "verify/account-totals"},
        "UPDATE account_year SET credited_fen = credited_fen + 1 WHERE person_id = 1",
    ),
    "an account is overdrawn": (
        {"verify/overdraft", "verify/account-totals"},
        "UPDATE personal_account SET debited_fen = credited_fen + 1 WHERE person_id = 1",
    ),
    "a year is overdrawn": (
        {"verify/year-overdraft", "verify/year-totals", "verify/account-totals"},
        "UPDATE account_year SET debited_fen = credited_fen + 1 WHERE person_id = 1 "
        "AND year = 2023",
    ),
    "money is held without a hold": (
        {"verify/holds"},
        "UPDATE personal_account SET held_fen = 1 WHERE person_id = 1",
    ),
    "a hold holds nothing": (
        {"verify/holds"},
        "INSERT INTO hold (person_id, hold_id, amount_fen, placed_on) "
        "VALUES (1, 1, 100, '2023-02-01')",
    ),
    "a holder gives more than the relative gets": (
        {"verify/clearing"},
        f"UPDATE transfer SET amount_fen = amount_fen + 1 WHERE kind = 'family_draw' "
        f"AND entry_id = {SHARED}",
        "UPDATE personal_account SET debited_fen = debited_fen + 1 WHERE person_id = 1",
        "UPDATE account_year SET debited_fen = debited_fen + 1 WHERE person_id = 1 AND year = 2022",
    ),
    "a reversal is reversed": (
        {"verify/not-reversible"},
        "INSERT INTO entry SELECT person_id, entry_id + 1, kind, 0, happened_on, recorded_at, "
        "202302, NULL, entry_id, NULL, actor, memo FROM entry "
        "WHERE reverses_entry_id IS NOT NULL AND fiscal_month = 202302",
    ),
    "a closed month takes an entry": (
        {"verify/closed-month"},
        "INSERT INTO entry SELECT person_id, entry_id + 1, kind, 0, '2023-01-31', "
        "'2099-01-01 00:00:00', 202301, NULL, NULL, NULL, actor, memo FROM entry "
        "WHERE kind = 'fund_flow' LIMIT 1",
    ),
    "an entry stands in a month that was never opened": (
        {"verify/closed-month", "verify/settlement-books"},
        f"UPDATE entry SET fiscal_month = 203001 WHERE entry_id = {SETTLED_CASH}",
    ),
    "a closed month's turnover is changed": (
        {"verify/month-roll-up"},
        "UPDATE account_month SET debit_fen = debit_fen + 1 WHERE fiscal_month = 202301 "
        "AND account = '1101'",
    ),
    "a closed month's turnover is deleted": (
        {"verify/month-roll-up"},
        "DELETE FROM account_month WHERE fiscal_month = 202301 AND account = '5101'",
    ),
    "a settlement's parts do not add up": (
        {"verify/settlement-parts"},
        "UPDATE settlement SET cash_fen = cash_fen + 1 WHERE visit_id = 'D'",
    ),
    "a settlement says other than the books": (
        {"verify/settlement-books"},
        "UPDATE settlement SET account_fen = account_fen + 1, cash_fen = cash_fen - 1 "
        "WHERE visit_id = 'D'",
    ),
    "a refund is no mirror": (
        {"verify/refund-mirror", "verify/settlement-books"},
        "UPDATE settlement SET total_fen = total_fen - 1, cash_fen = cash_fen - 1, "
        "fully_self_paid_fen = fully_self_paid_fen - 1 WHERE visit_id = 'late-R'",
    ),
    "a holder's part is changed": (
        {"verify/family-draws"},
        f"UPDATE family_draw SET amount_fen = amount_fen + 1 WHERE settlement_id = {SHARED}",
    ),
    "a quota forgets what was used": (
        {"verify/family-draws"},
        "UPDATE family_link SET used_fen = 0 WHERE quota_fen IS NOT NULL",
    ),
    "the year's deductible is changed": (
        {"verify/accumulators"},
        "UPDATE accumulator SET deductible_fen = deductible_fen - 1 WHERE person_id = 1",
    ),
    "the year's payments are deleted": (
        {"verify/accumulators"},
        "DELETE FROM accumulator WHERE person_id = 4",
    ),
    "a settlement is deleted": (
        {"verify/accumulators"},
        "DELETE FROM settlement WHERE visit_id = 'cash-only'",
    ),
    "the fund paid a fen above the limit": (
        {"verify/annual-cap"},
        "UPDATE settlement SET pool_fen = pool_fen + 1, cash_fen = cash_fen - 1 "
        "WHERE visit_id = 'D'",
        f"UPDATE transfer SET amount_fen = amount_fen + 1 WHERE kind = 'pool_pay' "
        f"AND entry_id = {CAPPED}",
        "UPDATE account_month SET debit_fen = debit_fen + 1 WHERE fiscal_month = 202301 "
        "AND account = '5101'",
        "UPDATE account_month SET credit_fen = credit_fen + 1 WHERE fiscal_month = 202301 "
        "AND account = '2101'",
        "UPDATE accumulator SET paid_fen = paid_fen + 1, overall_fen = overall_fen + 1 "
        "WHERE person_id = 4",
    ),
    "a contribution's amount is changed": (
        {"verify/contributions"},
        "UPDATE contribution SET employer_fen = employer_fen + 1 WHERE person_id = 4 "
        "AND month = 202302",
    ),
    "a contribution moves from the pool to the account": (
        {"verify/contributions"},
        "UPDATE contribution SET account_fen = account_fen + 1 WHERE person_id = 4 "
        "AND month = 202302",
    ),
    "a contribution is deleted": (
        {"verify/contributions"},
        "DELETE FROM contribution WHERE person_id = 4 AND month = 202302",
    ),
    "a provider's payment is changed": (
        {"verify/provider-payments"},
        "UPDATE provider_statement SET pool_fen = pool_fen + 1 WHERE provider_id = 1",
    ),
    "a provider's payment is forgotten": (
        {"verify/provider-payments"},
        "DELETE FROM provider_statement WHERE provider_id = 1",
    ),
    "an answer is forgotten": (
        {"verify/request-answer"},
        "DELETE FROM request WHERE request_id = 'flow-1'",
    ),
    "one request has two effects": (
        {"verify/request"},
        f"UPDATE entry SET request_id = 'flow-1' WHERE entry_id = {A_FLOW}",
    ),
}


def test_nothing_is_wrong_in_a_busy_quarter(world: World) -> None:
    found = verify(world.context)
    assert found["ok"], found["breaches"]
    assert found["checks"] >= 25
    assert found["breaches"] == []


@pytest.mark.parametrize("breach", PLANTED)
def test_a_planted_breach_is_named(world: World, breach: str) -> None:
    expected, *statements = PLANTED[breach]
    databases.plant(world.path, statements)
    assert set(world.breaches()) == expected


@pytest.mark.parametrize("kind", TRANSFER_KINDS.values(), ids=lambda kind: kind.kind)
def test_no_kind_stays_within_one_account(kind: TransferKind) -> None:
    """So what has the accounts of its kind has two of them, and needs no second look."""
    assert kind.debit != kind.credit


@databases.only_sqlite
@pytest.mark.parametrize(
    "sql",
    [
        "DROP TRIGGER transfer_refuse_update",
        "DROP TRIGGER fiscal_month_refuse_reopen",
        "DROP TRIGGER entry_check_insert; CREATE TRIGGER entry_check_insert BEFORE INSERT ON entry "
        "BEGIN SELECT 1; END",
    ],
)
def test_a_trigger_that_is_gone_or_changed_is_named(world: World, sql: str) -> None:
    connection = sqlite3.connect(world.path)
    connection.executescript(sql)
    connection.close()
    breach = verify(world.context)["breaches"]
    assert [found["code"] for found in breach] == ["verify/triggers"]
    assert breach[0]["where"] == [sql.split()[2].rstrip(";")]


def test_a_breach_says_how_often_and_where_first(world: World) -> None:
    databases.plant(world.path, ["UPDATE personal_account SET credited_fen = credited_fen + 1"])
    (breach,) = verify(world.context)["breaches"]
    assert breach["times"] == world.count("personal_account") > 1
    assert "person 1: 1 / 0" in breach["where"]
    assert breach["invariant"] == 4


@databases.only_postgres
def test_amounts_that_leave_64_bits_are_named(world: World) -> None:
    huge = 2**63 - 1
    years = ", ".join(f"(1, {year}, {huge}, 0)" for year in (2098, 2099))
    columns = "(person_id, year, credited_fen, debited_fen)"
    databases.plant(world.path, [f"INSERT INTO account_year {columns} VALUES {years}"])
    places = {breach["code"]: breach["where"] for breach in verify(world.context)["breaches"]}
    assert places == {
        "verify/account-totals": [f"person 1: {-2 * huge} / 0"],
        "verify/year-totals": [f"person 1 year {year}: {huge} / 0" for year in (2098, 2099)],
    }


@databases.only_postgres
def test_books_for_reading_only_are_proved_too(world: World) -> None:
    def for_reading(connection: Any, _record: object) -> None:
        connection.execute("SET default_transaction_read_only = on")
        connection.commit()

    world.context.engine.dispose()
    event.listen(world.context.engine, "connect", for_reading)
    assert verify(world.context)["ok"]


def test_the_limit_is_the_one_of_the_pack(world: World) -> None:
    lower = World(world.path, load_pack("420300-shiyan", {"annual_cap": "2999.99"}))
    assert lower.breaches() == ["verify/annual-cap"]
    lower.close()
