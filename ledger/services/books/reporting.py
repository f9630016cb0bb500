"""Reports as values: what exports turn into workbooks, and windows show.

A report's details may stream from the database, so a report lives as long as the view it was
read from: `with reporting.opened(context, "reconciliation", month=month) as report: …`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from ledger.benefits.debts import band_names
from ledger.core.errors import Refused, Unknown
from ledger.core.months import Month
from ledger.reports.account_statement import AccountStatement
from ledger.reports.crediting_list import CreditingList
from ledger.reports.fund_report import FundReport
from ledger.reports.head import CHINA, RETIREE_FLAT, RETIREE_KINDS
from ledger.reports.journal import Journal
from ledger.reports.owed_list import OwedList
from ledger.reports.provider_statement import Payable, ProviderStatement
from ledger.reports.reconciliation import MonthReconciliation
from ledger.reports.trial_balance import trial_balance
from ledger.services.accounts.account_statements import account_statement
from ledger.services.books.read import known_person
from ledger.services.books.report_heads import head, known_text, month_head
from ledger.services.context import Context
from ledger.services.crediting.credit_differences import REASONS
from ledger.services.debts.owed_list import age_edges, open_debts, owed_lines
from ledger.storage.as_of import as_of
from ledger.storage.report_queries import report_queries_books as books
from ledger.storage.report_queries import report_queries_lists as lists
from ledger.storage.report_queries import report_queries_month as details
from ledger.storage.report_queries import report_queries_person as persons
from ledger.storage.roster.people import credited_through
from ledger.storage.roster.registry import providers


@contextmanager
def opened(
    context: Context,
    name: str,
    on: date | None = None,
    known_at: datetime | None = None,
    **arguments: Any,
) -> Iterator[Any]:
    """The report of that name, for as long as its view of the database is open.

    Args:
        name: of `REPORTS`: the same names as `exports/catalog.py`.
        on: as of the end of this business day.
        known_at: as the books stood at this instant.
        arguments: what the function of that name takes after the connection.

    Raises:
        Refused: `report/not-of-a-day`, `report/not-as-known`.
    """
    if on is not None:
        arguments = _of_day(name, on, arguments)
    if known_at is not None:
        if name not in AS_KNOWN:
            raise Refused(
                "report/not-as-known",
                f"{name} 依据现有的参保和待办资料，不能按过去某一时刻已入账的内容导出；"
                f"可以的有 {'、'.join(sorted(AS_KNOWN))}",
            )
        arguments["known_at"] = known_at
    with context.reading() as connection:
        yield REPORTS[name](context, connection, **arguments)


def _of_day(name: str, on: date, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments with a last day, for the reports that have one."""
    if name not in LAST_DAY:
        raise Refused(
            "report/not-of-a-day",
            f"{name} 按会计月份编制，没有截至某一天的；可以的有 {'、'.join(sorted(LAST_DAY))}",
        )
    word = LAST_DAY[name]
    given = arguments.get(word)
    return arguments | {word: on if given is None else min(on, given)}


def statement(
    context: Context,
    connection: Connection,
    person: str,
    first_day: date | None = None,
    last_day: date | None = None,
    known_at: datetime | None = None,
) -> AccountStatement:
    """A person's account from the first to the last day, both included.

    Args:
        person: person number or identity number.
        first_day: None: the day of the first movement.
        last_day: None: the day of the last one.
        known_at: as the books stood at this instant; None: as they stand.

    Raises:
        Unknown: `person/unknown`.
    """
    who = known_person(connection, person, known_at)
    return account_statement(context, connection, who, first_day, last_day, known_at)


def crediting_list(
    context: Context,
    connection: Connection,
    employer_no: str,
    month: Month,
    known_at: datetime | None = None,
) -> CreditingList:
    """What a month put into the accounts of an employer's people.

    Raises:
        Unknown: `employer/unknown`.
    """
    name = persons.employer_named(connection, employer_no)
    if name is None:
        raise Unknown("employer/unknown", f"没有编号为“{employer_no}”的单位")
    before = as_of(connection, None, known_at).before
    lines = details.credits(connection, month, REASONS, employer_no, before)
    above = month_head(context, connection, month, known_at)
    return CreditingList(above, employer_no, name, lines)


