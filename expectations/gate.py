"""Run a suite over a Parquet file and say what failed, in words and counts.

The result never quotes cells of child-level tables, and neither do the Data Docs written for
people: those tables are validated for pass or fail only.
"""

import os
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pyarrow.parquet as pq

from expectations.suites import Rule, mart_suite, raw_suite

MARTS = (
    "fct_measure",
    "fct_indicator",
    "fct_comparison",
    "fct_reconciliation",
    "mart_tartan_rug",
    "fct_inspection",
    "mart_inspection_summary",
    "mart_submission_status",
    "mart_findings",
)


@dataclass(frozen=True)
class Failure:
    rule_id: str
    severity: str
    text: str


@dataclass(frozen=True)
class Outcome:
    """What a suite found; `evaluated` counts expectations by severity."""

    failures: list[Failure]
    evaluated: Counter[str]


def check_raw(table: str, path: Path, docs: Path) -> Outcome:
    """Validate a raw table against its contract's suite."""
    return _check(table, path, raw_suite(table), docs, quote=not table.startswith("annex_a"))


def check_mart(mart: str, path: Path, docs: Path) -> Outcome:
    """Validate a staged mart before it is published."""
    return _check(mart, path, mart_suite(mart), docs, quote=True)


def _check(name: str, path: Path, suite: list[Rule], docs: Path, quote: bool) -> Outcome:
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "False")
    with warnings.catch_warnings():
        # GX 1.24 still uses pandas calls that pandas 3 warns about; nothing we could change.
        warnings.simplefilter("ignore")
        results = _validate(name, path, suite, docs, quote)
    failures = [
        Failure(rule.rule_id, rule.severity, _text(rule, result))
        for rule, result in zip(suite, results, strict=True)
        if not result["success"]
    ]
    return Outcome(failures, Counter(rule.severity for rule in suite))


def _validate(
    name: str, path: Path, suite: list[Rule], docs: Path, quote: bool
) -> list[dict[str, Any]]:
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = cast(Any, {"globally": False})
    batch = (
        context.data_sources.add_pandas("parquet")
        .add_dataframe_asset(name)
        .add_batch_definition_whole_dataframe("all")
    )
    expectations = [
        getattr(gx.expectations, rule.expectation)(
            **rule.arguments,
            severity=rule.severity,
            meta={"rule_id": rule.rule_id},
            notes=rule.why or None,
            **(
                {"row_condition": rule.condition, "condition_parser": "pandas"}
                if rule.condition
                else {}
            ),
        )
        for rule in suite
    ]
    built = context.suites.add(gx.ExpectationSuite(name=name, expectations=expectations))
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(name=name, data=batch, suite=built)
    )
    site: Any = {
        "class_name": "SiteBuilder",
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        "store_backend": {
            "class_name": "TupleFilesystemStoreBackend",
            "base_directory": str(docs / name),
        },
    }
    context.add_data_docs_site(site_name=name, site_config=site)
    checkpoint = gx.Checkpoint(
        name=name,
        validation_definitions=[definition],
        actions=[gx.checkpoint.UpdateDataDocsAction(name="docs", site_names=[name])],
        result_format="SUMMARY" if quote else "BOOLEAN_ONLY",
    )
    frame = pq.read_table(path).to_pandas()
    run = checkpoint.run(batch_parameters={"dataframe": frame})
    (validation,) = run.run_results.values()
    by_rule = {
        result["expectation_config"]["meta"]["rule_id"]: result
        for result in validation.to_json_dict()["results"]
    }
    return [by_rule[rule.rule_id] for rule in suite]


def _text(rule: Rule, result: dict[str, Any]) -> str:
    count = (result.get("result") or {}).get("unexpected_count")
    raised = (result.get("exception_info") or {}).values()
    messages = [e.get("exception_message") for e in raised if isinstance(e, dict)]
    error = next((message for message in messages if message), None)
    detail = f"{count:,} rows" if count else error
    return f"{rule.rule_id}: {rule.why}" + (f" ({detail})" if detail else "")
