"""What a product's page tells of what was written: files, readers, columns, the way back.

Belongs here: from what the release gate did to metadata. Does not: what the gate decides, and the
checks that carry it (`defs/outputs.py`).
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from exports.catalogue import Product
from exports.marts import MartError, read_mart
from exports.release.readme import NAME as README
from exports.release.writing import MANIFEST, Released
from ingestion.periods import Quarter
from orchestration.home import Home
from orchestration.table_facts import HASH, made_of, rows_as_table

# Of a product in more files than this the page tells those that are tables, and how many there are.
_LISTED = 12
# The product whose page names who has returned.
_RETURNS = "returns"
# Of a line of the log, so much that no other line can be made to fit.
_LOGGED = 32
_TABLES = (".csv", ".parquet", ".xlsx")


def product_metadata(
    product: Product, quarter: Quarter, released: Released | None, home: Home
) -> dict[str, Any]:
    """What is told of one quarter of a product."""
    told: dict[str, Any] = {"quarter": quarter.label}
    if released is None:
        return told | {"released": "nothing: it is made on request, and no authorisation stands"}
    if product.product_id == _RETURNS:
        told |= _returned(home.marts, quarter)
    left_out = sorted(released.ruling.authorities.left_out.values())
    line = released.logged
    told |= {
        "recipients": dg.MetadataValue.md(
            "\n".join(f"- {d.name}: {d.reason}" for d in released.ruling.allowed)
        ),
        "authorities_left_out": ", ".join(left_out) or "none",
        **_files(released),
        # Outside the home's own folder, so that a log written anew can be told from this one.
        "egress_log": f"line {line['line']}, {line['hash'][:_LOGGED]}"
        if line
        else "no file, no line",
        **explain_metadata(home, quarter),
    }
    if product.origins and line:
        lineage = _lineage(product)
        told["made_of"] = made_of(lineage)
        told["dagster/column_lineage"] = dg.MetadataValue.column_lineage(lineage)
    return told


def columns_of(product: Product) -> dict[str, dg.TableSchemaMetadataValue]:
    """The columns of a product that is a table, for its definition."""
    if not product.origins:
        return {}
    columns = [dg.TableColumn(name, "text", label) for name, label in product.columns.items()]
    schema = dg.TableSchema(columns)
    return {"dagster/column_schema": dg.MetadataValue.table_schema(schema)}


def _lineage(product: Product) -> dg.TableColumnLineage:
    deps = {}
    for column, origins in product.origins.items():
        parts = (origin.split(".") for origin in origins)
        deps[column] = [dg.TableColumnDep(dg.AssetKey(["marts", mart]), of) for mart, of in parts]
    return dg.TableColumnLineage(deps)


def _files(released: Released) -> dict[str, Any]:
    """Where to look first, and of the files how many rows each has and its hash."""
    folder = released.files[0].parent
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    described: Mapping[str, Mapping[str, Any]] = manifest["files"]
    own = [name for name in described if name != README]
    if not own:
        return {"files": 0}
    listed = own if len(own) <= _LISTED else [name for name in own if name.endswith(_TABLES)]
    rows = (
        [f"`{name}`", described[name].get("rows"), f"`{described[name]['sha256'][:HASH]}`"]
        for name in listed[:_LISTED]
    )
    first = next((name for name in own if name.endswith("index.html")), own[0])
    told: dict[str, Any] = {
        "open_first": dg.MetadataValue.path(str(folder / first)),
        "folder": dg.MetadataValue.path(str(folder)),
        "files": len(own),
    }
    if listed:
        told["contents"] = rows_as_table(["File", "Rows", "SHA-256 begins"], rows)
    return told


def _returned(marts: Path, quarter: Quarter) -> dict[str, Any]:
    """Who has returned for a quarter, who is missing, and what was set aside and why."""
    columns = ["la_name", "submission_state", "quarter_label", "is_current", "is_late", "reason"]
    filters = [("quarter_label", "==", quarter.label), ("is_current", "==", True)]
    rows = read_mart(marts, "mart_submission_status", columns, filters).drop_duplicates("la_name")
    by_state = rows.sort_values("la_name").groupby("submission_state")["la_name"].agg(list)
    aside = rows[rows["submission_state"] == "quarantined"].sort_values("la_name")
    return {
        "missing": ", ".join(by_state.get("not_returned", [])) or "nobody",
        "set_aside": rows_as_table(
            ["Authority", "Why"], zip(aside["la_name"], aside["reason"], strict=True)
        ),
        "states": rows_as_table(
            ["State", "Authorities", "Who"],
            (
                [
                    str(state).replace("_", " "),
                    len(who),
                    ", ".join(who) if len(who) <= _LISTED else "",
                ]
                for state, who in by_state.items()
            ),
        ),
    }


def explain_metadata(home: Home, quarter: Quarter | None = None) -> dict[str, Any]:
    """The command that leads from a number to its file, sheet and cell, with a number there is.

    quarter: whose number it shall be; the newest that was returned where none is given, and where
    nobody returned for it.
    """
    columns = ["indicator_code", "new_la_code", "period_label", "period_end", "n_authorities"]
    wanted = [
        ("source", "==", "return"),
        ("is_current", "==", True),
        ("value_status", "==", "ok"),
        ("period_type", "in", ["quarter", "snapshot"]),
    ]
    try:
        figures = read_mart(home.marts, "fct_indicator", columns, wanted)
        authorities = read_mart(home.marts, "dim_local_authority", ["new_la_code", "short_code"])
    except MartError:
        return {}
    figures = figures.merge(authorities.dropna(subset="short_code"), on="new_la_code")
    if quarter and (figures["period_label"] == quarter.label).any():
        figures = figures[figures["period_label"] == quarter.label]
    if figures.empty:
        return {}
    figures = figures.sort_values(["period_end", "short_code"], ascending=[False, True])
    one = figures.iloc[0]
    period = Quarter.parse(one["period_label"]).slug
    command = (
        f"liia explain --la {one['short_code']} --period {period} \\\n"
        f"  --indicator {one['indicator_code']} \\\n"
        f"  --home {home.root}"
    )
    words = "Where a number comes from, to its file and cell."
    return {"explain": dg.MetadataValue.md(f"{words}\n\n```\n{command}\n```")}
