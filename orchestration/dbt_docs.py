"""`<home>/dbt_docs/index.html`: dbt's own documentation as one page that needs no network.

`python -m orchestration.dbt_docs` writes it for the home of LIIA_HOME, on demand and not in a run:
it takes some seconds. dbt makes it, in a process of its own, since only dbt opens the warehouse.
What it says stands in the dbt project; tables and columns are named, restricted ones too, and it
holds no rows.
"""

import subprocess
import sys
from pathlib import Path

from ingestion.lock import AtWork, alone_in
from orchestration import home as homes
from orchestration.home import DBT_PROJECT, WORK, Home

# A folder of its own, as linting has: the manifest that Dagster reads stays as the run left it.
_TARGET = Path("target") / "docs"
# dbt's page gives each icon its address before that is filled in, and the browser's console fills
# with as many errors; as AngularJS wants it written, there is none.
_UNFILLED, _FILLED = b'<use xlink:href="{{', b'<use ng-attr-href="{{'


def write(place: Home) -> int:
    """Write the page, or say why there is none; 1 where there should have been one."""
    if not place.warehouse.is_file():
        sys.stdout.write(f"No dbt docs: there is no {place.warehouse} yet; run a quarter first.\n")
        return 0
    homes.export(place)
    command = ["dbt", "--quiet", "docs", "generate", "--static"]
    try:
        with alone_in(place.root, WORK):
            done = subprocess.run(
                [*command, "--profiles-dir", str(DBT_PROJECT), "--target-path", str(_TARGET)],
                cwd=DBT_PROJECT,
                check=False,
            )
    except AtWork as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if done.returncode:
        sys.stderr.write("No dbt docs: dbt could not write them, for the reason above.\n")
        return 1
    place.dbt_docs.parent.mkdir(exist_ok=True)
    beside = place.dbt_docs.with_suffix(".new")
    page = (DBT_PROJECT / _TARGET / "static_index.html").read_bytes()
    beside.write_bytes(page.replace(_UNFILLED, _FILLED))
    beside.replace(place.dbt_docs)
    sys.stdout.write(f"dbt docs: {place.dbt_docs}\n")
    return 0


if __name__ == "__main__":
    sys.exit(write(homes.from_environment()))