def provider_statement(
    context: Context,
    connection: Connection,
    provider_code: str,
    month: Month,
    known_at: datetime | None = None,
) -> ProviderStatement:
    """A provider's visits of a month, what it is owed for them, and what was paid in it.

    Raises:
        Unknown: `provider/unknown`.
    """
    provider = providers(connection).get(provider_code)
    if provider is None:
        raise Unknown("provider/unknown", f"没有编号为“{provider_code}”的定点医药机构")
    before = as_of(connection, None, known_at).before
    known = details.provider_balances(connection, month, provider_code, before)
    amounts = known[0][3:] if known else (0,) * 6
    said = details.facts_of_month(connection, month, provider_code, before)
    return ProviderStatement(
        head=month_head(context, connection, month, known_at),
        provider_code=provider.code,
        provider_name=provider.name,
        tier=provider.tier,
        county=provider.county,
        pool=Payable(*amounts[:3]),
        account=Payable(*amounts[3:]),
        lines=details.settlements(connection, month, provider_code, before, said),
        has_facts=bool(said),
    )


def reconciliation(context: Context, connection: Connection, month: Month) -> MonthReconciliation:
    """The month against itself: details beside the ledger's figures, and the clerks' lists."""
    flows = books.flows(connection, month)
    return MonthReconciliation(
        head=month_head(context, connection, month),
        trial=trial_balance(books.openings(connection, month), flows),
        flows=flows,
        counts=books.entry_counts(connection, month),
        settled_total_fen=details.settled_total(connection, month),
        contributions=details.contributions(connection, month),
        credits=details.credits(connection, month, REASONS),
        settlements=details.settlements(connection, month),
        payments=details.payments(connection, month),
        fund_flows=details.fund_flows(connection, month),
        movements=details.movements(connection, month),
        providers=details.provider_balances(connection, month),
        not_credited=lists.not_credited(connection, month, credited_through(connection)),
        not_rostered=lists.not_rostered(connection, month),
        owed=owed_lines(context, connection, month),
        retired=lists.retired(connection, month, credited_through(connection)),
        cross_month_refunds=lists.cross_month_refunds(connection, month),
    )


def fund_report(
    context: Context, connection: Connection, month: Month, known_at: datetime | None = None
) -> FundReport:
    """The fund's month: trial balance, and flows from which income and payments are summed."""
    before = as_of(connection, None, known_at).before
    flows = books.flows(connection, month, before)
    trial = trial_balance(books.openings(connection, month, before), flows)
    return FundReport(month_head(context, connection, month, known_at), trial, flows)


def journal(
    context: Context,
    connection: Connection,
    first: Month | None = None,
    last: Month | None = None,
    known_at: datetime | None = None,
) -> Journal:
    """Every entry of the months of account from `first` to `last`; None: from or to the end."""
    known = books.months_of_account(connection) or [
        Month.of(context.now().astimezone(CHINA).date())
    ]
    start, end = first or known[0], last or known[-1]
    above = head(context, connection, f"{start} 至 {end}{known_text(known_at)}", end)
    before = as_of(connection, None, known_at).before
    return Journal(above, books.journal_legs(connection, start, end, before))


def owed(context: Context, connection: Connection, as_of: date | None = None) -> OwedList:
    """What people owe at the end of a day, by age (待追回账龄表); None: today."""
    day = as_of or context.now().astimezone(CHINA).date()
    debts = open_debts(context, connection, day)
    above = head(context, connection, f"截至 {day}", Month.of(day))
    flat = any(debt.kind in RETIREE_KINDS for debt in debts)
    rests_on = tuple(
        value
        for value in above.assumptions
        if value.key.startswith("debts.") or (flat and value.key == RETIREE_FLAT)
    )
    return OwedList(
        replace(above, assumptions=rests_on), day, band_names(age_edges(context, day)), debts
    )


Report = Callable[..., Any]

REPORTS: dict[str, Report] = {
    "statement": statement,
    "crediting-list": crediting_list,
    "provider-statement": provider_statement,
    "reconciliation": reconciliation,
    "fund-report": fund_report,
    "journal": journal,
    "owed": owed,
}
AS_KNOWN = frozenset(REPORTS) - {"reconciliation", "owed"}
"""Reports made of entries alone: they can be told as any instant knew them."""
LAST_DAY = {"statement": "last_day", "owed": "as_of"}
"""Reports up to a day -> their argument for it; the others are of months of account."""
