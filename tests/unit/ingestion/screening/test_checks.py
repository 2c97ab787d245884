"""Each check on a small pair: silent on what the standard allows, and clear about what it does not.

The faults are those of `tests/screening_pairs.py`, which are also made in our own DfE CSV.
"""

import re
from collections.abc import Callable

import pytest

from ingestion.screening.registry import CHECKS
from tests.screening_pairs import FAULTS, Pair, filter_group_is_filter
from tests.unit.ingestion.screening.conftest import Screened

AT_WORST = {check.name: check.at_worst for check in CHECKS} | {"ward_combinations": "ADVISORY"}


def test_a_pair_without_fault_passes_every_check(screened: Screened) -> None:
    report = screened(lambda pair: None)
    assert {
        name: each.message for name, each in report.results.items() if each.result != "PASS"
    } == {}
    assert report.passed


@pytest.mark.parametrize("check", FAULTS)
def test_a_fault_is_found_and_said(check: str, screened: Screened) -> None:
    report = screened(FAULTS[check])
    found = report.results[check]
    assert found.result == AT_WORST[check]
    assert found.message != next(each.asks for each in CHECKS if each.name == check)
    assert report.passed == all(each.result != "FAIL" for each in report.results.values())


Change = Callable[[Pair], None]


def put(**cells: str) -> Change:
    return lambda pair: pair.put("Local authority", **cells)


def everywhere(**cells: str) -> Change:
    def change(pair: Pair) -> None:
        pair.data = pair.data.assign(**cells)

    return change


def meta(col_name: str, /, **cells: str) -> Change:
    return lambda pair: pair.change(col_name, **cells)


def unknown_authority(pair: Pair) -> None:
    pair.put("Local authority", old_la_code="x", new_la_code="x", la_name="Not available")


def without_code(pair: Pair) -> None:
    pair.put("Local authority", old_la_code="z", new_la_code="z", la_name="Outside of England")


def combined_authorities(pair: Pair) -> None:
    codes = {"old_la_code": "314 / 318", "new_la_code": "E09000021 / E09000027"}
    name = "Kingston upon Thames / Richmond upon Thames"
    pair.put("Local authority", la_name=name, region_code="E13000002", region_name="Outer London")
    pair.put("Local authority", **codes)


def nation(pair: Pair) -> None:
    blank = dict.fromkeys(
        ("old_la_code", "new_la_code", "la_name", "region_code", "region_name"), ""
    )
    pair.put("Local authority", geographic_level="National", **blank)


def grouped_and_described(pair: Pair) -> None:
    filter_group_is_filter(pair)
    pair.describe("theme", "Filter")


def a_default(pair: Pair) -> None:
    FAULTS["total"](pair)
    pair.meta["filter_default"] = ["", "", "All", "", "", ""]


def told_apart_by_a_column_outside_the_meta(pair: Pair) -> None:
    FAULTS["duplicate_rows"](pair)
    pair.data["colour"] = ["Blue", *["Red"] * (len(pair.data) - 1)]


def ethnic_filters(major: str, minor: str) -> Change:
    def change(pair: Pair) -> None:
        pair.column("ethnicity_major", "Total", major)
        pair.column("ethnicity_minor", "Total", minor)

    return change


def column(name: str, first: str = "Total", others: str = "Other") -> Change:
    def change(pair: Pair) -> None:
        pair.column(name, first, others)
        pair.describe(name, "Filter")

    return change


def renamed(old: str, new: str) -> Change:
    def change(pair: Pair) -> None:
        pair.data = pair.data.rename(columns={old: new})
        pair.change(old, col_name=new)

    return change


