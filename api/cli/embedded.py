"""`--embedded-postgres DIR` beside `--db`, on every verb that opens a database."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer

from api.wiring import EMBEDDED

EmbeddedOption = Annotated[
    str | None,
    typer.Option(
        "--embedded-postgres",
        metavar="DIR",
        help="用该文件夹中自带的 PostgreSQL。 Our own PostgreSQL, kept in a folder.",
    ),
]
_NAME = "embedded_postgres"


def accept_embedded(app: typer.Typer) -> None:
    """Give the option to every command that takes `--db`, groups included."""
    for group in app.registered_groups:
        if group.typer_instance is not None:
            accept_embedded(group.typer_instance)
    for command in app.registered_commands:
        if command.callback is not None and "db" in inspect.signature(command.callback).parameters:
            command.callback = _taking_embedded(command.callback)


def _taking_embedded(command: Callable[..., Any]) -> Callable[..., Any]:
    if _NAME in inspect.signature(command).parameters:
        return command

    @wraps(command)
    def with_embedded(**arguments: Any) -> Any:
        folder = arguments.pop(_NAME)
        if folder is not None and arguments["db"] is not None:
            raise typer.BadParameter(
                "--db 和 --embedded-postgres 只能用一个。 Only one of the two."
            )
        if folder is not None and not folder.strip():
            raise typer.BadParameter(
                "--embedded-postgres 后面应是一个文件夹。 A folder is missing."
            )
        if folder is not None:
            os.environ[EMBEDDED] = folder
        return command(**arguments)

    known = inspect.signature(command, eval_str=True)
    after = list(known.parameters.values())
    place = 1 + list(known.parameters).index("db")
    option = inspect.Parameter(
        _NAME, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=EmbeddedOption
    )
    named = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in after]
    with_embedded.__signature__ = known.replace(  # type: ignore[attr-defined]
        parameters=[*named[:place], option, *named[place:]]
    )
    return with_embedded
