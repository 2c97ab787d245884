"""Files that are no pair, or hardly one: said in the report, never raised, and never a pass."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.screening import Report, screen
from ingestion.screening.registry import CHECKS
from tests.screening_pairs import Pair, good_pair

# What no broken file can keep from running.
NAMES = {"naming_convention", "meta_filename_spaces", "meta_filename_special_characters"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return good_pair().write(tmp_path)


def results(report: Report) -> dict[str, str]:
    return {name: result.result for name, result in report.results.items()}


def not_run(report: Report) -> set[str]:
    return {name for name, result in report.results.items() if not result.ran}


def edited(path: Path, edit: Callable[[str], str]) -> Path:
    path.write_text(edit(path.read_text()))
    return path


@pytest.mark.parametrize(
    ("content", "check", "words"),
    [
        (b"", "data_mandatory_cols", "the file is empty"),
        (b"\n\n", "data_mandatory_cols", "cannot be read as rows"),
        (b"\x00\x01\x02binary\x00", "utf8", "zero bytes"),
        ("a,b\n1,2\n".encode("utf-16"), "utf8", "UTF-16"),
        (b"PK\x03\x04 no zip", "data_mandatory_cols", "cannot be opened"),
        (b"%PDF-1.7", "data_mandatory_cols", "a PDF"),
        (b"<html><body>", "data_mandatory_cols", "a web page"),
        (b'a,b\n1,2\n3,"4\n5,6\n', "data_mandatory_cols", "unexpected end of data"),
        (b"time_period;time_identifier\n1;2\n", "data_mandatory_cols", "not parted by commas"),
        (b"time_period,value\n202526,1\n", "data_mandatory_cols", "has no columns time_identifier"),
    ],
)
def test_no_table_is_said_and_stops_the_checks_that_need_it(
    content: bytes, check: str, words: str, data: Path
) -> None:
    data.write_bytes(content)
    report = screen(data)
    assert not report.passed
    assert report.results[check].result == "FAIL"
    assert words in report.results[check].message
    assert {"time_identifier", "blanks_filters", "duplicate_rows"} <= not_run(report)
    # The meta file is a good one, and is still looked at.
    assert results(report)["indicator_unit"] == "PASS"


def test_what_did_not_run_is_no_pass_and_says_what_to_mend(data: Path) -> None:
    data.write_bytes(b"")
    report = screen(data)
    for name in not_run(report):
        assert report.results[name].result == "WARNING"
        assert report.results[name].message.startswith("Not run: mend data_mandatory_cols")


def test_a_header_alone_is_no_data(data: Path) -> None:
    edited(data, lambda text: text.splitlines()[0])
    report = screen(data)
    assert "a header and no rows" in report.results["data_mandatory_cols"].message
    assert not report.passed


def test_rows_of_other_lengths_are_named_by_their_number(data: Path) -> None:
    def ragged(text: str) -> str:
        lines = text.splitlines()
        return "\n".join([*lines[:3], lines[3] + ",", lines[4].rpartition(",")[0], *lines[5:]])

    message = screen(edited(data, ragged)).results["data_mandatory_cols"].message
    assert "2 rows do not have the 16 cells of the header" in message
    assert "row 4 has 17 cells and row 5 has 15 cells" in message


def test_a_missing_meta_file_is_said_with_its_name(data: Path) -> None:
    data.with_name("own_figures.meta.csv").unlink()
    report = screen(data)
    message = report.results["meta_mandatory_cols"].message
    assert "there is no file" in message
    assert "own_figures.meta.csv" in message
    assert "blanks_filters" in not_run(report)
    assert results(report)["time_identifier"] == "PASS"


def test_a_file_that_may_not_be_read_is_said(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("ingestion.screening.pair.sniff.kind_of", refused)
    message = screen(data).results["data_mandatory_cols"].message
    assert "cannot be opened (Permission denied)" in message


def test_a_folder_in_place_of_a_file_is_said(data: Path, tmp_path: Path) -> None:
    (tmp_path / "folder.meta.csv").mkdir()
    report = screen(data, tmp_path / "folder.meta.csv")
    assert "a folder" in report.results["meta_mandatory_cols"].message


def test_another_encoding_is_found_and_the_rest_still_checked(tmp_path: Path) -> None:
    pair = good_pair()
    pair.change("value", label="Größe")
    pair.encoding = "cp1252"
    report = screen(pair.write(tmp_path))
    assert "own_figures.meta.csv: line 7 has a byte (0xf6)" in report.results["utf8"].message
    assert not_run(report) == set()
    assert [name for name, result in results(report).items() if result == "FAIL"] == ["utf8"]


def test_a_byte_order_mark_and_windows_line_ends_are_no_fault(tmp_path: Path) -> None:
    pair = good_pair()
    pair.encoding = "utf-8-sig"
    data = pair.write(tmp_path)
    data.write_bytes(data.read_bytes().replace(b"\n", b"\r\n"))
    assert screen(data).passed


def test_lines_are_those_of_the_file_even_with_breaks_in_cells(tmp_path: Path) -> None:
    pair = good_pair()
    pair.put("Local authority", indicator="Total\nof all")
    pair.data.loc[4, "value"] = ""
    data = pair.write(tmp_path)
    edited(data, lambda text: text.replace("\n", "\n\n", 1))
    wrong = next(n for n, line in enumerate(data.read_text().splitlines(), 1) if line[-1:] == ",")
    assert f"value, line {wrong}:" in screen(data).results["blanks_indicators"].message


@pytest.mark.parametrize("name", ["col_name", "col_type", "label"])
def test_a_column_twice_in_the_meta_file_stops_what_needs_it(name: str, tmp_path: Path) -> None:
    pair = good_pair()
    pair.meta = pair.meta.rename(columns={"filter_hint": name})
    report = screen(pair.write(tmp_path))
    assert f"more than one column {name}" in report.results["duplicate_variable_names"].message
    assert {"meta_mandatory_cols", "duplicate_label", "blanks_filters"} <= not_run(report)


def test_upper_case_in_a_name_is_only_warned_of(tmp_path: Path) -> None:
    pair = good_pair()
    pair.name = "Own_Figures"
    report = screen(pair.write(tmp_path))
    assert results(report)["naming_convention"] == "WARNING"
    assert report.passed


def test_a_leading_zero_and_na_stay_text(tmp_path: Path) -> None:
    pair = good_pair()
    pair.put("Local authority", unit="NA", indicator="007")
    report = screen(pair.write(tmp_path))
    assert results(report)["blanks_filters"] == "PASS"
    assert results(report)["filter_level"] == "PASS"


def test_every_check_has_a_name_of_its_own_and_needs_only_earlier_ones() -> None:
    names = [check.name for check in CHECKS]
    assert len(names) == len(set(names))
    for position, check in enumerate(CHECKS):
        assert set(check.needs) <= set(names[:position])
    assert not any(check.needs for check in CHECKS if check.name in NAMES)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    cells=st.lists(
        st.tuples(
            st.integers(0, 8), st.integers(0, 15), st.text(st.characters(codec="utf-8"), max_size=8)
        ),
        max_size=12,
    ),
    header=st.text(st.characters(codec="utf-8"), max_size=5) | st.sampled_from(["label", "value"]),
    cut=st.integers(0, 400),
)
def test_no_content_raises(
    cells: list[tuple[int, int, str]], header: str, cut: int, tmp_path: Path
) -> None:
    """Any cell, any name of a column, and a file cut off anywhere."""
    pair: Pair = good_pair()
    for row, position, text in cells:
        pair.data.iloc[row, position] = text
        pair.meta.iloc[row % 6, position % 8] = text
    pair.data = pair.data.rename(columns={"unit": header})
    pair.meta = pair.meta.rename(columns={"filter_hint": header})
    data = pair.write(tmp_path)
    screen(data)
    data.write_bytes(data.read_bytes()[:-cut])
    assert len(screen(data).results) == len(CHECKS)
