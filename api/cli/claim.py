"""`gongji claim`: manual reimbursement of paper bills (手工报销, article 21)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.common import (
    ActorOption,
    DbOption,
    DryRunOption,
    JsonOption,
    PackOption,
    RequestOption,
    a_day,
    an_instant,
    answering,
    examples,
    opened,
    parsed,
    print_json,
    say,
    table,
    tell,
)

if TYPE_CHECKING:
    from ledger.core.people import BankAccount

app = typer.Typer(
    help="手工报销：异地未直接结算的纸质票据。 Reimbursing paper bills.", no_args_is_help=True
)

Person = Annotated[str, typer.Option("--person", help="人员编号或证件号码。 Person.")]
PayeeName = Annotated[str, typer.Option("--payee", help="收款户名。 Payee.")]
PayeeBank = Annotated[str, typer.Option("--bank", help="开户银行。 Bank.")]
PayeeNumber = Annotated[str, typer.Option("--bank-account", help="银行账号。 Bank account.")]


@app.command(
    "add",
    epilog=examples(
        "gongji claim add --claim B1 --person 4203000000000001 --time 2023-05-06T09:00 "
        "--total 812.50 --place 武汉样例医院 --grade 三级甲等 --bill F0001 "
        "--received 2023-09-01 --all-papers --payee 冯丽 --bank 样例银行 "
        "--bank-account 6222000000000001",
    ),
)
def add(
    claim: Annotated[str, typer.Option("--claim", help="报销编号。 The claim's own number.")],
    person: Person,
    time: Annotated[str, typer.Option("--time", help="就诊时间 2023-05-06T09:00。 Visit.")],
    total: Annotated[str, typer.Option("--total", help="医疗费总额（元）。 Total, yuan.")],
    place: Annotated[str, typer.Option("--place", help="就诊机构名称。 Institution.")],
    bill: Annotated[str, typer.Option("--bill", help="票据号。 Number of the bill.")],
    payee: PayeeName,
    bank: PayeeBank,
    bank_account: PayeeNumber,
    grade: Annotated[str, typer.Option("--grade", help="医院等级 三级甲等…。 Grade.")] = "",
    tier: Annotated[
        int, typer.Option("--tier", min=0, max=3, help="起付线等级 1 2 3，0 按医院等级。 Tier.")
    ] = 0,
    received: Annotated[
        str | None, typer.Option("--received", help="收件日，默认今天。 Day of receipt.")
    ] = None,
    papers: Annotated[str, typer.Option("--papers", help="已交材料，用、分隔。 Papers.")] = "",
    all_papers: Annotated[
        bool, typer.Option("--all-papers", help="规定的材料都已交齐。 All papers are there.")
    ] = False,
    filed: Annotated[bool, typer.Option("--filed", help="已办理异地备案。 Filed.")] = False,
    med_type: Annotated[str, typer.Option("--med-type", help="医疗类别。 Kind.")] = "11",
    self_paid: Annotated[str, typer.Option("--self-paid", help="全自费金额。")] = "0.00",
    over_limit: Annotated[str, typer.Option("--over-limit", help="超限价自费。")] = "0.00",
    paid_first: Annotated[str, typer.Option("--paid-first", help="先行自付。")] = "0.00",
    from_account: Annotated[
        bool, typer.Option("--from-account", help="个人负担由个人账户支付。 Use the account.")
    ] = False,
    disease: Annotated[
        str | None, typer.Option("--disease", help="病种编码，政策要求时填。 Disease.")
    ] = None,
    contracted: Annotated[
        bool | None,
        typer.Option("--contracted/--not-contracted", help="是否签约机构，政策要求时填。"),
    ] = None,
    actor: ActorOption = None,
    db: DbOption = None,
    pack: PackOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """受理一张票据：计入就诊当年，应付款付到银行账户。 Take in one paper bill."""
    from api.wiring import local_now
    from importers.providers import settled_tier
    from ledger.core.claims import ClaimRecord
    from ledger.core.money import Fen, fen_from_yuan

    visited_at = parsed(an_instant, time)
    whole = parsed(fen_from_yuan, total)
    parts = [parsed(fen_from_yuan, text) for text in (self_paid, over_limit, paid_first)]
    record = ClaimRecord(
        0,
        claim,
        person,
        None,
        med_type,
        visited_at,
        whole,
        parts[0],
        parts[1],
        parts[2],
        Fen(whole - sum(parts)),
        parsed(a_day, received) if received else local_now().date(),
        place,
        grade,
        settled_tier(None, tier, grade, place),
        filed,
        bill,
        tuple(part for part in papers.split("、") if part),
        _bank_account(payee, bank, bank_account),
        from_account,
        disease,
        contracted,
    )
    with answering(as_json), opened(db, pack, actor=actor) as context:
        from ledger.services.claims.claim import claim as take_in

        if all_papers:
            record = record._replace(papers=context.pack.claims(visited_at.date()).papers)
        _show(take_in(context, record, request_id, dry_run), as_json, dry_run)


def _bank_account(name: str, bank: str, number: str) -> BankAccount:
    from ledger.core.people import BankAccount

    return BankAccount(name, bank, number)


def _show(answer: dict[str, Any], as_json: bool, dry_run: bool) -> None:
    if as_json:
        print_json(answer | {"dry_run": dry_run})
        return
    steps = [
        [step["rule"], step["article"], step["text"], step["before"], step["after"]]
        for step in answer["steps"]
    ]
    title = (
        f"手工报销{'（试算）' if dry_run else ''} {answer['psn_name']} {answer['fixmedins_name']}"
    )
    table(title, ["步骤", "条款", "说明", "之前", "之后"], steps)
    say(
        f"应付：统筹 {answer['hifp_pay']}  账户 {answer['acct_pay']}，"
        f"付至 {answer['payee']['name']}（{answer['payee']['bank']}）；结算ID {answer['setl_id']}",
        dry_run,
    )


@app.command(
    "payee",
    epilog=examples(
        "gongji claim payee --person 4203000000000001 --payee 冯丽 --bank 样例银行 "
        "--bank-account 6222000000000001",
    ),
)
def payee(
    person: Person,
    payee: PayeeName,
    bank: PayeeBank,
    bank_account: PayeeNumber,
    on: Annotated[str | None, typer.Option("--on", help="登记日，默认今天。 Day.")] = None,
    actor: ActorOption = None,
    db: DbOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """登记重新结算应付个人款的收款账户。 Say where money due by a resettlement is to go."""
    from api.wiring import local_now

    day = parsed(a_day, on) if on else local_now().date()
    with answering(as_json), opened(db, actor=actor) as context:
        from ledger.services.resettlement.resettle_payee import note_payee

        account = _bank_account(payee, bank, bank_account)
        answer = note_payee(context, person, account, day, request_id, dry_run)
        tell(answer, f"应付 {answer['amount']} 元，付至 {payee}（{bank}）", dry_run, as_json)
