"""How long the database may keep somebody waiting: by environment, in seconds."""

from __future__ import annotations

import pytest

from api.wiring import limits
from ledger.core.errors import Refused
from ledger.storage.database.busy import DEFAULT_LIMITS


def test_without_a_setting_a_minute_for_others_and_a_quarter_of_an_hour_for_a_statement() -> None:
    assert limits() == DEFAULT_LIMITS == (60_000, 600_000, 900_000)


def test_seconds_of_the_environment_hold_and_nothing_means_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GONGJI_LOCK_TIMEOUT", "5")
    monkeypatch.setenv("GONGJI_STATEMENT_TIMEOUT", "0")
    assert limits() == (5_000, 600_000, 0)


@pytest.mark.parametrize("text", ["5s", "-1", "1.5", "一", "86401"])
def test_what_is_no_number_of_seconds_is_refused(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("GONGJI_LOCK_TIMEOUT", text)
    with pytest.raises(Refused) as refused:
        limits()
    assert refused.value.code == "settings/not-seconds"
    assert "GONGJI_LOCK_TIMEOUT" in refused.value.message
