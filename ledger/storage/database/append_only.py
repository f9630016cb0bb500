"""Which tables are written once and never changed, the key of each, and which are kept by year."""

from __future__ import annotations

APPEND_ONLY = {
    "entry": ("person_id", "entry_id"),
    "transfer": ("person_id", "entry_id", "leg"),
    "settlement": ("person_id", "settlement_id"),
    "visit": ("person_id", "visit_id"),
    "inpatient_stay": ("person_id", "visit_id"),
    "family_draw": ("person_id", "settlement_id", "link_id"),
    "settlement_window": ("person_id", "settlement_id", "year", "benefit"),
    "settlement_part": ("person_id", "settlement_id", "position"),
    "contribution": ("person_id", "month", "content_hash"),
    "credit_difference": ("person_id", "entry_id", "benefit_month", "source"),
    "request": ("person_id", "actor", "request_id"),
    "debt": ("person_id", "entry_id"),
    "retirement": ("person_id", "recorded_id"),
    "advance_credit": ("person_id", "month"),
    "policy_version": ("version",),
    "pool_transfer": ("person_id", "case_id"),
    "pool_transfer_step": ("person_id", "case_id", "step"),
    "pool_payment": ("entry_id",),
    "person_merge": ("person_id", "merge_id"),
    "accumulator_move": ("person_id", "merge_id", "year", "benefit"),
    "pool_quota": ("person_id", "hold_id"),
    "quota_event": ("person_id", "hold_id", "event_no"),
    "incoming_draw": ("person_id", "settlement_id", "quota_id"),
    "account_event": ("person_id", "event_id"),
    "payee": ("person_id", "payee_id"),
    "payee_payment": ("person_id", "payee_id"),
    "premium": ("person_id", "entry_id"),
    "proposal": ("person_id", "proposal_id"),
    "proposal_decision": ("person_id", "proposal_id"),
    "resettlement": ("person_id", "settlement_id"),
    "claim": ("person_id", "visit_id"),
}
"""Table -> key. Rows of these tables are written once."""

BY_YEAR = {"transfer": "entry_id", "settlement": "settlement_id"}
"""Table that PostgreSQL keeps by year of recording -> the id that tells the year: those of which
people have many. Entries are few beside them, since a crediting run is one."""
