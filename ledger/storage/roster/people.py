"""People: numbers to persons, spans, family links."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.core.months import FAR, DateSpan, Month
from ledger.core.people import Insured
from ledger.storage.database.bulk import Row, day_once, insert_rows, keys, texts
from ledger.storage.database.questions import Question, ask

PSN_NO = "psn_no"
CERTNO = "certno"


class Span(NamedTuple):
    """A row of `person_span`."""

    person_id: int
    valid_from: date
    valid_until: date
    status: str
    psn_type: str
    plan: str
    employer_id: int | None
    county: str
    insured: str

    def covers(self, day: date) -> bool:
        return self.valid_from <= day < self.valid_until

    def touches(self, month: DateSpan) -> bool:
        return self.valid_from < month.until and month.start < self.valid_until


def identities(connection: Connection, kind: str, numbers: Iterable[str | None]) -> dict[str, int]:
    """Number -> person for those of `numbers` that are known."""
    return ask(connection, IDENTITIES[kind], texts=texts(connection, filter(None, numbers)))


IDENTITIES = {
    kind: Question(
        "SELECT i.number, i.person_id FROM json_each(:texts) AS w "
        f"CROSS JOIN person_identity AS i ON i.kind = '{kind}' AND i.number = w.value",
        lambda rows: {str(number): int(person_id) for number, person_id in rows},
    )
    for kind in (PSN_NO, CERTNO)
}


def named_by(
    by_psn: dict[str, int], by_cert: dict[str, int], psn_no: str | None, certno: str | None
) -> int | None:
    """The person a row names: by person number where it has one, else by identity number."""
    return by_psn.get(psn_no) if psn_no else by_cert.get(certno or "")


def next_person_id(connection: Connection) -> int:
    highest = connection.exec_driver_sql("SELECT max(person_id) FROM person").scalar()
    return (highest or 0) + 1


def spans_of(connection: Connection, people: Iterable[int]) -> dict[int, list[Span]]:
    """Spans of each person, oldest first."""
    rows = connection.exec_driver_sql(
        "SELECT s.person_id, s.valid_from, s.valid_until, s.status, s.psn_type, s.plan, "
        "s.employer_id, s.county, s.insured FROM json_each(:keys) AS w "
        "CROSS JOIN person_span AS s ON s.person_id = w.value "
        "ORDER BY s.person_id, s.valid_from",
        {"keys": keys(people)},
    )
    days: dict[str, date] = {}
    result: dict[int, list[Span]] = defaultdict(list)
    for person_id, start, until, *rest in rows:
        result[person_id].append(
            Span(person_id, day_once(start, days), day_once(until, days), *rest)
        )
    return result


def names_of(connection: Connection, people: Iterable[int]) -> dict[int, str]:
    rows = connection.exec_driver_sql(
        "SELECT p.person_id, p.name FROM json_each(:keys) AS w "
        "CROSS JOIN person AS p ON p.person_id = w.value",
        {"keys": keys(people)},
    )
    return {int(person_id): str(name) for person_id, name in rows}


def span_in_month(spans: list[Span], month: Month) -> Span | None:
    """The span of the first covered day of a month: what the person counts as in that month."""
    window = month.span
    return next((span for span in spans if span.touches(window)), None)


def span_on(spans: list[Span], day: date) -> Span | None:
    return next((span for span in spans if span.covers(day)), None)


class PersonRow(NamedTuple):
    person_id: int
    psn_no: str | None
    cert_type: str
    certno: str
    name: str
    settled_up_on: date | None


def person(connection: Connection, person_id: int) -> PersonRow:
    row = connection.exec_driver_sql(
        "SELECT person_id, psn_no, cert_type, certno, name, settled_up_on FROM person "
        "WHERE person_id = ?",
        (person_id,),
    ).one()
    return _person(tuple(row))


def _person(row: Row) -> PersonRow:
    settled = None if row[5] is None else date.fromisoformat(row[5])
    return PersonRow(row[0], row[1], row[2], row[3], row[4], settled)


def people_of(connection: Connection, people: Iterable[int]) -> dict[int, PersonRow]:
    return ask(connection, PEOPLE, keys=keys(people))


PEOPLE = Question(
    "SELECT p.person_id, p.psn_no, p.cert_type, p.certno, p.name, p.settled_up_on "
    "FROM json_each(:keys) AS w CROSS JOIN person AS p ON p.person_id = w.value",
    lambda rows: {int(row[0]): _person(row) for row in rows},
)


def find_person(connection: Connection, number: str) -> int | None:
    """The person with this person number or identity number."""
    found = connection.exec_driver_sql(
        "SELECT person_id FROM person_identity WHERE kind IN (?, ?) AND number = ? "
        "ORDER BY kind DESC",
        (PSN_NO, CERTNO, number),
    ).first()
    return None if found is None else int(found[0])


def insured_from(connection: Connection, person_id: int, day: date, insured: Insured) -> bool:
    """From `day` on the person's insurance is in this state, otherwise as it was last; what the
    roster said for later days is gone. False for a person with no insurance before that day.

    Whoever calls this derives the periods of benefit anew (`services.benefit_period.follow`).
    """
    before = [
        span for span in spans_of(connection, [person_id])[person_id] if span.valid_from < day
    ]
    if not before:
        return False
    connection.exec_driver_sql(
        "DELETE FROM person_span WHERE person_id = ? AND valid_from >= ?", (person_id, day)
    )
    connection.exec_driver_sql(
        "UPDATE person_span SET valid_until = ? WHERE person_id = ? AND valid_until > ?",
        (day, person_id, day),
    )
    after = before[-1]._replace(valid_from=day, valid_until=FAR, insured=insured.value)
    insert_rows(connection, "person_span", " ".join(Span._fields), [after])
    return True


def look_again(connection: Connection, since: dict[int, Month]) -> None:
    """Mark people whose months up to the watermark the next crediting run must redo."""
    connection.exec_driver_sql(
        "INSERT INTO credit_again (person_id, from_month) VALUES (?, ?) "
        "ON CONFLICT (person_id) DO UPDATE "
        "SET from_month = min(credit_again.from_month, excluded.from_month)",
        [(person_id, month.number) for person_id, month in since.items()],
    ) if since else None


def credited_through(connection: Connection) -> Month | None:
    """The newest month that a crediting run has covered for everybody."""
    number = connection.exec_driver_sql("SELECT max(credited_through) FROM pool").scalar()
    return None if number is None else Month.from_number(number)


def certnos_of(connection: Connection, people: Iterable[int]) -> dict[int, str]:
    """The identity numbers of `people`."""
    rows = connection.exec_driver_sql(
        "SELECT p.person_id, p.certno FROM json_each(:keys) AS w "
        "CROSS JOIN person AS p ON p.person_id = w.value",
        {"keys": keys(people)},
    )
    return {int(person_id): str(certno) for person_id, certno in rows}


def on_roster(connection: Connection, people: Iterable[int]) -> set[int]:
    """Those of `people` who have a person number: insured, not only users of an account."""
    rows = connection.exec_driver_sql(
        "SELECT p.person_id FROM json_each(:keys) AS w "
        "CROSS JOIN person AS p ON p.person_id = w.value WHERE p.psn_no IS NOT NULL",
        {"keys": keys(people)},
    )
    return {int(person_id) for (person_id,) in rows}


def insert_users(connection: Connection, users: list[tuple[int, str, str]]) -> None:
    """Enter people known only as users of an account: (person, identity number, name)."""
    insert_rows(
        connection,
        "person",
        "person_id cert_type certno name",
        [(person_id, "01", certno, name) for person_id, certno, name in users],
    )
    insert_rows(
        connection,
        "person_identity",
        "kind number person_id",
        [(CERTNO, certno, person_id) for person_id, certno, _name in users],
    )


def uncredited(connection: Connection, person_id: int) -> Month | None:
    """The month up to which accounts have to be credited before the person leaves: the last one
    that was paid, or credited in advance, and that no crediting run has covered, or else the
    newest covered one, where covered months must be looked at again; None: nothing waits."""
    number = connection.exec_driver_sql(
        "WITH through (month) AS (SELECT coalesce(max(credited_through), 0) FROM pool) "
        "SELECT max(w.month) FROM ("
        "SELECT CASE WHEN t.month > a.from_month THEN t.month ELSE a.from_month END AS month "
        "FROM credit_again AS a, through AS t WHERE a.person_id = :person UNION ALL "
        "SELECT c.month FROM contribution AS c, through AS t "
        "WHERE c.person_id = :person AND c.account_fen <> 0 AND c.month > t.month UNION ALL "
        "SELECT a.month FROM advance_credit AS a, through AS t "
        "WHERE a.person_id = :person AND a.month > t.month) AS w",
        {"person": person_id},
    ).scalar()
    return None if number is None else Month.from_number(number)


def end_spans(connection: Connection, person_id: int, until: date) -> list[Span]:
    """The person is insured up to, but without, `until`; returns the spans that this changed,
    as they were."""
    changed = [
        span for span in spans_of(connection, [person_id])[person_id] if span.valid_until > until
    ]
    for span in changed:
        key = (person_id, span.valid_from)
        if span.valid_from < until:
            connection.exec_driver_sql(
                "UPDATE person_span SET valid_until = ? WHERE person_id = ? AND valid_from = ?",
                (until, *key),
            )
        else:
            connection.exec_driver_sql(
                "DELETE FROM person_span WHERE person_id = ? AND valid_from = ?", key
            )
    return changed
