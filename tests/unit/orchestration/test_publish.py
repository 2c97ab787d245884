"""Only what passed the gate is published, and whole."""

import hashlib
import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from expectations.waivers import Waiver
from exports.release.accepted import accepted
from ingestion.store import write_parquet
from orchestration import analyst, publish
from orchestration.home import DBT_PROJECT, Home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    place = Home(tmp_path / "home", tmp_path / "landing")
    place.prepare()
    node = {
        "resource_type": "model",
        "fqn": ["liia", "marts", "core", "fct_x"],
        "name": "fct_x",
        "description": "It's a mart",
        "columns": {"a": {"description": "A column"}},
    }
    manifest = {"nodes": {"model.liia.fct_x": node}}
    monkeypatch.setattr(publish, "_manifest", lambda: manifest)
    monkeypatch.setattr(analyst, "VIEWS", tmp_path / "views")
    write_parquet(pd.DataFrame({"a": [1, 2]}), place.staged_marts / "fct_x.parquet")
    return place


def test_marts_that_no_gate_has_seen_are_not_published(home: Home) -> None:
    with pytest.raises(publish.GateNotPassed, match="have not passed their gate"):
        publish.publish(home)
    assert list(home.marts.iterdir()) == []


def test_what_the_gate_let_pass_is_published_with_its_comments(home: Home) -> None:
    publish.let_pass(home)
    assert publish.publish(home) == {"fct_x": 2}
    assert pd.read_parquet(home.marts / "fct_x.parquet")["a"].tolist() == [1, 2]
    with duckdb.connect(str(home.analyst), read_only=True) as connection:
        comment = connection.execute("select comment from duckdb_tables()").fetchone()
    assert comment == ("It's a mart",)


def test_marts_rebuilt_after_the_gate_are_held_back(home: Home) -> None:
    """A failed run leaves new files behind; materialising publication alone must not take them."""
    publish.let_pass(home)
    publish.publish(home)
    before = hashlib.sha256((home.marts / "fct_x.parquet").read_bytes()).hexdigest()
    write_parquet(pd.DataFrame({"a": [-5]}), home.staged_marts / "fct_x.parquet")
    with pytest.raises(publish.GateNotPassed):
        publish.publish(home)
    assert hashlib.sha256((home.marts / "fct_x.parquet").read_bytes()).hexdigest() == before


def test_a_failed_gate_takes_its_word_back(home: Home) -> None:
    publish.let_pass(home)
    publish.hold_back(home)
    with pytest.raises(publish.GateNotPassed):
        publish.publish(home)


def test_a_file_left_by_a_removed_mart_is_not_published(home: Home) -> None:
    write_parquet(pd.DataFrame({"a": [1]}), home.staged_marts / "mart_gone.parquet")
    publish.let_pass(home)
    publish.publish(home)
    assert json.loads(home.gate_record.read_text()).keys() == {"fct_x"}
    assert not (home.marts / "mart_gone.parquet").exists()


def test_child_level_folders_are_for_the_owner_alone(home: Home) -> None:
    for folder in (home.raw, home.root / "warehouse"):
        assert folder.stat().st_mode & 0o077 == 0


def test_a_mart_that_keeps_its_history_can_be_asked_as_of_a_day(home: Home) -> None:
    node = publish._manifest()["nodes"]["model.liia.fct_x"]
    node["columns"] |= {"known_from": {"description": "f"}, "known_until": {"description": "u"}}
    moment = pd.Timestamp("2025-07-01 23:30", tz="Europe/London")
    later = pd.Timestamp("2025-10-30 09:00", tz="Europe/London")
    rows = {
        "a": [1, 2, 3],
        "known_from": [moment, later, pd.NaT],
        "known_until": [later, None, None],
    }
    write_parquet(pd.DataFrame(rows), home.staged_marts / "fct_x.parquet")
    publish.let_pass(home)
    publish.publish(home)
    with duckdb.connect(str(home.analyst), read_only=True) as connection:
        known = {
            day: [
                row[0]
                for row in connection.execute(
                    "select a from fct_x_known_on(?) order by a", [day]
                ).fetchall()
            ]
            for day in ("2025-06-30", "2025-07-01", "2025-10-29", "2025-10-30", "2026-01-01")
        }
    # A row that was never the newest (3) was known on no day; half past eleven is the same day.
    assert known == {
        "2025-06-30": [],
        "2025-07-01": [1],
        "2025-10-29": [1],
        "2025-10-30": [2],
        "2026-01-01": [2],
    }


def test_analysts_see_what_was_accepted_what_is_over_and_what_is_not_used(
    home: Home,
) -> None:
    columns = ["rule_id", "la_name", "quarter_label", "reason", "accepted_by", "reference"]
    empty = dict.fromkeys(columns, "")
    today = datetime.now(UTC).date()
    days = {
        "USED": (today - timedelta(3), today + timedelta(3)),
        "UNUSED": (today - timedelta(7), today + timedelta(7)),
        "OVER": (today - timedelta(7), today - timedelta(3)),
        "LATER": (today + timedelta(3), today + timedelta(7)),
    }
    rows = [
        empty | {"waiver_id": name, "valid_from": first, "valid_to": last}
        for name, (first, last) in days.items()
    ]
    (node,) = publish._manifest()["nodes"].values()
    node["name"], node["columns"] = "mart_waiver", {}
    write_parquet(pd.DataFrame(rows), home.staged_marts / "mart_waiver.parquet")
    analyst.VIEWS.mkdir()
    view = "accepted_failures.sql"
    shutil.copy(DBT_PROJECT / "analyst_views" / view, analyst.VIEWS / view)
    used = Waiver("USED", "r", "", "", "Known.", "lead", *days["USED"], reference="DG 4")
    publish.accept(home, "marts", [used])
    publish.let_pass(home)
    publish.publish(home)
    with duckdb.connect(str(home.analyst), read_only=True) as connection:
        said = connection.execute("select waiver, state, is_used from accepted_failures").fetchall()
    assert sorted(said) == [
        ("LATER", "not begun", False),
        ("OVER", "over", False),
        ("UNUSED", "in force", False),
        ("USED", "in force", True),
    ]


def test_what_was_accepted_by_any_gate_is_published_with_the_marts(home: Home) -> None:
    days = {"valid_from": date(2026, 1, 1), "valid_to": date(2026, 1, 31)}
    one, two = (
        Waiver(name, "fct_x.a.known", "", "", "It is known.", "lead", reference="DG 4", **days)
        for name in ("W1", "W2")
    )
    publish.let_pass(home)
    publish.accept(home, "raw_return", [two])
    publish.accept(home, "marts", [one, two, one])
    publish.publish(home)
    told = [(entry["waiver_id"], entry["valid_to"]) for entry in accepted(home.marts)]
    assert told == [("W1", "2026-01-31"), ("W2", "2026-01-31")]
    publish.accept(home, "raw_return", [])
    publish.accept(home, "marts", [])
    publish.publish(home)
    assert accepted(home.marts) == []
