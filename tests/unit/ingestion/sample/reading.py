"""The synthetic landing zone as a person would read it.

Workbooks are read back with openpyxl, so that writing and reading do not share an error.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pandas as pd
import yaml

from ingestion.periods import Quarter
from ingestion.sample import SampleSummary
from ingestion.sample.deliveries import (
    OWN_MEASURE,
    OWN_WORD,
)

LAST = Quarter(2025, 2)
SEED = 20250930
SMALL = {"quarters": 2, "annex_a_las": ("CAM",), "rows_scale": 0.05}


@dataclass(frozen=True)
class Return:
    path: Path
    cover: dict[str, str]
    header_row: int
    rows: pd.DataFrame
    sidecar: dict[str, str]

    @property
    def key(self) -> tuple[str, str]:
        return self.sidecar["la"], self.sidecar["quarter"]

    @property
    def codes(self) -> pd.Series:
        """The code of each row; a row with the sender's own word has none in its cell."""
        return self.rows["Measure code"].mask(self.rows["Measure"] == OWN_WORD, OWN_MEASURE)

    @property
    def numbers(self) -> dict[str, float]:
        """Values as a person would read them: text with separators is a number, n/a is not."""
        # By place: its header may be misspelt, and Comment and Previous quarter follow it.
        typed = self.rows.set_index(self.codes).iloc[:, -3].astype(str).str.replace(",", "")
        return pd.to_numeric(typed, errors="coerce").to_dict()


def read_return(path: Path) -> Return:
    sheet = openpyxl.load_workbook(path)["Return"]
    cells = [list(row) for row in sheet.iter_rows(values_only=True)]
    header = next(i for i, row in enumerate(cells) if row[0] == "Measure code")
    table = [row for row in cells[header + 1 :] if row[1] is not None]
    return Return(
        path=path,
        cover={row[0]: row[1] for row in cells[1:header] if row[0]},
        header_row=header + 1,
        rows=pd.DataFrame(table, columns=cells[header]),
        sidecar=sidecar(path),
    )


def sidecar(path: Path) -> dict[str, str]:
    return yaml.safe_load(path.with_name(path.name + ".yml").read_text(encoding="utf-8"))


def files(root: Path) -> Iterator[Path]:
    return (path for path in sorted(root.rglob("*")) if path.is_file())


def published(zone: SampleSummary, start: str) -> list[tuple[Path, pd.DataFrame]]:
    return [
        (path, pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig"))
        for path in zone.paths["published"]
        if path.name.startswith(start)
    ]
