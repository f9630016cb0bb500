"""In which windows a settlement counted beside its year, and how its pay divides. Only rules with
shapes of their own write here; of all others a settlement says everything itself."""

from __future__ import annotations

from sqlmodel import SQLModel

from ledger.storage.tables.base import CLUSTERED, fen, key, text_key


class SettlementWindow(SQLModel, table=True):
    """What a settlement met in a window, what it added, and what the window's limit cut.

    `benefit` is the text under which `accumulator` keeps the window; without a slash it is
    the whole year of another benefit. A refund's row has negative amounts.
    """

    __tablename__ = "settlement_window"
    __table_args__ = (CLUSTERED,)
    person_id: int = key()
    settlement_id: int = key()
    year: int = key()
    benefit: str = text_key()
    in_scope_fen: int = fen()
    deductible_fen: int = fen()
    cost_fen: int = fen()
    paid_fen: int = fen()
    visits: int
    cut_fen: int = fen()
    in_scope_before_fen: int = fen()
    deductible_before_fen: int = fen()
    cost_before_fen: int = fen()
    paid_before_fen: int = fen()
    visits_before: int


class SettlementPart(SQLModel, table=True):
    """A part of what the ratio gave: of a band of amounts, or of one of several funds."""

    __tablename__ = "settlement_part"
    __table_args__ = (CLUSTERED,)
    person_id: int = key()
    settlement_id: int = key()
    position: int = key()
    kind: str
    name: str
    base_fen: int = fen()
    ratio_bp: int
    pay_fen: int = fen()
