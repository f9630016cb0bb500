"""The keys of the shapes: any benefit's section may have them, none needs them."""

from __future__ import annotations

from collections.abc import Mapping

from ledger.policy.kinds import (
    Reader,
    amount,
    by_status,
    by_status_and_tier,
    choice,
    codes,
    flag,
    optional,
    ratio,
    text,
)
from ledger.policy.shape_kinds import (
    amounts_by_code,
    fund_parts,
    ratio_bands,
    tables_of_amounts,
)

BASES = ("fund_pay", "cost", "fund_pay_back_solved")
DEDUCTIBLE_SHAPES = ("none", "annual", "per_visit", "tier_with_ceiling", "topped_up")

SHAPE_KEYS: Mapping[str, Reader] = {
    "deductible_window": choice("year", "quarter", "month", "hospital_year", "tier_year", "stay"),
    "deductible_by_turn": tables_of_amounts,
    "deductible_drop": ratio,
    "deductible_drop_of": choice("first", "previous"),
    "deductible_floor": by_status_and_tier(amount),
    "retired_own_share": ratio,
    "ratio_bands": ratio_bands,
    "band_measure": choice("in_scope", "beyond_deductible"),
    "band_window": choice("year", "stay", "visit"),
    "fund_split": fund_parts,
    "annual_cap_rate": by_status(ratio),
    "average_wage": amount,
    "period": choice("month", "quarter"),
    "period_cap": by_status(amount),
    "period_cap_basis": choice(*BASES),
    "disease_caps": amounts_by_code("病种"),
    "disease_cap_basis": choice(*BASES),
    "disease_cap_ceiling": amount,
    "shared_cap": by_status(amount),
    "shared_cap_name": text,
    "contracted_ratio": by_status_and_tier(ratio),
    "uncontracted_visit": choice("lower_ratio", "not_paid", "refused"),
    "pharmacy_ratio": by_status(ratio),
    "pharmacy_needs_prescription": flag,
    "full_pay_statuses": codes,
    "class_b_own_share": ratio,
    "item_quotas": amounts_by_code("项目"),
    "stay_across_year_end": choice("restarts", "carries_on"),
}

BENEFIT_KEYS: Mapping[str, Reader] = {
    "deductible_shape": choice(*DEDUCTIBLE_SHAPES),
    "deductible": by_status_and_tier(amount),
    "deductible_ceiling": optional(amount),
    "ratio": by_status_and_tier(ratio),
    "annual_cap": optional(by_status(amount)),
    "annual_cap_basis": choice(*BASES),
    "visit_cap": optional(by_status_and_tier(amount)),
    "visit_cap_basis": choice(*BASES),
    "overall_cap": optional(amount),
    "pooled_med_types": codes,
    "rounding": choice("half_up", "half_up_per_band"),
    **SHAPE_KEYS,
}
"""What a benefit beside ordinary outpatient visits (慢特病、住院) may say of itself. What it leaves
out is not limited."""

BENEFITS = ("outpatient", "chronic", "inpatient")
"""The sections that are benefits: each settles the types of visit that it pools."""

MORE_THAN_PLAIN = (
    *(f"{section}.ratio" for section in BENEFITS[1:]),
    "account_use.account_pays",
)
"""Beside `SHAPE_KEYS`: keys by which a pack looks at more than one benefit's year."""

BENEFIT_NEEDS = ("deductible_shape", "deductible", "ratio", "annual_cap", "pooled_med_types")

SHAPE_WORDS: Mapping[str, str] = {
    "topped_up": "按年收取一次，到更高级别时补足差额",
    "year": "自然年度",
    "quarter": "按季度",
    "month": "按月",
    "hospital_year": "每家医疗机构每年",
    "tier_year": "每个级别每年",
    "stay": "每次住院",
    "visit": "每次就诊",
    "first": "按首次的金额",
    "previous": "按上一次的金额",
    "beyond_deductible": "按起付线以上的金额",
    "fund_pay_back_solved": "按统筹基金支付额，并反算进入统筹的费用",
    "half_up_per_band": "四舍五入到分，每段一次再相加",
    "lower_ratio": "按未签约的比例支付",
    "not_paid": "统筹基金不支付",
    "refused": "不予结算",
    "restarts": "跨年重新起算",
    "carries_on": "跨年继续累计",
    "up_to": "至",
    "from_age": "年满（周岁）",
    "ratio": "比例",
    "fund": "基金",
}
"""Chinese for the words of these values."""
