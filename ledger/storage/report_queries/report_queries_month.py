"""Details of a month of account, streamed: contributions, credits, settlements, payments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from sqlalchemy import Connection

from ledger.books.chart import (
    AWAITING_CREDIT,
    CASH_ACCOUNTS,
    OWED_BY_PERSONS,
    PERSONAL_ACCOUNT_FUND,
)
from ledger.core.months import Month
from ledger.core.visit_facts import in_words, shown
from ledger.reports.crediting_list import CreditLine, account_and_owed
from ledger.reports.provider_statement import SettlementLine
from ledger.reports.reconciliation import (
    DETAILED_KINDS,
    ContributionLine,
    FundFlowLine,
    MovementLine,
    PaymentLine,
    ProviderBalanceLine,
)
from ledger.storage.as_of import ALWAYS
from ledger.storage.visits.visit_facts import facts_of

# Contributions stand by person; those of a month are found through the entries of the month,
# which are few: one for each day and file.
_CONTRIBUTIONS = """
    SELECT c.arrived_on, c.month, coalesce(w.employer_no, ''), coalesce(w.name, ''),
        coalesce(p.psn_no, ''), p.name, c.kind, c.base_fen, c.employer_fen, c.personal_fen,
        c.employer_fen + c.personal_fen - c.account_fen, c.account_fen
    FROM entry AS e
    JOIN contribution AS c ON c.entry_id = e.entry_id
    JOIN person AS p ON p.person_id = c.person_id
    LEFT JOIN employer AS w ON w.employer_id = c.employer_id
    WHERE e.fiscal_month = :month AND e.person_id = 0 AND e.kind = 'contribution'
"""


def contributions(connection: Connection, month: Month) -> Iterator[ContributionLine]:
    for row in connection.exec_driver_sql(_CONTRIBUTIONS, {"month": month.number}):
        yield ContributionLine(date.fromisoformat(row[0]), *row[1:])


# Days are compared as text, which both databases do alike: day 32 lies behind any day of a month.
MONTH_OF = "({0} / 100) || '-' || substr(CAST(100 + {0} % 100 AS TEXT), 2)"
_MONTH = MONTH_OF.format("t.benefit_month")
# What a person counted as in the month credited: the first span that touches it, else, for a
# claw-back from somebody who left, the last one before it.
_SPAN_START = f"""
    coalesce(
        (SELECT min(x.valid_from) FROM person_span AS x WHERE x.person_id = t.person_id
            AND CAST(x.valid_from AS TEXT) < {_MONTH} || '-32'
            AND CAST(x.valid_until AS TEXT) > {_MONTH} || '-01'),
        (SELECT max(x.valid_from) FROM person_span AS x WHERE x.person_id = t.person_id
            AND CAST(x.valid_from AS TEXT) < {_MONTH} || '-32'),
        (SELECT min(x.valid_from) FROM person_span AS x WHERE x.person_id = t.person_id))
"""
_CREDITS = f"""
    SELECT coalesce(p.psn_no, ''), p.name, p.certno, coalesce(s.status, ''),
        coalesce(w.employer_no, ''), coalesce(w.name, ''), t.benefit_month, t.kind, t.amount_fen,
        CASE WHEN t.kind = 'credit_employee' THEN
            (SELECT sum(c.base_fen) FROM contribution AS c
             WHERE c.person_id = t.person_id AND c.month = t.benefit_month
                AND c.entry_id < t.entry_id) END,
        coalesce(d.reason, '')
    FROM {{people}} transfer AS t
    JOIN person AS p ON p.person_id = t.person_id
    LEFT JOIN person_span AS s ON s.person_id = t.person_id AND s.valid_from = {_SPAN_START}
    LEFT JOIN employer AS w ON w.employer_id = s.employer_id
    LEFT JOIN credit_difference AS d ON d.person_id = t.person_id AND d.entry_id = t.entry_id
        AND d.benefit_month = t.benefit_month
        AND d.source = CASE WHEN t.kind LIKE '%_retiree' THEN 'retiree' ELSE 'employee' END
    WHERE t.fiscal_month = :month AND t.kind IN ({{advance}}'credit_employee', 'credit_retiree',
        'clawback_employee', 'clawback_retiree', 'owed_employee', 'owed_retiree')
        AND t.entry_id < :before {{only}}
