"""The keys are ready to be spread over machines by `person_id` (design, section 2): what must be
unique, what must exist and what a window asks stays with one person. Derived from the schema; the
exceptions stand here by name, each with its reason."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import Index, Table

from ledger.storage.database.triggers_postgres import CHECKS
from ledger.storage.tables import metadata

REFERENCE = {
    "pool": "one row",
    "policy_version": "rules; every machine keeps a copy",
    "account": "the chart of accounts; a copy everywhere",
    "fiscal_month": "months of account; a copy everywhere",
    "account_month": "the fund's own turnover, a row for an account and month",
    "employer": "a copy everywhere",
    "provider": "a copy everywhere",
    "provider_span": "a copy everywhere",
    "provider_statement": "the fund's own payments, a row for a provider and month",
    "pool_payment": "the fund's own payments to other pools",
    "api_token": "users",
}
"""Small tables: they do not grow with people."""

BY_ANOTHER_KEY = {
    "person_identity": "spread by the number: a table of its own, so that a number is unique "
    "without looking at everybody",
    "family_link": "mutual aid leads with the user, whose window asks",
}

LOOKED_UP_BY_NUMBER = {
    "entry": "a settlement or a run is asked for by its number alone",
    "visit": "hospitals name a visit by its number alone",
    "inpatient_stay": "hospitals name a visit by its number alone",
    "claim": "a bill must not be claimed twice, whoever claims",
    "payee": "a payment is named by its number alone",
    "proposal": "whoever decides names a proposal by its number",
    "proposal_decision": "verify: the decision behind an entry",
    "pool_transfer": "a case is named by its number alone",
    "pool_quota": "mutual aid: what somebody in another pool has been given",
    "premium": "mutual aid: a premium that a relative paid",
    "family_link": "mutual aid: whose account a holder opened, and to whom",
    "person_merge": "merging: one of two numbers",
    "person_alias": "merging: the numbers that a person had",
    "contribution": "runs: the contributions of a month of account",
    "transfer": "runs and reports: a month, a provider's month, the cash of a month",
    "settlement": "runs and reports: a provider's month",
    "advance_credit": "runs: the advances of a month",
    "person_span": "runs: the people of an employer",
}
"""Indexes that do not lead with the person: each machine keeps its part, and such a question asks
all of them at once. None of them is unique."""

_OTHER_PEOPLE = {
    "transfer": "its entry may stand under the person whom the event is about, or under 0",
}
"""Triggers that look at rows of another person."""


def leads(table: Table) -> str:
    return next(iter(table.primary_key.columns)).name


@pytest.mark.parametrize("table", metadata.tables.values(), ids=str)
def test_the_person_leads_the_key_of_whatever_grows_with_people(table: Table) -> None:
    if table.name in REFERENCE:
        assert "person_id" not in table.columns
    elif table.name not in BY_ANOTHER_KEY:
        assert leads(table) == "person_id"


def unique_rules(table: Table) -> list[tuple[str, ...]]:
    from_indexes = [tuple(c.name for c in i.columns) for i in table.indexes if i.unique]
    constraints = [c for c in table.constraints if type(c).__name__ == "UniqueConstraint"]
    return from_indexes + [tuple(column.name for column in c.columns) for c in constraints]


def test_nothing_is_unique_across_people() -> None:
    crossing = {
        table.name: rule
        for table in metadata.tables.values()
        if table.name not in REFERENCE
        for rule in unique_rules(table)
        if rule[0] != leads(table)
    }
    assert crossing == {}


def test_foreign_keys_stay_with_the_person() -> None:
    crossing = [
        str(key.parent)
        for table in metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name not in REFERENCE and leads(table) not in key.parent.name
    ]
    assert crossing == []


def other_indexes(table: Table) -> list[Index]:
    return [i for i in table.indexes if next(iter(i.columns)).name != leads(table)]


def test_what_is_looked_up_across_people_is_known_by_name() -> None:
    found = {
        table.name
        for table in metadata.tables.values()
        if table.name not in REFERENCE and other_indexes(table)
    }
    assert found == set(LOOKED_UP_BY_NUMBER)


# A table that a trigger reads, with its alias.
_READ = re.compile(r"(?:FROM|JOIN)\s+(\w+)\s+AS\s+(\w+)")


@pytest.mark.parametrize("table", CHECKS)
def test_a_trigger_looks_at_rows_of_the_same_person(table: str) -> None:
    body = CHECKS[table]
    crossing = {
        name
        for name, alias in _READ.findall(body)
        if name in metadata.tables
        and name not in REFERENCE
        and f"{alias}.person_id = n.person_id" not in body
    }
    assert crossing == ({"entry"} if table in _OTHER_PEOPLE else set())
