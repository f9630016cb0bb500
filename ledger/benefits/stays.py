"""No ordinary outpatient benefit during an inpatient stay (article 10)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from ledger.policy.values import OutpatientRules


def in_hospital(stays: Iterable[tuple[date, date]], day: date, rules: OutpatientRules) -> bool:
    """Does a stay block the day? Whether its first and last day count is a setting (default 10).

    Args:
        stays: first and last day of each, both inclusive.

    Source: S3c-10.
    """
    for first, last in stays:
        if first < day < last:
            return True
        if day == first and rules.blocked_on_admission_day:
            return True
        if day == last and rules.blocked_on_discharge_day:
            return True
    return False
