"""Ofsted's outcomes as collected: every authority read, and a second dated file told apart."""

import csv
import shutil
from collections import Counter
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import Run, liia_run

pytestmark = pytest.mark.conformance

NAME = "ofsted_ilacs_overview.csv"
LEADERS = "impact_of_leaders_grade"
# DfE's numbers: Enfield from good to outstanding, Hackney as it was, Barnet declined.
AGAIN = {"308": "outstanding", "204": "good", "302": "requires improvement"}
BEFORE = {"308": "good", "204": "good", "302": "good"}


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def day(written: str) -> datetime:
    return datetime.strptime(written, "%d/%m/%y")  # noqa: DTZ007 - days, not moments


@pytest.fixture(scope="module")
def collected(shared: Path) -> list[dict[str, str]]:
    return lines(shared / "published" / NAME)


@pytest.fixture(scope="module")
def two_files(
    shared: Path, collected: list[dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> Run:
    """The file, and one made of it a few months on, in which three were inspected again."""
    landing = tmp_path_factory.mktemp("ofsted") / "landing"
    (landing / "published").mkdir(parents=True)
    shutil.copyfile(shared / "published" / NAME, landing / "published" / NAME)
    later = [dict(line) for line in collected]
    for line in later:
        if line["la_code"] in AGAIN:
            assert line[LEADERS] == BEFORE[line["la_code"]]
            line |= {
                "inspection_start_date": "06/07/2026",
                "inspection_end_date": "17/07/2026",
                "publication_date": "01/09/26",
                LEADERS: AGAIN[line["la_code"]],
            }
    with (landing / "published" / "later.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(later[0]))
        writer.writeheader()
        writer.writerows(later)
    run = liia_run("2023-24-Q4", landing, landing.parent / "home")
    assert run.code == 0, run.output
    return run


def test_every_authority_is_read_once(real_run: Run, collected: list[dict[str, str]]) -> None:
    mart = real_run.mart("fct_inspection").query("is_current")
    leaders = mart[mart["judgement_area"] == "leadership"]
    assert len(leaders) == leaders["new_la_code"].nunique() == len(collected) == 153
    assert leaders["new_la_code"].str.startswith("E09").sum() == 33
    assert len(mart) == 5 * 153
    assert set(mart["change"].dropna()) == {"first"}
    las = real_run.mart("dim_local_authority").set_index("new_la_code")["old_la_code"]
    assert set(leaders["new_la_code"].map(las)) == {line["la_code"] for line in collected}


@pytest.mark.parametrize(
    ("column", "area"),
    [
        ("overall_effectiveness_grade", "overall"),
        (LEADERS, "leadership"),
        ("help_and_protection_grade", "help_and_protection"),
        ("in_care_grade", "children_in_care"),
        ("care_leavers_grade", "care_leavers"),
    ],
)
def test_grades_and_days_are_those_of_the_file(
    real_run: Run, collected: list[dict[str, str]], column: str, area: str
) -> None:
    las = real_run.mart("dim_local_authority").set_index("new_la_code")["old_la_code"]
    mart = real_run.mart("fct_inspection").query(f"judgement_area == '{area}'")
    ours = mart.set_index(mart["new_la_code"].map(las))
    for line in collected:
        row = ours.loc[line["la_code"]]
        assert row["grade_text"] == line[column] or (row["grade_status"], line[column]) == ("x", "")
        assert pd.Timestamp(row["publication_date"]) == day(line["publication_date"])
    plain = Counter(line[column].replace(" ", "_") for line in collected)
    assert Counter(ours["grade"].dropna()) == {
        grade: n for grade, n in plain.items() if grade and not grade.startswith("inspection_")
    }
    status = ours["grade_status"].value_counts().to_dict()
    assert status.get("not_applicable", 0) == plain["inspection_pre_dates_judgement"]
    assert status.get("x", 0) == plain[""]


def test_london_and_england_are_counted(real_run: Run, collected: list[dict[str, str]]) -> None:
    summary = real_run.mart("mart_inspection_summary").query("judgement_area == 'leadership'")
    summary = summary.set_index("new_la_code")
    assert set(summary.index) == {"E92000001", "E12000007", "E13000001", "E13000002"}
    for code, rows in (
        ("E92000001", collected),
        ("E12000007", [line for line in collected if line["region_code"] == "GL"]),
    ):
        plain = Counter(line[LEADERS].replace(" ", "_") for line in rows)
        for grade in ("outstanding", "good", "requires_improvement", "inadequate"):
            assert summary.loc[code, f"n_{grade}"] == plain[grade]
            assert summary.loc[code, f"pct_{grade}"] == pytest.approx(
                100 * plain[grade] / len(rows)
            )
    england = summary.loc["E92000001"]
    assert (england["n_outstanding"], england["n_good"], england["n_inadequate"]) == (55, 58, 9)
    assert england["as_of_date"] == max(day(line["publication_date"]) for line in collected).date()
    # One file knows of no inspection before.
    assert set(summary["change_status"]) == {"not_derivable"}
    assert summary[["n_improved", "pct_maintained", "n_declined"]].isna().all().all()


def test_what_the_file_has_wrong_is_said_and_costs_no_row(real_run: Run) -> None:
    found = real_run.mart("mart_findings")
    found = found[found["path"].str.endswith(NAME)]
    by_rule = found.groupby("rule_id")["cell"].apply(sorted).to_dict()
    assert by_rule == {
        # Brent and Somerset have no overall grade, Brighton and Nottingham no days of inspection;
        # Cumberland, Dorset and Westmorland stand with the codes of counties that were.
        "ofsted.grade.missing": ["G123", "G60"],
        "ofsted.date.missing": ["I101", "I11", "J101", "J11"],
        "ofsted.authority.disagrees": ["D148", "D27", "D33"],
    }
    assert set(found["severity"]) == {"note"}


def test_a_second_file_tells_who_improved(two_files: Run) -> None:
    mart = two_files.mart("fct_inspection").query("judgement_area == 'leadership'")
    current = mart[mart["is_current"]].set_index("new_la_code")
    assert len(current) == 153
    assert len(mart) == 153 + 3
    changed = current[current["change"] != "first"]
    assert changed["change"].to_dict() == {
        "E09000010": "improved", "E09000012": "maintained", "E09000003": "declined",
    }  # fmt: skip
    assert set(changed["previous_grade"]) == {"good"}
    summary = two_files.mart("mart_inspection_summary").query("judgement_area == 'leadership'")
    by_area = summary.set_index(["new_la_code", "is_current"])
    shares = ["pct_improved", "pct_maintained", "pct_declined"]
    for area, expected in {
        "E92000001": (3, [100 / 3] * 3),
        "E12000007": (3, [100 / 3] * 3),
        "E13000001": (1, [0, 100, 0]),
        "E13000002": (2, [50, 0, 50]),
    }.items():
        row = by_area.loc[(area, True)]
        assert (row["n_compared"], row["change_status"]) == (expected[0], "ok")
        assert row[shares].tolist() == pytest.approx(expected[1])
        assert by_area.loc[(area, False), "change_status"] == "not_derivable"
    before, after = (by_area.loc[("E92000001", now)] for now in (False, True))
    assert (before["n_outstanding"], after["n_outstanding"]) == (55, 56)
    assert (before["n_good"], after["n_good"]) == (58, 56)
