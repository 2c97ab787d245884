"""What local systems write, to the codes of `codes.yml`; what means nothing is for a person."""

import csv
from pathlib import Path

import pytest

from ingestion import conform
from ingestion.codes import code_list, match
from ingestion.contract import Column, contract

# Spellings of a value apart by " | ": as Ofsted issues it, DfE's bare code, local wording. Without
# a code: plausible and still nothing, a typo, what belongs to another column or another set.
with (Path(__file__).parent / "data" / "codes.csv").open(encoding="utf-8", newline="") as file:
    CASES = [(line["code_set"], line["code"], line["spellings"]) for line in csv.DictReader(file)]
COLUMNS = [column for table in contract("annex_a").tables for column in table.columns]
SETS = sorted({column.codes for column in COLUMNS if column.codes})


def codes(spellings: list[str], code_set: str) -> dict[str, str]:
    """The code of each spelling, "" for none."""
    return {
        text: code or "" for text, code in zip(spellings, match(spellings, code_set), strict=True)
    }


def column(code_set: str) -> Column:
    return Column(name="x", type="category", headers=["X"], codes=code_set)


@pytest.mark.parametrize(("code_set", "code", "spellings"), CASES)
def test_what_systems_write_is_read_and_nothing_is_guessed(
    code_set: str, code: str, spellings: str
) -> None:
    written = spellings.split(" | ")
    assert codes(written, code_set) == dict.fromkeys(written, code)


def test_any_white_space_is_a_space() -> None:
    written = ["a)\u00a0Looked  after child", "looked\nafter", "\tLAC"]
    assert codes(written, "case_status") == dict.fromkeys(written, "looked_after")


@pytest.mark.parametrize("code_set", SETS)
def test_an_error_or_a_placeholder_means_nothing_in_any_set(code_set: str) -> None:
    errors = ["#MULTIVALUE", "#N/A", "#REF!", "zzCodeError", "nan", "-", "?", "a)", "31/12/2023"]
    assert codes(errors, code_set) == dict.fromkeys(errors, "")


@pytest.mark.parametrize("code_set", SETS)
def test_a_sender_who_writes_what_is_expected_is_understood(code_set: str) -> None:
    """Every wording we tell a sender to write is read as its own value, and no value lacks one."""
    expected = conform.expected(column(code_set)).removeprefix("one of: ").split("; ")
    assert sorted(codes(expected, code_set).values()) == sorted(code_list(code_set))


@pytest.mark.parametrize("code_set", SETS)
def test_every_value_of_a_set_is_seen_in_these_cases(code_set: str) -> None:
    seen = {code for name, code, _ in CASES if name == code_set and code}
    assert sorted(seen) == sorted(code_list(code_set))


@pytest.mark.parametrize(
    ("code_set", "written", "wording"),
    [
        ("gender", "Femail", "b) Female"),
        ("gender", "mael", "a) Male"),
        ("ethnicity", "Asain", "Asian (AIND, APKN, ABAN, AOTH)"),
        ("source_group", "Polcie", "q) 6: Police"),
        ("legal_status", "Full care ordr", "C2: FCO"),
        ("abuse_category", "Neglekt", "a) Neglect"),
        ("accommodation", "Supported lodgngs", "E: Supported lodgings"),
        ("ofsted_grade", "goood", "good"),
    ],
)
def test_a_near_miss_is_answered_with_the_wording_a_sender_knows(
    code_set: str, written: str, wording: str
) -> None:
    assert conform.suggestion(written, column(code_set)) == wording


@pytest.mark.parametrize(
    ("code_set", "written"),
    [
        ("gender", "x"),
        ("yes_no", "N/A"),
        ("need", "Other Vulnerable People"),
        ("legal_status", "Residence Order"),
        ("abuse_category", "#MULTIVALUE"),
        ("accommodation", "nan"),
        ("activity", "Full-time education"),
        ("yes_no", "None known"),
        ("eligibility", "Not relevant"),
    ],
)
def test_what_resembles_nothing_has_no_suggestion(code_set: str, written: str) -> None:
    assert conform.suggestion(written, column(code_set)) is None


def test_expected_stands_in_the_order_senders_know() -> None:
    assert conform.expected(column("case_status")) == (
        "one of: a) Looked after child; b) Child Protection plan; c) Child in need plan; "
        "d) Open assessment; e) Closed episode"
    )
    grades = "one of: outstanding; good; requires_improvement; inadequate"
    assert conform.expected(column("ofsted_grade")) == grades
