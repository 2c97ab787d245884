"""DfE's open data checks on a data and meta CSV pair, before anything is published.

A library function: `liia screen` prints its report, and a writer of CSVs can be stopped by it. It
reads the two files and DfE's lists and writes nothing. The checks stand in `checks/`, once each.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingestion.screening.lists import Lists
from ingestion.screening.pair import meta_beside, read_data, read_meta
from ingestion.screening.registry import CHECKS, Check
from ingestion.screening.results import Result


@dataclass(frozen=True)
class Report:
    """The result of every check by name, in the order of the registry."""

    results: dict[str, Result]

    @property
    def passed(self) -> bool:
        return all(result.result != "FAIL" for result in self.results.values())

    def as_dict(self) -> dict[str, Any]:
        """What `liia screen --json` prints."""
        return {
            "passed": self.passed,
            "results": [
                {"check": name, "result": result.result, "message": result.message}
                for name, result in self.results.items()
            ],
        }


def screen(data: Path, meta: Path | None = None, lists: Path | None = None) -> Report:
    """Run every check on a pair; without `meta`, on `name.meta.csv` beside `name.csv`.

    `lists` is a folder with DfE's own lists. Raises ListError where one of them cannot be used;
    what is wrong with the pair is in the report, never raised.
    """
    pair = read_data(data), read_meta(meta or meta_beside(data))
    known = Lists(lists)
    results: dict[str, Result] = {}
    for check in CHECKS:
        missing = [name for name in check.needs if _gave_nothing(results[name])]
        result = _not_run(missing) if missing else check.function(*pair, known)
        results[check.name] = result if result.message else _said(check)
    return Report(results)


def _gave_nothing(result: Result) -> bool:
    return result.result == "FAIL" or not result.ran


def _not_run(missing: list[str]) -> Result:
    """Never a pass: nobody has looked."""
    return Result("WARNING", f"Not run: mend {', '.join(missing)} first.", ran=False)


def _said(check: Check) -> Result:
    return Result("PASS", check.asks)
