"""Run suites over Parquet and say what failed, in words, counts and a few examples.

The result never quotes cells of child-level tables, and neither do the Data Docs written for
people: those tables are validated for pass or fail only. Examples name figures of authorities.
"""

import os
import warnings
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from expectations import across
from expectations.contracts import marts
from expectations.suites import Rule, mart_suite, raw_suite
from expectations.waivers import Decision, Waiver, decide

# The Data Docs of the rules between marts; those of a table have its name.
ACROSS = "across_marts"
# What tells a person which figure an example is.
_KEYS = (
    "subject",
    "area",
    "period",
    "source",
    "indicator_code",
    "measure_code",
    "judgement_area",
    "new_la_code",
    "period_label",
    "quarter_label",
    "release_id",
)
_PAGE = {"module_name": "expectations.pages", "class_name": "Page"}
_INDEX = {"module_name": "expectations.pages", "class_name": "IndexPage"}
_EXAMPLES = 5  # a check's description is read at a glance; Data Docs have more


@dataclass(frozen=True)
class Failure:
    """A rule that does not hold: why it is asked, and the whole text, which quotes rows.

    waivers: those under which it is accepted; it only warns then.
    """

    rule_id: str
    severity: str
    why: str
    text: str
    waivers: tuple[Waiver, ...] = ()


@dataclass
class Outcome:
    """What a suite found; `evaluated` counts expectations by severity."""

    failures: list[Failure] = field(default_factory=list)
    evaluated: Counter[str] = field(default_factory=Counter)

    @property
    def blocks(self) -> bool:
        return any(failure.severity == "critical" for failure in self.failures)

    @property
    def waivers(self) -> list[Waiver]:
        """Under which failures that would block were accepted."""
        return [waiver for failure in self.failures for waiver in failure.waivers]

    def include(self, other: "Outcome") -> None:
        self.failures.extend(other.failures)
        self.evaluated.update(other.evaluated)

    def add(
        self,
        rule: Rule,
        result: dict[str, Any],
        frame: pd.DataFrame,
        quote: bool,
        on: date | None,
    ) -> None:
        """Take in one rule's result; `on` is the day for waivers, None: none counts."""
        self.evaluated[rule.severity] += 1
        if result["success"]:
            return
        text = _text(rule, result, frame, quote)
        decision = Decision()
        # Somebody accepts rows that are known, and not that a rule could not be asked at all.
        asked = _error(result) is None
        if on is not None and rule.severity == "critical" and asked:
            decision = decide(rule.rule_id, frame, on, lambda rest: _holds(rule, rest))
        severity = rule.severity
        if decision.accepted:
            severity = "warning"
            text = f"{'; '.join(waiver.text for waiver in decision.accepted)}: {text}"
        elif decision.said:
            text = f"{text} {decision.said}"
        self.failures.append(Failure(rule.rule_id, severity, rule.why, text, decision.accepted))


def docs_page(docs: Path, table: str) -> Path:
    """The Data Docs page of a table, or of `ACROSS`."""
    return docs / table / "index.html"


def check_raw(table: str, path: Path, docs: Path, on: date | None = None) -> Outcome:
    """Validate a raw table against its contract's suite; `on`: the day for waivers."""
    return _check(table, path, raw_suite(table), docs, not table.startswith("annex_a"), on)


def check_mart(mart: str, path: Path, docs: Path, on: date | None = None) -> Outcome:
    """Validate a staged mart before it is published."""
    return _check(mart, path, mart_suite(mart), docs, True, on)


def check_across(staged: Path, raw: Path, docs: Path, on: date | None = None) -> dict[str, Outcome]:
    """Validate the staged marts against each other and against what was read: outcomes by mart.

    One frame holds the rows that break a rule, each rule's under its own condition.
    """
    frame = across.broken(staged, raw)
    rules = [
        Rule(
            rule.id,
            "ExpectColumnPairValuesToBeEqual",
            {"column_A": "found", "column_B": "expected", "ignore_row_if": "neither"},
            rule.severity,
            rule.why,
            f'rule_id=="{rule.id}"',
            rule.fix,
        )
        for rule in across.rules()
    ]
    results = _validate(ACROSS, frame, rules, docs, quote=True)
    outcomes = {mart: Outcome() for mart in marts()}
    for rule, written, result in zip(across.rules(), rules, results, strict=True):
        mine = frame[frame["rule_id"] == rule.id]
        outcomes[rule.mart].add(written, result, mine, True, on)
    return outcomes


