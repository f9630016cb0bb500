"""Values of one day, by key, as the typed rules that `benefits/` reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ledger.core.errors import NotInForce
from ledger.core.money import apply_bp
from ledger.policy.dated import Dated
from ledger.policy.shape_rules import BASES, Given, ratio_of, shapes_of
from ledger.policy.values import (
    AccountRules,
    AdvanceRules,
    BenefitRules,
    ByStatus,
    ClaimRules,
    CreditingRules,
    DebtRules,
    DeductibleShape,
    FamilyRules,
    InterestRules,
    OutpatientRules,
    ResettlementRules,
    TransferRules,
)

Get = Callable[[str], Dated]
"""The dated value of a full key on the day in question; raises `NotInForce`."""

FLAT = "crediting.retiree_flat"
FLAT_PARTS = ("crediting.retiree_rate", "crediting.average_pension_2021")

_ELSEWHERE = ("maternity_med_types", "chronic_med_types", "dual_channel_med_types")


def _section(get: Get, section: str) -> Callable[[str], Any]:
    """The typed value of a name that `section` must have."""
    return lambda name: get(f"{section}.{name}").typed


def outpatient_rules(get: Get) -> OutpatientRules:
    """Articles 6 to 8, 10, 18 and 20 of S3c, or what another pool has in their place."""
    value = _section(get, "outpatient")

    return OutpatientRules(
        deductible_shape=DeductibleShape[value("deductible_shape").upper()],
        deductible_fen=value("deductible"),
        deductible_ceiling_fen=value("deductible_ceiling"),
        ratio_bp=ratio_of(get, "outpatient"),
        annual_cap_fen=_annual_cap(Given(get, "outpatient"), value("annual_cap")),
        annual_cap_basis=BASES[value("annual_cap_basis")],
        visit_cap_fen=value("visit_cap"),
        visit_cap_basis=BASES[value("visit_cap_basis")],
        overall_cap_fen=value("overall_cap"),
        pooled_med_types=frozenset(value("pooled_med_types")),
        pharmacy_med_types=frozenset(value("pharmacy_med_types")),
        elsewhere_med_types={
            code: get(f"outpatient.{name}").cite.id for name in _ELSEWHERE for code in value(name)
        },
        inpatient_prefixes=value("inpatient_prefixes"),
        blocked_on_admission_day=value("blocked_on_admission_day"),
        blocked_on_discharge_day=value("blocked_on_discharge_day"),
        pharmacy_pooling_when_unstated=value("pharmacy_pooling_when_unstated"),
        shapes=shapes_of(get, "outpatient"),
    )


def other_benefit_rules(get: Get, section: str) -> OutpatientRules:
    """Another benefit that is settled as visits are; what it leaves out is no limit."""
    given = Given(get, section)
    value = _section(get, section)

    return OutpatientRules(
        deductible_shape=DeductibleShape[value("deductible_shape").upper()],
        deductible_fen=value("deductible"),
        deductible_ceiling_fen=given("deductible_ceiling"),
        ratio_bp=ratio_of(get, section),
        annual_cap_fen=_annual_cap(given, value("annual_cap")),
        annual_cap_basis=BASES[given("annual_cap_basis", "fund_pay")],
        visit_cap_fen=given("visit_cap"),
        visit_cap_basis=BASES[given("visit_cap_basis", "fund_pay")],
        overall_cap_fen=given("overall_cap"),
        pooled_med_types=frozenset(value("pooled_med_types")),
        pharmacy_med_types=frozenset(),
        elsewhere_med_types={},
        inpatient_prefixes=(),
        blocked_on_admission_day=False,
        blocked_on_discharge_day=False,
        pharmacy_pooling_when_unstated=False,
        shapes=shapes_of(get, section),
    )


def _annual_cap(given: Given, cap: ByStatus | None) -> ByStatus | None:
    """The yearly limit; where limits by disease are summed, their ceiling is the year's."""
    ceiling = given("disease_cap_ceiling")
    return (ceiling, ceiling) if cap is None and ceiling is not None else cap


def crediting_rules(get: Get) -> CreditingRules:
    flat: Any = get(FLAT)
    return CreditingRules(
        credit_rate_bp=_int(get("crediting.credit_rate")),
        retiree_flat_fen=_int(flat),
        retiree_flat_assumed=flat.assumed,
        credit_day=_int(get("crediting.credit_day")),
        retiree_pool_only_has_account=bool(get("crediting.retiree_pool_only_has_account").typed),
    )


def retired_cadres_insured(get: Get) -> bool:
    """S3b 二: where they have left employees' insurance, they are on no roster of it."""
    return bool(Given(get, "coverage")("retired_cadres_insured", True))


