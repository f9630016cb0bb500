"""The synthetic city: units, providers, people and families, all from one seed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from random import Random

from api.demo.numbers import (
    COUNTIES,
    IdentityNumbers,
    birthday,
    child_name,
    person_name,
)
from ledger.core.months import Month
from ledger.core.people import Plan, Relation, Status

JANUARY, FEBRUARY, MARCH = Month(2023, 1), Month(2023, 2), Month(2023, 3)
MONTHS = (JANUARY, FEBRUARY, MARCH)

PEOPLE = 5000
RETIRED_SHARE = 4
"""Every fourth person is retired."""
UNITS = 60
NEWCOMERS = {FEBRUARY: 25, MARCH: 15}


@dataclass(frozen=True, slots=True)
class Unit:
    """An employer (参保单位)."""

    number: str
    name: str
    county: str


@dataclass(frozen=True, slots=True)
class Provider:
    """A designated institution. `tier` 0: pharmacy; None: no grade at all."""

    code: str
    name: str
    kind: str
    grade: str
    tier: int | None
    county: str
    first_day: date
    last_day: date | None = None

    @property
    def pooling(self) -> str | None:
        """Whether a pharmacy takes part in outpatient pooling (article 20), as lists say it."""
        if not self.is_pharmacy:
            return None
        return "否" if self.name in OUTSIDE_POOLING else "是"

    @property
    def is_pharmacy(self) -> bool:
        return self.code.startswith("P")

    def open_in(self, month: Month) -> bool:
        """Under agreement for the whole month."""
        return self.first_day <= month.first_day and (
            self.last_day is None or self.last_day >= month.last_day
        )


@dataclass(slots=True, eq=False)
class Person:
    """Somebody on the roster, with what the roster says on its first day."""

    psn_no: str
    name: str
    certno: str
    female: bool
    status: Status
    plan: Plan
    unit: Unit | None
    county: str
    benefit_from: date
    base_fen: int
    insured: str = "正常"
    joined: Month = JANUARY
    """The month whose roster file names the person for the first time."""
    visits_weight: int = 10

    @property
    def employed(self) -> bool:
        return self.status is Status.EMPLOYED

    @property
    def has_account(self) -> bool:
        return self.plan is Plan.COMBINED


@dataclass(frozen=True, slots=True)
class Child:
    """A relative who is on no roster."""

    name: str
    certno: str


@dataclass(frozen=True, slots=True)
class Link:
    """A holder lets a relative use the account."""

    holder: Person
    user: Person | Child
    relation: Relation
    first_day: date
    last_day: date | None = None
    quota_fen: int | None = None


@dataclass(slots=True)
class World:
    """Everything that exists before a file is written."""

    units: list[Unit]
    providers: list[Provider]
    people: list[Person]
    links: list[Link] = field(default_factory=list)

    @property
    def children(self) -> list[Child]:
        """Each child once, in order of the links."""
        users = (link.user for link in self.links)
        return list(dict.fromkeys(user for user in users if isinstance(user, Child)))


_PLACES = (
    "汉水",
    "车城",
    "均州",
    "房陵",
    "云岭",
    "清溪",
    "柳林",
    "青竹",
    "堵河",
    "白浪",
    "丹水",
    "茅塔",
)
_TRADES = (
    "机械有限公司", "茶业有限责任公司", "供水公司", "汽车零部件有限公司", "第三中学",
    "农产品有限公司", "物流有限公司", "建材厂", "实验小学", "文旅发展有限公司",
    "林业站", "电子科技有限公司",
)  # fmt: skip


def make_units(rng: Random) -> list[Unit]:
    """Sixty units; the early ones are large (people are dealt out by weight)."""
    names = [place + trade for place in _PLACES for trade in _TRADES]
    chosen = rng.sample(names, UNITS)
    counties = tuple(COUNTIES)
    return [
        Unit(f"E{i:04d}", name, counties[(i - 1) % len(counties)])
        for i, name in enumerate(chosen, 1)
    ]


_HOSPITALS = (
    # name, grade, tier, county
    ("汉水第一医院", "三级甲等", 3, "420302"), ("车城总医院", "三级乙等", 3, "420303"),
    ("汉水中医院", "三级甲等", 3, "420302"), ("均州中心医院", "三级乙等", 3, "420381"),
    ("白浪职工医院", "三级乙等", 3, "420303"),
    ("房陵人民医院", "二级甲等", 2, "420325"), ("均州中医院", "二级乙等", 2, "420381"),
    ("云岭医院", "二级甲等", 2, "420304"), ("堵河医院", "二级甲等", 2, "420323"),
    ("青竹中医院", "二级乙等", 2, "420324"), ("上津医院", "二级甲等", 2, "420322"),
    ("柳林骨伤医院", "二级乙等", 2, "420302"), ("车城妇幼医院", "二级甲等", 2, "420303"),
    ("清溪镇卫生院", "一级甲等", 1, "420322"), ("柳林社区卫生服务站", "未定级", 1, "420302"),
    ("茅塔乡卫生院", "一级甲等", 1, "420302"), ("白浪社区卫生服务中心", "一级甲等", 1, "420303"),
    ("云岭镇卫生院", "一级甲等", 1, "420304"), ("丹水镇卫生院", "一级乙等", 1, "420381"),
    ("堵河镇卫生院", "一级甲等", 1, "420323"), ("青竹乡卫生院", "一级乙等", 1, "420324"),
    ("房陵社区卫生服务中心", "一级甲等", 1, "420325"), ("黄茅村卫生室", "未定级", 1, "420325"),
    ("上津镇卫生院", "一级甲等", 1, "420322"), ("桃园社区卫生服务站", "未定级", 1, "420381"),
    ("石桥村卫生室", "未定级", 1, "420304"),
)  # fmt: skip
_PHARMACIES = (
    ("康宁大药房", "420302"), ("青竹药店", "420323"), ("百草堂药店", "420303"),
    ("汉水大药房", "420302"), ("同心药店", "420381"), ("车城大药房", "420303"),
    ("云岭药房", "420304"), ("安泰药店", "420322"), ("和顺大药房", "420324"),
    ("福民药店", "420325"), ("杏春药房", "420381"), ("万寿药店", "420304"),
    ("清和药店", "420322"),
)  # fmt: skip
EXPIRED = ("柳林骨伤医院", "万寿药店")
"""Their agreement ends with January."""
OUTSIDE_POOLING = ("同心药店", "安泰药店")
"""Pharmacies whose agreement has no pooling: the account pays there, the fund never."""
OPENS_IN_FEBRUARY = "桃园社区卫生服务站"
UNGRADED = "南山康复医院"
"""Neither graded nor a primary-care kind: on the list, but no visit can be settled with it."""


def make_providers() -> list[Provider]:
    """Forty institutions: 26 hospitals of three tiers, one without a grade, 13 pharmacies."""
    rows = [*_HOSPITALS, (UNGRADED, "未定级", None, "420302")]
    hospitals = [
        Provider(f"H{county}{i:05d}", name, "医疗机构", grade, tier, county, *_agreement(name))
        for i, (name, grade, tier, county) in enumerate(rows, 1)
    ]
    pharmacies = [
        Provider(f"P{county}{i:05d}", name, "零售药店", "", 0, county, *_agreement(name))
        for i, (name, county) in enumerate(_PHARMACIES, len(hospitals) + 1)
    ]
    return hospitals + pharmacies


def _agreement(name: str) -> tuple[date, date | None]:
    if name in EXPIRED:
        return date(2023, 1, 1), date(2023, 1, 31)
    if name == OPENS_IN_FEBRUARY:
        return date(2023, 2, 1), date(2023, 12, 31)
    return date(2023, 1, 1), date(2023, 12, 31) if len(name) % 2 else None


def make_people(rng: Random, numbers: IdentityNumbers, units: list[Unit]) -> list[Person]:
    """Five thousand on the first roster, and the newcomers of the later months."""
    total = PEOPLE + sum(NEWCOMERS.values())
    weights = [400 // (10 + i) for i in range(len(units))]
    homes = rng.choices(units, weights, k=total)
    people = [_make_person(rng, numbers, i, homes[i - 1]) for i in range(1, total + 1)]
    late = iter(people[PEOPLE:])
    for month, count in NEWCOMERS.items():
        for _ in range(count):
            _join_later(next(late), month)
    return people


def _make_person(rng: Random, numbers: IdentityNumbers, i: int, home: Unit) -> Person:
    retired = i % RETIRED_SHARE == 0 and i <= PEOPLE
    female = rng.random() < 0.5
    # Women retire earlier; a few work past the age without having settled up (article 11(5)).
    years = (1936, 1967 if female else 1962) if retired else (1960 if i % 97 == 0 else 1969, 2002)
    certno = numbers.new(birthday(rng, *years), female)
    flexible = not retired and i % 8 == 3
    pool_only = i % 16 == 3 if flexible else retired and i % 128 == 0
    plan = Plan.POOL_ONLY if pool_only else Plan.COMBINED
    return Person(
        psn_no=f"4203{i:012d}",
        name=person_name(rng, female),
        certno=certno,
        female=female,
        status=Status.RETIRED if retired else Status.EMPLOYED,
        plan=plan,
        unit=None if flexible or plan is Plan.POOL_ONLY else home,
        county=home.county,
        benefit_from=date(2022, 12, 31) if i % 3 else date(2023, 1, 1),
        base_fen=_base(rng),
        visits_weight=14 if retired else 0 if rng.random() < 0.15 else 9,
    )


def _base(rng: Random) -> int:
    """A contribution base between 4,000 and 22,000 yuan, to the fen, more low than high."""
    low = min(rng.randint(400_000, 2_200_000) for _ in range(2))
    return low if rng.random() < 0.5 else low // 10_000 * 10_000


def _join_later(person: Person, month: Month) -> None:
    person.joined = month
    person.benefit_from = month.first_day


def make_links(rng: Random, numbers: IdentityNumbers, people: list[Person]) -> list[Link]:
    """Spouses, parents and children; some children have two holders, some links a quota."""
    first = [person for person in people if person.joined == JANUARY]
    holders = iter(rng.sample([p for p in first if p.employed and p.has_account and p.unit], 420))
    others = iter(rng.sample([p for p in first if not (p.has_account and p.employed)], 320))
    links = [_link(rng, next(holders), next(others), Relation.SPOUSE) for _ in range(90)]
    retired = (person for person in others if not person.employed)
    links += [_link(rng, next(holders), next(retired), Relation.PARENT) for _ in range(80)]
    for i in range(130):
        child = Child(
            child_name(rng), numbers.new(birthday(rng, 2007, 2021), female=rng.random() < 0.5)
        )
        links.append(_link(rng, next(holders), child, Relation.CHILD))
        if i % 4 == 0:
            links.append(_link(rng, next(holders), child, Relation.CHILD))
    return links


def _link(rng: Random, holder: Person, user: Person | Child, relation: Relation) -> Link:
    return Link(
        holder,
        user,
        relation,
        first_day=date(2023, 1, 1),
        last_day=date(2023, 12, 31) if rng.random() < 0.5 else None,
        quota_fen=rng.choice((30_000, 50_000, 80_000, 100_050)) if rng.random() < 0.3 else None,
    )


def make_world(rng: Random) -> World:
    """The city, before anything happens in it."""
    numbers = IdentityNumbers(rng)
    units = make_units(rng)
    people = make_people(rng, numbers, units)
    return World(units, make_providers(), people, make_links(rng, numbers, people))
