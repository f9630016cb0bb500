"""Reports as values: what exports turn into workbooks, and windows show.

A report's details may stream from the database, so a report lives as long as the view it was
read from: `with reporting.opened(context, "reconciliation", month=month) as report: …`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Connection

from ledger.benefits.debts import band_names
from ledger.benefits.kernel import NEW_YEAR
from ledger.core.errors import NotInForce, Unknown
from ledger.core.months import Month
from ledger.core.people import Status
from ledger.policy.values import DeductibleShape, OutpatientRules
from ledger.reports.account_statement import (
    AccountStatement,
    Holder,
    OutpatientYear,
    StatementLine,
    statement_lines,
)
from ledger.reports.crediting_list import CreditingList
from ledger.reports.fund_report import FundReport
from ledger.reports.head import CHINA, RETIREE_FLAT, RETIREE_KINDS, Assumption, ReportHead
from ledger.reports.journal import Journal
from ledger.reports.owed_list import OwedList
from ledger.reports.people import PLAN_NAMES, STATUS_NAMES, named
from ledger.reports.provider_statement import Payable, ProviderStatement
from ledger.reports.reconciliation import MonthReconciliation
from ledger.reports.trial_balance import trial_balance
from ledger.services.context import Context
from ledger.services.credit_month import REASONS
from ledger.services.owed_list import age_edges, open_debts, owed_lines
from ledger.services.read import known_person
from ledger.storage import accounts
from ledger.storage import report_queries_books as books
from ledger.storage import report_queries_lists as lists
from ledger.storage import report_queries_month as details
from ledger.storage import report_queries_person as persons
from ledger.storage.people import Span, credited_through, spans_of
from ledger.storage.policy import pool
from ledger.storage.registry import providers
from ledger.storage.settlements import accumulators_of


@contextmanager
def opened(context: Context, name: str, **arguments: Any) -> Iterator[Any]:
    """The report of that name, for as long as its view of the database is open.

    Args:
        name: of `REPORTS`: the same names as `exports/catalog.py`.
        arguments: what the function of that name takes after the connection.
    """
    with context.reading() as connection:
        yield REPORTS[name](context, connection, **arguments)


def statement(
    context: Context,
    connection: Connection,
    person: str,
    first_day: date | None = None,
    last_day: date | None = None,
) -> AccountStatement:
    """A person's account from the first to the last day, both included.

    Args:
        person: person number or identity number.
        first_day: None: the day of the first movement.
        last_day: None: the day of the last one.

    Raises:
        Unknown: `person/unknown`.
    """
    who = known_person(connection, person)
    today = context.now().astimezone(CHINA).date()
    known = persons.first_and_last_day(connection, who.person_id) or (today, today)
    first, last = first_day or known[0], last_day or known[1]
    opening = accounts.balance_before(connection, who.person_id, first)
    lines = statement_lines(
        opening, persons.movements(connection, who.person_id, first, last, REASONS)
    )
    head = _head(context, connection, f"{first} 至 {last}", Month.of(last))
    span = _last_span(connection, who.person_id, last)
    return AccountStatement(
        head=replace(head, assumptions=_assumed_of(head, lines)),
        holder=Holder(
            psn_no=who.psn_no or "",
            name=who.name,
            certno=who.certno,
            status=named(STATUS_NAMES, span.status) if span else "未参加职工医保",
            plan=named(PLAN_NAMES, span.plan) if span else "",
            employer=persons.employer_name(connection, span.employer_id) if span else "",
        ),
        first_day=first,
        last_day=last,
        opening_fen=opening,
        lines=tuple(lines),
        years=persons.year_totals(connection, who.person_id),
        outpatient=_outpatient_year(context, connection, who.person_id, last, span),
        family=persons.family_uses(connection, who.person_id, first, last),
        owed_fen=accounts.owed(connection, who.person_id),
    )


def _assumed_of(head: ReportHead, lines: list[StatementLine]) -> tuple[Assumption, ...]:
    """A statement names the retirees' assumed amount if it has one, and no other assumption."""
    if not any(line.kind in RETIREE_KINDS for line in lines):
        return ()
    return tuple(value for value in head.assumptions if value.key == RETIREE_FLAT)


def _last_span(connection: Connection, person_id: int, day: date) -> Span | None:
    """What the person is insured as on a day; after the end, as before it."""
    spans = spans_of(connection, [person_id])[person_id]
    begun = [span for span in spans if span.valid_from <= day]
    return begun[-1] if begun else None


def _outpatient_year(
    context: Context, connection: Connection, person_id: int, day: date, span: Span | None
) -> OutpatientYear | None:
    """The year of the statement's last day; None before the rules are in force."""
    try:
        rules = context.pack.outpatient(day)
    except NotInForce:
        return None
    if span is None:
        return None
    index = int(span.status == Status.RETIRED)
    row = accumulators_of(connection, [person_id]).get((person_id, day.year))
    in_scope, deductible, _cost, paid, _overall = row.year_so_far if row else NEW_YEAR
    return OutpatientYear(
        year=day.year,
        visits=row.version if row else 0,
        in_scope_fen=in_scope,
        deductible_fen=_deductible_of_year(rules, index),
        deductible_used_fen=deductible,
        cap_fen=rules.annual_cap_fen[index] if rules.annual_cap_fen else None,
        cap_used_fen=paid,
    )


