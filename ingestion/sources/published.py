"""A DfE open-data CSV (Explore Education Statistics) as one long table of values.

Everything in the file is kept: one row per source row and column of figures, with the value as
text, as a number, and its status; columns that no contract knows too, under their own header. Which
of them are measures is registry data, applied in dbt, not code here. Which dataset a file is, is
told by `published_dataset.py`; what differs from the release before, by `drift.py`.
"""

import re
from dataclasses import replace
from functools import partial

import pandas as pd

from ingestion import conform, headers, landing
from ingestion.contract import Table, contract
from ingestion.findings import Finding, fix_of
from ingestion.readers import Sheet, UnreadableFile, read
from ingestion.sources import Parsed, header_findings, ofsted, published_checks
from ingestion.sources.published_dataset import Recognised, needed_columns, recognise, spellings
from ingestion.sources.published_standard import KEYS, YEARS, filter_key, filters_in

# What the raw table calls columns of its own: no column of a file is kept under such a name.
OWN_COLUMNS = ("row", "filter_key", "column_name", "value_text")


def parse(file: landing.LandedFile) -> Parsed:
    """Read one published file; an unrecognised file is a finding that blocks that file only."""
    parsed = Parsed()
    try:
        sheet, *others = read(file.absolute)
    except UnreadableFile as error:
        parsed.findings.append(Finding(error.rule_id, "block", str(error)))
        return parsed
    if sheet.rows and ofsted.recognises([str(cell) for cell in sheet.rows[0]]):
        parsed = ofsted.parse(file, sheet)
        published_checks.report_other_sheets(parsed, others, ofsted.TABLE)
        published_checks.report_ragged(parsed, sheet, ofsted.TABLE)
        return parsed
    known = recognise(sheet.rows, contract("published")) if sheet.rows else []
    if isinstance(known, list):
        parsed.findings.append(_unrecognised(sheet, known))
        return parsed
    table = known.table
    parsed.dataset, parsed.publication = table.name, table.publication
    parsed.resolutions[table.name] = known.resolution
    parsed.last_period = _last_period(known, sheet)
    parsed.release = _release(file, parsed, table)
    parsed.findings += _column_findings(known, sheet, parsed.release)
    published_checks.report_other_sheets(parsed, others, table.name)
    published_checks.report_ragged(parsed, sheet, table.name)
    if any(column.required for column in known.resolution.missing):
        return parsed  # already told, and no row has a place without them
    take(parsed, known, sheet)
    return parsed


def take(parsed: Parsed, known: Recognised, sheet: Sheet) -> None:
    """The tables of a sheet whose dataset is known, and what is odd about its rows."""
    table = known.table
    columns = _columns(known)
    cells = conform.table_cells(sheet, _with_unknown(known, columns))
    if cells.empty:
        parsed.findings.append(
            Finding(
                "published.empty", "block", "The file has columns but no rows", table=table.name
            )
        )
        return
    cells = _canonical(cells, table)
    cells = published_checks.once(parsed, cells, known)
    published_checks.report_misplaced(parsed, cells, known)
    published_checks.report_areas(parsed, cells, known)
    published_checks.report_categories(parsed, cells, known)
    parsed.tables["published_columns"] = columns.assign(dataset=table.name)
    parsed.tables["published_values"] = _long(parsed, cells, table, columns, sheet.delimiter == ";")


def _last_period(known: Recognised, sheet: Sheet) -> str | None:
    position = known.resolution.positions.get("time_period")
    if position is None:
        return None
    written = conform.text_of([row[position] for row in sheet.rows[1:] if position < len(row)])
    return None if written.isna().all() else str(written.max())


def _release(file: landing.LandedFile, parsed: Parsed, table: Table) -> str:
    """What the sidecar says, else the last year; releases are put in order by its first four."""
    last_year = (parsed.last_period or "")[:4]
    if last_year.isdigit():
        last_year = str(int(last_year) + table.release_lag)
    said = str(file.sidecar.get("release", last_year))
    if said == last_year or re.match(r"20\d\d(?!\d)", said):
        return said
    message = f"release {said!r} does not begin with a year such as 2025; it is left aside"
    parsed.findings.append(Finding("sidecar.unusable", "check", message))
    return last_year


def _unrecognised(sheet: Sheet, like: list[Table]) -> Finding:
    columns = contract("published").tables[0].columns
    names = {column.headers[0] for column in columns if column.role == "standard"}
    own = [str(cell) for cell in (sheet.rows[0] if sheet.rows else []) if str(cell) not in names]
    if like:
        message = "The columns fit several datasets equally well; the file is set aside"
        expected = "the columns of one of: " + "; ".join(table.title for table in like)
    else:
        message = "No known dataset has these columns and categories; the file is set aside"
        titles = [table.title for table in contract("published").tables]
        expected = "one of: " + "; ".join(titles)
    return Finding(
        "published.unrecognised", "block", message, value=", ".join(own[:12]), expected=expected
    )


def _column_findings(known: Recognised, sheet: Sheet, release: str | None) -> list[Finding]:
    """What is odd about the header row.

    A column that a release never had is no news: layouts differ. One that a figure of the registry
    is taken from is, and sets the file aside; what else went missing is told by comparison with the
    release before.
    """
    needed = needed_columns(known.table, release)
    placing = {c.name for c in known.table.columns if c.role in ("standard", "filter")}
    found = []
    for finding in header_findings(known.table, sheet, known.resolution, needed, placing):
        if finding.rule_id == "headers.missing" and finding.severity != "block":
            continue
        if finding.rule_id == "headers.unknown":
            message = f"Column “{finding.column}” is not in the contract: kept, and in no figure"
            finding = replace(finding, message=message)
        found.append(replace(finding, fix=fix_of(finding.rule_id, "published")))
    return found


