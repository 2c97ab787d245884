"""One quarter of 33 authorities as it goes: missing, late, sent again, set aside, remembered.

The synthetic quarter holds all of that. It is run first without the late file, then, when that has
come, what returns touch.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from ingestion.sample.deliveries import (
    LATE,
    MISSING_NOW,
    OWN_MEASURE,
    OWN_WORD,
    REMEMBERED,
    RESUBMITTED,
    SET_ASIDE,
)
from tests.conftest import Run, liia_run

QUARTER = "2025-26 Q2"
MARTS = ("fct_measure", "fct_indicator", "mart_submission_status", "mart_findings")


@dataclass(frozen=True)
class State:
    """What stood in the home after a run."""

    marts: dict[str, pd.DataFrame]
    parsed: set[Path]
    home: Path

    def standing(self) -> pd.DataFrame:
        """One row per authority: how things stand for the quarter."""
        mart = self.marts["mart_submission_status"]
        now = mart[(mart["quarter_label"] == QUARTER) & mart["is_current"]]
        return now.drop_duplicates("short_code").set_index("short_code")


def state(landing: Path, home: Path, *options: str) -> State:
    run = liia_run("2025-26-Q2", landing, home, *options)
    assert run.code == 0, run.output
    parsed = {path.parent for path in (home / "raw" / ".parsed").rglob("facts.json")}
    return State({name: run.mart(name) for name in MARTS}, parsed, home)


@pytest.fixture(scope="module")
def runs(synthetic_landing: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[State, State]:
    folder = tmp_path_factory.mktemp("arrive")
    landing, home = folder / "landing", folder / "home"
    shutil.copytree(synthetic_landing, landing)
    late = landing / "returns" / "2025-26-Q2" / LATE
    shutil.move(late, folder / "kept back")
    before = state(landing, home)
    shutil.copytree(folder / "kept back", late)
    return before, state(landing, home, "--source", "return")


def test_each_authority_stands_as_it_should(runs: tuple[State, State]) -> None:
    before, after = (run.standing()["submission_state"] for run in runs)
    assert len(after) == 33
    assert set(after[list(MISSING_NOW)]) == {"not_returned"}
    assert (before[LATE], after[LATE]) == ("not_returned", "late")
    assert after[SET_ASIDE] == "quarantined"
    assert after[REMEMBERED] == "accepted"
    returned = after.isin(["accepted", "partial", "late"])
    assert returned.sum() == 30
    assert before.isin(["accepted", "partial", "late"]).sum() == 29


def test_what_returns_touch_stands_as_after_a_whole_run(
    runs: tuple[State, State], synthetic_run: Run
) -> None:
    for path in sorted((synthetic_run.home / "marts").glob("*.parquet")):
        # When each home itself took a file in is its own.
        whole, touched = (
            pd.read_parquet(home / "marts" / path.name).drop(columns="loaded_at", errors="ignore")
            for home in (synthetic_run.home, runs[1].home)
        )
        pd.testing.assert_frame_equal(touched, whole, obj=path.stem)


def test_thirty_returns_stand_in_the_marts_as_sent(runs: tuple[State, State]) -> None:
    """Each counting workbook, read with openpyxl and no code of ours, against fct_measure."""
    after = runs[1]
    status = after.marts["mart_submission_status"]
    now = status[(status["quarter_label"] == QUARTER) & status["is_current"]]
    measures = after.marts["fct_measure"]
    mart = measures[
        (measures["source"] == "return")
        & measures["is_current"]
        & (measures["period_label"] == QUARTER)
        & (measures["period_type"] != "rolling_4q")
    ]
    landing = after.home.parent / "landing"
    checked = 0
    for (la, path), _ in now[now["submission_number"].notna()].groupby(["new_la_code", "path"]):
        mine = mart[mart["new_la_code"] == la].set_index("measure_code")
        assert mine["value"].dropna().to_dict() == plainly(landing / path), path
        checked += 1
    assert checked == 30


def plainly(path: Path) -> dict[str, float]:
    """The numbers of a workbook by measure code, as a person would copy them."""
    rows = [list(row) for row in openpyxl.load_workbook(path)["Return"].iter_rows(values_only=True)]
    top = next(i for i, row in enumerate(rows) if row[0] == "Measure code")
    value = next(i for i, header in enumerate(rows[top]) if header in ("Value", "Valeu"))
    label = rows[top].index("Measure")
    sent = {}
    for row in rows[top + 1 :]:
        code = OWN_MEASURE if row[label] == OWN_WORD else row[0]
        number = str(row[value]).replace(",", "")
        if code and number.replace(".", "", 1).isdigit():
            sent[code] = float(number)
    assert len(sent) > 40
    return sent


def test_the_return_sent_three_times_counts_once_and_all_versions_stay(
    runs: tuple[State, State],
) -> None:
    status = runs[1].marts["mart_submission_status"]
    mine = status[
        (status["short_code"] == RESUBMITTED)
        & (status["quarter_label"] == QUARTER)
        & (status["measure_code"] == "cla")
    ].set_index("submission_number")
    assert mine["submission_state"].to_dict() == {1: "superseded", 2: "superseded", 3: "accepted"}
    assert mine["is_current"].to_dict() == {1: False, 2: False, 3: True}


def test_what_was_set_aside_is_kept_whole_with_its_reason(runs: tuple[State, State]) -> None:
    kept = list((runs[1].home / "quarantine" / "return").rglob("*.xlsx"))
    (sent,) = (runs[1].home.parent / "landing" / "returns" / "2025-26-Q2" / SET_ASIDE).glob(
        "*.xlsx"
    )
    assert [path.read_bytes() for path in kept] == [sent.read_bytes()]
    findings = runs[1].marts["mart_findings"]
    blocking = findings[findings["severity"] == "block"]
    assert list(blocking["rule_id"]) == ["return.quarter.disagrees"]
    assert blocking["fix"].notna().all()


def test_the_remembered_word_is_used_and_said(runs: tuple[State, State]) -> None:
    findings = runs[1].marts["mart_findings"]
    said = findings[findings["message"].str.contains(OWN_WORD)]
    assert list(said["rule_id"]) == ["return.measure.resolved"]
    assert "as remembered" in said["message"].iloc[0]


def test_the_late_file_changes_its_authority_alone(runs: tuple[State, State]) -> None:
    before, after = runs
    assert len(after.parsed - before.parsed) == 1
    late = str(after.standing().loc[LATE, "new_la_code"])
    for name in MARTS:
        one, other = (others(run.marts[name], late) for run in runs)
        pd.testing.assert_frame_equal(one, other, obj=name)
    assert [cla_status(run, late) for run in runs] == [["not_returned"], ["ok"]]


def others(frame: pd.DataFrame, late: str) -> pd.DataFrame:
    """The rows of every authority but the late one, in one order."""
    codes = frame["new_la_code"].fillna("")
    rows = frame[codes.str.startswith("E09") & (codes != late)]
    return rows.sort_values(list(frame.columns), ignore_index=True)


def cla_status(run: State, la: str) -> list[str]:
    mart = run.marts["fct_measure"].query("source == 'return' and measure_code == 'cla'")
    now = mart[(mart["new_la_code"] == la) & (mart["period_label"] == QUARTER)]
    return list(now.loc[now["is_current"], "value_status"])