@pytest.mark.parametrize(
    ("check", "change", "result", "words"),
    [
        # Time
        ("time_period_six", everywhere(time_period="199900"), "PASS", ""),
        ("time_period_six", everywhere(time_period="202524"), "FAIL", "two years in a row"),
        ("time_period_six", everywhere(time_period="2025"), "FAIL", "write 6 digits"),
        ("time_period_six", everywhere(time_period="2025-26"), "FAIL", "write 6 digits"),
        (
            "time_period_six",
            everywhere(time_identifier="Calendar year", time_period="202526"),
            "FAIL",
            "write 4 digits",
        ),
        (
            "time_period_six",
            everywhere(time_identifier="Calendar year", time_period="2025"),
            "PASS",
            "",
        ),
        ("time_identifier_mix", put(time_identifier="Financial year Q3"), "PASS", ""),
        ("time_identifier", put(time_identifier="Week 53"), "FAIL", "line 2: “Week 53”"),
        ("time_identifier", put(time_identifier="Week 7"), "PASS", ""),
        # Places
        ("geography_level_completed", nation, "PASS", ""),
        ("geography_level_completed", put(country_name=""), "FAIL", "blank column country_name"),
        ("geography_level_completed", put(country_name="Wales"), "FAIL", "DfE's list for National"),
        ("geography_level_completed", put(region_name="East"), "FAIL", "E12000007 East"),
        ("overcompleted_cols", nation, "PASS", ""),
        ("la_combinations", unknown_authority, "PASS", ""),
        ("la_combinations", without_code, "PASS", ""),
        ("la_combinations", combined_authorities, "PASS", ""),
        ("la_combinations", put(old_la_code="306"), "FAIL", "(“E09000007 202 Camden” there)"),
        ("na_geography", unknown_authority, "PASS", ""),
        ("na_geography_code", unknown_authority, "PASS", ""),
        ("observational_total", put(country_name="total"), "FAIL", "country_name, line 2"),
        # `Total` belongs to filters, and stands in every one of the good pair.
        ("observational_total", put(unit="Total"), "PASS", ""),
        ("geographic_catch", column("region"), "PASS", ""),
        ("geographic_catch", column("RegionName"), "FAIL", "rename “RegionName” to region_name"),
        ("region_for_la", nation, "PASS", ""),
        (
            "region_for_la",
            FAULTS["geography_level_present"],
            "ADVISORY",
            "lines 2, 3, 4, 5, 6 and 1 more",
        ),
        # Meta
        ("filter_group_is_filter", grouped_and_described, "PASS", ""),
        ("meta_to_data_crosscheck", meta("unit", filter_grouping_column="gone"), "FAIL", "gone"),
        ("meta_mandatory_cols", meta("unit", col_type="filter"), "FAIL", "line 4: col_type is"),
        ("meta_mandatory_cols", meta("unit", col_name=""), "FAIL", "line 4: col_name is blank"),
        ("duplicate_label", meta("unit", label=" "), "FAIL", "line 4: the label is blank"),
        ("indicator_dp_validation", meta("value", indicator_dp="1.0"), "FAIL", "“1.0”"),
        ("indicator_dp_validation", meta("value", indicator_dp=""), "PASS", ""),
        ("indicator_unit_validation", meta("value", indicator_unit="£m"), "PASS", ""),
        ("indicator_grouping", meta("value", indicator_grouping="Other"), "PASS", ""),
        ("indicator_group_stripped", meta("value", indicator_grouping="Other"), "PASS", ""),
        # Filters
        ("total", a_default, "PASS", ""),
        ("duplicate_rows", told_apart_by_a_column_outside_the_meta, "FAIL", "Line 11"),
        # Indicators
        *(
            ("no_data_symbols", put(value=cell), "PASS", "")
            for cell in ("-1.5", "0", "1e+05", "c", "k", "low", "u", "x", "z", " 7 ", ":")
        ),
        *(
            ("no_data_symbols", put(value=cell), "FAIL", "neither a number nor a symbol")
            for cell in ("7%", "£7", "seven", "C", "1 204", "--", "#N/A", "inf", "0x1A")
        ),
        *(
            ("no_data_symbols", put(value=cell), "ADVISORY", "write z where none applies")
            for cell in ("N/A", "NULL", ".", "not available")
        ),
        ("blanks_indicators", put(value=" "), "FAIL", "value, line 2"),
        ("obsolete_symbols", put(value="~"), "ADVISORY", "write low for “~”"),
        # Limits
        ("variable_name_length", renamed("value", "v" * 51), "ADVISORY", "more than 50"),
        ("variable_name_length", renamed("value", "v" * 50), "PASS", ""),
        ("variable_name_length", meta("value", label="l" * 81), "ADVISORY", "more than 80"),
        ("variable_name_length", renamed("value", "the_Value"), "ADVISORY", "snake_case"),
        ("variable_name_length", renamed("value", "2nd_value"), "ADVISORY", "a letter first"),
        ("filter_item_length", put(unit="u" * 120), "PASS", ""),
        ("filter_item_length", put(new_la_code="E" * 31), "ADVISORY", "more than 30"),
        # What DfE calls things
        ("standard_filter_headers", column("sen_status"), "PASS", ""),
        ("standard_filter_headers", column("chosen_option"), "PASS", ""),
        ("standard_filter_headers", column("pupil_sen_status"), "FAIL", "sen_status"),
        ("ethnicity_values", ethnic_filters("White", "Irish"), "PASS", ""),
        ("ethnicity_values", ethnic_filters("Asian/Asian British", "Indian"), "PASS", ""),
        ("ethnicity_values", ethnic_filters("White", "Indian"), "ADVISORY", "“White: Indian”"),
        (
            "check_data_dictionary_filter_item",
            FAULTS["check_data_dictionary_filter_item"],
            "ADVISORY",
            "line 2: “Primery”, not in DfE's data dictionary (nearest to “Primery”: “Primary”)",
        ),
    ],
)
def test_what_is_allowed_and_what_is_not(
    check: str, change: Change, result: str, words: str, screened: Screened
) -> None:
    found = screened(change).results[check]
    assert found.result == result, found.message
    assert words in found.message


def test_a_text_indicator_may_hold_text(screened: Screened) -> None:
    def named(pair: Pair) -> None:
        pair.put("Local authority", value="Good")
        pair.change("value", indicator_unit="numberstring")

    assert screened(named).results["no_data_symbols"].result == "PASS"


def test_many_places_are_counted_and_only_some_quoted(screened: Screened) -> None:
    def many(pair: Pair) -> None:
        pair.data["value"] = [f"n{n}" for n in range(len(pair.data))]

    message = screened(many).results["no_data_symbols"].message
    assert "lines 2, 3, 4, 5, 6 and 4 more" in message
    assert re.findall(r"“n\d”", message) == [f"“n{n}”" for n in range(5)]
    assert "and 4 more is neither" in message


def test_no_wards_can_be_checked_without_their_list(screened: Screened) -> None:
    result = screened(FAULTS["ward_combinations"]).results["ward_combinations"]
    assert result.message.startswith("Not checked: wards.csv")