"""
# In the month's workbook advances stand among the movements.
_CREDITS_OF_ALL = _CREDITS.format(people="", only="", advance="")
# An employer's list begins with whoever was ever its employee: nobody else's credits are read.
_CREDITS_OF_EMPLOYER = _CREDITS.format(
    people="""(SELECT DISTINCT x.person_id FROM employer AS y
        JOIN person_span AS x ON x.employer_id = y.employer_id
        WHERE y.employer_no = :employer) AS q CROSS JOIN""",
    only="AND t.person_id = q.person_id AND w.employer_no = :employer",
    advance="'credit_advance', ",
)


def credits(
    connection: Connection,
    month: Month,
    reasons: dict[str, str],
    employer_no: str | None = None,
    before: int = ALWAYS,
) -> Iterator[CreditLine]:
    """What crediting runs booked in a month of account; one employer's people, or everybody's.

    Args:
        reasons: code of a difference's reason -> its words.
        before: only entries below this id, here and in the functions that follow.
    """
    query = _CREDITS_OF_ALL if employer_no is None else _CREDITS_OF_EMPLOYER
    marks = {"month": month.number, "employer": employer_no, "before": before}
    for row in connection.exec_driver_sql(query, marks):
        account, owed = account_and_owed(row[7], row[8])
        reason = reasons.get(row[10], row[10])
        yield CreditLine(*(*row[:8], account, owed, row[9], reason))


# By provider: the index on (provider, month) finds a month's settlements without a scan. CROSS
# JOIN keeps SQLite from turning the order round.
_SETTLEMENTS = """
    SELECT CAST(s.settlement_id AS TEXT), s.visit_id, s.settled_at, v.code, v.name,
        coalesce(p.psn_no, ''), p.name, s.status, s.med_type,
        s.reverses_settlement_id IS NOT NULL, s.total_fen, s.fully_self_paid_fen,
        s.over_limit_fen, s.paid_first_fen, s.in_scope_fen, s.deductible_fen, s.pool_fen,
        s.total_fen - s.pool_fen, s.account_fen, s.family_fen, s.cash_fen
    FROM provider AS v
    CROSS JOIN settlement AS s ON s.provider_id = v.provider_id AND s.fiscal_month = :month
    JOIN person AS p ON p.person_id = s.person_id
    WHERE (:provider IS NULL OR v.code = :provider) AND s.settlement_id < :before
"""


_TO_PERSONS = """
    SELECT CAST(entry_id AS TEXT), sum(CASE
        WHEN kind IN ('pool_pay_person', 'owed_pool_refund') THEN amount_fen ELSE -amount_fen END)
    FROM transfer WHERE fiscal_month = :month AND provider_id > 0 AND entry_id < :before
        AND kind IN ('pool_pay_person', 'pool_pay_person_refund', 'owed_pool', 'owed_pool_refund')
        AND (:provider IS NULL
            OR provider_id = (SELECT provider_id FROM provider WHERE code = :provider))
    GROUP BY entry_id
"""


NOTHING_SAID: Mapping[str, str] = {}
_FACTS = """
    SELECT CAST(s.settlement_id AS TEXT), w.facts
    FROM provider AS v
    CROSS JOIN settlement AS s ON s.provider_id = v.provider_id AND s.fiscal_month = :month
    JOIN visit AS w ON w.person_id = s.person_id AND w.visit_id = s.visit_id
    WHERE v.code = :provider AND w.facts IS NOT NULL AND s.settlement_id < :before
"""


def facts_of_month(
    connection: Connection, month: Month, provider_code: str, before: int = ALWAYS
) -> dict[str, str]:
    """Settlement -> what its visit said beside the ordinary fields, in words."""
    marks = {"month": month.number, "provider": provider_code, "before": before}
    rows = connection.exec_driver_sql(_FACTS, marks)
    return {number: in_words(shown(facts_of(text))) for number, text in rows}


def settlements(
    connection: Connection,
    month: Month,
    provider_code: str | None = None,
    before: int = ALWAYS,
    said: Mapping[str, str] = NOTHING_SAID,
) -> Iterator[SettlementLine]:
    """Settlements and refunds of a month of account, provider by provider.

    Args:
        said: what `facts_of_month` found.

    What a resettlement leaves between the fund and the person is no matter of the provider's: a
    line says what the provider is due, and the rest stands among the movements.
    """
    marks = {"month": month.number, "provider": provider_code, "before": before}
    to_persons: dict[str, int] = {
        str(number): int(fen) for number, fen in connection.exec_driver_sql(_TO_PERSONS, marks)
    }
    for row in connection.exec_driver_sql(_SETTLEMENTS, marks):
        line = SettlementLine(
            *(*row[:2], datetime.fromisoformat(row[2]), *row[3:9], bool(row[9]), *row[10:])
        )
        if said:
            line = line._replace(facts=said.get(line.settlement_id, ""))
        fen = to_persons.get(line.settlement_id)
        if fen:
            line = line._replace(
                pool_fen=line.pool_fen - fen,
                person_total_fen=line.person_total_fen + fen,
                cash_fen=line.cash_fen + fen,
            )
        yield line


def settled_total(connection: Connection, month: Month) -> int:
    """The cost of all visits settled with providers in a month of account, less refunds, fen."""
    value = connection.exec_driver_sql(
        "SELECT coalesce(sum(total_fen), 0) FROM settlement "
        "WHERE fiscal_month = ? AND provider_id > 0",
        (month.number,),
    ).scalar_one()
    return int(value)


_POOL_PAID = """CASE t.kind WHEN 'provider_pay_pool' THEN t.amount_fen
    WHEN 'provider_pay_pool_refund' THEN -t.amount_fen ELSE 0 END"""
_ACCOUNT_PAID = """CASE t.kind WHEN 'provider_pay_account' THEN t.amount_fen
    WHEN 'provider_pay_account_refund' THEN -t.amount_fen ELSE 0 END"""
_PAYMENTS = f"""
    SELECT t.happened_on, t.benefit_month, v.code, v.name,
        sum({_POOL_PAID}), sum({_ACCOUNT_PAID})
    FROM entry AS e
    JOIN transfer AS t ON t.person_id = 0 AND t.entry_id = e.entry_id
    JOIN provider AS v ON v.provider_id = t.provider_id
    WHERE e.fiscal_month = :month AND e.person_id = 0
        AND e.kind IN ('provider_payment', 'provider_payment_return')
    GROUP BY e.entry_id, v.provider_id, t.happened_on, t.benefit_month, v.code, v.name
    ORDER BY e.entry_id, v.code
