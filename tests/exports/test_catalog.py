"""Every report has an export of its name, and the other way round."""

from __future__ import annotations

from pathlib import Path

import pytest

from exports.catalog import EXPORTS
from ledger.core.errors import Refused
from ledger.services.books.reporting import REPORTS
from tests.exports import invented


def test_reports_and_exports_have_the_same_names() -> None:
    assert set(EXPORTS) == set(REPORTS)
    assert all(name == export.name for name, export in EXPORTS.items())


def test_a_file_name_says_what_it_is_and_of_what() -> None:
    name = EXPORTS["provider-statement"].file_name("某医院", "2023-02", "")
    assert name == "定点机构月结算单-某医院-2023-02.xlsx"


def test_a_name_from_outside_cannot_leave_the_folder() -> None:
    assert EXPORTS["statement"].file_name("../../a/b") == "个人账户对账单-..／..／a／b.xlsx"


def test_a_folder_that_is_not_there_is_said_before_the_work(tmp_path: Path) -> None:
    for name, report in (("fund-report", invented.fund_report()), ("journal", invented.journal())):
        with pytest.raises(Refused) as caught:
            EXPORTS[name].write(report, tmp_path / "nowhere" / "a")
        assert caught.value.code == "export/unwritable"


def test_a_path_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        EXPORTS["fund-report"].write(invented.fund_report(), tmp_path)
    assert caught.value.code == "export/unwritable"
