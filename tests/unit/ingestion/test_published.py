"""DfE open-data files: recognised by their columns, symbols kept apart from numbers."""

from collections.abc import Callable

import pandas as pd
import pytest

from ingestion.contract import contract
from ingestion.sources import Parsed, published
from ingestion.sources.published_dataset import own_columns
from tests.unit.ingestion.builders import REFERRALS, ees
from tests.unit.ingestion.published_files import text, whole_file

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
        ("~", "low"),
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


def ids(parsed: Parsed) -> set[tuple[str, str]]:
    return {(finding.rule_id, finding.severity) for finding in parsed.findings}


@pytest.mark.parametrize("name", published.OWN_COLUMNS)
def test_an_unknown_column_may_be_called_as_the_raw_table_calls_its_own(
    land: Callable, name: str
) -> None:
    parsed = published.parse(land(PLACE, ees(REFERRALS | {name: [7]})))
    assert ids(parsed) == {("headers.unknown", "note")}
    assert 7 in values(parsed.tables["published_values"]).values()
    assert set(parsed.tables["published_values"]["row"]) == {2}


def test_unknown_columns_of_one_name_are_kept_apart(land: Callable) -> None:
    """“a” stands twice, and another column is called what the second would be."""
    columns = {"a_13": [1], **REFERRALS, "a": [2], "A": [3]}
    parsed = published.parse(land(PLACE, ees(columns)))
    held = values(parsed.tables["published_values"])
    assert sorted(held.values()) == [1, 2, 3, 12, 97, 630]


def broken(line: str) -> list[str]:
    return [
        line.replace("Camden", "Camden, London"),
        line.rsplit(",", 3)[0],
        line.replace("Camden", '"Camden'),
        # Closed by the next authority's: Camden's code would stand beside its figures.
        line.replace("Camden", '"Camden') + "\n" + line.replace("Camden", '"Another"'),
    ]


@pytest.mark.parametrize("damage", range(4))
def test_a_line_whose_figures_stand_in_other_columns_sets_the_file_aside(
    land: Callable, damage: int
) -> None:
    lines = text(whole_file("cin_referrals", (2024,))).splitlines()
    at = next(i for i, line in enumerate(lines) if "Camden" in line)
    lines[at] = broken(lines[at])[damage]
    parsed = published.parse(land(PLACE, "\n".join(lines)))
    assert ("published.row.ragged", "block") in ids(parsed)
    assert next(f.row for f in parsed.findings if f.rule_id == "published.row.ragged") == at + 1


def test_blank_lines_and_cells_beyond_the_header_are_not_ragged(land: Callable) -> None:
    header, *lines = text(whole_file("cin_referrals", (2024,))).splitlines()
    parsed = published.parse(land(PLACE, "\n".join([header, ",,", *(f"{x},," for x in lines)])))
    assert parsed.findings == []


@pytest.mark.parametrize("name", ["new_la_code", "region_code", "geographic_level"])
def test_a_place_that_stands_twice_in_the_header_sets_the_file_aside(
    land: Callable, name: str
) -> None:
    header, *lines = text(whole_file("cin_referrals", (2024,))).splitlines()
    content = "\n".join([f"{header},{name}", *(f"{line},E09000001" for line in lines)])
    assert ("headers.duplicate", "block") in ids(published.parse(land(PLACE, content)))


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"old_la_code": "x"}, "published.row.twice"),
        ({"new_la_code": "E09000007 / E09000008"}, "published.row.twice"),
        ({"time_identifier": "Calendar year"}, "published.identifier.mixed"),
        ({"time_period": "202324"}, "published.identifier.mixed"),
        ({"time_period": "2091"}, "published.period.future"),
    ],
)
def test_a_second_figure_for_an_area_and_year_sets_the_file_aside(
    land: Callable, change: dict[str, str], rule: str
) -> None:
    file = whole_file("cin_referrals", (2023, 2024))
    more = file[(file["la_name"] == "Camden") & (file["time_period"] == "2024")].assign(**change)
    parsed = published.parse(land(PLACE, text(pd.concat([file, more]))))
    assert (rule, "block") in ids(parsed)


def test_an_authority_without_the_line_that_a_figure_is_taken_from_is_named(
    land: Callable,
) -> None:
    file = whole_file("care_leavers_activity")
    lost = (file["la_name"] == "Camden") & (file["breakdown"] == "Total")
    parsed = published.parse(land(PLACE, text(file[~lost])))
    assert ids(parsed) == {("published.area.missing", "check")}
    assert all("breakdown: Total” for 1 of" in f.message for f in parsed.findings)
    assert all(f.message.endswith("Camden") for f in parsed.findings)