"""


def payments(connection: Connection, month: Month) -> Iterator[PaymentLine]:
    for row in connection.exec_driver_sql(_PAYMENTS, {"month": month.number}):
        yield PaymentLine(date.fromisoformat(row[0]), *row[1:])


_FUND_FLOWS = """
    SELECT t.happened_on, t.kind, t.amount_fen, e.memo
    FROM entry AS e JOIN transfer AS t ON t.person_id = 0 AND t.entry_id = e.entry_id
    WHERE e.fiscal_month = :month AND e.person_id = 0 AND e.kind = 'fund_flow'
    ORDER BY e.entry_id
"""


def fund_flows(connection: Connection, month: Month) -> Iterator[FundFlowLine]:
    for row in connection.exec_driver_sql(_FUND_FLOWS, {"month": month.number}):
        yield FundFlowLine(date.fromisoformat(row[0]), *row[1:])


def _moved(accounts: tuple[str, ...], sign: int) -> str:
    """SQL: what a transfer adds to accounts; `sign` 1 where a debit adds."""
    listed = ", ".join(f"'{account}'" for account in accounts)
    plus, minus = ("debit", "credit") if sign > 0 else ("credit", "debit")
    return (
        f"CASE WHEN t.{plus}_account IN ({listed}) THEN t.amount_fen ELSE 0 END "
        f"- CASE WHEN t.{minus}_account IN ({listed}) THEN t.amount_fen ELSE 0 END"
    )


_MOVEMENTS = f"""
    SELECT t.kind, t.happened_on, coalesce(p.psn_no, p.certno, ''), coalesce(p.name, ''),
        t.amount_fen, {_moved((PERSONAL_ACCOUNT_FUND,), -1)}, {_moved((AWAITING_CREDIT,), -1)},
        {_moved((OWED_BY_PERSONS,), 1)}, {_moved(CASH_ACCOUNTS, 1)},
        coalesce(t.county, ''),
        (SELECT e.memo FROM entry AS e WHERE e.entry_id = t.entry_id)
    FROM transfer AS t LEFT JOIN person AS p ON p.person_id = t.person_id
    WHERE t.fiscal_month = :month
        AND t.kind NOT IN ({", ".join(f"'{kind}'" for kind in DETAILED_KINDS)})
"""


def movements(connection: Connection, month: Month) -> Iterator[MovementLine]:
    """Every transfer of a month of account that no other detail shows."""
    for kind, day, *rest in connection.exec_driver_sql(_MOVEMENTS, {"month": month.number}):
        yield MovementLine(kind, date.fromisoformat(day), *rest)


_POOL_DUE = """CASE t.kind WHEN 'pool_pay' THEN t.amount_fen
    WHEN 'pool_pay_refund' THEN -t.amount_fen ELSE 0 END"""
_ACCOUNT_DUE = """CASE
    WHEN t.kind IN ('account_pay', 'family_pay', 'aid_pay') THEN t.amount_fen
    WHEN t.kind IN ('account_pay_refund', 'family_pay_refund', 'aid_pay_refund')
    THEN -t.amount_fen ELSE 0 END"""


def _summed(amount: str, where: str) -> str:
    return f"coalesce(sum({amount}) FILTER (WHERE t.fiscal_month {where} :month), 0)"


_PROVIDERS = f"""
    SELECT v.code, v.name, v.county,
        {_summed(f"{_POOL_DUE} - {_POOL_PAID}", "<")}, {_summed(_POOL_DUE, "=")},
        {_summed(_POOL_PAID, "=")},
        {_summed(f"{_ACCOUNT_DUE} - {_ACCOUNT_PAID}", "<")}, {_summed(_ACCOUNT_DUE, "=")},
        {_summed(_ACCOUNT_PAID, "=")}
    FROM provider AS v CROSS JOIN transfer AS t ON t.provider_id = v.provider_id
    WHERE t.fiscal_month <= :month AND (:provider IS NULL OR v.code = :provider)
        AND t.entry_id < :before
    GROUP BY v.code, v.name, v.county ORDER BY v.code
"""


def provider_balances(
    connection: Connection, month: Month, provider_code: str | None = None, before: int = ALWAYS
) -> list[ProviderBalanceLine]:
    """Every provider that was ever owed anything, or one of them, by code."""
    marks = {"month": month.number, "provider": provider_code, "before": before}
    rows = connection.exec_driver_sql(_PROVIDERS, marks)
    return [ProviderBalanceLine(*row) for row in rows]
