"""Suites as data: which expectations a raw table or a mart must meet, with severity and reason.

A suite is a list of `Rule`s, each naming a GX expectation class and its arguments. Rules for raw
tables come from the contracts, rules for marts from the indicator registry, so that a bound stands
once. Nothing here imports GX.
"""

from dataclasses import dataclass, field
from typing import Any

from ingestion.codes import code_list
from ingestion.conform import UNBORN
from ingestion.contract import Between, NotBefore, NotNull, Unique
from ingestion.findings import SEVERITIES
from ingestion.pipeline import SOURCES, contract_table, tables_of
from ingestion.registry import seed
from ingestion.sources import annex_a, chat_values, ofsted
from ingestion.sources.published_standard import LEVELS, PERIOD

# What each contract severity means for a gate: `block` stops the run.
SEVERITY = {"block": "critical", "check": "warning", "note": "info"}


SUBMISSION_STATES = [
    "accepted",
    "late",
    "partial",
    "superseded",
    "quarantined",
    "withdrawn",
    "not_returned",
    "not_participating",
]


@dataclass(frozen=True)
class Rule:
    rule_id: str
    expectation: str
    arguments: dict[str, Any]
    severity: str = "critical"
    why: str = ""
    condition: str | None = field(default=None)


def raw_suite(table: str) -> list[Rule]:
    """A raw table's suite: what the hand-over itself promises, and the contract's row rules."""
    rules = [_not_null(table, "file_id", "every row can be traced to its file")]
    if table == "published_values":
        rules += [
            _not_null(table, column, "a published value without it has no place")
            for column in (
                "dataset",
                "column_name",
                "time_period",
                "geographic_level",
                "value_status",
            )
        ]
        rules += [
            _unique(table, ["file_id", "row", "column_name"], "each line and column stands once"),
            Rule(
                f"{table}.geographic_level.known",
                "ExpectColumnValuesToBeInSet",
                {
                    "column": "geographic_level",
                    "value_set": list(LEVELS),
                },
                why="other levels are not placed on an area yet",
            ),
            Rule(
                f"{table}.time_period.form",
                "ExpectColumnValuesToMatchRegex",
                {"column": "time_period", "regex": f"^{PERIOD}$"},
                why="four digits for a year, six for a financial or academic year",
            ),
        ]
    elif table == "published_columns":
        rules += [
            _not_null(table, "column_name", "every column of a file has a name here"),
            _unique(table, ["file_id", "column_name"], "each column stands once"),
        ]
    elif table == "return_values":
        rules += [
            _not_null(table, "measure_code", "a value without its measure is lost"),
            _in_set(table, "measure_code", list(seed("registry/measures")["measure_code"])),
        ]
    elif table == ofsted.TABLE:
        keys = ["new_la_code", "judgement_area", "publication_date"]
        rules += [_not_null(table, key, "a judgement without it has no place") for key in keys]
        rules += [
            _unique(table, ["file_id", *keys], "each judgement of an inspection stands once"),
            _in_set(table, "judgement_area", ofsted.judgement_areas()),
            _in_set(table, "grade", code_list(ofsted.GRADES)),
            _in_set(table, "grade_status", list(ofsted.STATUSES)),
        ]
    elif table == annex_a.COLUMNS:
        keys = ["list_name", "column_name"]
        lists = [name for name in tables_of("annex_a") if name.startswith("annex_a_list")]
        rules += [_in_set(table, "list_name", lists)]
        rules += [_unique(table, ["file_id", *keys], "each column of a list stands once")]
    elif table == chat_values.TABLE:
        rules += [
            _in_set(table, "measure_code", list(seed("registry/measures")["measure_code"])),
            _unique(table, ["file_id", "quarter", "measure_code", "is_base"], "one of a measure"),
            Rule(
                f"{table}.value.not_negative",
                "ExpectColumnValuesToBeBetween",
                {"column": "value", "min_value": 0},
                why="counts, FTE and days are never negative",
            ),
        ]
    if table in ("published_values", "return_values"):
        statuses = list(seed("registry/value_statuses")["value_status"])
        return [*rules, _in_set(table, "value_status", statuses), *_contract_rules(table)]
    return [*rules, *_contract_rules(table)]


def _contract_rules(table: str) -> list[Rule]:
    if table.startswith("published_") or table in (annex_a.COLUMNS, chat_values.TABLE):
        return []
    found = []
    for rule in contract_table(table).rules:
        severity = SEVERITY[rule.severity]
        if isinstance(rule, NotNull):
            arguments: dict[str, Any] = {"column": rule.column}
            name = "ExpectColumnValuesToNotBeNull"
        elif isinstance(rule, Between):
            arguments = {"column": rule.column, "min_value": rule.min, "max_value": rule.max}
            name = "ExpectColumnValuesToBeBetween"
        elif isinstance(rule, NotBefore):
            arguments = {"column_A": rule.column, "column_B": rule.other, "or_equal": True}
            arguments["ignore_row_if"] = "either_value_is_missing"
            name = "ExpectColumnPairValuesAToBeGreaterThanB"
        elif isinstance(rule, Unique):
            # Unique within a file: a table holds many.
            found.append(_unique(table, ["file_id", *rule.columns], rule.message, severity))
            continue
        else:
            continue  # each file has an extract date of its own: ingestion has held it against that
        born = f"age_years != {UNBORN}" if isinstance(rule, NotBefore) and rule.unborn else None
        found.append(Rule(rule.id, name, arguments, severity, rule.message, born))
    return found


