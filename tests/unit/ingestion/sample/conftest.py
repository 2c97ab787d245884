"""One synthetic landing zone for all that is promised of it; nothing here changes it."""

import pytest

from ingestion.sample import SampleSummary, write_landing_zone
from ingestion.sample.figures import (
    Figures,
    simulate,
)
from tests.unit.ingestion.sample.reading import LAST, SEED, SMALL, Return, read_return


@pytest.fixture(scope="package")
def zone(tmp_path_factory: pytest.TempPathFactory) -> SampleSummary:
    return write_landing_zone(tmp_path_factory.mktemp("zone"), **SMALL)


@pytest.fixture(scope="package")
def figures() -> Figures:
    return simulate(LAST.shift(1), SEED)


@pytest.fixture(scope="package")
def returns(zone: SampleSummary) -> list[Return]:
    return [read_return(path) for path in zone.paths["returns"]]


@pytest.fixture(scope="package")
def latest(returns: list[Return]) -> dict[str, Return]:
    """The last version of each authority's return for the last quarter."""
    return {r.key[0]: r for r in returns if r.key[1] == LAST.slug}
