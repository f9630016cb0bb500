"""People, contributions and family links as a file or a form tells them.

Values, not tables: what an importer reads and a service takes. Every last day is already
turned into a half-open end; every amount is fen; codes and identity numbers are text.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import NamedTuple

from ledger.core.money import Fen
from ledger.core.months import FAR, Month


class Status(StrEnum):
    """What a person is insured as (人员类别, the first two digits of psn_type)."""

    EMPLOYED = "11"
    RETIRED = "12"
    VETERAN = "13"
    """离休: outside the personal accounts; some pools pay the whole cost in scope."""


def born_on(certno: str) -> date | None:
    """The day of birth that an identity number of 18 places says; None for any other number."""
    digits = certno[6:14]
    if len(certno) != 18 or not digits.isdecimal():
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def age_on(born: date, day: date) -> int:
    """Full years (周岁) on a day; whoever was born on 29 February is older on 1 March."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


class Plan(StrEnum):
    """How a person is insured (参保方式)."""

    COMBINED = "combined"
    """统账结合: with a personal account."""
    POOL_ONLY = "pool_only"
    """单建统筹: without one."""


class Insured(StrEnum):
    """State of the insurance (人员参保状态, psn_insu_stas)."""

    NORMAL = "1"
    PAUSED = "2"
    INVALID = "3"
    ENDED = "4"


class Relation(StrEnum):
    """Relation of the user to the holder (与授权人关系), codes of the agnter_rlts dictionary."""

    SPOUSE = "1"
    CHILD = "2"
    GRANDCHILD = "4"
    PARENT = "5"
    GRANDPARENT = "6"
    SIBLING = "7"
    OTHER_RELATIVE = "8"
    NOT_RELATED = "9"


class ContributionKind(StrEnum):
    """Kind of a contribution (缴费类型, clct_type)."""

    NORMAL = "10"
    NORMAL_PERSONAL = "11"
    REFUND = "20"
    ARREARS = "30"
    ARREARS_31 = "31"
    ARREARS_AT_ONCE = "32"
    RETIREMENT_ARREARS = "33"
    BASE_DIFFERENCE = "34"
    RATE_DIFFERENCE = "35"


class PersonRecord(NamedTuple):
    """One row of a roster (参保人员名册).

    `changed_on` (变更日期) is the first day on which what the row says holds, for a person who
    is on the roster already. `settled_up_on` (清算日期) is the day of settling up on retirement
    (退休一次性清算); status follows it, not age.
    """

    row: int
    psn_no: str
    name: str
    cert_type: str
    certno: str
    status: Status
    psn_type: str
    plan: Plan
    employer_no: str | None
    employer_name: str | None
    county: str
    benefit_from: date
    benefit_until: date = FAR
    insured: Insured = Insured.NORMAL
    changed_on: date | None = None
    settled_up_on: date | None = None


class ContributionRecord(NamedTuple):
    """One row of contributions that arrived (缴费到账明细). A refund has negative amounts.

    A person is named by number, by identity number, or by both (then both must agree).
    `receipt_no` is the tax receipt (电子税票号), where the file has one.
    """

    row: int
    employer_no: str | None
    employer_name: str | None
    psn_no: str | None
    certno: str | None
    month: Month
    base_fen: Fen
    employer_fen: Fen
    personal_fen: Fen
    account_fen: Fen
    kind: ContributionKind
    arrived_on: date
    receipt_no: str | None = None


class FamilyRecord(NamedTuple):
    """One row of a mutual-aid list (家庭共济授权): `user` may use `holder`'s account.

    A holder is on the roster; a user need not be (a child). `quota_fen` None: no ceiling.
    `position` is the order in which several holders of one user pay; None: in order of arrival.
    """

    row: int
    holder_certno: str
    holder_name: str
    user_certno: str
    user_name: str
    relation: Relation
    valid_from: date
    valid_until: date = FAR
    quota_fen: Fen | None = None
    position: int | None = None


class BankAccount(NamedTuple):
    """Where money due to a person goes: name of the account, bank, number. The number is text."""

    name: str
    bank: str
    number: str
