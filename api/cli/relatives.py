"""What the commands of mutual aid are told of relatives, read as the files are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.common import as_in_a_file

if TYPE_CHECKING:
    from importers.cells import Fault
    from ledger.core.people import Relation

RelationOption = Annotated[
    str, typer.Option("--relation", help="1 配偶 2 子女 5 父母 4 孙 6 祖 7 兄弟姐妹。 Relation.")
]
_PERMIT = 8
"""Digits of a permit of a resident of Taiwan; every other permit and passport has a letter."""


def a_relation(text: str) -> Relation:
    """The relation of the user to the holder, by its code or its word."""
    from importers.labels import relation

    found: Relation = as_in_a_file(relation, text)
    return found


def document(text: str) -> str | Fault:
    """The number of somebody who may be new here: an identity number is checked (GB 11643), a
    passport's or permit's is only tidied."""
    from importers.identity import citizen_number, other_document

    other = text[:1].isalpha() or (text.isdecimal() and len(text) == _PERMIT)
    return other_document(text) if other else citizen_number(text)


def a_document(text: str) -> str:
    """Such a number; one that cannot be is wrong usage."""
    found: str = as_in_a_file(document, text)
    return found
