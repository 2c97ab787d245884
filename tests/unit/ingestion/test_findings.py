"""Findings and cell addresses."""

import re
from pathlib import Path

import openpyxl.utils
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ingestion
from ingestion.findings import COLUMNS, Finding, address, column_letter, fix_of, to_frame
from tests.conftest import PROJECT

SOURCE = Path(ingestion.__file__).parent
FAMILIES = "aliases|annex_a|chat|drift|file|headers|ofsted|published|quarantine|return|sidecar"
EMITTED = sorted(
    {
        rule
        for path in SOURCE.rglob("*.py")
        for rule in re.findall(rf'"((?:{FAMILIES})\.[a-z_.]+)"', path.read_text(encoding="utf-8"))
        if not rule.endswith((".csv", ".py", "."))
    }
)


@pytest.mark.parametrize("rule", EMITTED)
def test_every_finding_says_what_to_do_and_stands_in_the_runbook(rule: str) -> None:
    assert fix_of(rule), f"{rule} has no line in fixes.yml"
    runbook = (PROJECT / "docs" / "runbook.md").read_text(encoding="utf-8")
    # Ids of one family may be given by their endings after the first.
    assert rule in runbook or f"`.{rule.rpartition('.')[2]}`" in runbook


@given(st.integers(0, 16383))
def test_columns_are_named_as_in_excel(index: int) -> None:
    assert column_letter(index) == openpyxl.utils.get_column_letter(index + 1)


def test_addresses_count_from_one() -> None:
    assert address(0, 0) == "A1"
    assert address(9, 27) == "AB10"


def test_masking_takes_away_what_the_cell_held_and_nothing_else() -> None:
    finding = Finding("r", "check", "m", sheet="S", cell="B2", value="secret", suggestion="secret?")
    assert finding.masked() == Finding("r", "check", "m", sheet="S", cell="B2")


def test_the_frame_is_worst_first_and_keeps_the_order_within() -> None:
    rules = [("a", "note"), ("b", "block"), ("c", "check"), ("d", "block")]
    frame = to_frame(Finding(rule, severity, "m") for rule, severity in rules)
    assert list(frame["rule_id"]) == ["b", "d", "c", "a"]
    assert list(frame.columns) == COLUMNS


def test_no_findings_are_an_empty_frame_of_the_same_types() -> None:
    empty, filled = to_frame([]), to_frame([Finding("r", "note", "m", row=3)])
    assert len(empty) == 0
    assert list(empty.dtypes) == list(filled.dtypes)


def test_a_finding_says_what_to_do() -> None:
    assert "password" in str(Finding("file.encrypted", "block", "m").fix)
    assert Finding("annex_a_list_3.gender.type", "check", "m").fix == "Correct the cell"
    assert Finding("file.encrypted", "block", "m", fix="as the rule says").fix == "as the rule says"
