"""What a caller may see of whom. What is not the caller's answers as if it did not exist: that
somebody is on the roster, or was at a hospital, is personal data already.
"""

from __future__ import annotations

from sqlalchemy import Connection

from ledger.benefits.settlement import Settlement
from ledger.core.errors import NotAllowed, Unknown
from ledger.services.context import Context
from ledger.services.tokens import Caller, Role
from ledger.storage.accounts.merges import kept_of
from ledger.storage.roster.people import find_person
from ledger.storage.roster.registry import provider_by_id
from ledger.storage.visits.resettlements import ELSEWHERE
from ledger.storage.visits.settlements import settlement_by_id


def reach_person(context: Context, caller: Caller, number: str) -> None:
    """A person reaches nobody but himself, by either of his numbers.

    Raises:
        Unknown: `person/unknown`, the same for a stranger as for a number that is nobody's.
    """
    if caller.role is not Role.PERSON:
        return
    with context.reading() as connection:
        own = find_person(connection, caller.subject)
        asked = find_person(connection, number)
    if asked is None or asked != own:
        raise Unknown("person/unknown", f"“{number}”不在册：没有这个人员编号或证件号码")


def reach_provider(caller: Caller, code: str) -> None:
    """A provider acts for itself only; that others exist is no secret.

    Raises:
        NotAllowed: `access/other-provider`.
    """
    if caller.role is Role.PROVIDER and code != caller.subject:
        raise NotAllowed("access/other-provider", f"该令牌只能用于定点机构 {caller.subject}")


def reach_employer(caller: Caller, employer_no: str) -> None:
    """A unit's clerk sees that unit only.

    Raises:
        Unknown: `employer/unknown`, whether there is such a unit or not.
    """
    if caller.role is Role.EMPLOYER and employer_no != caller.subject:
        raise Unknown("employer/unknown", f"没有编号为“{employer_no}”的单位")


def reach_settlement(context: Context, caller: Caller, settlement_id: int) -> None:
    """A person reaches settlements of visits of his own, a provider those it asked for.

    Raises:
        Unknown: `settlement/unknown`, the same for one out of reach as for one that is not there.
    """
    if caller.role is Role.AGENCY:
        return
    with context.reading() as connection:
        settlement = settlement_by_id(connection, settlement_id)
        if settlement is not None and _is_own(connection, caller, settlement):
            return
    raise Unknown("settlement/unknown", f"没有编号为 {settlement_id} 的结算")


def _is_own(connection: Connection, caller: Caller, settlement: Settlement) -> bool:
    if caller.role is Role.PERSON:
        # Settlements of a merged number are those of the person that it is now.
        whose = kept_of(connection, [settlement.person_id])
        own = find_person(connection, caller.subject)
        return own == whose.get(settlement.person_id, settlement.person_id)
    if caller.role is Role.PROVIDER:
        # What papers proved was settled by the agency: it is no provider's.
        by_papers = settlement.provider_id == ELSEWHERE
        return not by_papers and (
            provider_by_id(connection, settlement.provider_id).code == caller.subject
        )
    return False
