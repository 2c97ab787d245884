"""The dbt unit tests: every rule of the SQL on small made-up rows. A run does not repeat them."""

import os
import subprocess
import sys
from pathlib import Path

from orchestration.home import DBT_PROJECT
from tests.conftest import Run


def test_every_unit_test_of_the_models_passes(synthetic_run: Run, tmp_path: Path) -> None:
    """They need the models' columns, so a warehouse that has been built."""
    command = [str(Path(sys.executable).with_name("dbt")), "test", "--select", "test_type:unit"]
    options = ["--profiles-dir", ".", "--target-path", str(tmp_path)]
    done = subprocess.run(
        [*command, *options],
        cwd=DBT_PROJECT,
        env={**os.environ, "LIIA_HOME": str(synthetic_run.home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "PASS=0" not in done.stdout
