"""Everything that a settlement desk reads before it decides: of one visit or of a month's file.

Here question by question, however many keys each has. A desk of PostgreSQL that settles a visit
while the patient waits puts the same questions in one statement: `storage.facts_at_once`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.benefits.account_states import Happened
from ledger.benefits.account_use import Purse
from ledger.benefits.benefit_period import BenefitSpan
from ledger.core.visits import VisitRecord
from ledger.storage.accounts import account_events
from ledger.storage.books.journal import Origin
from ledger.storage.books.months import KnownMonths, known_months
from ledger.storage.pools import incoming_quotas
from ledger.storage.pools.incoming_quotas import IncomingQuota
from ledger.storage.requests import GivenRequest, KnownAnswer, known_answer
from ledger.storage.roster import benefit_spans, family, people
from ledger.storage.roster.family import Link
from ledger.storage.roster.people import CERTNO, PSN_NO, PersonRow
from ledger.storage.roster.registry import DatedProviders
from ledger.storage.visits import settlements as store
from ledger.storage.visits.settlements import AccumulatorRow


class DeskFacts(NamedTuple):
    """What is known of the patients of some visits, of the holders whose accounts they may use,
    and of the institutions."""

    by_psn: dict[str, int]
    by_cert: dict[str, int]
    visits: dict[str, tuple[int, str]]
    """Visit id -> (person, content hash), of those that are here already."""
    roster: set[int]
    benefits: Mapping[int, Sequence[BenefitSpan]]
    years: dict[tuple[int, int], AccumulatorRow]
    stays: dict[int, list[tuple[date, date]]]
    links: Mapping[int, Sequence[Link]]
    purses: dict[int, Purse]
    happened: Mapping[int, Sequence[Happened]]
    incoming: Mapping[int, Sequence[IncomingQuota]]
    providers: DatedProviders
    months: KnownMonths
    people: Mapping[int, PersonRow]
    """The patients, for whoever is answered; empty for a file."""

    @property
    def patients(self) -> set[int]:
        return set(self.by_psn.values()) | set(self.by_cert.values())

    @property
    def holders(self) -> set[int]:
        return {link.holder_id for of_user in self.links.values() for link in of_user}


class DeskReading(NamedTuple):
    """Facts, the answers of requests that were here before, whether the version of the pack is
    kept already, and who is locked."""

    facts: DeskFacts
    answers: dict[GivenRequest, KnownAnswer]
    version_kept: bool
    locked: set[int]
    """Whose turn it is: those of the others are held by somebody else."""


def read_for(
    connection: Connection, records: Sequence[VisitRecord], origins: Sequence[Origin]
) -> DeskReading:
    """What a desk reads that answers requests, question by question."""
    facts = facts_of(connection, records, answering=True)
    answers = {}
    for record, origin in zip(records, origins, strict=True):
        person = people.named_by(facts.by_psn, facts.by_cert, record.psn_no, record.certno)
        if person is not None and origin.request_id is not None:
            given = GivenRequest(person, origin.actor, origin.request_id)
            known = known_answer(connection, given)
            if known is not None:
                answers[given] = known
    return DeskReading(facts, answers, False, facts.patients | facts.holders)


def facts_of(
    connection: Connection, records: Sequence[VisitRecord], answering: bool = False
) -> DeskFacts:
    """Read them, one statement a question.

    Args:
        answering: somebody waits for an answer, which names the patient.
    """
    by_psn = people.identities(connection, PSN_NO, (r.psn_no for r in records))
    by_cert = people.identities(connection, CERTNO, (r.certno for r in records))
    patients = set(by_psn.values()) | set(by_cert.values())
    links = family.links_of(connection, patients)
    holders = {link.holder_id for of_user in links.values() for link in of_user}
    return DeskFacts(
        by_psn,
        by_cert,
        store.known_visits(connection, (r.visit_id for r in records)),
        people.on_roster(connection, patients),
        benefit_spans.spans_of(connection, patients),
        store.accumulators_of(connection, patients),
        store.stays_of(connection, patients),
        links,
        store.purses_of(connection, patients | holders),
        account_events.happened_to(connection, patients | holders),
        incoming_quotas.quotas_of(connection, patients),
        DatedProviders(connection),
        known_months(connection),
        people.people_of(connection, patients) if answering else {},
    )
