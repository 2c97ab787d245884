"""Rules between marts, read from `across.yml`, and the rows that break them.

Prepares frames only: DuckDB in memory over the Parquet of a home, a few columns at a time. Whether
a rule holds is for Great Expectations to say (`gate.py`); rules of one mart stand in `suites.py`.
"""

from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import pandas as pd
import yaml

from expectations.contracts import marts
from ingestion.region import REGION
from ingestion.registry import seed

# What a row that breaks a rule says; all text.
COLUMNS = ["rule_id", "subject", "area", "period", "found", "expected"]
RAW = (
    "return_files",
    "return_values",
    "published_files",
    "published_values",
    "annex_a_files",
    "chat_values",
)
SEEDS = (
    "reference/expected_rows",
    "reference/la_code_changes",
    "reference/quarters",
    "registry/indicator_set_members",
    "registry/indicator_sets",
    "registry/indicator_terms",
    "registry/measure_breakdowns",
    "registry/published_indicators",
    "registry/published_measures",
)
# A number as a person writes it: 1,234, and decimals where it has them.
SHOWN = (
    "create macro shown(x) as "
    "case when x = round(x) then format('{:,}', x::bigint) else x::text end"
)


@dataclass(frozen=True)
class AcrossRule:
    """A rule between tables: `sql` gives the rows that break it."""

    id: str
    severity: str
    why: str
    fix: str
    sql: str

    @property
    def mart(self) -> str:
        """The mart that the rule judges."""
        return self.id.split(".")[0]


@cache
def _document() -> tuple[dict[str, str], tuple[AcrossRule, ...]]:
    text = Path(__file__).with_name("across.yml").read_text(encoding="utf-8")
    document = yaml.safe_load(text)
    found = []
    for entry in document["rules"]:
        mart, name = entry["id"].split(".", 1)
        for judged in marts() if mart == "*" else [mart]:
            sql = entry["sql"].replace("{mart}", judged)
            found.append(AcrossRule(**entry | {"id": f"{judged}.{name}", "sql": sql}))
    return document["tables"], tuple(found)


def rules() -> tuple[AcrossRule, ...]:
    return _document()[1]


def broken(staged: Path, raw: Path) -> pd.DataFrame:
    """The rows that break a rule, over all rules: columns `COLUMNS`.

    `staged` holds the marts, `raw` the raw tables. A rule that cannot be asked, because a table or
    a column is not there, is broken, and says so.
    """
    contracts = pd.DataFrame(
        [(mart, c.name, c.data_type) for mart, columns in marts().items() for c in columns],
        columns=["mart", "column_name", "data_type"],
    )
    with duckdb.connect() as connection:
        connection.execute(SHOWN)
        connection.execute(f"create macro region() as '{REGION.code}'")
        connection.register("contracts", contracts)
        for name in SEEDS:
            connection.register(name.split("/")[1], seed(name))
        for prefix, folder, names in (("", staged, marts()), ("raw_", raw, RAW)):
            for name in names:
                path = folder / f"{name}.parquet"
                with suppress(duckdb.Error):
                    connection.from_parquet(str(path)).create_view(prefix + name)
        for name, sql in _document()[0].items():
            with suppress(duckdb.Error):
                connection.execute(f"create temp table {name} as {sql}")
        frames = [_rows(connection, rule).assign(rule_id=rule.id) for rule in rules()]
    return pd.concat(frames, ignore_index=True)[COLUMNS].astype("string")


def _rows(connection: duckdb.DuckDBPyConnection, rule: AcrossRule) -> pd.DataFrame:
    named = f"""
        select subject, coalesce(areas.la_name, area) as area, period, found, expected
        from ({rule.sql}) as rows
        left join dim_local_authority as areas on rows.area = areas.new_la_code
        order by all
    """  # noqa: S608 - our own rules
    try:
        return connection.execute(named).df()
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        return pd.DataFrame([{"subject": reason, "found": "no answer", "expected": "an answer"}])
