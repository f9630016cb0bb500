"""The importers find in the demo's files exactly the faults that were planted there."""

from __future__ import annotations

from pathlib import Path

from api.demo.generate import Truth
from importers.catalog import read

Inputs = tuple[Path, Truth]

FOUND_ON_READING = {
    "bad-provider-code": "import/not-a-provider-code",
    "no-such-day": "value/not-a-day",
    "duplicate-identity": "identity/used-twice",
    "identity-is-a-number": "identity/lost-digits",
    "impossible-birthday": "identity/birth-date",
    "wrong-check-digit": "identity/check-digit",
    "unknown-person-type": "import/unknown-person-type",
    "no-such-month": "value/not-a-month",
    "negative-base": "contribution/negative",
    "not-an-amount": "value/not-an-amount",
    "third-decimal": "value/not-an-amount",
    "no-such-kind": "import/unknown-contribution-kind",
    "no-such-relation": "family/relation-not-allowed",
    "holder-is-user": "family/same-person",
    "ends-before-it-begins": "import/end-before-start",
    "parts-do-not-add-up": "visit/parts-do-not-add-up",
    "same-id-other-content": "visit/duplicate-id",
    "unknown-account-use": "visit/account-flag",
}
"""What a file shows by itself -> the importers' code."""

FOUND_BY_THE_LEDGER = {
    "unknown-person": "person/unknown",
    "account-part-wrong": "contribution/account-amount",
    "numbers-disagree": "person/numbers-disagree",
    "relation-not-allowed": "family/relation-not-allowed",
    "holder-not-on-roster": "family/unknown-holder",
    "unknown-provider": "provider/unknown",
    "ungraded-provider": "provider/no-tier",
    "provider-expired": "provider/not-in-agreement",
    "maternity": "visit/elsewhere",
    "forbidden-category": "account/forbidden-category",
    "refund-of-unknown": "refund/unknown-visit",
    "partial-refund": "refund/partial",
    "refunded-before": "refund/done-before",
}
"""What only the roster, the providers or the rules can tell -> the services' code."""

CODES = FOUND_ON_READING | FOUND_BY_THE_LEDGER


def test_every_planted_fault_has_one_code(inputs: Inputs) -> None:
    planted = {fault for file in inputs[1].files for fault in file.faults.values()}
    assert planted == set(CODES)


def test_the_importers_find_exactly_the_planted_faults(inputs: Inputs) -> None:
    folder, truth = inputs
    for file in truth.files:
        batch = read(file.kind, folder / file.name)
        expected = {
            row: FOUND_ON_READING[fault]
            for row, fault in file.faults.items()
            if fault in FOUND_ON_READING
        }
        assert (file.name, batch.rows) == (file.name, file.rows)
        assert {error.row: error.code for error in batch.errors} == expected, file.name
        assert len(batch.records) + len(expected) == file.rows