def _deductible_of_year(rules: OutpatientRules, index: int) -> int | None:
    """The yearly deductible, where the shape has one."""
    if rules.deductible_shape is DeductibleShape.ANNUAL:
        return rules.deductible_fen[index][0]
    return rules.deductible_ceiling_fen


def crediting_list(
    context: Context, connection: Connection, employer_no: str, month: Month
) -> CreditingList:
    """What a month put into the accounts of an employer's people.

    Raises:
        Unknown: `employer/unknown`.
    """
    name = persons.employer_named(connection, employer_no)
    if name is None:
        raise Unknown("employer/unknown", f"没有编号为“{employer_no}”的单位")
    lines = details.credits(connection, month, REASONS, employer_no)
    return CreditingList(_month_head(context, connection, month), employer_no, name, lines)


def provider_statement(
    context: Context, connection: Connection, provider_code: str, month: Month
) -> ProviderStatement:
    """A provider's visits of a month, what it is owed for them, and what was paid in it.

    Raises:
        Unknown: `provider/unknown`.
    """
    provider = providers(connection).get(provider_code)
    if provider is None:
        raise Unknown("provider/unknown", f"没有编号为“{provider_code}”的定点医药机构")
    known = details.provider_balances(connection, month, provider_code)
    amounts = known[0][3:] if known else (0,) * 6
    return ProviderStatement(
        head=_month_head(context, connection, month),
        provider_code=provider.code,
        provider_name=provider.name,
        tier=provider.tier,
        county=provider.county,
        pool=Payable(*amounts[:3]),
        account=Payable(*amounts[3:]),
        lines=details.settlements(connection, month, provider_code),
    )


def reconciliation(context: Context, connection: Connection, month: Month) -> MonthReconciliation:
    """The month against itself: details beside the ledger's figures, and the clerks' lists."""
    flows = books.flows(connection, month)
    return MonthReconciliation(
        head=_month_head(context, connection, month),
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
        retired=lists.retired(connection, month),
        cross_month_refunds=lists.cross_month_refunds(connection, month),
    )


def fund_report(context: Context, connection: Connection, month: Month) -> FundReport:
    """The fund's month: trial balance, and flows from which income and payments are summed."""
    flows = books.flows(connection, month)
    trial = trial_balance(books.openings(connection, month), flows)
    return FundReport(_month_head(context, connection, month), trial, flows)


def journal(
    context: Context, connection: Connection, first: Month | None = None, last: Month | None = None
) -> Journal:
    """Every entry of the months of account from `first` to `last`; None: from or to the end."""
    known = books.months_of_account(connection) or [
        Month.of(context.now().astimezone(CHINA).date())
    ]
    start, end = first or known[0], last or known[-1]
    head = _head(context, connection, f"{start} 至 {end}", end)
    return Journal(head, books.journal_legs(connection, start, end))


def owed(context: Context, connection: Connection, as_of: date | None = None) -> OwedList:
    """What people owe at the end of a day, by age (待追回账龄表); None: today."""
    day = as_of or context.now().astimezone(CHINA).date()
    return OwedList(
        _head(context, connection, f"截至 {day}", Month.of(day)),
        day,
        band_names(age_edges(context, day)),
        open_debts(context, connection, day),
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


def _month_head(context: Context, connection: Connection, month: Month) -> ReportHead:
    return _head(context, connection, str(month), month)


def _head(context: Context, connection: Connection, period: str, month: Month) -> ReportHead:
    """What stands above a report: the rules are those of `month`."""
    row = pool(connection)
    pack = context.pack
    return ReportHead(
        pool_code=row.code if row else pack.pool,
        pool_name=row.name if row else pack.name,
        period=period,
        generated_at=context.now(),
        pack_version=f"{pack.code}（{pack.version}）",
        assumptions=_assumptions(context, month),
        retiree_flat_assumed=_flat_assumed(context, month),
    )


def _flat_assumed(context: Context, month: Month) -> bool:
    try:
        return context.pack.crediting(month).retiree_flat_assumed
    except NotInForce:
        return False


def _assumptions(context: Context, month: Month) -> tuple[Assumption, ...]:
    """The assumed values in force in the month, the retirees' amount first."""
    found = [
        Assumption(
            value.key,
            value.title,
            value.value,
            value.cite.id,
            value.valid_from,
            value.valid_until,
            value.note,
        )
        for value in context.pack.values()
        if value.assumed
        and value.valid_from <= month.last_day
        and value.valid_until > month.first_day
    ]
    return tuple(sorted(found, key=lambda value: value.key != RETIREE_FLAT))
