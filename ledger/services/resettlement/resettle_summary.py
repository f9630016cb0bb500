"""A plan of resettling as an answer: totals, by status and tier, by person, visit by visit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from ledger.benefits.explanation import STATUS_TEXT, TIER_TEXT
from ledger.benefits.outpatient import REASON_TEXT
from ledger.benefits.resettlement import CAUSE_TEXT
from ledger.core.money import yuan_text
from ledger.policy.pack import Pack
from ledger.services.resettlement.resettle_plan import Plan, Replacement, Scope, people_of
from ledger.services.resettlement.setting_off import Parts, setting_off, standing
from ledger.storage.roster.registry import providers
from ledger.storage.visits import resettlements as store

CREDITS_NOTE = (
    "个人账户划账不在此列：政策追溯产生的划账差额由 gongji credit 补划或退回（原因 rules_changed）"
)


def summary(connection: Connection, pack: Pack, scope: Scope, plan: Plan) -> dict[str, Any]:
    """The answer of `resettle`; amounts are text of yuan, changes are after less before."""
    changed, nets = plan.replacements, plan.nets_per_person
    netted = sum(fen for parts in set_off(connection, plan).parts.values() for _who, fen in parts)
    names = store.names_of(
        connection, [*people_of(changed), *(who for of in plan.years for who in of.left_out)]
    )
    places = {p.provider_id: (p.code, p.name) for p in providers(connection).values()}
    return {
        "scope": {key: value for key, value in scope._asdict().items() if value is not None},
        "years": [of.year for of in plan.years],
        "plan": plan.number or None,
        "approved": False,
        "difference": str(plan.difference),
        "policy_version": pack.version,
        "people": sum(len(of.people) for of in plan.years),
        "visits": sum(of.visits for of in plan.years),
        "changed_people": len(people_of(changed)),
        "changed_visits": len(changed),
        "totals": _totals(changed, nets),
        "netted": yuan_text(max(netted, 0)),
        "by_status_and_tier": [
            _status_and_tier(status, tier) | _counted(found, nets)
            for (status, tier), found in _grouped(
                changed, lambda r: (r.refolded.status, r.refolded.share.tier)
            )
        ],
        "by_cause": [
            {"cause": cause, "text": CAUSE_TEXT[cause], **_counted(found, nets)}
            for cause, found in _grouped(changed, lambda r: r.refolded.causes[0])
        ],
        "persons": [
            {"psn": names[who][0], "psn_name": names[who][1], **_counted(found, nets)}
            for who, found in _grouped(changed, lambda r: r.holder)
        ],
        "providers": [
            {
                "fixmedins_code": places[number][0],
                "fixmedins_name": places[number][1],
                **_counted(found, nets),
            }
            for number, found in _grouped(changed, lambda r: r.old.provider_id)
            if number in places
        ],
        "changes": [_change(found, names, places) for found in changed],
        "left_out": [
            {"psn": names[who][0], "psn_name": names[who][1], "reason": reason}
            for of in plan.years
            for who, reason in sorted(of.left_out.items())
        ],
        "note": CREDITS_NOTE,
    }


class SetOff(NamedTuple):
    """What a plan sets off for each person, and who merged numbers are."""

    parts: dict[int, Parts]
    aliases: Mapping[int, int]


def set_off(connection: Connection, plan: Plan) -> SetOff:
    """How people stand with the fund once every mirror and every new entry of a plan is booked,
    and what of it is set off."""
    people = people_of(plan.replacements)
    stand = standing(connection, people)
    for found in plan.replacements:
        number, person = found.old.person_id, found.holder
        before, after = found.before.to_person_fen, found.after.to_person_fen
        stand.due[number] += max(after, 0) - max(before, 0)
        more = max(-after, 0) - max(-before, 0)
        stand.owed[person] += more
        stand.resettled[person] += more
    return SetOff(setting_off(stand, people, plan.nets_per_person), stand.aliases)


def _grouped(
    changed: Iterable[Replacement], key: Callable[[Replacement], Any]
) -> list[tuple[Any, list[Replacement]]]:
    """By a key, in the order of the keys; an empty cell comes first."""
    groups: dict[Hashable, list[Replacement]] = {}
    for found in changed:
        groups.setdefault(key(found), []).append(found)
    return sorted(groups.items(), key=lambda item: str(item[0]))


def _counted(found: Sequence[Replacement], nets: bool) -> dict[str, Any]:
    return {"people": len(people_of(found)), "visits": len(found), **_totals(found, nets)}


def _totals(found: Sequence[Replacement], nets: bool) -> dict[str, str]:
    """Who owes whom. The fund's change is what it pays more, and it goes to persons, to
    providers or stands against accounts.

    Args:
        nets: what is due to a person and owed by the same person is set off.
    """
    fund = [r.after.pool_fen - r.before.pool_fen for r in found]
    of_person: dict[int, int] = defaultdict(int)
    for number, r in enumerate(found):
        of_person[r.holder if nets else number] += r.to_person_fen
    person = list(of_person.values())
    provider = [r.to_provider_fen for r in found]
    sums = {
        "fund_change": sum(fund),
        "fund_more": sum(fen for fen in fund if fen > 0),
        "fund_less": sum(fen for fen in fund if fen < 0),
        "due_to_persons": sum(fen for fen in person if fen > 0),
        "owed_by_persons": -sum(fen for fen in person if fen < 0),
        "due_to_providers": sum(fen for fen in provider if fen > 0),
        "owed_by_providers": -sum(fen for fen in provider if fen < 0),
        "back_to_accounts": sum(r.account_back_fen for r in found),
    }
    return {name: yuan_text(fen) for name, fen in sums.items()}


def _change(
    found: Replacement, names: dict[int, tuple[str, str]], places: dict[int, tuple[str, str]]
) -> dict[str, Any]:
    old, share = found.old, found.refolded.share
    code, place = places.get(old.provider_id, ("", ""))
    return {
        "psn": names[found.holder][0],
        "psn_name": names[found.holder][1],
        "mdtrt_id": old.visit_id,
        "setl_id": str(old.settlement_id),
        "setl_time": old.settled_at.isoformat(sep=" "),
        "fixmedins_code": code,
        "fixmedins_name": place,
        "causes": [str(cause) for cause in found.refolded.causes],
        "cause_text": "；".join(CAUSE_TEXT[cause] for cause in found.refolded.causes),
        "before": _side(
            old.status, old.tier, old.reason, old.deductible_fen, found.before, old.total_fen
        ),
        "after": _side(
            found.refolded.status,
            share.tier,
            share.reason,
            share.amounts[0],
            found.after,
            old.total_fen,
        ),
        "to_person": yuan_text(found.to_person_fen),
        "to_provider": yuan_text(found.to_provider_fen),
        "to_account": yuan_text(found.account_back_fen),
    }


def _status_and_tier(status: str, tier: int | None) -> dict[str, Any]:
    return {
        "psn_type": status,
        "psn_type_text": STATUS_TEXT[status],
        "tier": tier,
        "tier_text": TIER_TEXT.get(tier or 0, ""),
    }


def _side(
    status: str, tier: int | None, reason: str, deductible_fen: int, payers: Any, total_fen: int
) -> dict[str, Any]:
    return _status_and_tier(status, tier) | {
        "reason": str(reason),
        "reason_text": REASON_TEXT[reason],  # type: ignore[index]  # A reason by its text.
        "act_pay_dedc": yuan_text(deductible_fen),
        "hifp_pay": yuan_text(payers.pool_fen),
        "acct_pay": yuan_text(payers.account_fen),
        "psn_cash_pay": yuan_text(total_fen - payers.pool_fen - payers.account_fen),
    }
