"""`transfer`: people who move to another pool or come from one (转移接续), step by step."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from ledger.benefits.account_states import Event, Happened, Movement
from ledger.benefits.pool_transfer import (
    DIRECTION_NAMES,
    STEP_NAMES,
    Deadline,
    Direction,
    Step,
    deadlines,
    refuse_person,
    refuse_step,
)
from ledger.core.errors import Refused, Unknown
from ledger.core.money import Fen, yuan_text
from ledger.core.people import Status
from ledger.journalizing.pools import transfer_in_entry, transfer_out_entry
from ledger.policy.pack import Pack
from ledger.services.accounts.account_gate import admit, occasion
from ledger.services.accounts.interest import settle_interest
from ledger.services.books.read import known_person, person_id_of
from ledger.services.context import Context
from ledger.services.crediting.benefit_period import follow
from ledger.services.once import once
from ledger.services.pools.pool_clearing import book_payment, other_pool
from ledger.services.pools.pool_quotas import release_holds, release_holds_for
from ledger.storage.accounts import accounts
from ledger.storage.accounts.account_events import record_event
from ledger.storage.books.journal import append
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.pools import incoming_quotas
from ledger.storage.pools import pool_transfers as store
from ledger.storage.pools.pool_clearing import PAID, RECEIVED
from ledger.storage.pools.pool_transfers import Case, StepRow
from ledger.storage.roster import family, people

Steps = dict[Step, StepRow]


def begin(
    context: Context,
    direction: Direction,
    number: str,
    pool: str,
    on: date,
    memo: str = "",
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Accept an application to move to `pool` (`out`) or to come from it (`in`).

    Raises:
        Unknown: `person/unknown`.
        Refused: `pools/…`, `transfer/retired`, `transfer/open-case`, or a state of the account.
        NotInForce: before the national rules.
    """
    other_pool(context, pool)
    person_id = person_id_of(context, number)
    content = {"verb": "transfer", "way": direction, "who": number, "pool": pool, "on": on}

    def act(work: UnitOfWork) -> dict[str, Any]:
        connection = work.connection
        refuse_person(_status(connection, person_id, on), context.pack.transfer(on))
        _refuse_second(connection, person_id)
        leaving = direction is Direction.OUT
        admit(connection, person_id, Movement.TRANSFER_OUT if leaving else Movement.RECEIVE)
        case = Case(person_id, work.ids.next(), direction, pool, on, memo)
        store.insert_case(work, case)
        return _present(connection, context.pack, case, on)

    return once(context, person_id, request_id, content, act, dry_run)


def _status(connection: Connection, person_id: int, on: date) -> Status | None:
    """What the person is insured as on a day, or was last: whoever moves has often left."""
    spans = people.spans_of(connection, [person_id])[person_id]
    begun = [span for span in spans if span.valid_from <= on]
    return Status(begun[-1].status) if begun else None


def _refuse_second(connection: Connection, person_id: int) -> None:
    known = store.cases(connection, person_id)
    steps = store.steps_of(connection, known)
    for case in known:
        if not _is_over(case, steps[case.case_id]):
            raise Refused(
                "transfer/open-case",
                f"此人 {case.accepted_on} 受理的{DIRECTION_NAMES[case.direction]}尚未办结"
                f"（业务号 {case.case_id}）",
            )


def has_open_case(connection: Connection, person_id: int) -> bool:
    """Is a move of this person under way?"""
    known = store.cases(connection, person_id)
    steps = store.steps_of(connection, known)
    return any(not _is_over(case, steps[case.case_id]) for case in known)


def _is_over(case: Case, steps: Steps) -> bool:
    if Step.CANCELLED in steps:
        return True
    last = {Step.MOVED_IN}
    if case.direction is Direction.OUT and not _nothing_to_pay(case, steps):
        last.add(Step.PAID)
    return last <= steps.keys()


def _nothing_to_pay(case: Case, steps: Steps) -> bool:
    out = steps.get(Step.MOVED_OUT)
    return case.direction is Direction.OUT and out is not None and out.amount_fen == 0