def mart_suite(mart: str) -> list[Rule]:
    """A mart's suite. Percentages outside 0 to 100 block; the registry's plausible range warns."""
    if mart == "fct_measure":
        return [
            _not_null(mart, "value_status", "value and status travel together"),
            Rule(
                f"{mart}.value.not_negative",
                "ExpectColumnValuesToBeBetween",
                {"column": "value", "min_value": 0},
                why="counts, FTE and days are never negative",
            ),
            _in_set(mart, "source", ["return", "published", "chat"]),
        ]
    if mart == "fct_indicator":
        return [
            _not_null(mart, "value_status", "value and status travel together"),
            _in_set(mart, "source", ["return", "published", "chat"]),
            Rule(
                f"{mart}.value.not_negative",
                "ExpectColumnValuesToBeBetween",
                {"column": "value", "min_value": 0},
                why="no indicator can be negative",
            ),
            Rule(
                f"{mart}.percent.in_range",
                "ExpectColumnValuesToBeBetween",
                {"column": "value", "min_value": 0, "max_value": 100},
                why="a part cannot exceed its whole",
                condition='unit=="percent"',
            ),
            *_plausible(mart),
        ]
    if mart == "fct_comparison":
        return [
            Rule(
                f"{mart}.band.in_range",
                "ExpectColumnValuesToBeBetween",
                {"column": "band", "min_value": 1, "max_value": 5},
                why="fifths are numbered 1 to 5",
            ),
            Rule(
                f"{mart}.n.in_range",
                "ExpectColumnValuesToBeBetween",
                {"column": "n", "min_value": 1, "max_value": 33},
                why="London has 33 authorities",
            ),
        ]
    if mart == "fct_reconciliation":
        sizes = list(seed("registry/reconciliation_classes")["size_class"].unique())
        reasons = list(seed("registry/reconciliation_reasons")["reason"].unique())
        return [
            *(
                _not_null(mart, column, "a difference is of one figure, between two sources")
                for column in ("indicator_code", "new_la_code", "period_label", "compared_as")
            ),
            _in_set(mart, "base_source", ["return", "chat"]),
            _in_set(mart, "compared_source", ["chat", "published"]),
            _in_set(mart, "size_class", sizes),
            _in_set(mart, "likely_reason", reasons),
            Rule(
                f"{mart}.explanation.present",
                "ExpectColumnValuesToNotBeNull",
                {"column": "explanation"},
                why="what is not compared, or far apart, says why",
                condition='size_class not in ["none", "small"]',
            ),
        ]
    if mart == "fct_inspection":
        return [
            _not_null(mart, "grade_status", "grade and status travel together"),
            _in_set(mart, "grade", code_list(ofsted.GRADES)),
            Rule(
                f"{mart}.dates.ordered",
                "ExpectColumnPairValuesAToBeGreaterThanB",
                {
                    "column_A": "publication_date",
                    "column_B": "inspection_end_date",
                    "or_equal": True,
                    "ignore_row_if": "either_value_is_missing",
                },
                why="a report is published when the inspection is over",
            ),
        ]
    if mart == "mart_inspection_summary":
        shares = [*code_list(ofsted.GRADES), "improved", "maintained", "declined"]
        return [
            Rule(
                f"{mart}.pct_{share}.in_range",
                "ExpectColumnValuesToBeBetween",
                {"column": f"pct_{share}", "min_value": 0, "max_value": 100},
                why="a part cannot exceed its whole",
            )
            for share in shares
        ]
    if mart == "mart_submission_status":
        return [
            *(
                _not_null(mart, column, "how things stand is said for everybody and everything")
                for column in ("new_la_code", "quarter_label", "measure_code", "value_status")
            ),
            _in_set(mart, "submission_state", SUBMISSION_STATES),
        ]
    if mart == "mart_findings":
        return [
            *(
                _not_null(mart, column, "a finding says which rule, where and what")
                for column in ("path", "rule_id", "message", "is_current")
            ),
            _in_set(mart, "source", list(SOURCES)),
            _in_set(mart, "scope", ["file", "history", "figures"]),
            _in_set(mart, "severity", list(SEVERITIES)),
        ]
    return [
        Rule(
            f"{mart}.not_empty",
            "ExpectTableRowCountToBeBetween",
            {"min_value": 1},
            severity="warning",
            why="an empty rug means that nothing was joined",
        ),
        _not_null(mart, "indicator_code", "a cell belongs to a row"),
        _not_null(mart, "la_name", "a cell belongs to an authority"),
    ]


def _plausible(mart: str) -> list[Rule]:
    indicators = seed("registry/indicators")
    return [
        Rule(
            f"{mart}.{code}.plausible",
            "ExpectColumnValuesToBeBetween",
            {
                "column": "value",
                "min_value": float(low),
                "max_value": float(high) if high else None,
            },
            severity="warning",
            why=f"{label}: plausible range of the registry",
            # Authorities only: a count for England is no outlier. E06 to E10 are authorities.
            condition=f'indicator_code=="{code}" and new_la_code < "E12"',
        )
        for code, label, low, high in indicators[
            ["indicator_code", "label", "plausible_low", "plausible_high"]
        ].itertuples(index=False)
    ]


def _not_null(table: str, column: str, why: str) -> Rule:
    name = "ExpectColumnValuesToNotBeNull"
    return Rule(f"{table}.{column}.present", name, {"column": column}, why=why)


def _in_set(table: str, column: str, values: list[str]) -> Rule:
    arguments = {"column": column, "value_set": values}
    return Rule(
        f"{table}.{column}.known", "ExpectColumnValuesToBeInSet", arguments, why="known values only"
    )


def _unique(table: str, columns: list[str], why: str, severity: str = "critical") -> Rule:
    arguments = {"column_list": columns, "ignore_row_if": "any_value_is_missing"}
    name = "ExpectCompoundColumnsToBeUnique"
    return Rule(f"{table}.{'_'.join(columns)}.unique", name, arguments, severity, why)
