"""Run suites over Parquet and say what failed, in words, counts and a few examples.

Of child-level tables it is said what failed and in how many rows, and nothing of the rows: see
`validation.py`. Examples name figures of authorities, and where they stand (`addresses.py`).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

import pandas as pd

from expectations import across, frames
from expectations.addresses import Example, child_level, examples, source_of
from expectations.contracts import marts
from expectations.suites import Rule, mart_suite, raw_suite
from expectations.validation import Result, docs_page, validate
from expectations.waivers import Decision, Waiver, decide
from ingestion import side_by_side

__all__ = [
    "ACROSS", "Failure", "Outcome",
    "check_across", "check_all_raw", "check_mart", "check_marts", "check_raw", "docs_page",
]  # fmt: skip

# The Data Docs of the rules between marts; those of a table have its name.
ACROSS = "across_marts"
_EXAMPLES = 5  # a check is read at a glance; Data Docs have more
_NO_FILES = pd.Series(dtype="string")


@dataclass(frozen=True)
class Failure:
    """A rule that does not hold: why it is asked, and the whole text, which quotes rows.

    rows: in how many it does not, None where that is not a matter of rows or it was not asked;
    examples: a few of them; fix: what to do; waivers: those under which it is accepted; it only
    warns then; not_accepted: why waivers of the rule do not accept it.
    """

    rule_id: str
    severity: str
    why: str
    text: str
    rows: int | None = None
    examples: tuple[Example, ...] = ()
    fix: str = ""
    waivers: tuple[Waiver, ...] = ()
    not_accepted: str = ""


@dataclass
class Outcome:
    """What a suite found; `evaluated` counts expectations by severity."""

    failures: list[Failure] = field(default_factory=list)
    evaluated: Counter[str] = field(default_factory=Counter)

    @property
    def blocking(self) -> list[Failure]:
        return [failure for failure in self.failures if failure.severity == "critical"]

    @property
    def blocks(self) -> bool:
        return bool(self.blocking)

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
        result: Result,
        frame: pd.DataFrame,
        on: date | None,
        files: Path | None = None,
    ) -> None:
        """Take in one rule's result; `on` is the day for waivers, None: none counts.

        `files` is the ledger of the files that a raw table was read from.
        """
        self.evaluated[rule.severity] += 1
        if result.holds:
            return
        shown = examples(rule, frame.loc[list(result.examples[:_EXAMPLES])], _paths(files))
        text = _text(rule, result, shown)
        decision = Decision()
        # Somebody accepts rows that are known, and not that a rule could not be asked at all.
        if on is not None and rule.severity == "critical" and result.error is None:
            decision = decide(rule.rule_id, frame, on, lambda rest: _holds(rule, rest))
        severity = rule.severity
        if decision.accepted:
            severity = "warning"
            text = f"{'; '.join(waiver.text for waiver in decision.accepted)}: {text}"
        elif decision.said:
            text = f"{text} {decision.said}"
        self.failures.append(
            Failure(
                rule.rule_id,
                severity,
                rule.why,
                text,
                rows=result.rows or None,
                examples=shown,
                fix=rule.fix,
                waivers=decision.accepted,
                not_accepted=decision.said,
            )
        )


def check_raw(table: str, path: Path, docs: Path, on: date | None = None) -> Outcome:
    """Validate a raw table against its contract's suite; `on`: the day for waivers."""
    files = path.with_name(f"{source_of(table)}_files.parquet")
    return _check(
        table, frames.of_table(path), raw_suite(table), docs, not child_level(table), on, files
    )


def check_all_raw(
    tables: Mapping[str, Path], docs: Path, on: date | None = None
) -> dict[str, Outcome]:
    """Validate raw tables: outcomes by table."""
    found = side_by_side.each(partial(_check_one_raw, docs=docs, on=on), tables.items())
    return dict(zip(tables, found, strict=True))