def take_step(
    context: Context,
    case_id: int,
    step: Step,
    on: date,
    amount_fen: Fen | None = None,
    memo: str = "",
    request_id: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Enter a step of a case; where it moves money, book it.

    Args:
        amount_fen: of a transfer in: what the other pool's form announces (`moved_out`), or what
            has arrived (`received`). Elsewhere the books know it.

    Raises:
        Unknown: `transfer/unknown-case`.
        Conflict, Refused: see `benefits.pool_transfer.refuse_step`; `transfer/credit-first`,
        `transfer/no-amount`, `transfer/amount-differs`, `fund/insufficient`.
    """
    with context.reading() as connection:
        case = store.find_case(connection, case_id)
    if case is None:
        raise Unknown("transfer/unknown-case", f"没有业务号为 {case_id} 的转移接续")
    content = {"verb": "transfer-step", "case": case_id, "step": step, "on": on, "fen": amount_fen}

    def act(work: UnitOfWork) -> dict[str, Any]:
        steps = store.steps_of(work.connection, [case]).get(case_id, {})
        days = {known: row.happened_on for known, row in steps.items()}
        refuse_step(case.direction, days, step, on, _nothing_to_pay(case, steps))
        fen, entry_id = _do(context, work, case, steps, step, on, amount_fen, request_id)
        store.insert_step(work, case, StepRow(step, on, fen, entry_id, memo))
        return _present(work.connection, context.pack, case, on)

    return once(context, case.person_id, request_id, content, act, dry_run)


def _do(
    context: Context,
    work: UnitOfWork,
    case: Case,
    steps: Steps,
    step: Step,
    on: date,
    amount_fen: Fen | None,
    request_id: str | None,
) -> tuple[int, int | None]:
    """What a step does: (fen that it is about, entry)."""
    if case.direction is Direction.OUT and step is Step.MOVED_OUT:
        return _move_out(context, work, case, on, request_id)
    if step is Step.PAID:
        fen = steps[Step.MOVED_OUT].amount_fen
        return fen, book_payment(work, case.pool, PAID, fen, on, f"转移接续 {case.case_id}")
    if step is Step.RECEIVED:
        return _receive(context, work, case, steps, on, amount_fen, request_id)
    if case.direction is Direction.IN and step is Step.MOVED_IN:
        _end_quotas_from_here(context, work, case, on)
    return (amount_fen or 0), None


def _end_quotas_from_here(context: Context, work: UnitOfWork, case: Case, on: date) -> None:
    """Whoever comes was in another pool until now: quotas that holders of ours gave there end;
    relatives of the same pool need none."""
    if context.pack.family(on).ends_with_move:
        certno = people.person(work.connection, case.person_id).certno
        release_holds_for(work, certno, on, "使用人转入本统筹区")


def _move_out(
    context: Context, work: UnitOfWork, case: Case, on: date, request_id: str | None
) -> tuple[int, int | None]:
    """The account earns its interest, is emptied and closed; the insurance and the links of
    mutual aid end."""
    connection, person_id = work.connection, case.person_id
    admit(connection, person_id, Movement.TRANSFER_OUT)
    through = people.uncredited(connection, person_id)
    if through is not None:
        raise Refused(
            "transfer/credit-first",
            f"此人截至 {through} 还有未划入的缴费或未冲抵的预划；"
            f"请先划账（gongji credit {through}），再办转出",
        )
    end_of_insurance = on + timedelta(days=1)
    people.end_spans(connection, person_id, end_of_insurance)
    follow(context, work, [person_id])
    if context.pack.family(on).ends_with_move:
        family.end_links_with(connection, person_id, end_of_insurance, on)
        for quota in incoming_quotas.running_of(connection, person_id):
            incoming_quotas.end_quota(connection, quota, end_of_insurance)
    release_holds(work, person_id, on, "转移接续")
    owed = accounts.owed(connection, person_id)
    if owed > 0:
        raise Refused(
            "account/owes", f"此人尚有待追回款 {yuan_text(owed)} 元，须先追回、抵扣或核销"
        )
    settle_interest(work, context.pack, person_id, on)
    parts = [(year, left) for year, left in accounts.by_year(connection, person_id) if left]
    entry_id = None
    if parts and context.pack.transfer(on).account_balance_follows:
        head = occasion(work, person_id, on, f"转往统筹区 {case.pool}，业务 {case.case_id}")
        entry = transfer_out_entry(head, parts, case.pool, context.stamp_policy(work))
        append(work, [entry], request_id)
        entry_id = head.entry_id
    record_event(
        work, person_id, Happened(Event.CLOSE, on), f"转往统筹区 {case.pool}", request_id, entry_id
    )
    return (sum(fen for _year, fen in parts) if entry_id else 0), entry_id


def _receive(
    context: Context,
    work: UnitOfWork,
    case: Case,
    steps: Steps,
    on: date,
    amount_fen: Fen | None,
    request_id: str | None,
) -> tuple[int, int]:
    """The money is here: checked against what was announced, then credited."""
    if not amount_fen:
        raise Refused("transfer/no-amount", "请填写到账金额（--amount）")
    announced = steps[Step.MOVED_OUT].amount_fen
    if announced and announced != amount_fen:
        raise Refused(
            "transfer/amount-differs",
            f"到账 {yuan_text(amount_fen)} 元，与信息表所列 {yuan_text(announced)} 元不符，"
            "请先与转出地核对",
        )
    admit(work.connection, case.person_id, Movement.RECEIVE)
    book_payment(work, case.pool, RECEIVED, amount_fen, on, f"转移接续 {case.case_id}")
    head = occasion(work, case.person_id, on, f"由统筹区 {case.pool} 转入，业务 {case.case_id}")
    version = context.stamp_policy(work)
    append(work, [transfer_in_entry(head, amount_fen, case.pool, version)], request_id)
    return amount_fen, head.entry_id


def listing(
    context: Context, as_of: date, late_only: bool = False, number: str | None = None
) -> list[dict[str, Any]]:
    """Cases accepted up to a day with their limits; `late_only`: those with a limit that has
    passed and is not met, the latest first."""
    with context.reading() as connection:
        who = None if number is None else known_person(connection, number).person_id
        known = [c for c in store.cases(connection, who) if c.accepted_on <= as_of]
        found = [_present(connection, context.pack, case, as_of) for case in known]
    if not late_only:
        return found
    late = [case for case in found if case["late_working_days"]]
    return sorted(late, key=lambda case: -case["late_working_days"])


def _present(connection: Connection, pack: Pack, case: Case, as_of: date) -> dict[str, Any]:
    who = people.person(connection, case.person_id)
    steps = store.steps_of(connection, [case]).get(case.case_id, {})
    days = {step: row.happened_on for step, row in steps.items()}
    rules = pack.transfer(case.accepted_on)
    limits = deadlines(case.direction, days, rules, as_of, _nothing_to_pay(case, steps))
    missing = [limit for limit in limits if limit.done_on is None]
    return {
        "case_id": str(case.case_id),
        "psn_no": who.psn_no,
        "psn_name": who.name,
        "direction": str(case.direction),
        "pool": case.pool,
        "accepted_on": case.accepted_on.isoformat(),
        "done": _is_over(case, steps),
        "steps": [
            {
                "step": str(step),
                "name": STEP_NAMES[step],
                "on": row.happened_on.isoformat(),
                "amount": yuan_text(row.amount_fen) if row.amount_fen else None,
                "entry_id": str(row.entry_id) if row.entry_id else None,
            }
            for step, row in steps.items()
            if row.happened_on <= as_of
        ],
        "limits": [_limit(limit) for limit in limits],
        "late_working_days": max((limit.late.value for limit in missing), default=0),
        "calendar_confirmed": all(x.due.confirmed and x.late.confirmed for x in limits),
    }


def _limit(limit: Deadline) -> dict[str, Any]:
    return {
        "step": str(limit.step),
        "name": STEP_NAMES[limit.step],
        "by": "ours" if limit.ours else "theirs",
        "since": limit.since.isoformat(),
        "due": limit.due.day.isoformat(),
        "done_on": limit.done_on.isoformat() if limit.done_on else None,
        "late_working_days": limit.late.value,
        "calendar_confirmed": limit.due.confirmed and limit.late.confirmed,
    }
