"""Suites as data: which expectations a raw table or a mart must meet, with severity and reason.

A suite is a list of `Rule`s, each naming a GX expectation class and its arguments. Rules for raw
tables come from the contracts, rules for marts from dbt's contracts and the indicator registry, so
that a bound stands once. Rules between tables stand in `across.yml`. Nothing here imports GX.
"""

from dataclasses import dataclass
from typing import Any

from expectations.contracts import marts
from expectations.frames import EMPTY, required, value_of
from ingestion import narrative_form
from ingestion.codes import code_list
from ingestion.conform import UNBORN
from ingestion.contract import Between, NotBefore, NotNull, Unique
from ingestion.pipeline import contract_table, tables_of
from ingestion.registry import seed
from ingestion.sources import annex_a, chat_values, narrative_answers, ofsted
from ingestion.sources.published_standard import LEVELS, PERIOD

# What each contract severity means for a gate: `block` stops the run.
SEVERITY = {"block": "critical", "check": "warning", "note": "info"}


_ANSWER = ["part", "item", "field", "answer_status", "source_address"]

# What to do about a failure.
_TELL = "A fault of the platform: tell an engineer."
_COMPARE = "Take its file, by release_id, and compare."


@dataclass(frozen=True)
class Rule:
    rule_id: str
    expectation: str
    arguments: dict[str, Any]
    severity: str = "critical"
    why: str = ""
    condition: str | None = None
    fix: str = ""


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
    elif table == narrative_answers.TABLE:
        rules += [_not_null(table, key, "an answer without it has no place") for key in _ANSWER]
        rules += [
            _in_set(table, "part", list(narrative_form.FIELDS)),
            _in_set(table, "answer_status", list(narrative_answers.STATUSES)),
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
    """A mart's suite: its dbt contract, and what no contract can say of its values.

    Percentages outside 0 to 100 block; the registry's plausible range warns.
    """
    return [*_contract_of(mart), *_written(mart)]


def _contract_of(mart: str) -> list[Rule]:
    """Presence and accepted values. Types are asked of all marts together, in `across.yml`."""
    columns = marts()[mart]
    return [
        Rule(
            f"{mart}.required.present",
            "ExpectColumnValuesToBeNull",
            {"column": EMPTY},
            why=f"the contract promises a value in {', '.join(required(mart))}",
            fix=_TELL,
        ),
        *(
            _in_set(mart, column.name, list(column.accepted), _TELL)
            for column in columns
            if column.accepted is not None
        ),
    ]


def _written(mart: str) -> list[Rule]:
    if mart == "fct_measure":
        return [
            Rule(
                f"{mart}.value.not_negative",
                "ExpectColumnValuesToBeBetween",
                {"column": "value", "min_value": 0},
                why="counts, FTE and days are never negative",
                fix=_COMPARE,
            ),
        ]
    if mart == "fct_indicator":
        return [
            Rule(
                f"{mart}.value.not_negative",
                "ExpectColumnValuesToBeBetween",
                {"column": "value", "min_value": 0},
                why="no indicator can be negative",
                fix=_COMPARE,
            ),
            Rule(
                f"{mart}.percent.in_range",
                "ExpectColumnValuesToBeBetween",
                {"column": "value", "min_value": 0, "max_value": 100},
                why="a part cannot exceed its whole",
                condition='unit=="percent"',
                fix=_COMPARE,
            ),
            *_plausible(mart),
        ]
    if mart == "fct_comparison":
        return [
            Rule(
                f"{mart}.n.in_range",
                "ExpectColumnValuesToBeBetween",
                {
                    "column": "n",
                    "min_value": 0,
                    "max_value": len(seed("reference/local_authorities")),
                },
                why="no more can be compared than there are",
                fix=_TELL,
            ),
        ]
    if mart == "fct_reconciliation":
        return [
            Rule(
                f"{mart}.explanation.present",
                "ExpectColumnValuesToNotBeNull",
                {"column": "explanation"},
                why="what is not compared, or far apart, says why",
                condition='size_class not in ["none", "small"]',
                fix="Add the reason to reconciliation_reasons.csv.",
            ),
        ]
    if mart == "fct_inspection":
        return [
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
                fix="Compare with Ofsted's file.",
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
                fix=_TELL,
            )
            for share in shares
        ]
    if mart == "mart_tartan_rug":
        return [
            Rule(
                f"{mart}.not_empty",
                "ExpectTableRowCountToBeBetween",
                {"min_value": 1},
                severity="warning",
                why="an empty rug means that nothing was joined",
                fix="Check that --landing is right and that files lie in returns/ or published/.",
            ),
        ]
    return []


def _plausible(mart: str) -> list[Rule]:
    indicators = seed("registry/indicators")
    return [
        Rule(
            f"{mart}.{code}.plausible",
            "ExpectColumnValuesToBeBetween",
            {
                "column": value_of(code),
                "min_value": float(low),
                "max_value": float(high) if high else None,
            },
            severity="warning",
            why=f"{label}: plausible range of the registry",
            fix="Ask its sender or compare with DfE's file; or widen the range in indicators.csv.",
        )
        for code, label, low, high in indicators[
            ["indicator_code", "label", "plausible_low", "plausible_high"]
        ].itertuples(index=False)
    ]


def _not_null(table: str, column: str, why: str) -> Rule:
    name = "ExpectColumnValuesToNotBeNull"
    return Rule(f"{table}.{column}.present", name, {"column": column}, why=why)


def _in_set(table: str, column: str, values: list[Any], fix: str = "") -> Rule:
    arguments = {"column": column, "value_set": values}
    name = "ExpectColumnValuesToBeInSet"
    return Rule(f"{table}.{column}.known", name, arguments, why="known values only", fix=fix)


def _unique(table: str, columns: list[str], why: str, severity: str = "critical") -> Rule:
    arguments = {"column_list": columns, "ignore_row_if": "any_value_is_missing"}
    name = "ExpectCompoundColumnsToBeUnique"
    return Rule(f"{table}.{'_'.join(columns)}.unique", name, arguments, severity, why)
