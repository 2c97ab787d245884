"""`liia explain` after a whole run: what it names is held against the files as they were sent."""

import csv
import hashlib
import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from orchestration.explain.gather import explain
from orchestration.home import Home
from tests.conftest import Run, liia

QUARTER = "2025-26 Q2"


def told(run: Run, la: str, indicator: str, period: str, source: str | None = None) -> dict:
    """The first figure of the command's JSON."""
    wanted = ["--la", la, "--indicator", indicator, "--period", period, "--home", run.home]
    done = liia("explain", *wanted, *(["--source", source] if source else []), "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["synthetic"] is True
    assert all(gate["passed"] is True for gate in document["gates"])
    return document["figures"][0]


def sent(landing: Path, figure: dict, place: dict) -> Path:
    """The file that a place names, which is the one whose hash is told."""
    (file,) = [file for file in figure["files"] if file["file_id"] == place["file_id"]]
    path = landing / file["path"]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == file["sha256"]
    return path


def test_the_cells_named_hold_the_numbers_of_the_return(
    synthetic_run: Run, synthetic_landing: Path
) -> None:
    figure = told(synthetic_run, "CAM", "sw_agency_rate", QUARTER, "return")
    places = [(measure, place) for measure in figure["measures"] for place in measure["places"]]
    assert len(places) == 3
    for measure, place in places:
        book = openpyxl.load_workbook(sent(synthetic_landing, figure, place), data_only=True)
        row = book[place["sheet"]][place["cell"]].row
        assert book[place["sheet"]][place["cell"]].value == measure["value"] is not None
        assert measure["code"] in [cell.value for cell in book[place["sheet"]][row]]


def test_a_rolling_year_is_the_sum_of_the_cells_of_four_workbooks(
    synthetic_run: Run, synthetic_landing: Path
) -> None:
    home = Home(synthetic_run.home, synthetic_landing)
    figures = explain(home, "CAM", "contacts", QUARTER, "return").figures
    (rolling,) = [figure for figure in figures if figure.period_type == "rolling_4q"]
    (measure,) = rolling.measures
    paths = {file.file_id: file.path for file in rolling.files}
    assert len(paths) == 4
    cells = [
        openpyxl.load_workbook(synthetic_landing / str(paths[str(place.file_id)]))[
            str(place.sheet)
        ][str(place.cell)].value
        for place in measure.places
    ]
    assert sum(cells) == measure.value == rolling.numerator


def test_a_resubmission_names_its_own_file_and_the_versions_before(
    synthetic_run: Run, synthetic_landing: Path
) -> None:
    figure = told(synthetic_run, "lambeth", "contacts", "2025-26-Q2", "return")
    assert figure["release_id"].endswith("-v3")
    place = figure["measures"][0]["places"][0]
    assert place["submission_number"] == 3
    assert "_v3_" in sent(synthetic_landing, figure, place).name
    before = {version["release_id"][-2:] for version in figure["earlier"]}
    assert {"v1", "v2"} <= before


@pytest.mark.parametrize(
    ("la", "indicator", "period", "level", "code"),
    [
        ("CAM", "assessments_45wd_pct", "2024", "new_la_code", "E09000007"),
        ("Camden", "cla_3plus_placements_pct", "2025", "new_la_code", "E09000007"),
        ("London", "assessments_45wd_pct", "2023-24", "region_code", "E12000007"),
        ("England", "referrals", "2025", "country_code", "E92000001"),
    ],
)
def test_the_line_and_columns_named_hold_the_published_figure(
    synthetic_run: Run, synthetic_landing: Path, la: str, indicator: str, period: str,
    level: str, code: str,
) -> None:  # fmt: skip
    figure = told(synthetic_run, la, indicator, period, "published")
    measure = figure["measures"][0]
    (place,) = measure["places"]
    with sent(synthetic_landing, figure, place).open(encoding="utf-8-sig", newline="") as file:
        lines: list[list[str]] = list(csv.reader(file))
    row = dict(zip(lines[0], lines[place["row"] - 1], strict=True))
    headers = [next(name for name in c["headers"] if name in row) for c in place["columns"]]
    assert sum(float(row[header]) for header in headers) == measure["value"] is not None
    assert (row[level], row["time_period"]) == (code, figure["period_label"])
    for part in filter(None, place["columns"][0]["filter"].split("; ")):
        name, _, category = part.partition("=")
        assert category in row.values(), name


def test_a_figure_from_annex_a_names_list_and_rule_and_no_child(
    synthetic_run: Run, synthetic_landing: Path
) -> None:
    wanted = ["explain", "--la", "CAM", "--indicator", "cla", "--period", QUARTER]
    wanted += ["--source", "chat", "--home", synthetic_run.home]
    text, document = liia(*wanted).stdout, liia(*wanted, "--json").stdout
    assert "counted from List 8 of file [1]" in text
    assert "what was open on the quarter’s last day" in " ".join(text.split())
    (figure,) = json.loads(document)["figures"]
    (place,) = figure["measures"][0]["places"]
    assert (place["sheet"], place["cell"], place["row"]) == (None, None, None)
    lists = pd.read_excel(
        sent(synthetic_landing, figure, place), sheet_name=None, header=1, engine="openpyxl"
    )
    ids = {str(one) for sheet in lists.values() for one in sheet.get("Child Unique ID", [])}
    pseudonyms = pd.read_parquet(synthetic_run.home / "raw/annex_a/annex_a_list_8.parquet")
    ids |= set(pseudonyms["child_id"].dropna())
    assert len(ids) > 500
    assert not [one for one in ids if one in text + document]


def test_londons_pooled_figure_is_its_authorities(
    synthetic_run: Run, synthetic_landing: Path
) -> None:
    figure = told(synthetic_run, "London", "repeat_referrals_pct", QUARTER, "return")
    behind = [one for one in figure["authorities"] if one["behind"]]
    missing = {one["name"]: one["status"] for one in figure["authorities"] if not one["behind"]}
    assert len(behind) == figure["n_authorities"] == 30
    assert {name: status.partition(":")[0] for name, status in missing.items()} == {
        "Havering": "Not returned",
        "Westminster": "Not returned",
        "Hillingdon": "Failed validation",
    }
    for side in ("numerator", "denominator"):
        (measure,) = [one for one in figure["measures"] if one["role"] == side]
        assert sum(one[side] for one in behind) == figure[side] == measure["value"]
    assert all((synthetic_landing / one["path"]).is_file() for one in behind)


def test_every_pooled_figure_has_the_authorities_that_its_mart_counts(
    synthetic_run: Run, synthetic_landing: Path
) -> None:
    """One of each indicator, also those without a loaded population."""
    mart = synthetic_run.mart("fct_indicator")
    pooled = mart[mart["release_id"].str.endswith("pooled") & (mart["period_label"] == QUARTER)]
    home = Home(synthetic_run.home, synthetic_landing)
    codes = pooled["indicator_code"].unique()
    assert len(codes) > 40
    for code in codes:
        for figure in explain(home, "E13000002", code, QUARTER, "return").figures:
            behind = [one for one in figure.authorities if one.behind]
            assert len(behind) == figure.n_authorities, code
