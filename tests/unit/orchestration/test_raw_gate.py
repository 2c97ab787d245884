"""dbt builds on raw tables that their gate let pass as they are, whatever run it is in."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from expectations import gate, waivers
from ingestion.landing import LONDON
from ingestion.pipeline import SOURCES, ingest, raw_path
from orchestration import raw_gate
from orchestration.home import Home
from orchestration.passed import GateNotPassed
from tests.unit.ingestion.builders import return_rows, write_book


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home in which all sources were read and let pass."""
    folder = tmp_path_factory.mktemp("read")
    place = Home(folder / "home", folder / "landing")
    write_book(place.landing / "returns/2025-26-Q2/CAM/return.xlsx", {"Return": return_rows()})
    for source in SOURCES:
        ingest(source, place.landing, place.root, b"key", datetime.now(LONDON))
        raw_gate.judge(source, place)
    return place


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tables that are judged from here on."""
    seen: list[str] = []
    own = gate.check_raw

    def watched(table: str, *rest: object) -> gate.Outcome:
        seen.append(table)
        return own(table, *rest)

    monkeypatch.setattr(gate, "check_raw", watched)
    return seen


@pytest.fixture
def values(read: Home) -> Iterator[Path]:
    """The returns' raw table, put back as it was after the test."""
    path = raw_path(read.root, "return_values")
    before, record = path.read_bytes(), read.raw_gate_record("return").read_bytes()
    yield path
    path.write_bytes(before)
    read.raw_gate_record("return").write_bytes(record)


def test_what_has_passed_is_not_judged_again(read: Home, judged: list[str]) -> None:
    raw_gate.require(read, pytest.fail)
    assert judged == []


def test_what_has_changed_since_is_judged_and_then_stands(
    read: Home, judged: list[str], values: Path
) -> None:
    pd.read_parquet(values).iloc[1:].to_parquet(values)
    said: list[str] = []
    raw_gate.require(read, said.append)
    assert judged == ["return_values"]
    assert "source return are judged first" in said[0]
    raw_gate.require(read, pytest.fail)


def test_what_does_not_hold_stops_it_each_time(read: Home, values: Path) -> None:
    frame = pd.read_parquet(values)
    frame.loc[0, "measure_code"] = None
    frame.to_parquet(values)
    for _ in range(2):
        with pytest.raises(GateNotPassed, match=r"return_values: return_values\.measure_code\."):
            raw_gate.require(read, print)


def test_a_table_that_is_gone_is_said(read: Home, values: Path) -> None:
    values.unlink()
    with pytest.raises(GateNotPassed, match=r"return_values\.parquet is not in .*/raw"):
        raw_gate.require(read, print)


@pytest.mark.usefixtures("values")
def test_what_passed_under_a_waiver_is_judged_again(
    read: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The waiver may be over by then."""
    day = datetime.now(LONDON).date()
    waiver = waivers.Waiver(
        waiver_id="W-1",
        rule_id="r",
        new_la_code="",
        quarter_label="",
        reason="Known.",
        accepted_by="data lead",
        valid_from=day,
        valid_to=day,
        reference="minutes",
    )
    failure = gate.Failure("r", "warning", "why", "text", waivers=(waiver,))
    monkeypatch.setattr(gate, "check_raw", lambda *_: gate.Outcome([failure]))
    assert not raw_gate.judge("return", read)["return_values"].blocks
    assert not read.raw_gate_record("return").exists()
