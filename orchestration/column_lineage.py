"""Which upstream columns each column of a dbt model is made of, for the asset graph.

What belongs here: from compiled SQL to `dg.TableColumnLineage`, and adding that to dbt's events.
What does not: column types and row counts (`built.py`).

dagster-dbt's own lineage optimises and parses the whole SQL again for every column, which took
longer than dbt itself, and gives none for a union by name of branches with different columns.
Here each model is resolved once and its columns are followed together, while dbt builds the others.
All models take less than a second, so nothing is kept from one run to the next.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliInvocation
from sqlglot import MappingSchema, exp, parse_one
from sqlglot.lineage import lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope

DIALECT = "duckdb"
SCHEMA = "dagster/column_schema"
LINEAGE = "dagster/column_lineage"

# Of a column, the (relation, column) pairs it is made of.
Sources = set[tuple[str, str]]
# The columns of an asset.
Stored = Callable[[dg.AssetKey], list[str]]


def trace(sql: str, upstream: Mapping[str, Iterable[str]]) -> dict[str, Sources]:
    """For each column of a query, the columns of the upstream relations that its value is made of.

    `upstream` names the relations as dbt does (`"db"."schema"."name"`), each with its columns: they
    are what a star stands for. Conditions and joins are not part of a value.
    """
    return _traced(sql, tuple((name, tuple(columns)) for name, columns in upstream.items()))


# More than there are models: what was followed while dbt ran is asked for again when it has ended.
@lru_cache(maxsize=512)
def _traced(sql: str, upstream: tuple[tuple[str, tuple[str, ...]], ...]) -> dict[str, Sources]:
    schema = MappingSchema(dialect=DIALECT)
    names: dict[str, str] = {}
    for relation, columns in upstream:
        names[exp.normalize_table_name(relation, dialect=DIALECT)] = relation
        # Names alone resolve a column; the type only fills its place.
        schema.add_table(relation, dict.fromkeys(columns, "text"), dialect=DIALECT)
    query = qualify(
        parse_one(sql, dialect=DIALECT),
        dialect=DIALECT,
        schema=schema,
        validate_qualify_columns=False,
    )
    _line_up_unions(query)
    # Not trimmed: the trimmed copies of the query are for pictures, and most of the time.
    roots = lineage(
        None,
        query,
        schema,
        dialect=DIALECT,
        scope=build_scope(query),
        trim_selects=False,
        copy=False,
    )
    traced: dict[str, Sources] = {column: set() for column in roots}
    for column, root in roots.items():
        for node in root.walk():
            table = node.expression
            if node.downstream or not isinstance(table, exp.Table) or node.name == "*":
                continue
            found = names.get(exp.normalize_table_name(table, dialect=DIALECT))
            if found:
                traced[column].add((found, exp.to_column(node.name).name))
    return traced


def _line_up_unions(query: exp.Expr) -> None:
    """Turn each union by name into one by position, which is all that sqlglot's lineage follows."""
    # Innermost first, so that the branches of an outer union already stand in one order.
    for union in reversed(list(query.find_all(exp.SetOperation))):
        if union.args.get("by_name"):
            names = union.named_selects
            for branch in (union.left, union.right):
                own = branch.named_selects
                _select(branch, [(own.index(n) if n in own else None, n) for n in names])
            union.set("by_name", False)


def _select(branch: exp.Expr, positions: list[tuple[int | None, str]]) -> None:
    """Give a branch these of its columns in this order; None is a column it does not have."""
    branch = branch.unnest()
    if isinstance(branch, exp.SetOperation):
        _select(branch.left, positions)
        _select(branch.right, positions)
        return
    old = branch.expressions
    missing = exp.null()
    branch.set(
        "expressions", [exp.alias_(missing, n) if i is None else old[i] for i, n in positions]
    )


