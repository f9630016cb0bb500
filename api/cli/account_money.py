"""Money into and out of an account beside the monthly credit: pay-outs, returns, supplements,
one-off credits. `api.cli.account` offers them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.common import (
    ActorOption,
    AmountOrAllOption,
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
    tell,
)

OnOption = Annotated[str, typer.Option("--on", help="生效日期 2023-05-04。 Day.")]
NameOption = Annotated[str, typer.Option("--name", help="收款户名。 Name of the bank account.")]
BankOption = Annotated[str, typer.Option("--bank", help="开户银行。 Bank.")]
NumberOption = Annotated[str, typer.Option("--bank-account", help="银行账号。 Account number.")]


def emigrate(
    person: PersonArgument,
    on: OnOption,
    reason: ReasonOption,
    name: NameOption,
    bank: BankOption,
    bank_account: NumberOption,
    actor: ActorOption = None,
    db: DbOption = None,
    pack: PackOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """出境定居：余额付给本人并注销账户（203）。 Settled abroad: pay the holder, close."""
    from ledger.core.people import BankAccount

    day, to = parsed(a_day, on), BankAccount(name, bank, bank_account)
    with answering(as_json), opened(db, pack, actor=actor) as context:
        from ledger.services.accounts.pay_out import pay_out

        answer = pay_out(context, person, to, day, reason, request_id, dry_run)
        _tell_due(answer, "账户已注销", as_json, dry_run)


def clear(
    person: PersonArgument,
    on: OnOption,
    cause: Annotated[str, typer.Option("--cause", help="事由，须为政策包所列。 The cause.")],
    reason: ReasonOption,
    name: NameOption,
    bank: BankOption,
    bank_account: NumberOption,
    actor: ActorOption = None,
    db: DbOption = None,
    pack: PackOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """按政策包所列事由清退：余额付给本人并注销账户（203）。 Pay out for another cause, close."""
    from ledger.core.people import BankAccount

    day, to = parsed(a_day, on), BankAccount(name, bank, bank_account)
    with answering(as_json), opened(db, pack, actor=actor) as context:
        from ledger.services.accounts.pay_out import clear_account

        answer = clear_account(context, person, to, day, cause, reason, request_id, dry_run)
        _tell_due(answer, "账户已注销", as_json, dry_run)


def return_money(
    person: PersonArgument,
    on: OnOption,
    reason: ReasonOption,
    name: NameOption,
    bank: BankOption,
    bank_account: NumberOption,
    amount: AmountOrAllOption = None,
    actor: ActorOption = None,
    db: DbOption = None,
    pack: PackOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """返还：账户资金付给异地安置的本人（202），须政策包开放。 Return money in cash."""
    from ledger.core.money import fen_from_yuan
    from ledger.core.people import BankAccount

    day, to = parsed(a_day, on), BankAccount(name, bank, bank_account)
    fen = parsed(fen_from_yuan, amount) if amount else None
    with answering(as_json), opened(db, pack, actor=actor) as context:
        from ledger.services.accounts.pay_out import return_account

        answer = return_account(context, person, to, day, reason, fen, request_id, dry_run)
        _tell_due(answer, "账户保留", as_json, dry_run)


def _tell_due(answer: dict[str, Any], after: str, as_json: bool, dry_run: bool) -> None:
    words = f"应付 {answer['to']} {answer['amount']} 元（待 gongji pay-person 支付），{after}"
    tell(answer, words, dry_run, as_json)


def supplement(
    person: PersonArgument,
    amount: Annotated[str, typer.Argument(help="金额（元）。 Yuan.")],
    on: OnOption,
    reason: ReasonOption,
    year: Annotated[
        int | None, typer.Option("--year", help="记入哪一年的资金，默认当年。 Year of the money.")
    ] = None,
    actor: ActorOption = None,
    db: DbOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """补录个账（111）。 A supplementary credit."""
    from ledger.core.money import fen_from_yuan

    fen, day = parsed(fen_from_yuan, amount), parsed(a_day, on)
    with answering(as_json), opened(db, actor=actor) as context:
        from ledger.services.accounts.extra_credits import supplement as book

        answer = book(context, person, fen, day, reason, year, request_id, dry_run)
        tell(answer, f"已补录 {answer['amount']} 元", dry_run, as_json)


def inject(
    on: OnOption,
    reason: ReasonOption,
    amounts: Annotated[
        list[str] | None, typer.Argument(help="人员=金额，可多个。 PERSON=YUAN, several.")
    ] = None,
    list_file: Annotated[
        Path | None,
        typer.Option("--list", help="CSV：人员编号或证件号码,金额。 CSV of person, yuan."),
    ] = None,
    actor: ActorOption = None,
    db: DbOption = None,
    request_id: RequestOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """一次性注入（112）：一人或一份名单，全部入账或全不入账。 One-off credits, all or none."""
    day = parsed(a_day, on)
    wanted = [parsed(_amount_of, text) for text in amounts or ()]
    rows = list(range(1, len(wanted) + 1))
    if list_file is not None:
        listed = parsed(_read_list, str(list_file))
        wanted += [amount for _row, amount in listed]
        rows += [row for row, _amount in listed]
    with answering(as_json), opened(db, actor=actor) as context:
        from ledger.services.accounts.extra_credits import inject as book

        answer = book(context, wanted, day, reason, request_id, dry_run, rows)
        tell(answer, f"{answer['people']} 人共注入 {answer['amount']} 元", dry_run, as_json)


def _amount_of(text: str) -> Any:
    from ledger.core.money import fen_from_yuan

    number, _, yuan = text.replace("，", ",").rpartition("=" if "=" in text else ",")
    if not number.strip():
        raise ValueError("应写作 人员=金额，例如 4203000000000001=50.00")
    return number.strip(), fen_from_yuan(yuan.strip())


def _read_list(path: str) -> Any:
    """Row of the file, person and yuan of each line; a first line without digits is its heading.
    Every line that cannot be read is told."""
    from importers.delimited import decode
    from ledger.core.errors import GongjiError
    from ledger.core.os_errors import why

    try:
        lines = decode(Path(path).read_bytes(), path).splitlines()
    except FileNotFoundError:
        raise ValueError("没有这个文件") from None
    except OSError as error:
        raise ValueError(f"读不出名单：{why(error)}") from error
    rows = [(row, line) for row, line in enumerate(lines, start=1) if line.strip()]
    if rows and not any(letter.isdigit() for letter in rows[0][1]):
        rows = rows[1:]
    found, faults = [], []
    for row, line in rows:
        try:
            found.append((row, _amount_of(line)))
        except GongjiError as error:
            faults.append(f"第 {row} 行 {error.message}")
        except ValueError as error:
            faults.append(f"第 {row} 行 {error}")
    if faults:
        raise ValueError("；".join(faults))
    return found


COMMANDS = (
    (
        "emigrate",
        emigrate,
        examples(
            "gongji account emigrate 4203000000000001 --on 2023-08-01 --name 冯丽 "
            "--bank 中国工商银行十堰分行 --bank-account 6222020000000000001 --reason 出境定居证明",
        ),
    ),
    (
        "clear",
        clear,
        examples(
            "gongji account clear 4203000000000001 --on 2023-08-01 --cause 外国人离境终止参保 "
            "--name 冯丽 --bank 中国工商银行十堰分行 --bank-account 6222020000000000001 "
            "--reason 离境证明",
        ),
    ),
    (
        "return",
        return_money,
        examples(
            "gongji account return 4203000000000001 --on 2023-08-01 --amount 500.00 --name 冯丽 "
            "--bank 中国工商银行十堰分行 --bank-account 6222020000000000001 --reason 异地安置",
        ),
    ),
    (
        "supplement",
        supplement,
        examples(
            "gongji account supplement 4203000000000001 88.00 --on 2023-05-04 --reason 旧系统漏转",
        ),
    ),
    (
        "inject",
        inject,
        examples(
            "gongji account inject 4203000000000001=50.00 --on 2023-05-04 --reason 一次性注入",
            "gongji account inject --list list.csv --on 2023-05-04 --reason 一次性注入 --json",
        ),
    ),
)
