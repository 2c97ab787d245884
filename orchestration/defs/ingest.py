"""One multi-asset per source: landing zone to raw Parquet. A new contract table is a new asset."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import dagster as dg

from ingestion import kept_figures
from ingestion.contract import CONTRACTS
from ingestion.findings import Finding
from ingestion.landing import LONDON
from ingestion.pipeline import SOURCES, ingest, raw_path, tables_of
from ingestion.region import REGION
from orchestration import freshness
from orchestration.lib import GROUPS, OWNERS, counts, data_docs, with_code
from orchestration.received import ledger_metadata
from orchestration.resources import Platform
from orchestration.table_facts import table_metadata

DESCRIPTIONS = {
    "return": f"Quarterly returns of the {REGION.name} authorities: a workbook per authority and"
    " quarter.",
    "annex_a": "ChAT / Annex A child-level lists, made safe on landing. Restricted.",
    "published": "DfE statistics (Explore Education Statistics), every column of every known file;"
    " and Ofsted’s judgements.",
    "narrative": "Narrative forms sent back: the authorities’ own words, a row per answer.",
}

# Annex A workbooks come when an authority has agreed to send them: nobody waits for a day.
FRESHNESS = {"return": freshness.returns, "published": freshness.published}


def raw_key(table: str) -> dg.AssetKey:
    layer = "restricted" if table.startswith("annex_a_list") else "raw"
    return dg.AssetKey([layer, table])


def tables_with_ledger(source: str) -> list[str]:
    kept = [kept_figures.TABLE] if source == "annex_a" else []
    return [*tables_of(source), f"{source}_files", f"{source}_findings", *kept]


def _contract(source: str) -> Path:
    """What files of a source look like: one file, of published statistics one for each dataset."""
    return CONTRACTS / (source if source == "published" else f"{source}.yml")


def _description(source: str, table: str) -> str:
    if table.endswith("_files"):
        return f"Ledger: every {source} file ever received, its state and which version counts."
    if table.endswith("_findings"):
        return f"What was wrong in {source} files, with address, expectation and fix."
    if table == kept_figures.TABLE:
        return "Figures counted from workbooks whose child-level rows have been purged."
    return DESCRIPTIONS[source]


def _drift(drift: dict[str, list[Finding]]) -> dg.MetadataValue:
    """What differs from the releases before, worst first; notes are counted."""
    lines = []
    for path, findings in drift.items():
        told = [f"  - **{f.severity}** {f.message}" for f in findings if f.severity != "note"]
        notes = sum(finding.severity == "note" for finding in findings)
        lines += [f"- `{path}`", *told, f"  - {notes} for information"]
    return dg.MetadataValue.md("\n".join(lines) or "no file differs from a release before it")


def ingest_asset(source: str) -> dg.AssetsDefinition:
    tables = tables_with_ledger(source)

    @dg.multi_asset(
        name=f"ingest_{source}",
        specs=[
            dg.AssetSpec(
                raw_key(table),
                description=_description(source, table),
                group_name=GROUPS[raw_key(table).path[0]],
                owners=OWNERS,
                kinds={"python", "parquet"},
                tags={"liia/source": source},
                metadata=with_code(
                    data_docs(table) if table in tables_of(source) else {},
                    _contract(source),
                    "contract",
                ),
                freshness_policy=FRESHNESS[source]() if source in FRESHNESS else None,
            )
            for table in tables
        ],
    )
    def asset(
        context: dg.AssetExecutionContext, platform: Platform
    ) -> Iterator[dg.MaterializeResult]:
        home = platform.home
        result = ingest(
            source,
            home.landing,
            home.root,
            home.pseudonym_key(),
            datetime.now(LONDON),
            platform.allow_withdrawals,
        )
        context.log.info(
            f"{source}: {result.files} files, {result.parsed} read anew, "
            f"{len(result.quarantined)} set aside"
        )
        extra: dict[str, dict[str, Any]] = {
            f"{source}_files": {
                **ledger_metadata(source, home.root),
                "files": result.files,
                "read_anew": result.parsed,
            },
            f"{source}_findings": {"by_severity": counts(result.findings)},
        }
        if source == "published":
            extra["published_findings"]["drift"] = _drift(result.drift)
        for table in tables:
            # First what the table has to tell: the page shows entries in this order.
            metadata = extra.get(table, {}) | table_metadata(raw_path(home.root, table))
            yield dg.MaterializeResult(asset_key=raw_key(table), metadata=metadata)

    return asset


ASSETS = [ingest_asset(source) for source in SOURCES]
