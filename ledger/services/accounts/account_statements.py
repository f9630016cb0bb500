"""A person's account statement (个人账户对账单): as a value for the workbook, as an answer for a
window; as of any day, as known at any instant."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection

from ledger.core.errors import NotInForce
from ledger.core.money import yuan_text
from ledger.core.months import FAR, Month
from ledger.core.people import Status
from ledger.reports.account_statement import (
    AccountStatement,
    Holder,
    OutpatientYear,
    StatementLine,
    line_name,
    line_national,
    statement_lines,
    this_years,
    year_before,
)
from ledger.reports.head import (
    ASSUMED_MARK,
    CHINA,
    INTEREST_KINDS,
    RETIREE_FLAT,
    RETIREE_KINDS,
    Assumption,
    ReportHead,
)
from ledger.reports.people import PLAN_NAMES, STATUS_NAMES, named
from ledger.services.books.report_heads import head, known_text
from ledger.services.context import Context
from ledger.services.crediting.credit_differences import REASONS
from ledger.storage.accounts import accounts
from ledger.storage.as_of import AsOf, as_of
from ledger.storage.report_queries import report_queries_person as persons
from ledger.storage.roster.people import PersonRow, Span, spans_of


class Body(NamedTuple):
    """The lines of a statement, what stood in the account before them, and their days."""

    first: date
    last: date
    view: AsOf
    opening: dict[int, int]
    """Year of the money -> fen."""
    lines: list[StatementLine]

    @property
    def opening_fen(self) -> int:
        return sum(self.opening.values())

    @property
    def opening_this_year_fen(self) -> int:
        return this_years(self.opening, year_before(self.first))


def body(
    connection: Connection,
    person_id: int,
    today: date,
    first_day: date | None,
    last_day: date | None,
    known_at: datetime | None,
) -> Body:
    """Read a statement's lines. Days that are not given are those of the first and the last
    transfer that is known; `today` where there is none."""
    known = as_of(connection, None, known_at)
    span = persons.first_and_last_day(connection, person_id, known) or (today, today)
    first = first_day or span[0]
    last = last_day or max(span[1], first)
    view = known._replace(last_day=last)
    opening: dict[int, int] = {}
    if first > span[0]:
        before = known._replace(last_day=first - timedelta(days=1))
        totals = accounts.year_totals(connection, person_id, before)
        opening = {year.year: year.left_fen for year in totals}
    later = persons.first_entry_after(connection, person_id, view) if last < span[1] else None
    movements = persons.movements(connection, person_id, first, view, REASONS)
    lines = statement_lines(opening, movements, first, last, later)
    return Body(first, last, view, opening, lines)


def account_statement(
    context: Context,
    connection: Connection,
    who: PersonRow,
    first_day: date | None = None,
    last_day: date | None = None,
    known_at: datetime | None = None,
) -> AccountStatement:
    """The whole statement: lines, years, the year's limits, family, debts, all as of its last
    day. What the person is insured as is told as the roster says today."""
    today = context.now().astimezone(CHINA).date()
    found = body(connection, who.person_id, today, first_day, last_day, known_at)
    period = f"{found.first} 至 {found.last}{known_text(known_at)}"
    above = head(context, connection, period, Month.of(found.last))
    span = _last_span(connection, who.person_id, found.last)
    return AccountStatement(
        head=replace(above, assumptions=_assumed_of(above, found.lines)),
        holder=Holder(
            psn_no=who.psn_no or "",
            name=who.name,
            certno=who.certno,
            status=named(STATUS_NAMES, span.status) if span else "未参加职工医保",
            plan=named(PLAN_NAMES, span.plan) if span else "",
            employer=persons.employer_name(connection, span.employer_id) if span else "",
        ),
        first_day=found.first,
        last_day=found.last,
        opening_fen=found.opening_fen,
        opening_this_year_fen=found.opening_this_year_fen,
        lines=tuple(found.lines),
        years=accounts.year_totals(connection, who.person_id, found.view),
        outpatient=_outpatient_year(context, connection, who.person_id, found, span),
        family=persons.family_uses(connection, who.person_id, found.first, found.view),
        owed_fen=accounts.owed(connection, who.person_id, found.view),
    )


def _assumed_of(above: ReportHead, lines: list[StatementLine]) -> tuple[Assumption, ...]:
    """A statement names the assumptions that its lines rest on, and no other."""
    kinds = {line.kind for line in lines}
    return tuple(
        value
        for value in above.assumptions
        if (value.key == RETIREE_FLAT and kinds & RETIREE_KINDS)
        or (value.key.startswith("interest.") and kinds & INTEREST_KINDS)
    )


def _last_span(connection: Connection, person_id: int, day: date) -> Span | None:
    """What the person is insured as on a day; after the end, as before it."""
    spans = spans_of(connection, [person_id])[person_id]
    begun = [span for span in spans if span.valid_from <= day]
    return begun[-1] if begun else None


def _outpatient_year(
    context: Context, connection: Connection, person_id: int, found: Body, span: Span | None
) -> OutpatientYear | None:
    """The year of the statement's last day; None before the rules are in force."""
    day = found.last
    try:
        rules = context.pack.outpatient(day)
    except NotInForce:
        return None
    if span is None:
        return None
    index = int(span.status == Status.RETIRED)
    used = accounts.year_position(connection, person_id, day.year, found.view)
    return OutpatientYear(
        year=day.year,
        visits=used.visits,
        in_scope_fen=used.in_scope_fen,
        deductible_fen=rules.yearly_deductible_fen(index),
        deductible_used_fen=used.deductible_fen,
        cap_fen=rules.annual_cap_fen[index] if rules.annual_cap_fen else None,
        cap_used_fen=used.paid_fen,
    )


