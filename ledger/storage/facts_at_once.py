"""What a desk of PostgreSQL reads of a visit while the patient waits: turn, locks and every
question of `storage.desk_facts`, in one message to the server."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from ledger.core.visits import AccountUse, VisitRecord
from ledger.storage import account_events, benefit_spans, family, incoming_quotas, people, registry
from ledger.storage import settlements as store
from ledger.storage.desk_facts import DeskFacts, DeskReading
from ledger.storage.journal import Origin
from ledger.storage.line import Line, array
from ledger.storage.months import MONTHS
from ledger.storage.people import CERTNO, PSN_NO
from ledger.storage.postgres import in_words_of_postgres
from ledger.storage.questions import Question
from ledger.storage.requests import GivenRequest, KnownAnswer
from ledger.storage.turns import LOCK_FAMILIES, LOCK_PATIENTS, Turn

# Each of them, and whose keys it is asked of: marks of the statement, or a list made in it.
_TEXTS, _KEYS = "json_each(:texts) AS w", "json_each(:keys) AS w"
_PSN, _CERT, _VISITS, _PLACES = (f"unnest(${place}::text[]) AS w(value)" for place in range(1, 5))
_PATIENTS, _EVERYBODY = "patient AS w", "everybody AS w"
_REQUESTS = (
    "SELECT r.person_id, r.actor, r.request_id, r.content_hash, r.answer FROM patient AS w "
    "CROSS JOIN unnest($5::text[], $6::text[]) AS g(actor, request_id) "
    "JOIN request AS r ON r.person_id = w.value AND r.actor = g.actor "
    "AND r.request_id = g.request_id"
)
_VERSION = "SELECT 1 FROM policy_version AS v WHERE v.version = $7"


def _over(question: Question[Any], keys: str) -> str:
    mark = _TEXTS if _TEXTS in question.statement else _KEYS
    return in_words_of_postgres(question.statement.replace(mark, keys)).replace("%%", "%")


_LISTS = {
    "psn": _over(people.IDENTITIES[PSN_NO], _PSN),
    "cert": _over(people.IDENTITIES[CERTNO], _CERT),
    "patient(value)": "SELECT person_id FROM psn UNION SELECT person_id FROM cert",
    "link": _over(family.LINKS, _PATIENTS),
    "everybody(value)": "SELECT value FROM patient UNION SELECT holder_id FROM link",
}
_ASKED = (
    "SELECT * FROM psn",
    "SELECT * FROM cert",
    "SELECT * FROM link",
    _over(store.KNOWN_VISITS, _VISITS),
    _over(people.PEOPLE, _PATIENTS),
    _over(benefit_spans.SPANS, _PATIENTS),
    _over(store.ACCUMULATORS, _PATIENTS),
    _over(store.STAYS, _PATIENTS),
    _over(store.PURSES, _EVERYBODY),
    _over(account_events.HAPPENED, _EVERYBODY),
    _over(incoming_quotas.QUOTAS, _PATIENTS),
    _over(registry.NAMED_PROVIDERS, _PLACES),
    _over(registry.NAMED_SPANS, _PLACES),
    MONTHS.statement,
    _REQUESTS,
    _VERSION,
)
_KNOW = (
    "WITH "
    + ", ".join(f"{name} AS MATERIALIZED ({query})" for name, query in _LISTS.items())
    + " SELECT json_build_array("
    + ", ".join(f"(SELECT json_agg(q) FROM ({query}) AS q)" for query in _ASKED)
    + ")"
)
_LOCKS = {
    relatives: in_words_of_postgres(statement.replace(_TEXTS, _PSN)).replace("%%", "%")
    for relatives, statement in ((False, LOCK_PATIENTS), (True, LOCK_FAMILIES))
}


def read_at_once(
    line: Line,
    records: Sequence[VisitRecord],
    origins: Iterable[Origin],
    version: str,
) -> DeskReading:
    """Begin a transaction: take a visit's turn, lock the patients and whose accounts they may
    use, then read what is known of them."""
    line.say("BEGIN")
    line.say(Turn.VISIT.value)
    named = {number for r in records for number in (r.psn_no, r.certno) if number}
    relatives = any(r.account_use == AccountUse.OWN_THEN_RELATIVES for r in records)
    line.keep(_LOCKS[relatives], [array(named)])
    given = [(origin.actor, origin.request_id) for origin in origins if origin.request_id]
    line.keep(
        _KNOW,
        [
            array({r.psn_no for r in records if r.psn_no}),
            array({r.certno for r in records if r.certno}),
            array({r.visit_id for r in records}),
            array({c for r in records for c in (r.provider_code, r.prescriber_code) if c}),
            array(actor for actor, _request in given),
            array(request for _actor, request in given),
            version,
        ],
    )
    return _reading(line.flush() or b"[]")


def _row(pairs: list[tuple[str, Any]]) -> list[Any]:
    """A row of JSON is its values, in the order of its columns."""
    return [value for _name, value in pairs]


def _reading(text: bytes) -> DeskReading:
    found = [rows or () for rows in json.loads(text, object_pairs_hook=_row)]
    who = people.PEOPLE.shape(found[4])
    facts = DeskFacts(
        people.IDENTITIES[PSN_NO].shape(found[0]),
        people.IDENTITIES[CERTNO].shape(found[1]),
        store.KNOWN_VISITS.shape(found[3]),
        {row.person_id for row in who.values() if row.psn_no is not None},
        benefit_spans.SPANS.shape(found[5]),
        store.ACCUMULATORS.shape(found[6]),
        store.STAYS.shape(found[7]),
        family.LINKS.shape(found[2]),
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
    return DeskReading(facts, answers, bool(found[15]))
