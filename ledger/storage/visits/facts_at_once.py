"""What a desk of PostgreSQL reads of a visit while the patient waits: turn, locks and every
question of `storage.desk_facts`, in one message to the server."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from ledger.core.visits import VisitRecord
from ledger.storage.accounts import account_events
from ledger.storage.books.journal import Origin
from ledger.storage.books.months import MONTHS
from ledger.storage.database.bulk import array
from ledger.storage.database.line import Line
from ledger.storage.database.postgres import in_words_of_postgres
from ledger.storage.database.turns import LOCKED, Turn
from ledger.storage.database.visit_ids import LOCK_VISITS
from ledger.storage.pools import incoming_quotas
from ledger.storage.pools.incoming_quotas import IncomingQuota
from ledger.storage.requests import GivenRequest, KnownAnswer
from ledger.storage.roster import benefit_spans, family, people, registry
from ledger.storage.roster.family import Link
from ledger.storage.roster.people import CERTNO, PSN_NO, PersonRow
from ledger.storage.roster.registry import Provider, ProviderSpan
from ledger.storage.visits import settlements as store
from ledger.storage.visits.desk_facts import DeskFacts, DeskReading

# The numbers of the patients, and with them of whoever's account they may use, are kept on the
# server from the first statement on, so that every other one looks them up by key. As an array
# they are no table to join: a plan that was made when a table was empty still goes by its key.
_FAMILY = LOCKED.format(
    "p.person_id = ANY(ARRAY(SELECT q.person_id FROM patient AS q UNION ALL "
    "SELECT l.holder_id FROM family_link AS l "
    "WHERE l.user_id = ANY(ARRAY(SELECT q.person_id FROM patient AS q))))"
)


def _who(family: str) -> str:
    return f"""
    WITH patient(person_id) AS MATERIALIZED (
        SELECT i.person_id FROM person_identity AS i
        WHERE i.kind IN ('{PSN_NO}', '{CERTNO}') AND i.number = ANY($1::text[]))
    SELECT set_config('gongji.patients', ARRAY(SELECT q.person_id FROM patient AS q)::text, true),
        set_config('gongji.everybody', ARRAY({family})::text, true)