def statement_answer(
    context: Context,
    connection: Connection,
    who: PersonRow,
    start: date | None,
    until: date | None,
    known_at: datetime | None,
) -> dict[str, Any]:
    """The lines in [start, until), oldest first, with running balances, as text."""
    today = context.now().astimezone(CHINA).date()
    last = None if until is None or until >= FAR else until - timedelta(days=1)
    found = body(connection, who.person_id, today, start, last, known_at)
    opening, of_year = found.opening_fen, found.opening_this_year_fen
    closing, closing_of_year = opening, of_year
    if found.lines:
        closing, closing_of_year = found.lines[-1].balance_fen, found.lines[-1].this_year_fen
    return {
        "psn_no": who.psn_no,
        "psn_name": who.name,
        "from": start.isoformat() if start else None,
        "until": until.isoformat() if until else None,
        "known_at": known_at.isoformat() if known_at else None,
        "opening": yuan_text(opening),
        "opening_this_year": yuan_text(of_year),
        "opening_carried": yuan_text(opening - of_year),
        "closing": yuan_text(closing),
        "closing_this_year": yuan_text(closing_of_year),
        "closing_carried": yuan_text(closing - closing_of_year),
        "lines": _line_answers(context, found.lines),
    }


def late_bookings(
    connection: Connection, person_id: int, last: date | None, known_at: datetime | None
) -> list[dict[str, str]]:
    """What was booked after entries of later days (补记) up to a day, oldest first."""
    found = body(connection, person_id, last or FAR, None, last, known_at)
    return [
        {
            "happened_on": line.happened_on.isoformat(),
            "booked_on": line.booked_on.isoformat(),
            "name": line_name(line.kind),
            "amount": yuan_text(line.in_fen - line.out_fen),
        }
        for line in found.lines
        if line.booked_on is not None
    ]


class _Yuan(dict[int, str]):
    """Fen as text: from line to line, one of the two buckets stays as it was."""

    def __missing__(self, fen: int) -> str:
        self[fen] = text = yuan_text(fen)
        return text


def _month_text(digits: str) -> str:
    """202301 as 2023-01."""
    return f"{digits[:4]}-{digits[4:]}"


def _line_answers(context: Context, lines: list[StatementLine]) -> list[dict[str, Any]]:
    """The lines as text. Forty years are a thousand of them: each is taken apart once."""
    yuan = _Yuan()
    answers = []
    for (
        day,
        kind,
        month,
        year,
        paid_in,
        paid_out,
        balance,
        this_year,
        _note,
        entry_id,
        provider,
        booked_on,
    ) in lines:
        assumed = kind in RETIREE_KINDS and _flat_assumed(context, month)
        answers.append(
            {
                "happened_on": day.isoformat(),
                "booked_on": booked_on.isoformat() if booked_on else None,
                "entry_id": str(entry_id) if entry_id else None,
                "kind": kind,
                "national": line_national(kind),
                "name": line_name(kind) + ASSUMED_MARK if assumed else line_name(kind),
                "assumed": assumed,
                "benefit_month": None if month is None else _month_text(str(month)),
                "fund_year": year,
                "fixmedins_name": provider,
                "amount": yuan[paid_in - paid_out],
                "balance": yuan[balance],
                "this_year": yuan[this_year],
                "carried": yuan[balance - this_year],
            }
        )
    return answers


def _flat_assumed(context: Context, month: int | None) -> bool:
    """Does the retirees' flat amount of a month rest on an assumed value?"""
    if month is None:
        return False
    return context.pack.crediting(Month.from_number(month)).retiree_flat_assumed
