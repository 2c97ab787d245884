"""Rules over a frame by Great Expectations, and the Data Docs page written of it.

What leaves here of a child-level table is whether each rule holds and in how many rows it does not:
examples and what the library says of an error, both of which may quote a cell, are taken out of the
results before anything is written of them. What a failure means is `gate.py`'s business.
"""

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pandas as pd

from expectations.suites import Rule

NOT_ASKED = "it could not be asked"
_PAGE = {"module_name": "expectations.pages", "class_name": "Page"}
_INDEX = {"module_name": "expectations.pages", "class_name": "IndexPage"}
# What a result may tell of a child-level table.
_COUNTS = ("element_count", "unexpected_count", "unexpected_percent", "missing_count")


class NotValidated(Exception):
    """No rule of a child-level table could be asked; why is not passed on, as it may quote."""


@dataclass(frozen=True)
class Result:
    """What is said of one rule.

    rows: in how many it does not hold, None where that is not a matter of rows; examples: the
    frame's labels of the first of them, none for a child-level table; error: why it could not be
    asked, None where it was.
    """

    holds: bool
    rows: int | None = None
    examples: tuple[Any, ...] = ()
    error: str | None = None


def docs_page(docs: Path, name: str) -> Path:
    """The Data Docs page of what was validated under a name."""
    return docs / name / "index.html"


def validate(
    name: str, frame: pd.DataFrame, suite: list[Rule], docs: Path | None, quote: bool
) -> list[Result]:
    """Each rule of the suite asked of the frame, in order; `quote`: rows may be quoted."""
    with warnings.catch_warnings():
        # GX 1.24 still uses pandas calls that pandas 3 warns about; nothing we could change.
        warnings.simplefilter("ignore")
        if quote:
            return _checkpoint(name, frame, suite, docs, quote)
        with _without_log():
            try:
                return _checkpoint(name, frame, suite, docs, quote)
            except Exception as error:
                kind = type(error).__name__
                raise NotValidated(f"The rules of {name} could not be asked ({kind}).") from None


@contextmanager
def _without_log() -> Iterator[None]:
    """GX logs the errors it catches, with what they quote."""
    log = logging.getLogger("great_expectations")
    level = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        log.setLevel(level)


def _checkpoint(
    name: str, frame: pd.DataFrame, suite: list[Rule], docs: Path | None, quote: bool
) -> list[Result]:
    from expectations.engine import gx

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
    checkpoint = gx.Checkpoint(
        name=name, validation_definitions=[definition], result_format="SUMMARY"
    )
    run = checkpoint.run(batch_parameters={"dataframe": frame})
    ((identifier, validation),) = run.run_results.items()
    if not quote:
        _silence(validation.results)
        # The page is written of what is stored.
        context.validation_results_store.set(identifier, validation)
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
        gx.checkpoint.UpdateDataDocsAction(name="docs", site_names=[name]).run(run)
    by_rule = {
        result["expectation_config"]["meta"]["rule_id"]: _result(result)
        for result in validation.to_json_dict()["results"]
    }
    return [by_rule[rule.rule_id] for rule in suite]


def _silence(results: list[Any]) -> None:
    for result in results:
        result.result = {key: result.result[key] for key in _COUNTS if key in result.result}
        if _error(result.exception_info):
            result.exception_info = {
                "exception_message": NOT_ASKED,
                "exception_traceback": "",
                "raised_exception": True,
            }


def _result(told: Mapping[str, Any]) -> Result:
    found = told.get("result") or {}
    return Result(
        bool(told["success"]),
        found.get("unexpected_count"),
        tuple(found.get("partial_unexpected_index_list") or ()),
        _error(told.get("exception_info")),
    )


def _error(told: Mapping[str, Any] | None) -> str | None:
    """GX tells of one error as it is, and of several by the metric that raised each."""
    told = told or {}
    messages = [told.get("exception_message")]
    messages += [e.get("exception_message") for e in told.values() if isinstance(e, Mapping)]
    return next((message for message in messages if message), None)
