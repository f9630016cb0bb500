"""Invariants 7 and 8 where rules count in other windows than the year."""

from __future__ import annotations

from ledger.storage.proof.invariants import Check, agree

_SUMS = "in_scope_fen, deductible_fen, cost_fen, paid_fen, version"

CHECKS = (
    Check(
        "verify/windows",
        8,
        "各累计窗口（月、季、医院、住院、病种、共用）等于全部结算的累加，加上人员合并移动的部分",
        agree(
            "person person_id, year year, window benefit",
            _SUMS,
            "SELECT person_id, year, benefit, in_scope_fen, deductible_fen, cost_fen, "
            "paid_fen, version FROM accumulator WHERE benefit <> 'outpatient'",
            "SELECT person_id, year, benefit, in_scope_fen, deductible_fen, cost_fen, paid_fen, "
            "visits AS version FROM settlement_window UNION ALL "
            "SELECT person_id, year, benefit, in_scope_fen, deductible_fen, cost_fen, paid_fen, "
            "version FROM accumulator_move WHERE benefit <> 'outpatient'",
        ),
    ),
    Check(
        "verify/window-settlement",
        8,
        "窗口计入的金额等于该笔结算的金额",
        "SELECT 'settlement ' || w.settlement_id, w.benefit FROM settlement_window AS w "
        "LEFT JOIN settlement AS s ON s.person_id = w.person_id "
        "AND s.settlement_id = w.settlement_id WHERE s.settlement_id IS NULL "
        "OR w.in_scope_fen <> s.deductible_fen + s.beyond_deductible_fen "
        "OR w.deductible_fen <> s.deductible_fen OR w.cost_fen <> s.cost_fen "
        "OR w.paid_fen <> s.pool_fen",
    ),
    Check(
        "verify/window-mirror",
        7,
        "退费在每个窗口与原结算完全相反",
        agree(
            "person person_id, settlement settlement_id, window benefit",
            "in_scope_fen, deductible_fen, cost_fen, paid_fen, visits, cut_fen",
            "SELECT r.person_id, r.reverses_settlement_id AS settlement_id, w.benefit, "
            "-w.in_scope_fen AS in_scope_fen, -w.deductible_fen AS deductible_fen, "
            "-w.cost_fen AS cost_fen, -w.paid_fen AS paid_fen, -w.visits AS visits, "
            "-w.cut_fen AS cut_fen FROM settlement AS r JOIN settlement_window AS w "
            "ON w.person_id = r.person_id AND w.settlement_id = r.settlement_id "
            "WHERE r.reverses_settlement_id IS NOT NULL",
            "SELECT w.person_id, w.settlement_id, w.benefit, w.in_scope_fen, w.deductible_fen, "
            "w.cost_fen, w.paid_fen, w.visits, w.cut_fen FROM settlement AS r "
            "JOIN settlement_window AS w ON w.person_id = r.person_id "
            "AND w.settlement_id = r.reverses_settlement_id",
        ),
    ),
    Check(
        "verify/settlement-shares",
        7,
        "各段、各项基金之和等于该笔结算的支付额",
        "SELECT 'settlement ' || s.settlement_id, p.kind FROM settlement AS s "
        "JOIN settlement_part AS p ON p.person_id = s.person_id "
        "AND p.settlement_id = s.settlement_id GROUP BY s.person_id, s.settlement_id, p.kind "
        "HAVING sum(p.pay_fen) <> max(CASE p.kind WHEN 'fund' THEN s.pool_fen "
        "ELSE s.before_caps_fen END)",
    ),
)
