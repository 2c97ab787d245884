"""The definitions as Dagster loads them, for a home of their own."""

from collections.abc import Iterator

import dagster as dg
import pytest


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.Definitions]:
    home = tmp_path_factory.mktemp("definitions")
    # home.export sets these; restored for the tests that come after.
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "LIIA_HOME": home,
            "LIIA_LANDING": home / "landing",
            "DAGSTER_HOME": home / "dagster",
        }.items():
            patch.setenv(name, str(value))
        from orchestration.definitions import build

        yield build()
