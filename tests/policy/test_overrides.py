"""`--set KEY=VALUE`: a trial value, on all days, marked as assumed."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.core.errors import BadOverride
from ledger.core.months import Month
from ledger.policy import overrides
from ledger.policy.loader import load_pack, pack_from_content
from ledger.policy.values import DeductibleShape, OutpatientRules

DAY = date(2023, 5, 4)


def tried(key: str, value: str) -> OutpatientRules:
    return load_pack("420300", {key: value}).outpatient(DAY)


@pytest.mark.parametrize("key", ["outpatient.deductible", "deductible"])
def test_a_full_or_a_short_key_sets_a_value(key: str) -> None:
    assert tried(key, "300").deductible_fen == ((30_000,) * 3, (30_000,) * 3)


@pytest.mark.parametrize("key", ["outpatient.ratio.employed.3", "ratio.employed.3"])
def test_one_cell_of_a_table_can_be_set(key: str) -> None:
    assert tried(key, "0.55").ratio_bp == ((8000, 6500, 5500), (9000, 7500, 6000))


def test_a_tier_without_a_status_is_meant_for_both() -> None:
    assert tried("ratio.3", "0.40").ratio_bp == ((8000, 6500, 4000), (9000, 7500, 4000))


def test_one_value_for_all_can_be_set_for_one_status() -> None:
    assert tried("deductible.retired", "300").deductible_fen == ((50_000,) * 3, (30_000,) * 3)
    assert tried("annual_cap.retired", "4000").annual_cap_fen == (300_000, 400_000)


@pytest.mark.parametrize("nothing", ["", "none"])
def test_a_limit_can_be_taken_away(nothing: str) -> None:
    assert tried("annual_cap", nothing).annual_cap_fen is None


def test_a_list_is_typed_with_commas() -> None:
    assert tried("pooled_med_types", "11, 13").pooled_med_types == {"11", "13"}


def test_a_shape_can_be_tried() -> None:
    shaped = load_pack(
        "420300", {"deductible_shape": "tier_with_ceiling", "deductible_ceiling": "300"}
    ).outpatient(DAY)
    assert shaped.deductible_shape is DeductibleShape.TIER_WITH_CEILING
    assert shaped.deductible_ceiling_fen == 30_000
    assert tried("deductible_shape", "none").deductible_shape is DeductibleShape.NONE


def test_a_factor_of_the_flat_amount_moves_the_flat_amount() -> None:
    pack = load_pack("420300", {"average_pension_2021": "3333.33"})
    assert pack.crediting(Month(2023, 1)).retiree_flat_fen == 8_333


def test_the_flat_amount_itself_can_be_tried() -> None:
    pack = load_pack("420300", {"retiree_flat": "83.00"})
    assert pack.crediting(Month(2023, 1)).retiree_flat_fen == 8_300


def test_an_override_is_marked_assumed_and_explains_itself_later() -> None:
    pack = pack_from_content(load_pack("420300", {"deductible": "300"}).content_json())
    cited = pack.cite("outpatient.deductible", DAY)
    assert (cited.value, cited.assumed, cited.verified) == ("300", True, False)
    assert "--set" in cited.note
    assert pack.overrides == {"outpatient.deductible": "300"}


def test_an_override_holds_on_all_days_of_a_dated_value() -> None:
    pack = load_pack("420300", {"relations": "spouse"})
    assert pack.family(date(2023, 1, 1)).relations == pack.family(date(2025, 1, 1)).relations
    assert pack.change_days("family", date(2024, 7, 1), date(2024, 8, 1)) == []


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("deducible", "300", "outpatient.deductible"),
        ("outpatient.deductable", "300", "outpatient.deductible"),
        ("nothing_like_it", "1", "rules list"),
        ("deductible", "30O", "30O"),
        ("deductible", "-1", "小于零"),
        ("ratio", "60%", "0.60"),
        ("ratio.retired.1", "1.2", "1.2"),
        ("ratio.retired.4", "0.9", "1、2、3"),
        ("credit_day", "31", "1 到 28"),
        ("credit_day.1", "3", "credit_day"),
        ("deductible_shape", "weekly", "per_visit"),
        ("deductible_shape", "tier_with_ceiling", "上限"),
        ("relations", "spouse,friend", "friend"),
        ("", "1", "参数"),
    ],
)
def test_a_wrong_override_says_what_would_be_right(key: str, value: str, said: str) -> None:
    with pytest.raises(BadOverride) as caught:
        load_pack("420300", {key: value})
    assert said in caught.value.message


def test_a_short_key_that_fits_two_sections_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overrides, "KEYS", ("crediting.order", "away.order"))
    with pytest.raises(BadOverride, match=r"crediting\.order、away\.order"):
        overrides.resolve("order")
