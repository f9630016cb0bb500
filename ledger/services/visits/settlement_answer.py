"""What whoever settles a visit, or asks about a settlement, is answered: the settlement under the
names of the national interface, with its steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from ledger.benefits.claims import claim_step
from ledger.benefits.explanation import Step, explain, resettled_step
from ledger.benefits.explanation_shapes import Traces
from ledger.benefits.outpatient import REASON_TEXT, Reason
from ledger.benefits.settlement import Settlement
from ledger.core.money import yuan_text
from ledger.core.months import Month
from ledger.core.visit_facts import VisitFacts, shown
from ledger.core.visits import VisitRecord
from ledger.policy.loader import pack_from_content
from ledger.policy.pack import Pack
from ledger.services.accounts.account_reason import account_reason
from ledger.services.context import Context
from ledger.storage import policy
from ledger.storage.roster.people import person
from ledger.storage.roster.registry import provider_by_id
from ledger.storage.visits import settlements as store
from ledger.storage.visits.claims import claim_of, place_of
from ledger.storage.visits.resettlements import ELSEWHERE, resettlement_of
from ledger.storage.visits.windows import traces_of


def answer_again(context: Context, connection: Connection, record: VisitRecord) -> dict[str, Any]:
    """A visit that is here already answers as it did."""
    before = store.settlements_of_visits(connection, [record.visit_id])
    return answer_of(context, connection, record, before.get(record.visit_id))


def answer_of(
    context: Context,
    connection: Connection,
    record: VisitRecord,
    settlement: Settlement | None,
    traces: Traces | None = None,
) -> dict[str, Any]:
    if settlement is None:
        return {"mdtrt_id": record.visit_id, "setl_id": None, "stay": True}
    answer = present(connection, settlement, pack_of(context, connection, settlement), traces)
    return answer | account_reason(connection, settlement, record.account_use)


def pack_of(context: Context, connection: Connection, settlement: Settlement) -> Pack:
    if settlement.policy_version == context.pack.version:
        return context.pack
    content = policy.version_content(connection, settlement.policy_version)
    return context.pack if content is None else pack_from_content(content)


NATIONAL_AMOUNTS = {
    "medfee_sumamt": "total_fen",
    "fulamt_ownpay_amt": "fully_self_paid_fen",
    "overlmt_selfpay": "over_limit_fen",
    "preselfpay_amt": "paid_first_fen",
    "inscp_scp_amt": "in_scope_fen",
    "act_pay_dedc": "deductible_fen",
    "hifp_pay": "pool_fen",
    "fund_pay_sumamt": "pool_fen",
    "psn_part_amt": "person_total_fen",
    "acct_pay": "account_fen",
    "acct_mulaid_pay": "family_fen",
    "psn_cash_pay": "cash_fen",
    "balc": "balance_after_fen",
}
"""Field of the national interface -> field of a settlement."""


def present(
    connection: Connection, settlement: Settlement, pack: Pack, traces: Traces | None = None
) -> dict[str, Any]:
    """A settlement under the names of the national interface, money as text of yuan.

    Args:
        traces: of a quote, which is not in the books; else they are read there.
    """
    if traces is None:
        traces = traces_of(connection, settlement.person_id, settlement.settlement_id)
    who = person(connection, settlement.person_id)
    about = About(
        who.psn_no,
        who.name,
        *_place(connection, settlement),
        store.facts_of_visit(connection, settlement.person_id, settlement.visit_id),
        store.reversal_of(connection, settlement),
        account_reason(connection, settlement),
    )
    return rendered(settlement, about, _steps(connection, settlement, pack, traces))


class About(NamedTuple):
    """What an answer says that the settlement itself does not."""

    psn_no: str | None
    psn_name: str
    place_code: str
    place_name: str
    facts: VisitFacts
    reversed_by: int | None
    account_reason: dict[str, str]


def rendered(settlement: Settlement, about: About, steps: Sequence[Step]) -> dict[str, Any]:
    """The answer; see `present`."""
    answer: dict[str, Any] = {
        "setl_id": str(settlement.settlement_id),
        "mdtrt_id": settlement.visit_id,
        "psn_no": about.psn_no,
        "psn_name": about.psn_name,
        "fixmedins_code": about.place_code,
        "fixmedins_name": about.place_name,
        "med_type": settlement.med_type,
        "setl_time": settlement.settled_at.isoformat(sep=" "),
        "year": settlement.year,
        "psn_type": settlement.status,
        "tier": settlement.tier,
        "pool_prop_selfpay": f"{settlement.ratio_bp // 10_000}.{settlement.ratio_bp % 10_000:04d}",
        "reason": settlement.reason,
        "reason_text": REASON_TEXT[Reason(settlement.reason)],
        "facts": shown(about.facts),
    }
    answer |= {
        field: yuan_text(getattr(settlement, source)) for field, source in NATIONAL_AMOUNTS.items()
    }
    answer |= about.account_reason
    original, reversed_by = settlement.reverses_settlement_id, about.reversed_by
    return answer | {
        "refd_setl_flag": "1" if original else "0",
        "init_setl_id": str(original) if original else None,
        "reversed_by": str(reversed_by) if reversed_by else None,
        "fiscal_month": str(Month.from_number(settlement.fiscal_month)),
        "policy_version": settlement.policy_version,
        "steps": [
            {
                "rule": step.rule,
                "article": step.article,
                "text": step.text,
                "before": yuan_text(step.before_fen),
                "after": yuan_text(step.after_fen),
                "assumed": step.assumed,
            }
            for step in steps
        ],
    }


def _place(connection: Connection, settlement: Settlement) -> tuple[str, str]:
    """Code and name of the institution; a claim by papers names one that has no code of ours."""
    if settlement.provider_id == ELSEWHERE:
        return "", place_of(connection, settlement)
    provider = provider_by_id(connection, settlement.provider_id)
    return provider.code, provider.name


def _steps(
    connection: Connection, settlement: Settlement, pack: Pack, traces: Traces
) -> list[Step]:
    steps = explain(settlement, pack, traces)
    claim = claim_of(connection, settlement.person_id, settlement.visit_id)
    if claim is not None:
        steps = [claim_step(settlement, pack, claim.received_on, claim.filed), *steps]
    row = resettlement_of(connection, settlement)
    return steps if row is None else [resettled_step(settlement, row.causes.split(",")), *steps]
