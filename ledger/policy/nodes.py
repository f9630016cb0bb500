"""YAML as text with line numbers.

The file is composed, never constructed: a scalar stays the text that the author wrote
(`0.60`, `2022-12-31`, `on`), so no binary float, no date guess and no boolean trap is possible,
and every fault knows its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from ledger.core.errors import PackFault

Plain = str | list["Plain"] | dict[str, "Plain"] | None
"""What a YAML file says, in text only."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL = "tag:yaml.org,2002:null"


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of a YAML file and the line it begins on (1-based)."""

    value: str | list[Node] | dict[str, Node] | None
    line: int

    def plain(self) -> Plain:
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


def node_of(plain: Plain, line: int = 0) -> Node:
    """The inverse of `Node.plain`, for values that do not come from a file (overrides)."""
    if isinstance(plain, dict):
        return Node({key: node_of(value, line) for key, value in plain.items()}, line)
    if isinstance(plain, list):
        return Node([node_of(value, line) for value in plain], line)
    return Node(plain, line)


class Faults:
    """Collects the faults of a pack; `at` narrows it to one file and key."""

    def __init__(self) -> None:
        self.found: list[PackFault] = []

    def at(self, file: str, key: str = "") -> Place:
        return Place(self, file, key)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a fault would stand: a file and a key in it."""

    faults: Faults
    file: str
    key: str

    def report(self, node: Node | int, code: str, message: str) -> None:
        line = node if isinstance(node, int) else node.line
        fault = PackFault(self.file, line, self.key, f"policy/{code}", message)
        if fault not in self.faults.found:
            self.faults.found.append(fault)

    def under(self, key: str) -> Place:
        return Place(self.faults, self.file, f"{self.key}.{key}" if self.key else key)


_WIDE_COLON = re.compile(r"\s*(?:- +)?[\w.]+\s*：")

_HABITS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"[^#]*[{\[][^}\]]*[，、；]"),
        "括号里的逗号是全角的；应为半角逗号加一个空格（, ）",
    ),
    (re.compile(r"[^#]*[｛｝［］]"), "括号是全角的；应为半角的 { } 或 [ ]"),
    (re.compile(r"\s*-[A-Za-z]"), "短横线后少了空格；应写作“- from: …”"),
    (re.compile(r"\s*(?:- +)?[A-Za-z_]+:[^\s/]"), "冒号后少了空格；应写作“键: 值”"),
)
"""What a line has that the parser stumbles over there or on the next one, and what to write."""

_PROBLEMS: tuple[tuple[str, str], ...] = (
    ("',' or '}'", "花括号 { } 里少了逗号，或没有右括号"),
    ("',' or ']'", "方括号 [ ] 里少了逗号，或没有右括号"),
    ("mapping values are not allowed", "这里不能再有“键: 值”；本行或上一行的缩进不对"),
    ("expected ':'", "本行或上一行缺少冒号和空格（: ）"),
    ("expected key", "缩进与同级的行不一致"),
    ("expected '-' indicator", "缩进与同级的行不一致"),
    ("expected <block end>", "缩进与同级的行不一致"),
    ("end of stream", "引号没有成对"),
    ("cannot start any token", "值的第一个字符不能这样写；请给值加上引号"),
)
"""What the parser says (a part of it), in the words of whoever wrote the file."""


def _syntax_fault(text: str, line: int, problem: str) -> tuple[int, str, str]:
    """Line, code and message of what the parser could not read. What Chinese keyboards write by
    mistake confuses it only on a later line, so that is looked for first."""
    for number, written in enumerate(text.splitlines()[:line], start=1):
        if _WIDE_COLON.match(written):
            return number, "yaml-syntax", "冒号是全角的“：”；应为半角冒号加一个空格（: ）"
        if written.lstrip().startswith("＃"):
            return number, "yaml-syntax", "注释的井号是全角的“＃”；应为半角 #"
        if written[: len(written) - len(written.lstrip())].count("\t"):
            return number, "yaml-syntax", "行首有制表符（Tab）；缩进应只用空格"
    for number, written in enumerate(text.splitlines()[max(line - 2, 0) : line], max(line - 1, 1)):
        for habit, words in _HABITS:
            if habit.match(written):
                return number, "yaml-syntax", words
    for said, words in _PROBLEMS:
        if said in problem:
            return line, "yaml-syntax", f"{words}（YAML 写法有误）"
    return line, "yaml-syntax", f"YAML 写法有误，请检查缩进、冒号和引号（解析器：{problem}）"


def read_yaml(path: Path, place: Place) -> Node | None:
    """Read one file; None (and a reported fault) where it is not YAML in UTF-8."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        composed = yaml.compose(text, Loader=_LOADER)
    except UnicodeDecodeError:
        place.report(1, "not-utf8", "文件不是 UTF-8 编码；请另存为 UTF-8")
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = 1 if mark is None else mark.line + 1
        problem = getattr(error, "problem", None) or "无法识别"
        place.report(*_syntax_fault(text, line, problem))
    else:
        if composed is None:
            place.report(1, "empty-file", "文件是空的；请写入内容，或删除该文件")
            return None
        return _convert(composed, place, ())
    return None


def _convert(node: yaml.Node, place: Place, above: tuple[int, ...]) -> Node:
    line = node.start_mark.line + 1
    if id(node) in above:
        place.report(line, "yaml-syntax", "别名（*）引用了它自己所在的内容；请直接写出数值")
        return Node(None, line)
    inside = (*above, id(node))
    if isinstance(node, yaml.MappingNode):
        return Node(dict(_pairs(node, place, inside)), line)
    if isinstance(node, yaml.SequenceNode):
        return Node([_convert(item, place, inside) for item in node.value], line)
    return Node(None if node.tag == _NULL else str(node.value), line)


def _pairs(
    node: yaml.MappingNode, place: Place, above: tuple[int, ...]
) -> Iterator[tuple[str, Node]]:
    first: dict[str, int] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            place.report(line, "wrong-shape", "键应为一个词，不能是列表或表格")
            continue
        key = str(key_node.value)
        here = place.under(key)
        if key in first:
            here.report(line, "duplicate-key", f"“{key}”已在第 {first[key]} 行写过；只能写一次")
            continue
        first[key] = line
        child = _convert(value_node, here, above)
        yield key, Node(child.value, line if isinstance(child.value, dict | list) else child.line)
