"""What all commands share: options, the frame that turns errors into exit codes, printing.

Exit codes: 0 done, 1 refused or faults found, 2 wrong usage.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from api.cli.progress import ProgressBar

if TYPE_CHECKING:
    from ledger.services.context import Context, Progress

DbOption = Annotated[
    str | None,
    typer.Option(
        "--db",
        metavar="URL",
        help="数据库地址。 Database URL; default GONGJI_DATABASE_URL or sqlite:///gongji.db.",
    ),
]
PackOption = Annotated[
    str | None,
    typer.Option("--pack", help="政策包代码或文件夹。 Policy pack: area code or folder."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON。 For machines.")]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="只试算，不入账。 Try it, write nothing.")
]
RequestOption = Annotated[
    str | None,
    typer.Option(
        "--request-id", help="请求号：重复提交只生效一次。 Idempotency: one id, one effect."
    ),
]

ActorOption = Annotated[
    str | None,
    typer.Option(
        "--actor", help="经办人，默认 GONGJI_ACTOR 或系统用户。 In whose name; default the user."
    ),
]


PersonArgument = Annotated[
    str, typer.Argument(help="人员编号或证件号码。 Person number or identity number.")
]
DayOption = Annotated[str | None, typer.Option("--on", help="日期，默认今天。 Day; today.")]
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", help="截至哪一天，默认今天。 As of the end of a day.")
]
AmountOrAllOption = Annotated[
    str | None, typer.Option("--amount", help="金额（元），默认全部。 Yuan; default all.")
]
ReasonOption = Annotated[str, typer.Option("--reason", help="原因或依据。 Why.")]
MemoOption = Annotated[str, typer.Option("--memo", help="摘要。 Memo.")]
OnOption = Annotated[
    str | None,
    typer.Option("--on", help="截至哪一天（业务发生日，含）2023-01-31。 As of the end of a day."),
]
KnownAtOption = Annotated[
    str | None,
    typer.Option(
        "--known-at",
        help="按哪一时刻已入账的内容（北京时间）2023-02-05T17:00。 As the books stood then.",
    ),
]


_PIPED = 100
"""Places of a line where nobody's terminal says how many there are."""


def examples(*lines: str) -> str:
    """The examples under a command's help."""
    return "示例 Examples:\n\n" + "\n\n".join(lines)


def print_json(answer: object) -> None:
    typer.echo(json.dumps(answer, ensure_ascii=False, indent=2, default=str))


@contextmanager
def answering(as_json: bool) -> Iterator[None]:
    """Errors of ours become a message (or JSON) and exit code 1."""
    from ledger.core.errors import GongjiError

    try:
        yield
    except GongjiError as error:
        fail(error, as_json)


def fail(error: Any, as_json: bool) -> None:
    """Say what is wrong, in the user's words and with the stable code; exit 1."""
    if as_json:
        body = {"code": error.code, "message": error.message}
        body |= {key: value for key, value in error.data.items() if value is not None}
        print_json({"error": body})
    else:
        typer.secho(f"✗ {error.message}", fg="red", err=True)
        typer.echo(f"  [{error.code}]", err=True)
    raise typer.Exit(1)


@contextmanager
def opened(
    db: str | None,
    pack: str | None = None,
    *,
    create: bool = False,
    quiet: bool = True,
    actor: str | None = None,
    or_older: bool = False,
) -> Iterator[Context]:
    """A context for one command, with a progress bar unless `quiet`."""
    from api.wiring import open_context

    with database_faults(), ExitStack() as stack:
        tell = stack.enter_context(progress_shown(quiet))
        context = open_context(
            db, pack, create=create, actor=actor, progress=tell, or_older=or_older
        )
        stack.callback(context.engine.dispose)
        yield context


