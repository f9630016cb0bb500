"""`gongji account`: what happens to an account as such: lost, frozen, stopped, closed; death and
heirs, emigration, returns, supplements and one-off credits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from api.cli import account_money
from api.cli.account_money import OnOption
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
    a_known_instant,
    answering,
    examples,
    local_text,
    opened,
    parsed,
    print_json,
    say,
    table,
    tell,
)

app = typer.Typer(
    help="账户状态、死亡与继承、清退、返还、补录、注入。 The life of an account.",
    no_args_is_help=True,
)

CHANGES = (
    ("lose", "挂失：账户不能再支付。 The card is lost."),
    ("restore", "解除挂失。 Found again."),
    ("freeze", "冻结：只进不出。 Freeze."),
    ("unfreeze", "解除冻结。 Unfreeze."),
    ("stop", "停保：停止划账，余额可用至用完。 Benefits stop; the money stays usable."),
    ("resume", "恢复参保。 Benefits resume."),
    ("close", "注销余额为零的账户。 Close an account with nothing in it."),
)


def _change_command(event: str, title: str) -> Callable[..., None]:
    def command(
        person: PersonArgument,
        on: OnOption,
        reason: ReasonOption,
        actor: ActorOption = None,
        db: DbOption = None,
        request_id: RequestOption = None,
        dry_run: DryRunOption = False,
        as_json: JsonOption = False,
    ) -> None:
        day = parsed(a_day, on)
        with answering(as_json), opened(db, actor=actor) as context:
            from ledger.benefits.account_states import Event
            from ledger.services.accounts.account_states import change_state

            answer = change_state(context, person, Event(event), day, reason, request_id, dry_run)
            words = f"自 {day} 起{answer['name']}；账户状态：{answer['status_name']}"
            tell(answer, words, dry_run, as_json)

    command.__doc__ = title
    return command


def _register_changes() -> None:
    for event, title in CHANGES:
        sample = f"gongji account {event} 4203000000000001 --on 2023-05-04 --reason 本人申请"
        app.command(event, epilog=examples(sample, f"{sample} --json"))(
            _change_command(event, title)
        )


def _register_money() -> None:
    for name, command, epilog in account_money.COMMANDS:
        app.command(name, epilog=epilog)(command)


_register_changes()


@app.command(
    "states",
    epilog=examples(
        "gongji account states 4203000000000001",
        "gongji account states 4203000000000001 --on 2023-05-10 --known-at 2023-06-01T00:00 --json",
    ),
)
def states(
    person: PersonArgument,
    on: Annotated[str | None, typer.Option("--on", help="看哪一天的状态。 As of a day.")] = None,
    known_at: Annotated[
        str | None, typer.Option("--known-at", help="只看当时已登记的。 As known at an instant.")
    ] = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """账户状态及其全部变更。 How an account stands, and every change of it."""
    day = parsed(a_day, on) if on else None
    instant = parsed(a_known_instant, known_at) if known_at else None
    with answering(as_json), opened(db) as context:
        from ledger.services.accounts.account_states import states as read_states

        answer = read_states(context, person, day, instant)
        if as_json:
            print_json(answer)
            return
        keys = ["on", "name", "reason", "actor"]
        rows = [
            [*(str(row[key] or "") for key in keys), local_text(str(row["recorded_at"]))]
            for row in answer["events"]
        ]
        title = f"{answer['psn_name']}：{answer['status_name']}"
        table(title, ["日期", "变更", "原因", "经办", "登记时间"], rows)


@app.command(
    "death",
    epilog=examples("gongji account death 4203000000000001 --on 2023-06-01 --reason 死亡证明"),
)
def death(
    person: PersonArgument,
    on: Annotated[str, typer.Option("--on", help="死亡日期。 Day of death.")],
    reason: ReasonOption,
    actor: ActorOption = None,
    db: DbOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """登记死亡，列出死亡后的结算。 Register a death; lists what was settled after it."""
    day = parsed(a_day, on)
    with answering(as_json), opened(db, actor=actor) as context:
        from ledger.services.accounts.death import register_death

        answer = register_death(context, person, day, reason, request_id, dry_run)
        if as_json:
            print_json(answer | {"dry_run": dry_run})
            return
        say(f"已登记 {day} 死亡；账户状态：{answer['status_name']}", dry_run)
        _late_table(answer["settled_after_death"])


@app.command(
    "late-visits",
    epilog=examples("gongji account late-visits", "gongji account late-visits --json"),
)
def late_visits(
    person: Annotated[str | None, typer.Argument(help="只看此人。 Of a person.")] = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """死亡之后的结算，须追回或退费。 Visits settled after the day of death."""
    with answering(as_json), opened(db) as context:
        from ledger.services.accounts.death import visits_after_death

        found = visits_after_death(context, person)
        if as_json:
            print_json({"settled_after_death": found})
        else:
            _late_table(found)


def _late_table(found: list[dict[str, Any]]) -> None:
    if not found:
        typer.echo("没有死亡之后的结算")
        return
    keys = ["setl_id", "happened_on", "died_on", "fixmedins_name", "hifp_pay", "acct_pay"]
    names = ["结算ID", "就诊日", "死亡日", "机构", "统筹支付", "账户支付"]
    table("死亡之后的结算", names, [[str(row[key]) for key in keys] for row in found])


@app.command(
    "inherit",
    epilog=examples(
        "gongji account inherit 4203000000000001 --on 2023-07-01 "
        "--heir 4203000000000002=1/2 --heir 4203000000000003=1/2 --reason 公证书",
        "gongji account inherit 4203000000000001 --on 2023-07-01 "
        "--heir 4203000000000002=2/3 "
        "--payee 陈小雨,中国工商银行十堰分行,6222020000000000001=1/3 --reason 公证书",
    ),
)
def inherit(
    person: PersonArgument,
    on: OnOption,
    reason: ReasonOption,
    heir: Annotated[
        list[str] | None,
        typer.Option("--heir", help="继承人=份额，如 …=1/3、…=25%。 Heir with an account."),
    ] = None,
    payee: Annotated[
        list[str] | None,
        typer.Option("--payee", help="户名,银行,账号=份额：付现金。 Heir paid in cash."),
    ] = None,
    actor: ActorOption = None,
    db: DbOption = None,
    pack: PackOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """余额划给继承人并注销账户（208→106，无账户付现金 203）。 Divide among heirs and close."""
    day = parsed(a_day, on)
    heirs = [parsed(_heir, text) for text in heir or ()]
    heirs += [parsed(_cash_heir, text) for text in payee or ()]
    with answering(as_json), opened(db, pack, actor=actor) as context:
        from ledger.services.accounts.death import inherit as divide

        answer = divide(context, person, heirs, day, reason, request_id, dry_run)
        if as_json:
            print_json(answer | {"dry_run": dry_run})
            return
        keys = ["heir", "share", "amount", "paid"]
        rows = [[str(row[key]) for key in keys] for row in answer["heirs"]]
        trial = "（试算，未入账）" if dry_run else ""
        table(
            f"继承 {answer['divided']} 元，账户已注销{trial}",
            ["继承人", "份额", "金额", "方式"],
            rows,
        )
        if late := len(answer["settled_after_death"]):
            typer.echo(f"注：死亡之后还有 {late} 笔结算未追回或退费，见 gongji account late-visits")


def _heir(text: str) -> Any:
    from ledger.benefits.heirs import share_from_text
    from ledger.services.accounts.death import Heir

    number, _, share = text.rpartition("=")
    if not number:
        raise ValueError("应写作 人员编号=份额，例如 4203000000000002=1/3")
    return Heir(share_from_text(share), number.strip())


def _cash_heir(text: str) -> Any:
    from ledger.benefits.heirs import share_from_text
    from ledger.core.people import BankAccount
    from ledger.services.accounts.death import Heir

    account, _, share = text.rpartition("=")
    parts = [part.strip() for part in account.replace("，", ",").split(",")]
    if len(parts) != 3:
        raise ValueError("应写作 户名,银行,账号=份额")
    return Heir(share_from_text(share), bank_account=BankAccount(*parts))


_register_money()
