"""What `verify` proves about periods of benefit that follow the roster."""

from __future__ import annotations

from ledger.storage.proof.invariants import Check
from ledger.storage.roster.benefit_spans import COLUMNS, EVERYBODY_FROM_ROSTER

CODE, TITLE = "verify/benefit-period", "待遇享受期与按规则推定的一致"

_SPAN = ", ".join(COLUMNS.split())

LIKE_ROSTER = Check(
    CODE,
    8,
    TITLE,
    f"SELECT DISTINCT 'person ' || person_id, valid_from FROM (SELECT {_SPAN}, 1 AS side "
    f"FROM benefit_span UNION ALL SELECT {_SPAN}, -1 FROM ({EVERYBODY_FROM_ROSTER})) "
    f"GROUP BY {_SPAN} HAVING sum(side) <> 0",
)
"""Only where no rule of the pack's derives them otherwise (`services/crediting`)."""
