"""`gongji propose` and `gongji proposals`: one actor proposes, another approves (双人复核)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from api.cli.common import (
    ActorOption,
    DbOption,
    DryRunOption,
    JsonOption,
    PackOption,
    PersonArgument,
    ReasonOption,
    RequestOption,
    a_day,
    answering,
    examples,
    opened,
    parsed,
    print_json,
    table,
    tell,
)

propose = typer.Typer(
    help="提出须双人复核的业务；批准后才入账。 Propose what needs a second person.",
    no_args_is_help=True,
)
proposals = typer.Typer(
    help="复核：列出、批准、驳回提案。 List, approve and reject proposals.", no_args_is_help=True
)

_STATUS_NAMES = {"open": "待复核", "approved": "已批准", "rejected": "已驳回"}
ProposalArgument = Annotated[int, typer.Argument(help="提案编号。 Proposal.")]


def tell_proposed(answer: dict[str, Any], as_json: bool, dry_run: bool) -> None:
    """Say that a proposal waits for its second person."""
    words = f"已提出“{answer['name']}”，提案编号 {answer['proposal_id']}，待另一人复核"
    tell(answer, words, dry_run, as_json)


@propose.command(
    "adjust",
    epilog=examples(
        'gongji propose adjust 4203000000000001 120.00 --on 2023-05-04 --reason "补记漏划"',
        "gongji propose adjust 4203000000000001 --reason 多划 --on 2023-05-04 -- -35.00",
    ),
)
def adjust(
    person: PersonArgument,
    amount: Annotated[str, typer.Argument(help="元，负数为减少。 Yuan; below zero takes out.")],
    on: Annotated[str, typer.Option("--on", help="入账日期。 Day.")],
    reason: ReasonOption,
    year: Annotated[
        int | None, typer.Option("--year", help="记入哪一年的资金，默认当年。 Year of the money.")
    ] = None,
    actor: ActorOption = None,
    db: DbOption = None,
    pack: PackOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """特殊调整：增加或减少个人账户（110）。 Special adjustment, up or down."""
    from ledger.core.money import fen_from_yuan

    fen, day = parsed(fen_from_yuan, amount), parsed(a_day, on)
    with answering(as_json), opened(db, pack, actor=actor) as context:
        from ledger.services.accounts.special_adjustment import propose_adjustment

        answer = propose_adjustment(context, person, fen, day, reason, year, request_id, dry_run)
        tell_proposed(answer, as_json, dry_run)


@propose.command(
    "reopen",
    epilog=examples(
        'gongji propose reopen 4203000000000001 --on 2023-09-01 --reason "退费须退回账户"'
    ),
)
def reopen(
    person: PersonArgument,
    on: Annotated[str, typer.Option("--on", help="启用日期。 Day.")],
    reason: ReasonOption,
    actor: ActorOption = None,
    db: DbOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """重新启用已注销的账户；已结账的月份不重开。 Reopen a closed account."""
    day = parsed(a_day, on)
    with answering(as_json), opened(db, actor=actor) as context:
        from ledger.services.accounts.reopening import propose_reopening

        answer = propose_reopening(context, person, day, reason, request_id, dry_run)
        tell_proposed(answer, as_json, dry_run)


@propose.command(
    "withdraw",
    epilog=examples(
        'gongji propose withdraw 4203000000000001 --on 2023-09-01 --reason "死亡登记有误"'
    ),
)
def withdraw(
    person: PersonArgument,
    on: Annotated[str, typer.Option("--on", help="撤销日期。 Day.")],
    reason: ReasonOption,
    actor: ActorOption = None,
    db: DbOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """撤销登记有误的死亡或出境定居。 Withdraw a death or emigration registered by mistake."""
    day = parsed(a_day, on)
    with answering(as_json), opened(db, actor=actor) as context:
        from ledger.services.accounts.reopening import propose_withdrawal

        answer = propose_withdrawal(context, person, day, reason, request_id, dry_run)
        tell_proposed(answer, as_json, dry_run)


@proposals.command(
    "list", epilog=examples("gongji proposals list", "gongji proposals list --status open --json")
)
def list_proposals(
    status: Annotated[
        str | None, typer.Option("--status", help="open、approved 或 rejected。 Status.")
    ] = None,
    person: Annotated[str | None, typer.Option("--person", help="只看此人。 Of a person.")] = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """列出提案。 List proposals."""
    with answering(as_json), opened(db) as context:
        from ledger.services.approvals.proposals import listing

        found = listing(context, status, person)
        if as_json:
            print_json({"proposals": found})
            return
        table("提案", list(_SHOWN), [[of(row) for of in _SHOWN.values()] for row in found])


def _details(content: dict[str, Any]) -> str:
    said = {"year": "{}年资金", "merged_no": "被合并编号{}", "merge": "合并号{}"}
    return "，".join(form.format(content[key]) for key, form in said.items() if key in content)


# With what is to be booked: nobody approves a number.
_SHOWN: dict[str, Callable[[dict[str, Any]], str]] = {
    "编号": lambda row: row["proposal_id"],
    "事项": lambda row: row["name"],
    "人员编号": lambda row: row["psn_no"] or "",
    "姓名": lambda row: row["psn_name"] or "",
    "金额": lambda row: row["content"].get("amount", ""),
    "日期": lambda row: row["content"].get("on", ""),
    "内容": lambda row: _details(row["content"]),
    "理由": lambda row: row["reason"],
    "提出": lambda row: row["proposed_by"],
    "状态": lambda row: _STATUS_NAMES[row["status"]],
    "复核": lambda row: row["decided_by"] or "",
}


@proposals.command(
    "approve",
    epilog=examples("gongji proposals approve 897483939283046400 --actor cli:lisi --json"),
)
def approve(
    proposal: ProposalArgument,
    reason: Annotated[str, typer.Option("--reason", help="复核意见。 Why.")] = "",
    actor: ActorOption = None,
    db: DbOption = None,
    pack: PackOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """批准提案并入账；须由提出人以外的人。 Approve, as somebody else, and book it."""
    with answering(as_json), opened(db, pack, actor=actor) as context:
        from ledger.services.approvals import proposals as desk

        answer = desk.approve(context, proposal, reason, request_id, dry_run)
        if as_json:
            print_json(answer | {"dry_run": dry_run})
        else:
            done = "可以批准" if dry_run else "已批准并入账"
            typer.echo(f"✓ 提案 {answer['proposal_id']}（{answer['name']}）{done}")


@proposals.command(
    "reject", epilog=examples("gongji proposals reject 897483939283046400 --reason 依据不足")
)
def reject(
    proposal: ProposalArgument,
    reason: ReasonOption,
    actor: ActorOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """驳回提案，不入账。 Turn a proposal down."""
    with answering(as_json), opened(db, actor=actor) as context:
        from ledger.services.approvals import proposals as desk

        answer = desk.reject(context, proposal, reason)
        if as_json:
            print_json(answer)
        else:
            typer.echo(f"✓ 提案 {answer['proposal_id']}（{answer['name']}）已驳回")