def _columns(known: Recognised) -> pd.DataFrame:
    """One row per column of the file, in its order: position, header, column_name and role."""
    roles: dict[str, str] = {column.name: column.role for column in known.table.columns}
    matched = [(m.position, m.header, m.to, roles[m.to]) for m in known.resolution.matches]
    names = {*roles, *OWN_COLUMNS}
    for position, header in known.resolution.unmatched.items():
        name = headers.normalise(header).replace(" ", "_")
        while not name or name in names:
            name = f"{name}_{position + 1}"
        names.add(name)
        matched.append((position, header, name, "unknown"))
    frame = pd.DataFrame(matched, columns=["position", "header", "column_name", "role"])
    return frame.sort_values("position", ignore_index=True)


def _with_unknown(known: Recognised, columns: pd.DataFrame) -> headers.Resolution:
    unknown = columns[columns["role"] == "unknown"]
    extra = [
        headers.Match(position, header, name, "unknown", 0.0)
        for position, header, name in zip(
            unknown["position"], unknown["header"], unknown["column_name"], strict=True
        )
    ]
    return replace(known.resolution, matches=[*known.resolution.matches, *extra])


def _canonical(cells: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Categories in the spelling that stands for them; one the contract does not list, as it is."""
    for column in filters_in(cells, table):
        names = spellings(column)
        cells[column.name] = conform.per_spelling(
            cells[column.name], partial(_standing_for, names=names)
        )
    return cells


def _standing_for(seen: pd.Series, names: dict[str, str]) -> pd.Series:
    forms = seen.map(headers.normalise, na_action="ignore")
    return forms.map(names).astype("string").fillna(seen)


def _numbers(spellings: pd.Series, semicolons: bool) -> pd.Series:
    commas = spellings.str.contains(",", regex=False).fillna(False).astype(bool)
    return conform.numbers(spellings.mask(commas & semicolons))


def _months(spellings: pd.Series) -> pd.Series:
    """DfE's years:months as months; a plain number stays one."""
    parts = spellings.str.extract(r"^([0-9]{1,2}):(0[0-9]|1[01])$").astype("Float64")
    return (parts[0] * 12 + parts[1]).fillna(conform.numbers(spellings.where(parts[0].isna())))


def _long(
    parsed: Parsed, cells: pd.DataFrame, table: Table, columns: pd.DataFrame, semicolons: bool
) -> pd.DataFrame:
    """(rows x columns of figures) long frame; `row` is the line in the file, header being 1.

    In a file parted by `semicolons` a comma may be a decimal one: 12,345 is no number there.
    """
    symbols = contract("published").symbols
    figures = columns[columns["role"].isin(["indicator", "unknown"])]
    order = {column.name: i for i, column in enumerate(table.columns)}
    figures = figures.sort_values("column_name", key=lambda names: names.map(order))
    base = cells.reindex(columns=KEYS).astype("string").fillna("")
    base["filter_key"] = filter_key(cells, table)
    base = base.astype("category").assign(row=cells["row"] + 1)
    long = base.join(cells[list(figures["column_name"])]).melt(
        id_vars=[*KEYS, "filter_key", "row"],
        var_name="column_name",
        value_name="value_text",
    )
    long["column_name"] = pd.Categorical(long["column_name"], list(figures["column_name"]))
    text = long["value_text"]
    status = conform.per_spelling(text, lambda seen: seen.str.lower().map(symbols).astype("string"))
    written = text.mask(status.notna())
    numbers = partial(_numbers, semicolons=semicolons)
    values = conform.per_spelling(written, numbers)
    timed = long["column_name"].isin([c.name for c in table.columns if c.type == "years_months"])
    if timed.any():
        values = values.mask(timed, conform.per_spelling(written.where(timed), _months))
    in_contract = ~long["column_name"].isin(
        figures.loc[figures["role"] == "unknown", "column_name"]
    )
    # All that a contract knows are counts, rates and times.
    values = values.mask(in_contract & (values < 0).fillna(False))
    unusable = text.notna() & status.isna() & values.isna()
    status = status.mask(values.notna(), "ok").mask(unusable, "failed").fillna("x")
    _report_unusable(parsed, long[unusable & in_contract], table, figures, symbols)
    last_day = {**YEARS, "Reporting year": table.year_end}
    return long.assign(
        dataset=pd.Categorical([table.name] * len(long)),
        year_end=long["time_identifier"].map(last_day).astype("category"),
        value=values,
        value_status=status.astype("category"),
    )


def _report_unusable(
    parsed: Parsed,
    bad: pd.DataFrame,
    table: Table,
    figures: pd.DataFrame,
    symbols: dict[str, str],
) -> None:
    positions = figures.set_index("column_name")["position"]
    for column, rows in bad.groupby("column_name", observed=True):
        finding = Finding(
            "published.value.unknown",
            "check",
            "Neither a number from 0 up nor a symbol of DfE’s open data standard",
            table=table.name,
            column=str(column),
            expected="a number from 0 up or one of " + " ".join(symbols),
        )
        parsed.findings += conform.listed(
            finding, rows["row"], rows["value_text"], int(positions[column])
        )