def _check_one_raw(table: tuple[str, Path], docs: Path, on: date | None) -> Outcome:
    return check_raw(*table, docs, on)


def check_mart(mart: str, path: Path, docs: Path, on: date | None = None) -> Outcome:
    """Validate a staged mart before it is published."""
    return _check(mart, frames.of_mart(mart, path), mart_suite(mart), docs, True, on)


def check_marts(staged: Path, raw: Path, docs: Path, on: date | None = None) -> dict[str, Outcome]:
    """Validate all staged marts, each by itself and against the others: outcomes by mart."""
    # What takes longest first, so that no helper is left alone with it at the end.
    names = sorted(marts(), key=lambda mart: -_file(mart, staged).stat().st_size)
    judge = partial(_judge, staged=staged, raw=raw, docs=docs, on=on)
    across, *own = side_by_side.each(judge, [ACROSS, *names])
    outcomes = {mart: outcomes[mart] for mart, outcomes in zip(names, own, strict=True)}
    for mart, outcome in outcomes.items():
        outcome.include(across[mart])
    return outcomes


def _judge(name: str, staged: Path, raw: Path, docs: Path, on: date | None) -> dict[str, Outcome]:
    if name == ACROSS:
        return check_across(staged, raw, docs, on)
    return {name: check_mart(name, _file(name, staged), docs, on)}


def _file(mart: str, staged: Path) -> Path:
    return staged / f"{mart}.parquet"


def check_across(staged: Path, raw: Path, docs: Path, on: date | None = None) -> dict[str, Outcome]:
    """Validate the staged marts against each other and against what was read: outcomes by mart.

    One frame holds the rows that break a rule, each rule's in a column of its own.
    """
    rules = [
        Rule(
            rule.id,
            "ExpectColumnValuesToBeNull",
            {"column": rule.id},
            rule.severity,
            rule.why,
            fix=rule.fix,
        )
        for rule in across.rules()
    ]
    frame = frames.of_rules(across.broken(staged, raw), [rule.rule_id for rule in rules])
    results = validate(ACROSS, frame, rules, docs, quote=True)
    outcomes = {mart: Outcome() for mart in marts()}
    for rule, written, result in zip(across.rules(), rules, results, strict=True):
        mine = frame[frame["rule_id"] == rule.id]
        outcomes[rule.mart].add(written, result, mine, on)
    return outcomes


def _check(
    name: str,
    frame: pd.DataFrame,
    suite: list[Rule],
    docs: Path,
    quote: bool,
    on: date | None,
    files: Path | None = None,
) -> Outcome:
    outcome = Outcome()
    for rule, result in zip(suite, validate(name, frame, suite, docs, quote), strict=True):
        outcome.add(rule, result, frame, on, files)
    return outcome


def _paths(files: Path | None) -> pd.Series:
    """The files of a source, below the landing zone, by file_id."""
    if files is None or not files.exists():
        return _NO_FILES
    return pd.read_parquet(files, columns=["file_id", "path"]).set_index("file_id")["path"]


def _holds(rule: Rule, rest: pd.DataFrame) -> bool:
    """One rule asked of fewer rows; no page is written of it."""
    (result,) = validate("without_waived_rows", rest, [rule], None, quote=False)
    return result.holds


def _text(rule: Rule, result: Result, shown: tuple[Example, ...]) -> str:
    """`<rule>: <why> (<rows>: <examples>). <what to do>`."""
    detail = result.error or ""
    if result.rows:
        detail = _rows(result.rows)
        if shown:
            more = ["…"] if result.rows > len(shown) else []
            detail += f": {'; '.join([*(one.text for one in shown), *more])}"
    said = f"{rule.rule_id}: {rule.why}" + (f" ({detail})" if detail else "")
    return f"{said}. {rule.fix}" if rule.fix else said


def _rows(count: int) -> str:
    return f"{count:,} row{'s' if count > 1 else ''}"
