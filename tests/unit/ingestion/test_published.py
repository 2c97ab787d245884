"""DfE open-data files: recognised by their columns, symbols kept apart from numbers."""

from collections.abc import Callable

import pandas as pd
import pytest

from ingestion.sources import published
from tests.unit.ingestion.builders import REFERRALS, ees

NEW_NAMES = {"referral_count": [630], "rereferral_count": [97], "no_further_action_count": [12]}
CSWW_OLD = {"inpost_fte": [1], "agency_fte": [2], "vacancy_fte": [3], "working_days_lost_fte": [4]}
CSWW_NEW = {
    "social_worker_fte": [1],
    "agency_fte": [2],
    "vacancy_fte": [3],
    "working_days_lost_fte": [4],
}
PLACE = "published/file.csv"


def values(frame: pd.DataFrame) -> dict[str, object]:
    return dict(zip(frame["column_name"], frame["value"], strict=True))


@pytest.mark.parametrize(
    ("columns", "dataset"),
    [
        (REFERRALS, "cin_referrals"),
        (NEW_NAMES, "cin_referrals"),
        (CSWW_OLD, "csww"),
        (CSWW_NEW, "csww"),
    ],
)
def test_a_dataset_is_recognised_in_the_names_of_both_releases(
    land: Callable, columns: dict, dataset: str
) -> None:
    parsed = published.parse(land(PLACE, ees(columns)))
    assert (parsed.dataset, parsed.findings) == (dataset, [])
    assert (parsed.release, parsed.last_period) == ("2024", "2024")


def test_both_releases_give_the_same_values(land: Callable) -> None:
    old, new = (
        published.parse(land(f"published/{i}.csv", ees(columns))).tables["published_values"]
        for i, columns in enumerate((REFERRALS, NEW_NAMES))
    )
    assert (
        values(old) == values(new) == {"referrals": 630, "rereferrals": 97, "no_further_action": 12}
    )


def test_column_order_byte_order_mark_and_encoding_change_nothing(land: Callable) -> None:
    text = ees(REFERRALS)
    lines = [line.split(",")[::-1] for line in text.splitlines()]
    reverse = "\n".join(",".join(line) for line in lines)
    tables = [
        published.parse(land(f"published/{i}.csv", data)).tables["published_values"]
        for i, data in enumerate((text, reverse, text.encode("utf-8-sig"), text.encode("cp1252")))
    ]
    for table in tables[1:]:
        pd.testing.assert_frame_equal(table, tables[0])


@pytest.mark.parametrize(
    ("symbol", "status"),
    [
        ("c", "c"),
        ("C", "c"),
        ("x", "x"),
        ("z", "z"),
        ("low", "low"),
        ("k", "low"),
        ("u", "u"),
        (":", "x"),
        ("", "x"),
    ],
)
def test_symbols_are_statuses_and_never_numbers(land: Callable, symbol: str, status: str) -> None:
    parsed = published.parse(land(PLACE, ees(REFERRALS | {"Referrals": [symbol]})))
    frame = parsed.tables["published_values"].set_index("column_name")
    assert frame.loc["referrals", "value_status"] == status
    assert pd.isna(frame.loc["referrals", "value"])
    assert frame.loc["rereferrals", "value_status"] == "ok"
    assert parsed.findings == []


def test_an_unknown_symbol_is_failed_and_found_with_its_cell(land: Callable) -> None:
    parsed = published.parse(land(PLACE, ees(REFERRALS | {"Referrals": ["??"]})))
    (finding,) = parsed.findings
    assert (finding.rule_id, finding.cell, finding.value) == ("published.value.unknown", "H2", "??")
    frame = parsed.tables["published_values"].set_index("column_name")
    assert frame.loc["referrals", "value_status"] == "failed"
    assert parsed.accepted