"""


_WHO = {True: _who(_FAMILY), False: _who(f"{_FAMILY} SKIP LOCKED")}
"""Waiting for whoever is held by others, or leaving them out."""
_PATIENTS = "current_setting('gongji.patients')::bigint[]"
_EVERYBODY = "current_setting('gongji.everybody')::bigint[]"
_VISITS, _PLACES = "$3::text[]", "$4::text[]"


def _over(statement: str, keys: str) -> str:
    """A statement that is asked of `keys`, an array."""
    for each in ("json_each(:texts) AS w", "json_each(:keys) AS w"):
        statement = statement.replace(each, "(VALUES (0)) AS w(nothing)")
    return in_words_of_postgres(statement.replace("= w.value", f"= ANY({keys})")).replace("%%", "%")


_NAMED = (
    "SELECT i.kind, i.number, i.person_id FROM person_identity AS i WHERE "
    f"(i.kind = '{PSN_NO}' AND i.number = ANY($1::text[])) OR "
    f"(i.kind = '{CERTNO}' AND i.number = ANY($2::text[]))"
)
_LOCK_VISITS = LOCK_VISITS.replace("?", "$1")
_REQUESTS = (
    "SELECT r.person_id, r.actor, r.request_id, r.content_hash, r.answer FROM request AS r "
    f"WHERE r.person_id = ANY({_PATIENTS}) AND r.actor = ANY($5::text[]) "
    "AND r.request_id = ANY($6::text[])"
)
_ASKED = (
    (3, _NAMED),
    (1, "SELECT 1 FROM policy_version AS v WHERE v.version = $7"),
    (3, _over(store.KNOWN_VISITS.statement, _VISITS)),
    (len(PersonRow._fields), _over(people.PEOPLE.statement, _PATIENTS)),
    (5, _over(benefit_spans.SPANS.statement, _PATIENTS)),
    (8, _over(store.ACCUMULATORS.statement, _PATIENTS)),
    (3, _over(store.STAYS.statement, _PATIENTS)),
    (len(Link._fields), _over(family.LINKS.statement, _PATIENTS)),
    (4, _over(store.PURSES.statement, _EVERYBODY)),
    (3, _over(account_events.HAPPENED.statement, _EVERYBODY)),
    (len(IncomingQuota._fields), _over(incoming_quotas.QUOTAS.statement, _PATIENTS)),
    (len(Provider._fields), _over(registry.NAMED_PROVIDERS.statement, _PLACES)),
    (len(ProviderSpan._fields), _over(registry.NAMED_SPANS.statement, _PLACES)),
    (2, MONTHS.statement),
    (5, _REQUESTS),
)
"""Each question, and how many columns its rows have."""


def _as_json(columns: int, query: str) -> str:
    """Rows as an array of arrays: a third of the time that an array of objects takes."""
    names = ", ".join(f"c{number}" for number in range(columns))
    return f"ARRAY(SELECT json_build_array({names}) FROM ({query}) AS q({names}))"


# Named from outside: an EXECUTE copies what its result is made of, and here that is every question.
_KNOW = (
    "SELECT q.known FROM (SELECT json_build_array("
    f"{', '.join(_as_json(*each) for each in _ASKED)}, to_json({_EVERYBODY})) AS known) AS q"
)


def read_at_once(
    line: Line,
    records: Sequence[VisitRecord],
    origins: Iterable[Origin],
    version: str,
    patient: bool = True,
) -> DeskReading:
    """Begin a transaction: take a visit's turn, lock the patients and whose accounts they may
    use, then read what is known of them.

    Args:
        patient: wait for people whom others hold; or leave them out of `locked`.
    """
    psn = {r.psn_no for r in records if r.psn_no}
    certs = {r.certno for r in records if r.certno}
    given = [(origin.actor, origin.request_id) for origin in origins if origin.request_id]
    visits = array({r.visit_id for r in records})
    line.say("BEGIN")
    line.say(Turn.VISIT.value)
    line.keep(_WHO[patient], [array(psn | certs)])
    line.keep(_LOCK_VISITS, [visits])
    line.keep(
        _KNOW,
        [
            array(psn),
            array(certs),
            visits,
            array({c for r in records for c in (r.provider_code, r.prescriber_code) if c}),
            array({actor for actor, _request in given}),
            array({request for _actor, request in given}),
            version,
        ],
    )
    return _reading(line.flush() or b"[]")


def _reading(text: bytes) -> DeskReading:
    found = json.loads(text)
    who = people.PEOPLE.shape(found[3])
    facts = DeskFacts(
        {number: person for kind, number, person in found[0] if kind == PSN_NO},
        {number: person for kind, number, person in found[0] if kind == CERTNO},
        store.KNOWN_VISITS.shape(found[2]),
        {row.person_id for row in who.values() if row.psn_no is not None},
        benefit_spans.SPANS.shape(found[4]),
        store.ACCUMULATORS.shape(found[5]),
        store.STAYS.shape(found[6]),
        family.LINKS.shape(found[7]),
        store.PURSES.shape(found[8]),
        account_events.HAPPENED.shape(found[9]),
        incoming_quotas.QUOTAS.shape(found[10]),
        registry.DatedProviders.some(
            registry.NAMED_PROVIDERS.shape(found[11]), registry.NAMED_SPANS.shape(found[12])
        ),
        MONTHS.shape(found[13]),
        who,
    )
    answers = {
        GivenRequest(person, actor, request): KnownAnswer(content, answer)
        for person, actor, request, content, answer in found[14]
    }
    return DeskReading(facts, answers, bool(found[1]), set(found[15]))