def _check(
    name: str, path: Path, suite: list[Rule], docs: Path, quote: bool, on: date | None
) -> Outcome:
    frame = _read(path)
    outcome = Outcome()
    for rule, result in zip(suite, _validate(name, frame, suite, docs, quote), strict=True):
        outcome.add(rule, result, frame, quote, on)
    return outcome


def _read(path: Path) -> pd.DataFrame:
    """The whole table. Texts as categories: forty times faster to read, and to compare."""
    texts = [c.name for c in pq.read_schema(path) if pa.types.is_string(c.type)]
    return pq.read_table(path, read_dictionary=texts).to_pandas()


def _holds(rule: Rule, rest: pd.DataFrame) -> bool:
    """One rule asked of fewer rows; no page is written of it."""
    (result,) = _validate("without_waived_rows", rest, [rule], None, quote=False)
    return bool(result["success"])


def _validate(
    name: str, frame: pd.DataFrame, suite: list[Rule], docs: Path | None, quote: bool
) -> list[dict[str, Any]]:
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "False")
    with warnings.catch_warnings():
        # GX 1.24 still uses pandas calls that pandas 3 warns about; nothing we could change.
        warnings.simplefilter("ignore")
        return _checkpoint(name, frame, suite, docs, quote)


def _checkpoint(
    name: str, frame: pd.DataFrame, suite: list[Rule], docs: Path | None, quote: bool
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
    actions: list[Any] = []
    if docs:
        site: Any = {
            "class_name": "SiteBuilder",
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder", "view": _INDEX},
            # The page of results names every rule: a page of rules alone would tell nothing more.
            "site_section_builders": {"validations": {"view": _PAGE}, "expectations": "none"},
            "store_backend": {
                "class_name": "TupleFilesystemStoreBackend",
                "base_directory": str(docs_page(docs, name).parent),
            },
        }
        context.add_data_docs_site(site_name=name, site_config=site)
        actions.append(gx.checkpoint.UpdateDataDocsAction(name="docs", site_names=[name]))
    checkpoint = gx.Checkpoint(
        name=name,
        validation_definitions=[definition],
        actions=actions,
        result_format="SUMMARY" if quote else "BOOLEAN_ONLY",
    )
    run = checkpoint.run(batch_parameters={"dataframe": frame})
    (validation,) = run.run_results.values()
    by_rule = {
        result["expectation_config"]["meta"]["rule_id"]: result
        for result in validation.to_json_dict()["results"]
    }
    return [by_rule[rule.rule_id] for rule in suite]


def _text(rule: Rule, result: dict[str, Any], frame: pd.DataFrame, quote: bool) -> str:
    """`<rule>: <why> (<rows>: <examples>). <what to do>`."""
    found = result.get("result") or {}
    count = found.get("unexpected_count")
    error = _error(result)
    if count and quote:
        examples = _examples(
            rule, frame.loc[found.get("partial_unexpected_index_list", [])[:_EXAMPLES]]
        )
        more = ["…"] if count > len(examples) else []
        detail = f"{_rows(count)}: {'; '.join([*examples, *more])}"
    else:
        # What a library says of its failure may quote a cell.
        unasked = error if quote or error is None else "it could not be asked"
        detail = _rows(count) if count else unasked or ""
    said = f"{rule.rule_id}: {rule.why}" + (f" ({detail})" if detail else "")
    return f"{said}. {rule.fix}" if rule.fix else said


def _error(result: dict[str, Any]) -> str | None:
    """Why a rule could not be asked; None where it was."""
    raised = (result.get("exception_info") or {}).values()
    messages = [e.get("exception_message") for e in raised if isinstance(e, dict)]
    return next((message for message in messages if message), None)


def _rows(count: int) -> str:
    return f"{count:,} row{'s' if count > 1 else ''}"


def _examples(rule: Rule, rows: pd.DataFrame) -> list[str]:
    """Which figures they are, and what stands there."""
    named = ("column", "column_A", "column_B")
    columns = [rule.arguments[key] for key in named if key in rule.arguments]
    keys = [key for key in _KEYS if key in rows and key not in columns]
    return [
        ": ".join(filter(None, [", ".join(which.dropna()), " against ".join(what.fillna("empty"))]))
        for (_, which), (_, what) in zip(
            rows[keys].astype("string").iterrows(),
            rows[columns].astype("string").iterrows(),
            strict=True,
        )
    ]
