"""Issuing templates: who gets one, and what stands in the column of the quarter before."""

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from exports.marts import MartError
from exports.return_templates import issue, participants, previous_figures
from ingestion.periods import Quarter

QUARTER = Quarter(2025, 2)
CAMDEN, BEXLEY = "E09000007", "E09000004"


def fact(code: str, value: float | None, **other: object) -> dict[str, object]:
    return {
        "measure_code": code,
        "new_la_code": CAMDEN,
        "period_type": "quarter",
        "period_label": "2025-26 Q1",
        "source": "return",
        "release_id": "R1",
        "value": value,
        "value_status": "ok",
        "is_current": True,
    } | other


def marts_of(folder: Path, *rows: dict[str, object]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(list(rows)).to_parquet(folder / "fct_measure.parquet")
    return folder


@pytest.fixture
def marts(tmp_path: Path) -> Path:
    return marts_of(
        tmp_path / "marts",
        fact("referrals", 715.0),
        fact("cla", 214.0, period_type="snapshot"),
        # None of these is what was returned for the quarter before:
        fact("referrals", 9001.0, period_type="rolling_4q"),
        fact("referrals", 9002.0, period_label="2024-25 Q4"),
        fact("referrals", 9003.0, source="chat"),
        fact("referrals", 9004.0, is_current=False, release_id="R0"),
        fact("contacts", None, value_status="not_returned"),
        fact("cpp", 9005.0, new_la_code=BEXLEY, source="chat"),
    )


def shown(path: Path, column: str = "Previous quarter") -> dict[str, object]:
    lines = list(openpyxl.load_workbook(path)["Return"].iter_rows(values_only=True))
    top = next(i for i, line in enumerate(lines) if line[0] == "Measure code")
    at = lines[top].index(column)
    return {line[0]: line[at] for line in lines[top + 1 :] if line[at] is not None}


def told(path: Path) -> str:
    lines = openpyxl.load_workbook(path)["Instructions"].iter_rows(values_only=True)
    return next(str(line[1]) for line in lines if line[0] == "Previous quarter")


def test_each_authority_gets_a_workbook_and_its_twin(tmp_path: Path) -> None:
    written = issue(QUARTER, [CAMDEN, "E09000013"], tmp_path / "out", None)
    assert [path.relative_to(tmp_path / "out").as_posix() for path in written] == [
        "CAM/camden_riia_return_2025-26-Q2.xlsx",
        "CAM/camden_riia_return_2025-26-Q2.csv",
        "HAF/hammersmith_and_fulham_riia_return_2025-26-Q2.xlsx",
        "HAF/hammersmith_and_fulham_riia_return_2025-26-Q2.csv",
    ]
    assert sorted(p for p in (tmp_path / "out").rglob("*") if p.is_file()) == sorted(written)
    assert len(participants(QUARTER)) == 33


def test_the_quarter_before_comes_from_the_current_returns_only(
    tmp_path: Path, marts: Path
) -> None:
    camden, twin, bexley, _ = issue(QUARTER, [CAMDEN, BEXLEY], tmp_path / "out", marts)
    assert shown(camden) == {"referrals": 715, "cla": 214}
    assert shown(camden, "Value") == {}
    assert "What LIIA holds for 2025-26 Q1" in told(camden)
    assert ",715\n" in twin.read_text(encoding="utf-8-sig")
    assert shown(bexley) == {}
    assert "no figures of yours for 2025-26 Q1" in told(bexley)


@pytest.mark.parametrize("folder", [None, "nowhere"])
def test_without_marts_the_column_is_empty_and_the_instructions_say_so(
    tmp_path: Path, folder: str | None
) -> None:
    place = None if folder is None else tmp_path / folder
    assert previous_figures(QUARTER, place) is None
    path, _ = issue(QUARTER, [CAMDEN], tmp_path / "out", place)
    assert shown(path) == {}
    assert "were not at hand" in told(path)


def test_synthetic_figures_are_called_so(tmp_path: Path, marts: Path) -> None:
    real, _ = issue(QUARTER, [CAMDEN], tmp_path / "real", marts)
    assert "SYNTHETIC" not in str(openpyxl.load_workbook(real)["Return"]["A1"].value)
    invented = marts_of(tmp_path / "synthetic", fact("cla", 1.0, release_id="SYNTHETIC-1"))
    path, _ = issue(QUARTER, [CAMDEN], tmp_path / "out", invented)
    assert "SYNTHETIC" in openpyxl.load_workbook(path)["Return"]["A1"].value


def test_issuing_twice_gives_the_same_bytes(tmp_path: Path, marts: Path) -> None:
    first = [path.read_bytes() for path in issue(QUARTER, [CAMDEN], tmp_path / "a", marts)]
    again = [path.read_bytes() for path in issue(QUARTER, [CAMDEN], tmp_path / "b", marts)]
    assert first == again
    issue(QUARTER, [CAMDEN], tmp_path / "a", marts)


def test_a_filled_template_is_never_written_over(tmp_path: Path) -> None:
    path, _ = issue(QUARTER, [CAMDEN], tmp_path, None)
    book = openpyxl.load_workbook(path)
    book["Return"]["B7"].value = "A. Lead"
    book.save(path)
    filled = path.read_bytes()
    with pytest.raises(FileExistsError, match="may be filled in"):
        issue(QUARTER, [BEXLEY, CAMDEN], tmp_path, None)
    assert path.read_bytes() == filled
    assert not (tmp_path / "BEX").exists()


@pytest.mark.parametrize(
    ("quarter", "codes", "message"),
    [
        (Quarter(2040, 1), [CAMDEN], r"2040-41 Q1 is not in .*quarters\.csv"),
        (Quarter(2010, 1), [CAMDEN], r"2010-11 Q1 is not in .*quarters\.csv"),
        (QUARTER, ["E92000001"], "Not codes of London authorities: E92000001"),
    ],
)
def test_what_cannot_be_issued_leaves_nothing_behind(
    tmp_path: Path, quarter: Quarter, codes: list[str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        issue(quarter, codes, tmp_path / "out", None)
    assert not (tmp_path / "out").exists()


def test_a_quarter_without_an_indicator_set_says_where_to_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exports.return_templates.return_due", lambda quarter: quarter.end)
    with pytest.raises(ValueError, match=r"No RIIA indicator set .*indicator_sets\.csv"):
        issue(Quarter(2010, 1), [CAMDEN], tmp_path / "out", None)


def test_marts_of_another_version_are_refused(tmp_path: Path) -> None:
    (tmp_path / "marts").mkdir()
    pd.DataFrame({"measure_code": ["cla"]}).to_parquet(tmp_path / "marts" / "fct_measure.parquet")
    with pytest.raises(MartError, match="build the marts again"):
        issue(QUARTER, [CAMDEN], tmp_path / "out", tmp_path / "marts")