def account_rules(get: Get) -> AccountRules:
    """Articles 13 to 15 and 23 of S3c; what a pack leaves out is not allowed, nothing more is
    barred."""
    given = Given(get, "account_use")

    value = _section(get, "account_use")

    barred = [
        (category, get(f"account_use.{name}").cite.id)
        for name in ("forbidden_categories", "forbidden_goods")
        for category in given(name, ())
    ]
    return AccountRules(
        scope=value("account_scope"),
        use_order=value("use_order"),
        forbidden_categories=value("forbidden_categories"),
        pays_first=given("account_pays") == "before_deductible",
        premiums_allowed=value("premiums_allowed"),
        forbidden=tuple(barred),
        premium_kinds=given("premium_kinds", ()),
        paid_out_on_settling_abroad=given("paid_out_on_settling_abroad", False),
        paid_out_on_death=given("paid_out_on_death", False),
        other_pay_outs=given("other_pay_outs", ()),
        returned_when_settled_elsewhere=given("returned_when_settled_elsewhere", False),
    )


def benefit_rules(get: Get) -> BenefitRules:
    value = _section(get, "benefit_period")

    return BenefitRules(
        by_contributions=value("source") == "contributions",
        waiting_months=value("waiting_months"),
        waiting_months_flexible=value("waiting_months_flexible"),
        flexible_types=frozenset(value("flexible_types")),
        new_after_months=value("new_after_months"),
        grace_months=value("grace_months"),
        restore_within_months=value("restore_within_months"),
    )


def advance_rules(get: Get) -> AdvanceRules:
    value = _section(get, "advance")

    return AdvanceRules(
        enabled=value("credit") != "off",
        everybody=value("credit") == "all_employers",
        employers=value("employers"),
        back_after_months=value("back_after_months"),
    )


def debt_rules(get: Get) -> DebtRules:
    value = _section(get, "debts")

    return DebtRules(
        recover_from_credits=value("recover_from_credits"),
        recover_share_bp=value("recover_share"),
        age_bands=value("age_bands"),
    )


def resettlement_rules(get: Get) -> ResettlementRules:
    value = _section(get, "resettlement")

    return ResettlementRules(
        behaviour=value("resettle_behaviour"),
        order=value("resettle_order"),
        difference=value("resettle_difference"),
        nets_per_person=value("resettle_netting") == "per_person",
    )


def claim_rules(get: Get) -> ClaimRules:
    """Article 21 of S3c, or what another pool has in its place."""
    last_day: Any = get("away.manual_claim_until").typed
    papers: Any = get("away.manual_claim_papers").typed
    return ClaimRules(last_day, papers)


def family_rules(get: Get) -> FamilyRules:
    """Who may use an account within the family, here and across pools."""

    def allowed(name: str, word: object = True) -> bool:
        """What the rules do not know yet on the day is off."""
        try:
            return bool(get(f"family.{name}").typed == word)
        except NotInForce:
            return False

    relations: Any = get("family.relations").typed
    return FamilyRules(
        relations=relations,
        in_province=allowed("across_pools_in_province"),
        across_provinces=allowed("across_provinces"),
        quota_held=allowed("quota_held_across_pools"),
        late_use_from_balance=allowed("late_quota_use", "from_balance"),
        ends_with_move=allowed("link_ends_with_insurance_move"),
    )


def transfer_rules(get: Get) -> TransferRules:
    value = _section(get, "transfer")

    return TransferRules(
        retirees_transferred=value("retirees_transferred"),
        moved_out_within=value("moved_out_within"),
        moved_in_within=value("moved_in_within"),
        account_balance_follows=value("account_balance_follows"),
    )


def interest_rules(get: Get) -> InterestRules:
    """国发〔1998〕44号: this year's money at one rate, what was carried over at another."""

    value = _section(get, "interest")

    def rate(kind: str) -> int:
        return 0 if kind == "none" else _int(get(f"interest.{kind}_rate"))

    kinds = [value(name) if value("pays") else "none" for name in ("this_year", "carried_over")]
    return InterestRules(
        this_year_bp=rate(kinds[0]),
        carried_bp=rate(kinds[1]),
        day_basis=_int(get("interest.day_basis")),
        this_year_kind=kinds[0],
        carried_kind=kinds[1],
        posted_money=value("posted_money"),
    )


def retiree_flat_fen(rate: Dated, average: Dated) -> int:
    """The retirees' flat monthly amount, fen, half up.

    Source:
        S3c-11.3: 2.5 % of the city's average basic pension of 2021.
    """
    return apply_bp(_int(average), _int(rate))


def _int(dated: Dated) -> int:
    number: Any = dated.typed
    return int(number)
