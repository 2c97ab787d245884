"""One small synthetic quarter, run once for all tests here."""

from pathlib import Path

import pytest

from ingestion.sample import write_landing_zone
from tests.conftest import Run, liia_run


@pytest.fixture(scope="session")
def synthetic_landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    landing = tmp_path_factory.mktemp("synthetic") / "landing"
    write_landing_zone(landing, quarters=4, annex_a_las=("CAM",))
    return landing


@pytest.fixture(scope="session")
def synthetic_run(synthetic_landing: Path) -> Run:
    run = liia_run("2025-26-Q2", synthetic_landing, synthetic_landing.parent / "home")
    assert run.code == 0, run.output
    return run
