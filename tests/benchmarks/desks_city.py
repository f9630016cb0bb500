"""A city on a PostgreSQL of its own for many desks: patients with accounts of two years' money and
a relative each whose account they may use, and institutions. Written straight into the tables; the
books are whole all the same, so that `verify` can prove what the desks did to them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from ledger.core.ids import EntryIds
from ledger.core.money import Fen
from ledger.core.visits import AccountUse, VisitRecord
from ledger.policy.loader import load_pack
from ledger.services.context import Context
from ledger.services.initialise import initialise
from ledger.storage.database.embedded_postgres import ADMIN, APPLICATION, OWNER, EmbeddedPostgres
from ledger.storage.database.engine import open_engine
from tests.benchmarks.city import clock
from tests.benchmarks.postgres_city import bench_server

HOSPITALS = 200
SERVER = {"max_connections": "100", "shared_buffers": "512MB"}
"""Durable as it comes: fsync and synchronous_commit stay on."""

_PEOPLE = (
    "INSERT INTO person (person_id, psn_no, cert_type, certno, name) "
    "SELECT i, 'P' || lpad(i::text, 15, '0'), '01', 'C' || lpad(i::text, 17, '0'), '人' || i "
    "FROM generate_series(1, {people}) AS i",
    "INSERT INTO person_identity (kind, number, person_id) "
    "SELECT 'psn_no', psn_no, person_id FROM person",
    "INSERT INTO person_span (person_id, valid_from, valid_until, status, psn_type, plan, county, "
    "insured) SELECT i, '2023-01-01', '9999-12-31', CASE WHEN i % 4 > 1 THEN '11' ELSE '12' END, "
    "CASE WHEN i % 4 > 1 THEN '1101' ELSE '1201' END, 'combined', '420302', '1' "
    "FROM generate_series(1, {people}) AS i",
    "INSERT INTO benefit_span (person_id, valid_from, valid_until, status, plan) "
    "SELECT person_id, valid_from, valid_until, status, plan FROM person_span",
    "INSERT INTO family_link (user_id, link_id, holder_id, relation, valid_from, valid_until, "
    "position, used_fen) SELECT i, i, i + 1, 'spouse', '2023-01-01', '9999-12-31', 1, 0 "
    "FROM generate_series(1, {people}, 2) AS i",
    "INSERT INTO provider (provider_id, code, name, kind, grade, tier, county, agreement_from, "
    "agreement_until) SELECT i, 'H420302' || lpad(i::text, 5, '0'), '机构' || i, '1', '', "
    "i % 3 + 1, '420302', '2023-01-01', '9999-12-31' FROM generate_series(1, {hospitals}) AS i",
)
"""Odd numbers are patients, each next even number is the relative whose account they may use."""

_MONEY = (
    "INSERT INTO fiscal_month (month, status) VALUES (202301, 'open')",
    "INSERT INTO entry (person_id, entry_id, kind, legs, happened_on, recorded_at, fiscal_month, "
    "actor, memo) VALUES (0, 1, 'credit', {people} * 2, '2023-01-01', '2023-01-01', 202301, "
    "'bench', '')",
    "INSERT INTO transfer (person_id, entry_id, leg, kind, happened_on, fiscal_month, fund_year, "
    "debit_account, credit_account, amount_fen) SELECT i, 1, (i - 1) * 2 + y.part, "
    "'credit_employee', '2023-01-01', 202301, y.year, '3202', '3201', y.fen + i % 2 * y.more "
    "FROM generate_series(1, {people}) AS i CROSS JOIN "
    "(VALUES (1, 2022, 500000, -475000), (2, 2023, 500000, -475000)) AS y (part, year, fen, more) "
    "ORDER BY i, y.part",
    "INSERT INTO personal_account (person_id, credited_fen, debited_fen, held_fen, status, "
    "opened_on) SELECT person_id, sum(amount_fen), 0, 0, 'open', '2023-01-01' FROM transfer "
    "GROUP BY person_id ORDER BY person_id",
    "INSERT INTO account_year (person_id, year, credited_fen, debited_fen) "
    "SELECT person_id, fund_year, amount_fen, 0 FROM transfer ORDER BY person_id, fund_year",
)


@dataclass(frozen=True, slots=True)
class DesksCity:
    """The server, and how many people it keeps."""

    server: EmbeddedPostgres
    people: int

    @property
    def url(self) -> str:
        """As the application reaches it."""
        return self.server.url(APPLICATION)


def context_at(url: str, actor: str) -> Context:
    """A process's own way into the city."""
    return Context(open_engine(url), load_pack("420300"), clock, EntryIds(clock), actor)


@contextmanager
def desks_city(people: int) -> Iterator[DesksCity]:
    """A city of `people` (an even number) on a server that goes away with it."""
    with bench_server(SERVER) as server:
        _settle_down(server, people)
        yield DesksCity(server, people)


def _settle_down(server: EmbeddedPostgres, people: int) -> None:
    engine = open_engine(server.url(OWNER))
    initialise(context_at(server.url(OWNER), "bench"))
    with engine.begin() as connection:
        for statement in (*_PEOPLE, *_MONEY):
            text = statement.format(people=people, hospitals=HOSPITALS)
            connection.exec_driver_sql(text)
    engine.dispose()
    server.psql("gongji", "VACUUM ANALYZE; CHECKPOINT")


def visits(people: int, count: int, lane: int, hospital: int | None = None) -> list[VisitRecord]:
    """Visits of patients as they come, from a fixed seed; `lane` keeps their ids apart.

    Args:
        hospital: all of them at this one; None: spread over all.
    """
    dice = random.Random(lane * 7919 + 20230101)
    begin = datetime(2023, 3, 1, 8)
    made = []
    for number in range(count):
        patient = 2 * dice.randrange(people // 2) + 1
        in_scope, outside = dice.randrange(60_000, 120_000), dice.randrange(100, 3_000)
        place = hospital or dice.randrange(1, HOSPITALS + 1)
        made.append(
            VisitRecord(
                number,
                f"V{lane:03d}-{number:07d}",
                f"H420302{place:05d}",
                f"P{patient:015d}",
                None,
                "11",
                begin + timedelta(seconds=number),
                Fen(in_scope + outside),
                Fen(outside),
                Fen(0),
                Fen(0),
                Fen(in_scope),
                AccountUse.OWN_THEN_RELATIVES,
            )
        )
    return made


def admin_address(city: DesksCity) -> dict[str, str]:
    """Environment for the server's own programs, as the cluster's role."""
    address = open_engine(city.server.url(ADMIN)).url
    return {
        "PGHOST": str(address.host),
        "PGPORT": str(address.port),
        "PGUSER": ADMIN,
        "PGPASSWORD": str(address.password),
        "LC_ALL": "C.UTF-8",
    }
