"""The roster and the list of institutions: who is insured as what, and since when."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st
from hypothesis.stateful import rule

from ledger.core.months import Month
from ledger.core.people import Insured, PersonRecord, Plan, Status
from ledger.core.providers import ProviderRecord
from ledger.services.roster.import_people import import_people
from ledger.services.roster.import_providers import import_providers
from tests.people import somebody
from tests.properties.life.frame import NUMBERS, Frame, lately, people
from tests.world import code_of, provider_records

PLACES = ("hospital-1", "hospital-2", "hospital-3", "village-clinic", "expired")
GRADES = {1: "一级", 2: "二级甲等", 3: "三级甲等"}


class Roster(Frame):
    def __init__(self) -> None:
        super().__init__()
        self.plans = dict.fromkeys(NUMBERS, Plan.COMBINED)
        self.retired: set[int] = {3}

    def _say(self, who: int, day: date, insured: Insured = Insured.NORMAL) -> PersonRecord:
        status = Status.RETIRED if who in self.retired else Status.EMPLOYED
        return somebody(who, "", status, self.plans[who], insured=insured, changed_on=day)

    def _change(self, record: PersonRecord) -> None:
        name = self.world.rows("SELECT name FROM person WHERE psn_no = ?", record.psn_no)
        said = record._replace(name=name[0][0] if name else record.name)
        self.file(import_people, "people", said)

    @rule(who=people, ago=lately, whole_month=st.booleans())
    def retire(self, who: int, ago: int, whole_month: bool) -> None:
        day = self._first(self.day(ago), whole_month)
        self.retired.add(who)
        self._change(self._say(who, day)._replace(settled_up_on=day))

    @rule(who=people, ago=lately)
    def back_to_work(self, who: int, ago: int) -> None:
        self.retired.discard(who)
        self._change(self._say(who, self.day(ago)))

    @rule(who=people, plan=st.sampled_from(Plan), ago=lately, whole_month=st.booleans())
    def change_plan(self, who: int, plan: Plan, ago: int, whole_month: bool) -> None:
        self.plans[who] = plan
        self._change(self._say(who, self._first(self.day(ago), whole_month)))

    @rule(who=people, ago=lately, insured=st.sampled_from([Insured.PAUSED, Insured.NORMAL]))
    def stop_or_return(self, who: int, ago: int, insured: Insured) -> None:
        self._change(self._say(who, self.day(ago), insured))

    @rule(
        place=st.sampled_from(PLACES),
        tier=st.sampled_from([1, 2, 3, None]),
        ago=lately,
        dated=st.booleans(),
    )
    def regrade(self, place: str, tier: int | None, ago: int, dated: bool) -> None:
        known = next(r for r in provider_records() if r.code == code_of(place))
        said: ProviderRecord = known._replace(
            tier=tier, grade=GRADES.get(tier or 0, "未定级"), changed_on=self.day(ago)
        )
        self.file(import_providers, "providers", said if dated else said._replace(changed_on=None))

    @staticmethod
    def _first(day: date, whole_month: bool) -> date:
        return Month.of(day).first_day if whole_month else day
