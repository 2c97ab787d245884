"""Great Expectations gates as blocking checks: on raw before dbt, on marts before publication."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import dagster as dg

from expectations import gate
from ingestion.landing import LONDON
from ingestion.pipeline import SOURCES, raw_path, tables_of
from orchestration import publish
from orchestration.defs.ingest import raw_key
from orchestration.defs.transform import mart_keys
from orchestration.resources import Platform


def _results(
    key: dg.AssetKey, outcome: gate.Outcome, pages: dict[str, Path]
) -> Iterator[dg.AssetCheckResult]:
    """Two results per table: `gate` blocks, `plausible` only warns; `pages` are its Data Docs."""
    # Paths, not addresses: a browser follows no link from a server to a file.
    links = {name: dg.MetadataValue.path(str(page)) for name, page in pages.items()}
    for name, severity in (("gate", "critical"), ("plausible", "warning")):
        failures = [failure for failure in outcome.failures if failure.severity == severity]
        yield dg.AssetCheckResult(
            asset_key=key,
            check_name=name,
            passed=not failures,
            severity=dg.AssetCheckSeverity.ERROR if name == "gate" else dg.AssetCheckSeverity.WARN,
            description="; ".join(failure.text for failure in failures[:5]) or None,
            metadata={
                "expectations": outcome.evaluated[severity],
                "failed": dg.MetadataValue.md(
                    "\n".join(f"- {failure.text}" for failure in failures) or "none"
                ),
                # What a notice may tell: no rows.
                "rules": [{"rule": failure.rule_id, "why": failure.why} for failure in failures],
                **links,
            },
        )


def _specs(keys: list[dg.AssetKey]) -> list[dg.AssetCheckSpec]:
    return [
        spec
        for key in keys
        for spec in (
            dg.AssetCheckSpec(
                "gate",
                asset=key,
                blocking=True,
                description="Must hold; nothing downstream runs if not.",
            ),
            dg.AssetCheckSpec(
                "plausible",
                asset=key,
                description="Worth a look: outside the expected range or form.",
            ),
        )
    ]


def raw_gate(source: str) -> dg.AssetChecksDefinition:
    keys = {raw_key(table): table for table in tables_of(source)}

    @dg.multi_asset_check(name=f"raw_gate_{source}", specs=_specs(list(keys)))
    def check(platform: Platform) -> Iterator[dg.AssetCheckResult]:
        waivers = []
        for key, table in keys.items():
            docs, today = platform.home.data_docs, datetime.now(LONDON).date()
            outcome = gate.check_raw(table, raw_path(platform.home.root, table), docs, today)
            waivers += outcome.waivers
            yield from _results(key, outcome, {"data_docs": gate.docs_page(docs, table)})
        publish.accept(platform.home, f"raw_{source}", waivers)

    return check


def marts_gate() -> dg.AssetChecksDefinition:
    @dg.multi_asset_check(name="marts_gate", specs=_specs(mart_keys()))
    def check(platform: Platform) -> Iterator[dg.AssetCheckResult]:
        home, docs = platform.home, platform.home.data_docs
        today = datetime.now(LONDON).date()
        across = gate.check_across(home.staged_marts, home.raw, docs, today)
        held_back, waivers = False, []
        for key in mart_keys():
            mart = key.path[-1]
            outcome = gate.check_mart(mart, home.staged_marts / f"{mart}.parquet", docs, today)
            outcome.include(across[mart])
            held_back |= outcome.blocks
            waivers += outcome.waivers
            pages = {"data_docs": mart, "data_docs_across_marts": gate.ACROSS}
            yield from _results(
                key, outcome, {name: gate.docs_page(docs, page) for name, page in pages.items()}
            )
        publish.accept(home, "marts", waivers)
        (publish.hold_back if held_back else publish.let_pass)(home)

    return check


CHECKS = [*(raw_gate(source) for source in SOURCES), marts_gate()]
