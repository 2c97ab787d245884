"""Which rules are asked of the files behind a figure, and what they found about it.

The contracts, the registry and mart_findings say it. Of Annex A no cell and no row is told: a row
of a list is a child.
"""

import pandas as pd

from exports.marts import read_mart
from ingestion.contract import contract
from ingestion.registry import seed
from orchestration.explain import cells
from orchestration.explain.document import Finding, Measure, Rule
from orchestration.explain.places import table_of
from orchestration.home import Home

_COLUMNS = ["file_id", "rule_id", "severity", "message", "fix", "table_name", "sheet", "cell"]
_COLUMNS += ["row_number", "column_name", "measure_code", "finding_count"]
_WORST_FIRST = {"block": 0, "check": 1, "note": 2}


def rules_of(source: str, measures: list[Measure]) -> list[Rule]:
    """The rules of the contract that the files are read by; of a return those on history too.

    A file of DfE's has none: it is held against the release before it (`drift.*`), and its printed
    figures against its counts.
    """
    if source == "published" or not any(measure.places for measure in measures):
        return []
    if source == "return":
        (table,) = contract("return").tables
        asked = [*table.rules, *table.file_rules]
        found = [Rule(table.name, rule.id, rule.message) for rule in asked]
        units = seed("registry/measures").set_index("measure_code")["unit"]
        own = {units[measure.code] for measure in measures}
        history = seed("registry/history_rules")
        holds = [not of or bool(own & set(of.split("|"))) for of in history["units"]]
        history = history[holds]
        pairs = zip(history["rule_id"], history["title"], strict=True)
        return found + [Rule("history", rule_id, title) for rule_id, title in pairs]
    lists = _lists(measures)
    tables = [contract("annex_a").table(name) for name in lists] or contract("chat").tables
    return [Rule(table.name, rule.id, rule.message) for table in tables for rule in table.rules]


def findings_of(home: Home, source: str, indicator: str, measures: list[Measure]) -> list[Finding]:
    """What was found about these measures, and about their files as a whole; worst first."""
    ids = sorted({p.file_id for m in measures for p in m.places if p.file_id})
    if not ids:
        return []
    found = read_mart(home.marts, "mart_findings", _COLUMNS, [("file_id", "in", ids)])
    about = {"return": _in_return, "chat": _in_lists, "published": _in_published}[source]
    found = found.assign(about=about(found, indicator, measures))
    found = found[found["about"].notna()]
    if source == "chat":
        found = found.assign(sheet=None, cell=None, row_number=None)
    keys = ["about", "rule_id", "severity", "message", "fix", "sheet", "cell", "row_number"]
    keys += ["file_id"]
    summed = found.groupby(keys, dropna=False, sort=False)["finding_count"].sum().reset_index()
    summed = summed.sort_values("severity", key=lambda s: s.map(_WORST_FIRST), kind="stable")
    return [
        Finding(
            about=str(row["about"]),
            rule_id=str(row["rule_id"]),
            severity=str(row["severity"]),
            message=str(row["message"]),
            fix=cells.text(row["fix"]),
            sheet=cells.text(row["sheet"]),
            cell=cells.text(row["cell"]),
            row=cells.whole(row["row_number"]),
            count=int(row["finding_count"]),
            file_id=str(row["file_id"]),
        )
        for row in summed.to_dict("records")
    ]


# What each finding is about: a measure, the indicator, a list or the file; missing where it is
# about other figures of the file.


def _in_return(found: pd.DataFrame, _indicator: str, measures: list[Measure]) -> pd.Series:
    own = found["measure_code"].isin([measure.code for measure in measures])
    return found["measure_code"].where(own).mask(found["measure_code"].isna(), "file")


def _in_lists(found: pd.DataFrame, _indicator: str, measures: list[Measure]) -> pd.Series:
    own = found["table_name"].where(found["table_name"].isin(_lists(measures)))
    return own.mask(found["table_name"].isna() | (found["table_name"] == "chat_values"), "file")


def _in_published(found: pd.DataFrame, indicator: str, measures: list[Measure]) -> pd.Series:
    """By column, as the file or the contract names it; the printed rate is the indicator's."""
    tables = [t for t in contract("published").tables if t.name in set(found["table_name"])]
    figures = [(t.name, c) for t in tables for c in t.columns if c.role == "indicator"]
    printed = seed("registry/published_indicators")
    printed = printed[printed["indicator_code"] == indicator]
    rates = set(zip(printed["dataset"], printed["column_name"], strict=True))
    names = {
        spelt: indicator if (dataset, column.name) in rates else None
        for dataset, column in figures
        for spelt in (column.name, *column.headers)
    }
    for measure in reversed(measures):
        for column in [column for place in measure.places for column in place.columns]:
            names |= dict.fromkeys([column.name, *column.headers], measure.code)
    # A column that holds no figures says something of all of them.
    return found["column_name"].map(names).mask(~found["column_name"].isin(names), "file")


def _lists(measures: list[Measure]) -> list[str]:
    places = [place for measure in measures for place in measure.places]
    return sorted({table_of(place.annex_a_list) for place in places if place.annex_a_list})