def test_a_line_without_a_category_is_noted(land: Callable) -> None:
    file = whole_file("care_leavers_activity")
    extra = file.iloc[[-1]].assign(breakdown="")
    parsed = published.parse(land(PLACE, text(pd.concat([file, extra]))))
    assert ids(parsed) == {("published.category.unknown", "note")}
    assert parsed.findings[0].row == len(file) + 2


def test_a_negative_figure_is_no_figure(land: Callable) -> None:
    parsed = published.parse(land(PLACE, ees(REFERRALS | {"Referrals": [-5], "Change": [-3]})))
    held = parsed.tables["published_values"].set_index("column_name")
    assert held.loc["referrals", "value_status"] == "failed"
    assert held.loc["change", "value"] == -3
    assert ("published.value.unknown", "check") in ids(parsed)


def test_a_comma_in_a_file_parted_by_semicolons_may_be_a_decimal_one(land: Callable) -> None:
    content = ees(REFERRALS).replace(",", ";").replace("630", "12,345")
    parsed = published.parse(land(PLACE, content))
    assert ids(parsed) == {("published.value.unknown", "check")}
    assert pd.isna(values(parsed.tables["published_values"])["referrals"])


def test_further_sheets_of_a_workbook_are_not_lost_without_a_word(land: Callable) -> None:
    rows = [line.split(",") for line in ees(REFERRALS).splitlines()]
    book = {"c1": rows, "empty": [], "c2": rows}
    parsed = published.parse(land("published/file.xlsx", book))
    (finding,) = parsed.findings
    assert (finding.rule_id, finding.sheet) == ("published.sheet.unread", "c2")


@pytest.mark.parametrize("said", ["Autumn 2025", "''", "20255", "v2"])
def test_a_release_that_could_not_be_put_in_order_is_left_aside(land: Callable, said: str) -> None:
    parsed = published.parse(land(PLACE, ees(REFERRALS), f"release: {said}\n"))
    assert (parsed.release, ids(parsed)) == ("2024", {("sidecar.unusable", "check")})


DATASETS = [table.name for table in contract("published").tables]


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_dataset_is_recognised_as_itself_and_without_any_one_column(
    land: Callable, dataset: str
) -> None:
    """Files of two datasets may share all columns but one: then no other is taken for it."""
    file = whole_file(dataset, [2024]).iloc[:60]
    assert published.parse(land(PLACE, text(file))).dataset == dataset
    own = [c.headers[0] for c in own_columns(contract("published").table(dataset))]
    for column in own[:3]:
        parsed = published.parse(land(PLACE, text(file.rename(columns={column: "Zz top"}))))
        assert parsed.dataset in (dataset, None), column


@pytest.mark.parametrize("dataset", ["care_leavers_activity", "care_leavers_accommodation"])
def test_two_datasets_with_the_same_columns_are_told_apart_by_their_categories(
    land: Callable, dataset: str
) -> None:
    file = whole_file(dataset)
    assert published.parse(land(PLACE, text(file))).dataset == dataset
    renamed = published.parse(land(PLACE, text(file.rename(columns={"breakdown": "Mystery"}))))
    assert renamed.dataset == dataset
    missing = [f for f in renamed.findings if f.rule_id == "headers.missing"]
    assert [(f.column, f.severity) for f in missing] == [("breakdown", "block")]


def test_the_columns_of_a_dataset_with_the_categories_of_another_are_not_it(land: Callable) -> None:
    """DfE has a file on placements with the columns of the one on health."""
    file = whole_file("cla_health")
    file["characteristic"], file["breakdown"] = "Placement type", "Foster placements"
    (finding,) = published.parse(land(PLACE, text(file.drop_duplicates()))).findings
    assert (finding.rule_id, finding.severity) == ("published.unrecognised", "block")


def test_a_file_that_fits_two_datasets_equally_names_both(land: Callable) -> None:
    """What tells plans starting from plans open, by category of abuse, is one column."""
    file = whole_file("cpp_started_category").rename(columns={"CPP_start": "Plans"})
    (finding,) = published.parse(land(PLACE, text(file))).findings
    assert finding.rule_id == "published.unrecognised"
    assert "(D2)" in (finding.expected or "")
    assert "(D4)" in (finding.expected or "")
