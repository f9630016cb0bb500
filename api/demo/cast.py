"""The handful of people that the story is about; nothing random happens to them.

Each is chosen by what the roster says, in an order that the seed decides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from api.demo.world import JANUARY, Child, Link, Person, Unit, World
from ledger.core.people import Plan

CHRONIC = 60
"""People who come every few days: they pass the deductible and the cap."""
TRANSFERRED = 10
PAUSED = 12
MISTYPED = 5
"""People whose first roster row is faulty and who are corrected in February."""
STARTS_LATER = 12
"""On the first roster, but their benefit period begins in February."""
SPENDERS_BASE_FEN = 1_200_000


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is who."""

    retires: Person
    """Settles up on 15 February: employee until then, retiree from then on."""
    retired_late: Person
    """Retired on 15 January; the paper reaches the agency in March."""
    wrong_plan: Person
    """On the roster as combined, truly pool-only since January; corrected in February."""
    overdrawn: Person
    """Spends two months' credits; the contributions are then refunded to the unit."""
    refunded: Person
    """A contribution refunded while the money is still on the account."""
    base_too_low: tuple[Person, ...]
    """Base corrected in March for January (基数补差)."""
    in_arrears: Unit
    """A unit that pays January in March (补收)."""
    paid_but_paused: Person
    """Insurance paused in February, contribution paid all the same."""
    chronic: tuple[Person, ...]
    mistyped: tuple[Person, ...]
    transferred: tuple[Person, ...]
    paused: tuple[Person, ...]
    starts_later: tuple[Person, ...]
    forgotten: tuple[Person, ...]
    """On the roster, but without a contribution in February."""
    revoked: Link
    """A link that the holder takes back in March."""
    child: Child
    """A child with two holders."""

    def story(self) -> dict[str, str]:
        """Words of the story -> person number, for the table at the end."""
        return {
            "二月中退休（清算 2023-02-15）": self.retires.psn_no,
            "退休手续迟报（变更 2023-01-15，三月到）": self.retired_late.psn_no,
            "参保方式更正（统账结合改单建统筹）": self.wrong_plan.psn_no,
            "退收超过余额（转待追回）": self.overdrawn.psn_no,
            "退收（余额足够）": self.refunded.psn_no,
            "基数补差": self.base_too_low[0].psn_no,
            "慢性就诊（越过起付线和限额）": self.chronic[0].psn_no,
            "共济授权被撤销": self.revoked.holder.psn_no,
        }


class _Casting:
    """Takes people off the roster, each for one part."""

    def __init__(self, rng: Random, world: World) -> None:
        in_families = {link.holder.psn_no for link in world.links}
        in_families |= {link.user.psn_no for link in world.links if isinstance(link.user, Person)}
        self._free = [
            person
            for person in world.people
            if person.psn_no not in in_families and person.joined == JANUARY
        ]
        rng.shuffle(self._free)

    def take(self, count: int, fits: Callable[[Person], bool]) -> tuple[Person, ...]:
        chosen = tuple([person for person in self._free if fits(person)][:count])
        taken = {person.psn_no for person in chosen}
        self._free = [person for person in self._free if person.psn_no not in taken]
        return chosen

    def take_one(self, fits: Callable[[Person], bool]) -> Person:
        return self.take(1, fits)[0]


def choose_cast(rng: Random, world: World) -> Cast:
    """Choose everybody, and give some the base or the first day that their part needs."""
    casting = _Casting(rng, world)
    in_arrears = world.units[-1]

    def worker(person: Person) -> bool:
        return person.unit not in (None, in_arrears) and person.employed

    def older_worker(person: Person) -> bool:
        return worker(person) and int(person.certno[6:10]) < 1975

    cast = Cast(
        retires=casting.take_one(older_worker),
        retired_late=casting.take_one(older_worker),
        wrong_plan=casting.take_one(lambda p: p.unit is None and p.employed and p.has_account),
        overdrawn=casting.take_one(worker),
        refunded=casting.take_one(worker),
        base_too_low=casting.take(5, worker),
        in_arrears=in_arrears,
        paid_but_paused=casting.take_one(worker),
        chronic=(
            *casting.take(CHRONIC // 2, worker),
            *casting.take(CHRONIC // 2, lambda p: not p.employed),
        ),
        mistyped=casting.take(MISTYPED, worker),
        transferred=casting.take(TRANSFERRED, worker),
        paused=casting.take(PAUSED, worker),
        starts_later=casting.take(STARTS_LATER, worker),
        forgotten=casting.take(8, worker),
        revoked=next(link for link in world.links if isinstance(link.user, Person)),
        child=_child_with_two_holders(world),
    )
    _dress(cast)
    return cast


def _child_with_two_holders(world: World) -> Child:
    users = [link.user for link in world.links]
    return next(child for child in world.children if users.count(child) > 1)


def _dress(cast: Cast) -> None:
    cast.overdrawn.base_fen = SPENDERS_BASE_FEN
    cast.wrong_plan.plan = Plan.COMBINED
    for person in cast.starts_later:
        person.benefit_from = JANUARY.next().first_day
    for person in cast.chronic:
        person.visits_weight = 60
    quiet = (cast.retires, cast.retired_late, cast.wrong_plan, cast.overdrawn, cast.refunded)
    for person in (*quiet, *cast.mistyped, *cast.starts_later, cast.paid_but_paused):
        person.visits_weight = 0
