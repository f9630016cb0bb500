"""What somebody typed wrongly, in words and with a stable code; exit code 2.

The library's messages are English and change with its versions; here they are said in one place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import typer
from typer._click import exceptions as library
from typer.core import TyperGroup

_SAID = (
    (r"No such command '?(.*?)'?\.?", "usage/unknown-command", "没有命令 {0}"),
    (r"Missing command\.?", "usage/missing", "缺少命令"),
    (r"Got unexpected extra argument\(s\) \((.*)\)", "usage/extra", "多出的内容：{0}"),
    (r"Option '?(.*?)'? requires an argument\.?", "usage/missing", "选项 {0} 后面须写上内容"),
    (r"Option '?(.*?)'? does not take a value\.?", "usage/extra", "选项 {0} 后面不写内容"),
)
_VALUES = (
    (r"Input should be a valid integer.*", "应为整数"),
    (r"Input should be a valid (?:number|decimal).*", "应为数字"),
    (r"Input should be less than or equal to (.*)", "不能大于 {0}"),
    (r"Input should be greater than or equal to (.*)", "不能小于 {0}"),
    (r"(?i:file|directory|path|file or directory) '?(.*?)'? does not exist\.?", "没有 {0}"),
    (r"(?i:file|directory|path) '?(.*?)'? is a directory\.?", "{0} 是文件夹"),
)
"""What the library says, as a pattern, and what we say."""


class WrongUsage(library.UsageError):
    """A mistake in what was typed: shown in Chinese, as JSON where `--json` was asked for."""

    def __init__(self, code: str, message: str, context: Any, as_json: bool) -> None:
        super().__init__(message, context)
        self.code = code
        self.as_json = as_json

    def show(self, file: IO[Any] | None = None) -> None:
        if self.as_json:
            body = {"error": {"code": self.code, "message": self.message}}
            typer.echo(json.dumps(body, ensure_ascii=False, indent=2))
            return
        typer.secho(f"✗ {self.message}", fg="red", err=True)
        typer.echo(f"  [{self.code}]", err=True)
        if self.ctx is not None:
            usage = self.ctx.get_usage().removeprefix("Usage: ")
            typer.echo(f"  用法：{usage}\n  说明：{self.ctx.command_path} --help", err=True)


class Commands(TyperGroup):
    """The program's commands, whose wrong usage is told as `WrongUsage`."""

    as_json = False

    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> Any:
        self.as_json = "--json" in args
        with self._in_words():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: Any) -> Any:
        with self._in_words():
            return super().invoke(ctx)

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except library.NoArgsIsHelpError:
            raise
        except library.UsageError as error:
            code, message = told(error)
            raise WrongUsage(code, message, error.ctx, self.as_json) from error


def told(error: library.UsageError) -> tuple[str, str]:
    """Code and words of a mistake in what was typed."""
    if isinstance(error, library.MissingParameter):
        kind = "选项" if error.param and error.param.param_type_name == "option" else "参数"
        return "usage/missing", f"缺少{kind} {_named(error)}".rstrip()
    if isinstance(error, library.NoSuchOption):
        near = "、".join(sorted(error.possibilities or ()))
        meant = f"；是不是 {near}？" if near else ""
        return "usage/unknown-option", f"没有选项 {error.option_name}{meant}"
    if isinstance(error, library.BadParameter):
        name = _named(error)
        message = _first(_VALUES, error.message)
        return "usage/bad-value", f"{name}：{message}" if name else message
    for pattern, code, words in _SAID:
        found = re.fullmatch(pattern, error.message)
        if found:
            return code, words.format(*found.groups())
    return "usage/wrong", error.message


def _first(known: tuple[tuple[str, str], ...], message: str) -> str:
    for pattern, words in known:
        found = re.fullmatch(pattern, message)
        if found:
            return words.format(*found.groups())
    return message


def _named(error: library.BadParameter) -> str:
    """The option or argument that is meant, as it is typed."""
    hint = error.param_hint
    if hint is None and error.param is not None:
        hint = error.param.get_error_hint()
    words = hint.split(" / ") if isinstance(hint, str) else list(hint or ())
    return "、".join(word.strip("'") for word in words)
