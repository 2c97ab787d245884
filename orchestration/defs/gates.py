"""Great Expectations gates as blocking checks: on raw before dbt, on marts before publication."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from expectations import gate
from ingestion.pipeline import SOURCES, raw_path, tables_of
from orchestration import publish
from orchestration.defs.ingest import raw_key
from orchestration.resources import Platform


def _results(key: dg.AssetKey, outcome: gate.Outcome) -> Iterator[dg.AssetCheckResult]:
    """Two results per table: `gate` blocks, `plausible` only warns."""
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
        for key, table in keys.items():
            outcome = gate.check_raw(
                table, raw_path(platform.home.root, table), platform.home.data_docs
            )
            yield from _results(key, outcome)

    return check


def marts_gate() -> dg.AssetChecksDefinition:
    keys = {dg.AssetKey(["marts", mart]): mart for mart in gate.MARTS}

    @dg.multi_asset_check(name="marts_gate", specs=_specs(list(keys)))
    def check(platform: Platform) -> Iterator[dg.AssetCheckResult]:
        home = platform.home
        held_back = False
        for key, mart in keys.items():
            staged: Path = home.staged_marts / f"{mart}.parquet"
            outcome = gate.check_mart(mart, staged, home.data_docs)
            held_back |= any(failure.severity == "critical" for failure in outcome.failures)
            yield from _results(key, outcome)
        (publish.hold_back if held_back else publish.let_pass)(home)

    return check


CHECKS = [*(raw_gate(source) for source in SOURCES), marts_gate()]
