"""What lists say of each other, and sheets of one list: who is told of, and who is read once."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from ingestion.contract import contract
from ingestion.findings import Finding
from ingestion.sources import Parsed, annex_a
from tests.unit.ingestion.annex_a_lists import LIST_3, PLACE, SIDECAR, WHOLE, Sheets, sizes, tidy
from tests.unit.ingestion.builders import annex_a_sheets, child


@pytest.fixture
def read(land: Callable) -> Callable[..., Parsed]:
    return lambda sheets: annex_a.read_lists(land(PLACE, sheets, SIDECAR))


# --- a list on two sheets ---


def test_a_second_sheet_that_says_something_else_is_asked_about(read: Callable) -> None:
    sheets = tidy()
    sheets["List 3 (2)"] = [
        *sheets["List 3"][:2],
        child(LIST_3, child_id=1001, referral_date=date(2025, 9, 1), no_further_action="a) Yes"),
    ]
    parsed = read(sheets)
    assert sizes(parsed) == WHOLE
    (finding,) = parsed.findings
    assert (finding.rule_id, finding.severity, finding.count) == ("annex_a.list.twice", "check", 1)
    assert finding.sheet == "List 3 (2)"


def test_two_sheets_of_a_list_that_share_a_child_are_both_read(read: Callable) -> None:
    """Open cases on one sheet and closed ones on another, and one child stands on both."""
    sheets = annex_a_sheets()
    parts = ((1, 2), (2, 3, ""))
    one, other = ([child("annex_a_list_9", child_id=i) for i in ids] for ids in parts)
    other[0][3] = date(2004, 1, 1)
    sheets["List 9"] = [*sheets["List 9"][:2], *one, child("annex_a_list_9", child_id="")]
    sheets["List 9 ceased"] = [*sheets["List 9"][:2], *other]
    parsed = read(sheets)
    assert parsed.tables["annex_a_list_9"]["child_id"].fillna("").tolist() == ["1", "2", "", "3"]
    twice = next(f for f in parsed.findings if f.rule_id == "annex_a.list.twice")
    assert (twice.severity, twice.count) == ("check", 1)


# --- rules between lists ---


def broken(sheets: Sheets, read: Callable) -> list[Finding]:
    return [f for f in read(sheets).findings if f.rule_id.startswith("annex_a.lists.")]


@pytest.mark.parametrize(
    ("table", "cells", "rule"),
    [
        ("annex_a_list_7", {}, "annex_a.lists.plan_in_need"),
        ("annex_a_list_8", {}, "annex_a.lists.care_in_need"),
        (
            "annex_a_list_6",
            {"case_status": "b) Child Protection plan"},
            "annex_a.lists.need_has_plan",
        ),
        ("annex_a_list_6", {"case_status": "a) Looked after child"}, "annex_a.lists.need_in_care"),
        ("annex_a_list_6", {"case_status": "d) Open assessment"}, "annex_a.lists.need_assessed"),
        ("annex_a_list_5", {"icpc_led_to_plan": "a) Yes"}, "annex_a.lists.conference_has_plan"),
        ("annex_a_list_9", {"eligibility": "d) Eligible child"}, "annex_a.lists.eligible_in_care"),
        (
            "annex_a_list_8",
            {"care_end_reason": "a) E11: Adopted", "care_end_date": date(2025, 9, 20)},
            "annex_a.lists.adopted",
        ),
    ],
)
def test_who_stands_on_one_list_and_not_on_the_other_is_named(
    read: Callable, table: str, cells: dict[str, Any], rule: str
) -> None:
    sheets = tidy()
    name = contract("annex_a").table(table).sheets[0]
    sheets[name].append(child(table, child_id=7777, **cells))
    (finding,) = broken(sheets, read)
    assert (finding.rule_id, finding.cell, finding.value) == (rule, "A4", "7777")


def test_a_closed_case_belongs_on_no_other_list(read: Callable) -> None:
    sheets = tidy()
    sheets["List 7"].append(child("annex_a_list_7", child_id=7777, plan_end_date=date(2025, 9, 30)))
    sheets["List 6"].append(
        child("annex_a_list_6", child_id=7778, cin_closure_date=date(2025, 9, 30))
    )
    assert broken(sheets, read) == []


def test_one_child_has_one_date_of_birth(read: Callable) -> None:
    sheets = tidy()
    sheets["List 4"].append(
        child(
            "annex_a_list_4",
            child_id=1001,
            assessment_start_date=date(2025, 9, 2),
            birth_date=date(2015, 5, 18),
        )
    )
    (finding,) = broken(sheets, read)
    assert (finding.rule_id, finding.sheet, finding.cell) == (
        "annex_a.lists.birth_date",
        "List 4",
        "D4",
    )
    assert (finding.value, finding.suggestion) == ("18/05/2015", "17/05/2015")


def test_lists_that_were_not_sent_break_no_rule_between_lists(read: Callable) -> None:
    sheets = tidy()
    del sheets["List 6"]
    assert broken(sheets, read) == []


def test_what_could_not_be_read_breaks_no_rule_between_lists(read: Callable) -> None:
    sheets = tidy()
    sheets["List 7"].append(child("annex_a_list_7", child_id=7777, plan_end_date="2025-02-31"))
    assert broken(sheets, read) == []
    sheets["List 7"] = [row[:12] + row[13:] for row in map(list, sheets["List 7"])]
    assert broken(sheets, read) == []
    sheets = tidy()
    sheets["List 6"] = [row[1:] for row in map(list, sheets["List 6"])]
    assert broken(sheets, read) == []


# --- rules on one row ---


def test_a_referral_before_the_birth_of_a_child_born_since_is_only_noted(read: Callable) -> None:
    for born, severity in ((date(2025, 10, 1), "note"), (date(2026, 9, 30), "check")):
        sheets = annex_a_sheets(
            annex_a_list_3=[child(LIST_3, child_id=5, birth_date=born, age_years=0)]
        )
        rule = "annex_a.referral_date.after_birth"
        assert [f.severity for f in read(sheets).findings if f.rule_id == rule] == [severity]


def test_a_conference_without_an_enquiry_is_a_transfer_in(read: Callable) -> None:
    rows = [
        child("annex_a_list_5", s47_start_date=""),
        child("annex_a_list_5", child_id=2, s47_start_date="", icpc_date=""),
    ]
    found = read(annex_a_sheets(annex_a_list_5=rows)).findings
    assert [(f.cell, f.rule_id) for f in found if "present" in f.rule_id] == [
        ("G4", "annex_a.s47_start_date.present")
    ]
