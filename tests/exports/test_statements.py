"""The statement, the crediting list, the provider's statement and the fund's report, read back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from ledger.reports.provider_statement import Payable
from tests.exports import invented
from tests.exports.sheets import formulas_of, row_named, rows_of, values_of, written


@pytest.fixture(scope="module")
def statement() -> bytes:
    return written("statement", invented.statement())


def test_a_statement_runs_from_opening_to_closing(statement: bytes) -> None:
    sheet = values_of(statement)["对账单"]
    assert row_named(sheet, "期初余额", 1)[6] == 250.07
    assert row_named(sheet, "期末余额", 1)[6] == 401.02
    assert row_named(sheet, "本期合计", 1)[4:6] == (259.25, 108.30)


def test_every_balance_of_a_statement_is_a_formula(statement: bytes) -> None:
    sheet = formulas_of(statement)["对账单"]
    lines = [row for row in rows_of(sheet) if row[3] in ("2022", "2023") and row[1]]
    assert len(lines) == 6 + 2
    assert all(str(row[6]).startswith("=ROUND(") for row in lines)


def test_the_turn_of_the_year_is_two_lines_and_part_of_no_total(statement: bytes) -> None:
    sheet = values_of(statement)["对账单"]
    assert row_named(sheet, "年度结转支出（206）", 1)[4:9] == (None, 250.07, 0, 0, 0)
    assert row_named(sheet, "上年结转收入（113）", 1)[4:9] == (250.07, None, 250.07, 0, 250.07)
    total = row_named(formulas_of(statement)["对账单"], "本期合计", 1)
    assert str(total[4]).count("SUMIF(") == 2


def test_a_balance_is_shown_with_its_two_buckets(statement: bytes) -> None:
    sheet = values_of(statement)["对账单"]
    assert row_named(sheet, "期初余额", 1)[6:9] == (250.07, 250.07, 0)
    assert row_named(sheet, "期末余额", 1)[6:9] == (401.02, 150.95, 250.07)


def test_a_line_that_was_booked_late_says_when() -> None:
    report = invented.statement()
    late = report.lines[2]._replace(booked_on=date(2023, 3, 9))
    sheet = values_of(written("statement", replace(report, lines=(late,))))["对账单"]
    assert str(row_named(sheet, "个人账户划账（101）", 1)[9]).startswith("补记：2023-03-09 入账")
    assert any("账户并未透支" in str(row[0]) for row in rows_of(sheet))


def test_what_leaves_the_account_alone_is_no_line(statement: bytes) -> None:
    texts = [row[1] for row in rows_of(values_of(statement)["对账单"])]
    assert "门诊统筹支付" not in texts
    assert "退休定额待追回【假定】" not in texts


def test_a_statement_shows_years_limits_family_and_debts(statement: bytes) -> None:
    sheet = values_of(statement)["对账单"]
    assert row_named(sheet, "2022")[4] == 250.07
    assert row_named(sheet, "年度起付标准")[2:6] == (500, None, 500, 0)
    assert row_named(sheet, "统筹基金年度支付限额")[2:6] == (3000, None, 90, 2910)
    family = [row for row in rows_of(sheet) if row[2] == "林小一"]
    assert [row[5] for row in family] == [60, -60]
    notes = " ".join(str(row[0]) for row in rows_of(sheet))
    assert "待追回：多划入而账户余额不足退回的 5.00 元" in notes


def test_a_statement_without_lines_is_a_statement() -> None:
    report = replace(invented.statement(), lines=(), years=(), family=(), outpatient=None)
    sheet = values_of(written("statement", report))["对账单"]
    assert row_named(sheet, "期末余额", 1)[6] == 250.07


def test_a_limit_that_is_not_set_is_said_so() -> None:
    report = invented.statement()
    assert report.outpatient is not None
    unlimited = replace(report, outpatient=report.outpatient._replace(cap_fen=None))
    sheet = values_of(written("statement", unlimited))["对账单"]
    assert row_named(sheet, "统筹基金年度支付限额")[2] == "未设"


def test_a_crediting_list_adds_up_by_kind() -> None:
    book = values_of(written("crediting-list", invented.crediting_list(600)))
    lines = rows_of(book["划账明细"])[4:-1]
    total = row_named(book["汇总"], "合计")
    assert total[1] == len(lines)
    assert total[2] == pytest.approx(sum(row[7] for row in lines))
    retired = row_named(book["汇总"], "退休定额划入【假定】")
    assert retired[1] == sum(row[5] == "退休定额划入【假定】" for row in lines)
    assert "单位编号：4203E00007" in str(rows_of(book["汇总"])[3][0])


def test_a_provider_is_owed_what_its_visits_say() -> None:
    sheet = values_of(written("provider-statement", invented.provider_statement()))["结算单"]
    due = row_named(sheet, "本月应付")
    settled, refunded = row_named(sheet, "本月结算"), row_named(sheet, "本月退费（负数）")
    assert refunded[1] < 0
    assert due[1] == pytest.approx(settled[1] + refunded[1])
    forward, paid = row_named(sheet, "上期结转未付"), row_named(sheet, "本月已付")
    assert row_named(sheet, "期末未付")[3] == pytest.approx(forward[3] + due[3] - paid[3])
    assert row_named(sheet, "明细与台账核对")[1:4] == ("平", "平", "平")


def test_a_provider_statement_says_where_the_ledger_disagrees() -> None:
    report = replace(invented.provider_statement(), pool=Payable(0, 1, 0))
    sheet = values_of(written("provider-statement", report))["结算单"]
    assert row_named(sheet, "明细与台账核对")[1:4] == ("不平", "平", "不平")


def test_visits_stand_under_the_national_fields() -> None:
    book = values_of(written("provider-statement", invented.provider_statement()))
    fields = ["".join(str(cell).split("\n")[1:]) for cell in rows_of(book["结算明细"])[3]]
    assert fields == [
        "setl_id", "mdtrt_id", "setl_time", "psn_no", "psn_name", "psn_type", "med_type",
        "refd_setl_flag", "medfee_sumamt", "fulamt_ownpay_amt", "overlmt_selfpay",
        "preselfpay_amt", "inscp_scp_amt", "act_pay_dedc", "hifp_pay", "psn_part_amt",
        "acct_pay", "acct_mulaid_pay", "psn_cash_pay",
    ]  # fmt: skip
    refunds = [row for row in rows_of(book["结算明细"])[4:-1] if row[7] == "退费"]
    assert refunds
    assert all(row[8] < 0 for row in refunds)


def test_the_funds_hold_together_what_lies_in_the_cash_accounts() -> None:
    sheet = values_of(written("fund-report", invented.fund_report()))["收支表"]
    opening, income = row_named(sheet, "一、期初结余"), row_named(sheet, "二、本期收入")
    paid, shifted = row_named(sheet, "三、本期支出"), row_named(sheet, "四、基金间划转")
    closing = row_named(sheet, "五、期末结余")
    for column in range(1, 7):
        assert closing[column] == pytest.approx(
            opening[column] + income[column] - paid[column] + shifted[column]
        )
    assert shifted[5] == 0
    assert row_named(sheet, "货币资金合计")[4] == closing[5]
    assert row_named(sheet, "期末结余＝货币资金合计")[1] == "平"


def test_month_and_year_close_at_the_same_balance() -> None:
    sheet = values_of(written("fund-report", invented.fund_report()))["收支表"]
    for title in ("五、期末结余", "应付定点机构款：期末"):
        row = row_named(sheet, title)
        assert row[1] == row[2]
        assert row[3] == row[4]


def test_the_trial_balance_is_equal_in_every_pair() -> None:
    sheet = values_of(written("fund-report", invented.fund_report()))["科目余额表"]
    total = row_named(sheet, "合计", 1)
    assert total[2::2] == total[3::2]
    assert set(row_named(sheet, "借贷平衡", 1)[2::2]) == {"平"}


def test_the_fund_report_adds_up_by_formulas() -> None:
    book = formulas_of(written("fund-report", invented.fund_report()))
    for title in ("二、本期收入", "三、本期支出", "五、期末结余"):
        assert all(str(cell).startswith("=") for cell in row_named(book["收支表"], title)[1:])
    row = row_named(book["科目余额表"], "1101")
    assert str(row[6]).startswith("=SUMIFS('发生额'!")


def test_the_fund_reports_front_is_one_page_with_its_notes_and_signatures() -> None:
    sheet = formulas_of(written("fund-report", invented.fund_report()))["收支表"]
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (None, None)  # One, one.
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
