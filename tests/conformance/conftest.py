"""One run over real files, laid out as a user would lay them."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import Run, liia_run


@pytest.fixture(scope="session")
def real_run(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """2023-24 Q4 over DfE's published files and two Annex A sample workbooks."""
    folder = tmp_path_factory.mktemp("real")
    landing = folder / "landing"
    for la, quarter, name in (
        ("CAM", "2020-21-Q3", "annex_a_2024_jan.xlsx"),
        ("BRE", "2009-10-Q3", "ofsted_template_b.xlsx"),
    ):
        place = landing / "annex_a" / quarter / la
        place.mkdir(parents=True)
        shutil.copyfile(shared / "annex_a" / name, place / name)
    (landing / "published").symlink_to(shared / "published", target_is_directory=True)
    run = liia_run("2023-24-Q4", landing, folder / "home")
    assert run.code == 0, run.output
    return run
