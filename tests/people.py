"""The cast: invented people with invented numbers, the same in every test.

陈建国 (chen) is employed and holds the family's account; 林秀英 (lin) is retired and settled up;
陈小雨 (yu) is their child, on no employees' roster; 王强 (wang) pays flexibly on the pool-only
plan and has no account; 赵敏 (zhao) is a stranger to all of them. Anybody else that a test needs
is `somebody(n)`.
"""

from __future__ import annotations

from datetime import date

from ledger.core.months import FAR
from ledger.core.people import Insured, PersonRecord, Plan, Status

INSURED_FROM = date(2022, 1, 1)


def somebody(
    number: int,
    name: str = "",
    status: Status = Status.EMPLOYED,
    plan: Plan = Plan.COMBINED,
    benefit_from: date = INSURED_FROM,
    benefit_until: date = FAR,
    insured: Insured = Insured.NORMAL,
    changed_on: date | None = None,
    settled_up_on: date | None = None,
    county: str = "420302",
    psn_type: str | None = None,
) -> PersonRecord:
    """The roster's row of the person with this number; always the same numbers for the same one."""
    unit = status is Status.EMPLOYED and plan is Plan.COMBINED
    return PersonRecord(
        row=number + 1,
        psn_no=psn_no(number),
        name=name or f"参保人{number}",
        cert_type="01",
        certno=certno(number),
        status=status,
        psn_type=psn_type or f"{status.value}01",
        plan=plan,
        employer_no="E001" if unit else None,
        employer_name="十堰样例一厂" if unit else None,
        county=county,
        benefit_from=benefit_from,
        benefit_until=benefit_until,
        insured=insured,
        changed_on=changed_on,
        settled_up_on=settled_up_on,
    )


def psn_no(number: int) -> str:
    return f"42030000009{number:05d}"


def certno(number: int) -> str:
    """An identity number of an invented birth in 1900, with its right check digit."""
    body = f"42030219000101{number:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
    return body + "10X98765432"[total % 11]


CHEN = somebody(1, "陈建国")
LIN = somebody(2, "林秀英", Status.RETIRED, settled_up_on=date(2021, 6, 1))
WANG = somebody(3, "王强", plan=Plan.POOL_ONLY)
ZHAO = somebody(4, "赵敏")
YU_CERTNO = certno(900)
YU_NAME = "陈小雨"