def followed(
    events: Iterable[Any], build: DbtCliInvocation, columns_stored: Stored
) -> Iterator[Any]:
    """The same events, each model's columns followed as it comes: while dbt builds the others.

    For that its SQL tells its columns, which the warehouse tells only when dbt has ended.
    """
    parts = _Parts(build, columns_stored)
    for event in events:
        if isinstance(event, dg.Output):
            with contextlib.suppress(Exception):  # to be said by whoever asks for its lineage
                model = parts.node(str(event.metadata["unique_id"].value))
                parts.columns[model["unique_id"]] = list(parts.trace(model))
        yield event


def with_column_lineage(
    events: Iterable[Any],
    build: DbtCliInvocation,
    log: Callable[[str], None],
    columns_stored: Stored,
) -> Iterator[Any]:
    """dbt's events, those of models with their column lineage.

    What a model reads was built earlier in the same stream, so its columns are known from there;
    `columns_stored` gives those of what this run did not build. A model whose SQL cannot be
    followed has no lineage and a line in the log; it never fails the run.
    """
    parts = _Parts(build, columns_stored)
    for event in events:
        if not isinstance(event, dg.Output):
            yield event
            continue
        model = parts.node(str(event.metadata["unique_id"].value))
        parts.columns[model["unique_id"]] = own = _column_names(event.metadata)
        if model["resource_type"] != "model":
            yield event
            continue
        try:
            traced = parts.trace(model)
            keys = {name: parts.key(parent) for name, parent in parts.parents(model).items()}
        except Exception as error:
            reason = str(error).strip().partition("\n")[0] or type(error).__name__
            log(f"{model['name']} has no column lineage: {reason}")
            yield event
            continue
        lost = [column for column in own if column.lower() not in traced]
        if lost:
            log(f"{model['name']}: not found in its SQL, so without lineage: {', '.join(lost)}")
        deps = {
            column.lower(): [
                dg.TableColumnDep(keys[relation], source)
                for relation, source in sorted(traced.get(column.lower(), ()))
            ]
            for column in own
        }
        found = dg.MetadataValue.column_lineage(dg.TableColumnLineage(deps))
        yield event.with_metadata({**event.metadata, LINEAGE: found})


class _Parts:
    """What a model reads; `columns` of what this run has built, by dbt's id."""

    def __init__(self, build: DbtCliInvocation, columns_stored: Stored) -> None:
        self.build = build
        self.columns: dict[str, list[str]] = {}
        self._stored = columns_stored

    def node(self, unique_id: str) -> dict[str, Any]:
        manifest = self.build.manifest
        node: dict[str, Any] = manifest["nodes"].get(unique_id) or manifest["sources"][unique_id]
        return node

    def key(self, unique_id: str) -> dg.AssetKey:
        translator = self.build.dagster_dbt_translator
        return translator.get_asset_spec(self.build.manifest, unique_id, self.build.project).key

    def parents(self, model: Mapping[str, Any]) -> dict[str, str]:
        """dbt's ids by the names of the relations."""
        ids = model["depends_on"]["nodes"]
        return {self.node(parent)["relation_name"]: parent for parent in ids}

    def trace(self, model: Mapping[str, Any]) -> dict[str, Sources]:
        path = self.build.target_path / "compiled" / model["package_name"]
        sql = (path / model["original_file_path"]).read_text(encoding="utf-8")
        parents = self.parents(model).items()
        return trace(sql, {name: self._columns(parent) for name, parent in parents})

    def _columns(self, unique_id: str) -> list[str]:
        if unique_id not in self.columns:
            self.columns[unique_id] = self._stored(self.key(unique_id))
        return self.columns[unique_id]


def stored_columns(instance: dg.DagsterInstance, key: dg.AssetKey) -> list[str]:
    """The columns that an asset had when it was last made, none where that is not known."""
    event = instance.get_latest_materialization_event(key)
    last = event.asset_materialization if event else None
    return _column_names(last.metadata) if last else []


def _column_names(metadata: Mapping[str, Any]) -> list[str]:
    schema = metadata.get(SCHEMA)
    return [column.name for column in schema.schema.columns] if schema else []
