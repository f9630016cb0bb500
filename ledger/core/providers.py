"""Designated institutions (定点医药机构) as a file tells them."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import NamedTuple

from ledger.core.months import FAR


class ProviderKind(StrEnum):
    """Kind of institution (fixmedins_type)."""

    HOSPITAL = "1"
    PHARMACY = "2"


class ProviderRecord(NamedTuple):
    """One row of the list of providers.

    `tier` is the deductible level (起付线等级, dedc_hosp_lv) 1, 2 or 3; None where the
    institution has no grade and is no primary-care kind: it can be listed, not settled with.
    `pharmacy_pooling` (门诊统筹药店, article 20): None where the file does not say.
    `changed_on` (变更日期) is the first day on which what the row says of grade, tier, agreement
    and pooling holds; None: the row holds on every day since the last such change.
    """

    row: int
    code: str
    name: str
    kind: ProviderKind
    grade: str
    tier: int | None
    county: str
    agreement_from: date
    agreement_until: date = FAR
    pharmacy_pooling: bool | None = None
    changed_on: date | None = None