@contextmanager
def progress_shown(quiet: bool) -> Iterator[Progress | None]:
    """Whom to tell how far it is: a bar on the terminal, nobody where there is none."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    with ProgressBar() as bar:
        yield bar.tell


@contextmanager
def database_faults() -> Iterator[None]:
    """A database that cannot be opened, read or written is told in words, not as a traceback.

    What the database refuses by its constraints is another matter, and stays one.
    """
    from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError

    from ledger.core.errors import Refused
    from ledger.storage.database.outages import outage

    try:
        yield
    except ArgumentError as error:
        raise typer.BadParameter(
            "数据库地址应写作 sqlite:///文件名 或 postgresql://用户:密码@主机:端口/库名。"
            " Not a URL."
        ) from error
    except DatabaseError as error:
        down = outage(error)
        if down is None and type(error) not in (DatabaseError, OperationalError):
            raise
        unusable = Refused("database/unusable", f"数据库打不开或不能读写：{error.orig}")
        raise down or unusable from error


def say(words: str, dry_run: bool = False) -> None:
    """What a command did, or would do."""
    typer.echo(f"✓ {words}{'（试算，未入账）' if dry_run else ''}")


def tell(answer: dict[str, Any], words: str, dry_run: bool, as_json: bool) -> None:
    """What a command answered: in `words` for people, whole for programs."""
    if as_json:
        print_json(answer | {"dry_run": dry_run})
    else:
        say(words, dry_run)


def table(title: str, headings: list[str], rows: list[list[str]]) -> None:
    """A table on the terminal; columns of amounts are right-aligned by their look.

    An amount, a day, an id or a code broken over two lines is read wrongly, so none is: where
    room is short, columns with nothing in them give way, then words wrap, then the padding goes;
    what is wider even then runs on. A pipe or a file has no width of its own: `_PIPED`.
    """
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table

    from api.cli.columns import Column, fits, shared_out

    console = Console()
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _PIPED
    columns = [Column(heading, [row[i] for row in rows]) for i, heading in enumerate(headings)]
    if not fits([column.widest for column in columns], console.width):
        columns = [column for column in columns if not rows or any(column.cells)]
    padding = 1 if fits([column.least for column in columns], console.width) else 0
    room = console.width - 1 - len(columns) * (1 + 2 * padding)
    widths = shared_out(columns, room)
    console.width = max(console.width, console.width - room + sum(widths))
    shown = Table(padding=(0, padding))
    for column, width in zip(columns, widths, strict=True):
        side: Literal["right", "left"] = "right" if column.numeric else "left"
        shown.add_column(column.heading, justify=side, overflow="fold", width=width)
    for row in zip(*(column.cells for column in columns), strict=True):
        shown.add_row(*row)
    if cell_len(title) <= console.measure(shown).maximum:
        shown.title = title
    else:  # A title wider than its table would be broken where no word ends.
        console.print(title, soft_wrap=True, markup=False, highlight=False)
    console.print(shown)


def parsed(reader: Callable[[str], Any], text: str) -> Any:
    """Read an argument; what cannot be read is wrong usage (exit 2)."""
    from ledger.core.errors import GongjiError

    try:
        return reader(text)
    except GongjiError as error:
        raise typer.BadParameter(error.message) from error
    except ValueError as error:
        raise typer.BadParameter(f"“{text}”：{error}") from error


def as_in_a_file(reader: Callable[[Any], Any], text: str) -> Any:
    """Read an argument as an importer reads a cell: the same words, the same message."""
    from importers.cells import Fault

    found = reader(text)
    if isinstance(found, Fault):
        raise typer.BadParameter(found.message)
    return found


def local_text(recorded_at: str) -> str:
    """When something was recorded, as the Beijing time that `--known-at` takes: whole, so that
    asking with it finds what was recorded then."""
    from api.wiring import LOCAL

    at = datetime.fromisoformat(recorded_at)
    return at.astimezone(LOCAL).replace(tzinfo=None).isoformat()


def a_day(text: str) -> date:
    """A day as an argument: 2023-01-31."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            raise ValueError("没有这一天") from None
        raise ValueError("不是日期，应写作 2023-01-31") from None


def day_or_today(text: str | None) -> date:
    """A day given as an option, by default today."""
    from api.wiring import local_now

    day: date = parsed(a_day, text) if text else local_now().date()
    return day


def an_instant(text: str) -> datetime:
    """A local time as an argument: 2023-01-31T09:00."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("不是时间，应写作 2023-01-31T09:00") from None


def a_known_instant(text: str) -> datetime:
    """A time as an argument, local unless it names a zone, as the instant (UTC) up to which
    something was known."""
    from datetime import UTC

    from api.wiring import LOCAL

    at = an_instant(text)
    return (at.replace(tzinfo=LOCAL) if at.tzinfo is None else at).astimezone(UTC)
