"""The packs that come with Gongji: complete, cited, honest about what is not verified."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ledger.core.errors import NotInForce
from ledger.core.months import FAR, Month
from ledger.core.people import Relation
from ledger.policy.loader import load_pack, pack_from_content
from ledger.policy.locate import tree_packs
from ledger.policy.pack import Pack
from ledger.policy.schema import KEYS
from ledger.policy.shape_schema import SHAPE_KEYS
from ledger.policy.values import CapBasis, DeductibleShape

TEST_PACKS = sorted((Path(__file__).parent.parent / "data" / "packs").glob("*/"))
FIRST_DAY = date(2022, 12, 31)
WIDENED = date(2024, 7, 26)


@pytest.fixture(scope="module")
def shiyan() -> Pack:
    return load_pack("420300")


@pytest.fixture(scope="module", params=[path.name for path in tree_packs()])
def shipped(request: pytest.FixtureRequest) -> Pack:
    return load_pack(request.param)


@pytest.mark.parametrize("article", range(1, 30))
def test_every_article_of_the_shiyan_text_has_a_value(shiyan: Pack, article: int) -> None:
    whole = {value.cite.article.split(".")[0] for value in shiyan.values()}
    assert str(article) in whole


@pytest.mark.parametrize(
    "part", ["6.1", "6.2", "6.3", "11.1", "11.2", "11.3", "11.4", "11.5", "13.1", "13.2", "13.3"]
)
def test_the_numbered_parts_of_an_article_have_values_of_their_own(shiyan: Pack, part: str) -> None:
    assert any(value.cite.id == f"S3c-{part}" for value in shiyan.values())


def test_every_value_cites_a_document_of_its_pack(shipped: Pack) -> None:
    documents = {document.id for document in shipped.documents}
    for value in shipped.values():
        assert value.cite.document in documents, value.key
        assert value.cite.article, value.key


def test_every_value_has_a_chinese_title(shipped: Pack) -> None:
    for value in shipped.values():
        assert any("\u4e00" <= letter <= "\u9fff" for letter in value.title), value.key


def test_nothing_is_verified_since_no_promulgated_text_was_read(shipped: Pack) -> None:
    assert [value.key for value in shipped.values() if value.verified] == []


def test_an_assumed_value_says_what_was_asked(shipped: Pack) -> None:
    silent = [value.key for value in shipped.values() if value.assumed and not value.note]
    assert silent == []


def test_every_key_of_the_schema_is_used_by_a_shipped_pack() -> None:
    """A shape's key: by a pack of the tests, in any benefit's section."""
    used = {value.key for path in tree_packs() for value in load_pack(path).values()}
    shaped = {value.key for path in TEST_PACKS for value in load_pack(path).values()}
    words = {key.partition(".")[2] for key in used | shaped}
    assert {key.partition(".")[2] for key in KEYS} - words == set()
    plain = {key for key in KEYS if key.partition(".")[2] not in SHAPE_KEYS}
    assert {key for key in plain if not key.startswith(("inpatient.", "chronic."))} <= used | shaped


def test_the_outpatient_rules_are_those_of_articles_6_to_20(shiyan: Pack) -> None:
    rules = shiyan.outpatient(date(2023, 5, 4))
    assert rules.deductible_shape is DeductibleShape.ANNUAL
    assert rules.deductible_fen == ((50_000,) * 3, (50_000,) * 3)
    assert rules.ratio_bp == ((8000, 6500, 5000), (9000, 7500, 6000))
    assert rules.annual_cap_fen == (300_000, 300_000)
    assert rules.annual_cap_basis is CapBasis.FUND_PAY
    assert rules.overall_cap_fen is None
    assert rules.visit_cap_fen is None
    assert {"11", "13"} <= rules.pooled_med_types
    assert rules.pharmacy_med_types == {"41"}
    assert rules.elsewhere_med_types["51"] == "S3c-7"
    assert rules.elsewhere_med_types["14"] == "S3c-8"
    assert not rules.blocked_on_admission_day
    assert not rules.blocked_on_discharge_day
    assert rules.pharmacy_pooling_when_unstated


def test_the_retirees_flat_amount_follows_from_the_rate_and_an_assumed_average(
    shiyan: Pack,
) -> None:
    rules = shiyan.crediting(Month(2023, 1))
    assert rules.credit_rate_bp == 200
    assert rules.retiree_flat_fen == 7_700
    assert rules.retiree_flat_assumed
    cited = shiyan.cite("crediting.retiree_flat", date(2023, 1, 1))
    assert (cited.value, cited.cite.id) == ("77.00", "S3c-11.3")
    assert cited.assumed
    assert cited.derived
    assert not cited.verified


def test_the_average_pension_has_its_own_source(shiyan: Pack) -> None:
    average = shiyan.cite("crediting.average_pension_2021", date(2023, 1, 1))
    assert average.cite.id == "S3c-25"
    assert average.assumed


def test_outpatient_rules_begin_on_31_december_2022_and_credits_in_january_2023(
    shiyan: Pack,
) -> None:
    assert shiyan.outpatient(FIRST_DAY)
    with pytest.raises(NotInForce):
        shiyan.outpatient(date(2022, 12, 30))
    with pytest.raises(NotInForce):
        shiyan.crediting(Month(2022, 12))


def test_a_day_before_the_first_rule_names_key_pack_day_and_first_day(shiyan: Pack) -> None:
    with pytest.raises(NotInForce) as caught:
        shiyan.cite("outpatient.deductible", date(2022, 12, 30))
    assert caught.value.code == "policy/not-in-force"
    for part in ("outpatient.deductible", "420300-shiyan", "2022-12-30", "2022-12-31"):
        assert part in caught.value.message


def test_relations_are_the_close_family_until_july_2024_and_near_relatives_after(
    shiyan: Pack,
) -> None:
    close = {Relation.SPOUSE, Relation.CHILD, Relation.PARENT}
    wider = close | {Relation.SIBLING, Relation.GRANDPARENT, Relation.GRANDCHILD}
    before = shiyan.family(date(2024, 7, 25))
    assert before.relations == {relation.value for relation in close}
    assert shiyan.family(WIDENED).relations == {relation.value for relation in wider}
    assert shiyan.cite("family.relations", FIRST_DAY).cite.id == "S3c-13"
    assert shiyan.cite("family.relations", WIDENED).pack == "national"


def test_the_national_pack_has_no_deductible_of_its_own() -> None:
    with pytest.raises(NotInForce, match="national 没有规定 outpatient"):
        load_pack("national").outpatient(date(2023, 1, 1))


def test_changes_are_the_days_strictly_inside_a_span(shiyan: Pack) -> None:
    assert shiyan.change_days("family", FIRST_DAY, date(2025, 1, 1)) == [
        WIDENED,
        date(2024, 11, 1),
    ]
    assert shiyan.change_days("crediting", date(2023, 1, 1), FAR) == []


def test_asking_again_gives_the_same_object_within_an_interval(shiyan: Pack) -> None:
    first = shiyan.outpatient(date(2023, 1, 2))
    assert shiyan.outpatient(date(2023, 1, 2)) is first
    assert shiyan.outpatient(date(2023, 11, 30)) is first
    assert shiyan.crediting(Month(2023, 2)) is shiyan.crediting(Month(2023, 3))


def test_what_is_stored_explains_again(shipped: Pack) -> None:
    again = pack_from_content(shipped.content_json())
    assert again.version == shipped.version
    known = [(value.key, value.value, value.cite, value.note) for value in shipped.values()]
    assert [(value.key, value.value, value.cite, value.note) for value in again.values()] == known


def test_the_version_of_a_pack_is_stable_and_follows_its_content(shiyan: Pack) -> None:
    assert load_pack("420300-shiyan").version == shiyan.version
    assert load_pack("420300", {"deductible": "300"}).version != shiyan.version
    short, full = {"deductible": "300"}, {"outpatient.deductible": "300"}
    assert load_pack("420300", short).version == load_pack("420300", full).version
