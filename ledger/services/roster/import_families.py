"""`import families`: who may use whose account. Also the single verbs `family add` and `revoke`.

A holder is on the roster; a user need not be. The relation is judged by what the rules allow on
the link's first day, not by age or sex.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from ledger.benefits.family import refuse_no_days, relation_allowed
from ledger.core.batches import Batch, ImportResult
from ledger.core.errors import GongjiError, NotInForce, Refused, Unknown
from ledger.core.people import FamilyRecord
from ledger.services.carry_out import carry_out
from ledger.services.context import Context
from ledger.services.importing import ImportOptions, Ledgering, take_in
from ledger.storage.database.turns import Turn
from ledger.storage.database.unit_of_work import UnitOfWork
from ledger.storage.roster import family as store
from ledger.storage.roster import people
from ledger.storage.roster.family import Link
from ledger.storage.roster.people import CERTNO

FIELD_OF = {
    "family/unknown-holder": "holder_certno",
    "family/same-person": "user_certno",
    "family/relation-not-allowed": "relation",
    "policy/not-in-force": "valid_from",
    "family/overlap": "valid_from",
}
"""Which column of a file a refusal is about."""


def import_families(
    context: Context, batch: Batch[FamilyRecord], options: ImportOptions
) -> ImportResult:
    """Row faults: `family/unknown-holder`, `family/relation-not-allowed`, `family/overlap`."""

    def take(work: UnitOfWork, books: Ledgering) -> None:
        desk = _FamilyDesk(context, work, batch.records)
        for record in batch.records:
            try:
                books.accept(unchanged=not desk.add(record))
            except GongjiError as error:
                books.refuse_with(record.row, FIELD_OF.get(error.code, ""), error)
        desk.save()

    return take_in(context, batch, options, take, Turn.STANDSTILL)


def add_link(
    context: Context, record: FamilyRecord, dry_run: bool = False, no_identity: str = ""
) -> bool:
    """Make one link; False when it was there already. Either number of a person will do.

    Args:
        no_identity: why the user's number is no identity number, if so: nobody is entered under it.

    Raises:
        Unknown: `person/unknown`. And what an import lists.
    """

    def act(work: UnitOfWork) -> bool:
        named = _by_certificate(work.connection, record, no_identity)
        desk = _FamilyDesk(context, work, [named])
        new = desk.add(named)
        desk.save()
        return new

    return carry_out(context, act, dry_run, Turn.STANDSTILL)


def _by_certificate(connection: Connection, link: FamilyRecord, no_identity: str) -> FamilyRecord:
    """The link with the identity numbers of whoever it names by another number."""
    holder, user = (
        people.find_person(connection, n) for n in (link.holder_certno, link.user_certno)
    )
    if user is None and no_identity:
        unknown = f"使用人“{link.user_certno}”不在册，按证件号码看：{no_identity}"
        raise Unknown("person/unknown", unknown)
    certnos = people.certnos_of(connection, [known for known in (holder, user) if known])
    return link._replace(
        holder_certno=certnos.get(holder or 0, link.holder_certno),
        user_certno=certnos.get(user or 0, link.user_certno),
    )


def revoke_link(
    context: Context, holder: str, user: str, last_day: date, dry_run: bool = False
) -> dict[str, Any]:
    """End a link: `last_day` is the last day on which it may be used.

    Raises:
        Unknown: `person/unknown`, `family/no-link`.
    """

    def act(work: UnitOfWork) -> dict[str, Any]:
        ids = [people.find_person(work.connection, number) for number in (holder, user)]
        if ids[0] is None or ids[1] is None:
            missing = holder if ids[0] is None else user
            raise Unknown("person/unknown", f"“{missing}”不在册：没有这个人员编号或证件号码")
        until = last_day + timedelta(days=1)
        links = [
            link
            for link in store.links_of(work.connection, [ids[1]]).get(ids[1], [])
            if link.holder_id == ids[0] and link.valid_from < until <= link.valid_until
        ]
        if not links:
            raise Unknown("family/no-link", f"{last_day} 没有可以解除的共济关系")
        store.end_link(work.connection, links[0], until, last_day)
        return {"holder": holder, "user": user, "last_day": last_day.isoformat()}

    return carry_out(context, act, dry_run, Turn.STANDSTILL)


class _FamilyDesk:
    """Links before and after; people who are only users are entered on the way."""

    def __init__(self, context: Context, work: UnitOfWork, records: list[FamilyRecord]) -> None:
        self._context, self._connection = context, work.connection
        numbers = [r.holder_certno for r in records] + [r.user_certno for r in records]
        self._ids = people.identities(work.connection, CERTNO, numbers)
        self._insured = people.on_roster(work.connection, self._ids.values())
        self._links = store.links_of(work.connection, self._ids.values())
        self._next_person = people.next_person_id(work.connection)
        self._next_link = store.next_link_id(work.connection)
        self._new_people: list[tuple[int, str, str]] = []
        self._new_links: list[Link] = []

    def add(self, record: FamilyRecord) -> bool:
        """Take one link in; False when the same link is there already."""
        holder = self._ids.get(record.holder_certno)
        if holder is None or holder not in self._insured:
            raise Refused(
                "family/unknown-holder",
                f"授权人“{record.holder_certno}”不在参保名册中，不能授权家庭共济",
            )
        if record.holder_certno == record.user_certno:
            raise Refused("family/same-person", "授权人和使用人不能是同一个人")
        refuse_no_days(record.valid_from, record.valid_until)
        if record.quota_fen is not None and record.quota_fen < 0:
            raise Refused("family/negative-quota", "共济额度不能为负")
        self._judge(record)
        user = self._user(record)
        links = self._links.setdefault(user, [])
        for link in links:
            if link.holder_id == holder and link.says(record):
                return False
            if link.holder_id == holder and link.overlaps(record):
                raise Refused(
                    "family/overlap",
                    f"该授权人与使用人在 {link.valid_from} 起已有共济关系，时间重叠；"
                    "请先解除原关系",
                )
        link = self._link(record, user, holder, len(links))
        links.append(link)
        self._new_links.append(link)
        return True

    def _judge(self, record: FamilyRecord) -> None:
        try:
            rules = self._context.pack.family(record.valid_from)
        except NotInForce as error:
            raise Refused(error.code, error.message) from error
        if not relation_allowed(record.relation, rules):
            raise Refused(
                "family/relation-not-allowed",
                f"{record.valid_from} 的规定不允许这种亲属关系使用个人账户",
            )

    def _user(self, record: FamilyRecord) -> int:
        user = self._ids.get(record.user_certno)
        if user is None:
            user = self._ids[record.user_certno] = self._next_person
            self._next_person += 1
            self._new_people.append((user, record.user_certno, record.user_name))
        return user

    def _link(self, record: FamilyRecord, user: int, holder: int, count: int) -> Link:
        link_id = self._next_link
        self._next_link += 1
        position = count + 1 if record.position is None else record.position
        return Link(
            user,
            link_id,
            holder,
            record.relation.value,
            record.valid_from,
            record.valid_until,
            position,
            record.quota_fen,
            0,
        )

    def save(self) -> None:
        people.insert_users(self._connection, self._new_people)
        store.insert_links(self._connection, self._new_links)
