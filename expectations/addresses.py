"""Where a row stands, for a person: of a raw table in which file and cell, of a mart by its keys.

Never asked of a child-level table, whose rows are not to be found by anybody.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from expectations.suites import Rule
from ingestion.pipeline import SOURCES, tables_of
from ingestion.sources import narrative_answers

# What tells a person which figure a row is.
KEYS = (
    "subject",
    "area",
    "period",
    "source",
    "indicator_code",
    "measure_code",
    "column_name",
    "judgement_area",
    "new_la_code",
    "period_label",
    "period_type",
    "quarter_label",
    "release_id",
)


@dataclass(frozen=True)
class Example:
    """A row that breaks a rule: where it stands, and what stands there."""

    where: str
    found: str

    @property
    def text(self) -> str:
        return ": ".join(filter(None, (self.where, self.found)))


def child_level(table: str) -> bool:
    """Whether rows of a raw table may not be quoted: lists of children, and what people wrote."""
    return table.startswith("annex_a") or table == narrative_answers.TABLE


def source_of(table: str) -> str:
    """Which source hands a raw table over."""
    return next(source for source in SOURCES if table in tables_of(source))


def examples(rule: Rule, rows: pd.DataFrame, files: pd.Series) -> tuple[Example, ...]:
    """One for each row; `files` are the paths below the landing zone by file_id, none for marts."""
    named = ("column", "column_A", "column_B")
    columns = [rule.arguments[key] for key in named if key in rule.arguments]
    keys = [key for key in KEYS if key in rows and key not in columns]
    # As a person writes a number: 110 and 3293.978749.
    written = {
        str(name): rows[name].map("{:.10g}".format, na_action="ignore")
        for name in rows.select_dtypes("float")
    }
    texts = rows.assign(**written).astype("string")
    return tuple(
        Example(
            ", ".join([*_in_file(row, files), *row[keys].dropna()]),
            " against ".join(row[columns].fillna("empty")),
        )
        for _, row in texts.iterrows()
    )


def _in_file(row: pd.Series, files: pd.Series) -> Iterator[str]:
    """File, sheet and cell, else row, as far as the table tells them."""
    if "file_id" not in row or files.empty:
        return
    yield str(files.get(row["file_id"], f"file {row['file_id']}"))
    places = [("sheet", "sheet"), ("cell", "cell") if row.notna().get("cell") else ("row", "row")]
    for column, word in places:
        if row.notna().get(column):
            yield f"{word} {row[column]}"
