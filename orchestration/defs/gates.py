"""Great Expectations gates as blocking checks: on raw before dbt, on marts before publication."""

from collections.abc import Iterator, Mapping, Set
from datetime import datetime

import dagster as dg

from expectations import gate
from ingestion.landing import LONDON
from ingestion.pipeline import SOURCES, tables_of
from orchestration import defined, publish, raw_gate
from orchestration.defs.ingest import raw_key
from orchestration.defs.transform import mart_keys
from orchestration.passed import GateNotPassed
from orchestration.resources import Platform


def _results(
    key: dg.AssetKey, outcome: gate.Outcome, paths: dict[str, str]
) -> Iterator[dg.AssetCheckResult]:
    """Two results per table: `gate` blocks, `plausible` only warns; `paths` lead to more.

    Of child-level tables a failure has neither examples nor a text that quotes any.
    """
    for name, severity in (("gate", "critical"), ("plausible", "warning")):
        failures = [failure for failure in outcome.failures if failure.severity == severity]
        said = [failure.text for failure in failures[:5]]
        if name == "gate":
            said += [f"Passed as a failure is {waiver.text}." for waiver in outcome.waivers]
        yield dg.AssetCheckResult(
            asset_key=key,
            check_name=name,
            passed=not failures,
            severity=dg.AssetCheckSeverity.ERROR if name == "gate" else dg.AssetCheckSeverity.WARN,
            description=" ".join(f"{one.rstrip('.')}." for one in said) or None,
            metadata={
                "expectations": outcome.evaluated[severity],
                # What a notice may tell: no rows.
                "rules": [{"rule": failure.rule_id, "why": failure.why} for failure in failures],
                **_tables(failures),
                **{name: dg.MetadataValue.path(path) for name, path in paths.items()},
            },
        )


def _tables(failures: list[gate.Failure]) -> dict[str, dg.TableMetadataValue]:
    """The rules that do not hold, and a few rows of each with the place where they stand."""
    rules = [
        {
            "rule": failure.rule_id,
            "severity": failure.severity,
            "why": failure.why,
            "rows": "" if failure.rows is None else f"{failure.rows:,}",
            "what_to_do": failure.fix,
            "waiver": "; ".join(waiver.text for waiver in failure.waivers) or failure.not_accepted,
        }
        for failure in failures
    ]
    rows = [
        {"rule": failure.rule_id, "where": example.where, "found": example.found}
        for failure in failures
        for example in failure.examples
    ]
    return {
        name: dg.MetadataValue.table([dg.TableRecord(line) for line in lines])
        for name, lines in (("failing_rules", rules), ("failing_rows", rows))
        if lines
    }


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


def gate_of(source: str) -> dg.AssetChecksDefinition:
    keys = {raw_key(table): table for table in tables_of(source)}

    @dg.multi_asset_check(name=f"raw_gate_{source}", specs=_specs(list(keys)))
    def check(platform: Platform) -> Iterator[dg.AssetCheckResult]:
        outcomes = raw_gate.judge(source, platform.home)
        for key, table in keys.items():
            paths = {
                "data_docs": str(gate.docs_page(platform.home.data_docs, table)),
                "contract": defined.contract_of(table),
                "runbook": defined.runbook(),
            }
            yield from _results(key, outcomes[table], paths)

    return check


def require_the_rest(built: Set[dg.AssetKey], outcomes: Mapping[str, gate.Outcome]) -> None:
    """Raise GateNotPassed where marts do not hold that the run has not built, so cannot tell of."""
    names = {key.path[-1] for key in built}
    told = [
        f"{mart}: {', '.join(failure.rule_id for failure in outcome.blocking)}"
        for mart, outcome in outcomes.items()
        if outcome.blocks and mart not in names
    ]
    if told:
        raise GateNotPassed(
            "Marts that this run has not built do not hold beside those that it has"
            f" ({'; '.join(told)}); run the whole quarter, whose checks say where"
        )


def marts_gate() -> dg.AssetChecksDefinition:
    @dg.multi_asset_check(name="marts_gate", specs=_specs(mart_keys()), can_subset=True)
    def check(
        context: dg.AssetCheckExecutionContext, platform: Platform
    ) -> Iterator[dg.AssetCheckResult]:
        home, docs = platform.home, platform.home.data_docs
        today = datetime.now(LONDON).date()
        outcomes = gate.check_marts(home.staged_marts, home.raw, docs, today)
        waivers = [waiver for mart in sorted(outcomes) for waiver in outcomes[mart].waivers]
        publish.accept(home, "marts", waivers)
        held_back = [mart for mart, outcome in outcomes.items() if outcome.blocks]
        (publish.hold_back if held_back else publish.let_pass)(home)
        # All are judged; a run that is about a part tells of those that it has built.
        built = {key.asset_key for key in context.selected_asset_check_keys}
        for key in sorted(built):
            mart = key.path[-1]
            paths = {
                "data_docs": str(gate.docs_page(docs, mart)),
                "data_docs_across_marts": str(gate.docs_page(docs, gate.ACROSS)),
                "contract": defined.mart_yaml(mart),
                "data_dictionary": defined.dictionary(mart),
                "runbook": defined.runbook(),
            }
            yield from _results(key, outcomes[mart], paths)
        require_the_rest(built, outcomes)

    return check


CHECKS = [*(gate_of(source) for source in SOURCES), marts_gate()]
