"""Our own DfE pair against DfE's checks: it passes, and a fault in it is found."""

from pathlib import Path

import pandas as pd
import pytest

from ingestion.periods import Quarter
from ingestion.screening import screen
from ingestion.screening.registry import CHECKS
from tests.screening_pairs import FAULTS, Pair, write_dictionary
from tests.unit.exports.written import write_dfe

# Without DfE's list of wards nobody can say whether a ward is one.
AT_WORST = {check.name: check.at_worst for check in CHECKS} | {"ward_combinations": "ADVISORY"}


@pytest.fixture
def own(marts: Path, tmp_path: Path) -> Pair:
    paths = write_dfe(marts, Quarter(2025, 2), tmp_path)[:2]
    return Pair(*(pd.read_csv(path, dtype=str, keep_default_na=False) for path in paths))


def test_our_pair_passes(marts: Path, tmp_path: Path) -> None:
    data, meta, *_ = write_dfe(marts, Quarter(2025, 2), tmp_path)
    report = screen(data, meta)
    assert report.passed
    said = {name for name, result in report.results.items() if result.result != "PASS"}
    # Indicators cannot be added up, and the data dictionary is not carried.
    assert said == {"total", *(name for name in FAULTS if "data_dictionary" in name)}


def test_there_is_a_fault_for_every_check() -> None:
    assert set(FAULTS) == {check.name for check in CHECKS}


@pytest.mark.parametrize("check", FAULTS)
def test_a_fault_in_our_pair_is_found(check: str, own: Pair, tmp_path: Path) -> None:
    FAULTS[check](own)
    (tmp_path / "pair").mkdir()
    data = own.write(tmp_path / "pair")
    meta = data.with_name(own.meta_name) if own.meta_name else None
    report = screen(data, meta, write_dictionary(tmp_path / "lists"))
    assert report.results[check].result == AT_WORST[check]
    assert report.passed == (AT_WORST[check] != "FAIL")
