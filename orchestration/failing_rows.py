"""A few of the rows that fail a dbt test, for its check in the Dagster UI.

What belongs here: which rows, and how much of them may be told. What does not: severity and number
of rows, which dagster-dbt tells. Asked of tests that failed and of no others, so a good run pays
nothing.

Of a mart or a model only columns that name a figure are told (indicator, authority, period), of a
seed all, as somebody has typed them and looks for the slip. Of a test that reads child-level rows
nothing is: its number of rows is all there is.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliInvocation

from expectations.addresses import KEYS
from orchestration.built import opened

ROWS = "failing_rows"
DEFINED = "defined_in"
_SHOWN = 5
_RESTRICTED = "restricted"
# What dbt's own tests call the column they are on.
_COLUMN = ("unique_field", "value_field", "from_field")
_COUNT = "n_records"
Row = Mapping[str, Any]


def with_failing_rows(
    events: Iterable[Any], build: DbtCliInvocation, warehouse: Path, log: Callable[[str], None]
) -> Iterator[Any]:
    """dbt's events, those of failed tests with a few of the rows and where the test is written.

    Rows that cannot be read are a line in the log, without what the database says of it, as that
    may quote a cell; they never fail the run.
    """
    for event in events:
        test = None
        if isinstance(event, dg.AssetCheckResult) and not event.passed:
            test = build.manifest["nodes"].get(str(event.metadata["unique_id"].value))
        if test is None:
            yield event
            continue
        more: dict[str, Any] = {}
        try:
            more[DEFINED] = dg.MetadataValue.path(
                str(Path(build.project_dir) / test["original_file_path"])
            )
            found = [_told(test, build.manifest, row) for row in _rows(test, build, warehouse)]
            if any(found):
                more[ROWS] = dg.MetadataValue.table([dg.TableRecord(row) for row in found if row])
        except Exception as error:
            log(f"{test['name']}: its failing rows cannot be shown ({type(error).__name__})")
        yield event.with_metadata({**event.metadata, **more})


def _rows(test: Mapping[str, Any], build: DbtCliInvocation, warehouse: Path) -> Sequence[Row]:
    """The first rows that fail a test; none of a test that reads child-level rows."""
    if _of_children(test, build.manifest):
        return []
    with opened(warehouse) as connection:
        found = connection.sql(_query(test, build))
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def _query(test: Mapping[str, Any], build: DbtCliInvocation) -> str:
    """What dbt ran, but for rows without a value: dbt asks there for the empty column alone."""
    attached = build.manifest["nodes"].get(test.get("attached_node") or "")
    whole = not test.get("config", {}).get("where")
    if (test.get("test_metadata") or {}).get("name") == "not_null" and attached and whole:
        relation, column = attached["relation_name"], test["column_name"]
        sql = f"select * from {relation} where {column} is null"  # noqa: S608 - dbt's own names
    else:
        folder = Path(build.target_path) / "compiled" / test["package_name"]
        sql = (folder / test["original_file_path"] / test["path"]).read_text(encoding="utf-8")
    return f"select * from (\n{sql}\n) as failing limit {_SHOWN}"  # noqa: S608 - the test itself


def _told(test: Mapping[str, Any], manifest: Mapping[str, Any], row: Row) -> dict[str, str]:
    column = test.get("column_name") or ""
    named = {column if name in _COLUMN and column else name: row[name] for name in row}
    parents = test["depends_on"]["nodes"]
    typed = all(
        manifest["nodes"].get(parent, {}).get("resource_type") == "seed" for parent in parents
    )
    return {
        name: str(value)
        for name, value in named.items()
        if value is not None and (typed or name in KEYS or name == _COUNT)
    }


def _of_children(test: Mapping[str, Any], manifest: Mapping[str, Any]) -> bool:
    for parent in test["depends_on"]["nodes"]:
        node = manifest["nodes"].get(parent) or manifest["sources"][parent]
        if _RESTRICTED in (node.get("schema"), node.get("config", {}).get("schema")):
            return True
    return False