def test_rows_are_numbered_as_in_the_file_past_blank_lines(land: Callable) -> None:
    lines = ees({name: [1, 2] for name in REFERRALS}, rows=2).splitlines()
    parsed = published.parse(land(PLACE, "\n".join([*lines[:2], "", *lines[2:], ""])))
    assert sorted(set(parsed.tables["published_values"]["row"])) == [2, 4]


def test_an_unknown_column_is_noted_and_a_near_name_is_not_guessed(land: Callable) -> None:
    columns = REFERRALS | {"Referrals_child_rated": [5], "Colour": ["red"]}
    parsed = published.parse(land(PLACE, ees(columns)))
    assert {(f.rule_id, f.column, f.suggestion) for f in parsed.findings} == {
        ("headers.unknown", "Referrals_child_rated", "Referrals_child_rate"),
        ("headers.unknown", "Colour", None),
    }
    held = parsed.tables["published_values"].set_index("column_name")
    # Kept, under their own names: nothing of the file is lost, and no figure is taken from them.
    assert held.loc["referrals_child_rated", "value"] == 5
    assert held.loc["colour", "value_text"] == "red"
    assert "referrals_child_rate" not in held.index


def test_the_same_column_twice_blocks(land: Callable) -> None:
    text = "\n".join(
        f"{line},{more}"
        for line, more in zip(ees(REFERRALS).splitlines(), ("Referrals", "9"), strict=True)
    )
    parsed = published.parse(land(PLACE, text))
    assert [f.rule_id for f in parsed.findings] == ["headers.duplicate"]
    assert not parsed.accepted


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("a,b\n1,2\n", "published.unrecognised"),
        ("", "file.empty"),
        (ees({"Referrals": [1]}), "published.unrecognised"),
        (ees(REFERRALS).splitlines()[0], "published.empty"),
    ],
)
def test_a_file_that_cannot_be_used_is_set_aside(land: Callable, text: str, rule: str) -> None:
    parsed = published.parse(land(PLACE, text))
    assert [(f.rule_id, f.severity) for f in parsed.findings] == [(rule, "block")]
    assert parsed.tables == {}


def test_a_geographic_level_without_an_area_sets_the_file_aside(land: Callable) -> None:
    wards = ees(REFERRALS).replace("National", "Ward")
    parsed = published.parse(land(PLACE, wards))
    (finding,) = parsed.findings
    assert (finding.rule_id, finding.value, finding.cell) == (
        "published.level.unknown",
        "Ward",
        "C2",
    )
    assert not parsed.accepted


@pytest.mark.parametrize("period", ["2012-13", "23/24", "", "20245"])
def test_a_period_in_another_form_sets_the_file_aside(land: Callable, period: str) -> None:
    parsed = published.parse(land(PLACE, ees({**REFERRALS, "time_period": [period]})))
    assert [f.rule_id for f in parsed.findings] == ["published.period.unknown"]
    assert not parsed.accepted


def test_a_line_that_repeats_another_counts_once(land: Callable) -> None:
    doubled = {name: values * 2 for name, values in REFERRALS.items()}
    parsed = published.parse(land(PLACE, ees(doubled, rows=2)))
    (finding,) = parsed.findings
    assert (finding.rule_id, finding.severity, finding.row) == (
        "published.row.repeated",
        "check",
        3,
    )
    assert set(parsed.tables["published_values"]["row"]) == {2}


def test_two_lines_for_one_place_set_the_file_aside(land: Callable) -> None:
    """Their figures would be added up."""
    doubled = {name: [*values, 5] for name, values in REFERRALS.items()}
    parsed = published.parse(land(PLACE, ees(doubled, rows=2)))
    (finding,) = parsed.findings
    assert (finding.rule_id, finding.row) == ("published.row.twice", 3)
    assert not parsed.accepted


def test_the_sidecar_names_the_release(land: Callable) -> None:
    assert published.parse(land(PLACE, ees(REFERRALS), "release: '2025'\n")).release == "2025"
