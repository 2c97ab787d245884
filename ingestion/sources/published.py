"""A DfE open-data CSV (Explore Education Statistics) as one long table of values.

Everything in the file is kept: one row per source row and column of figures, with the value as
text, as a number, and its status; columns that no contract knows too, under their own header. Which
of them are measures is registry data, applied in dbt, not code here. Which dataset a file is, is
told by `published_dataset.py`; what differs from the release before, by `drift.py`.
"""

from dataclasses import replace
from functools import partial

import pandas as pd

from ingestion import conform, headers, landing
from ingestion.contract import Column, Table, contract
from ingestion.findings import Finding
from ingestion.readers import Sheet, UnreadableFile, read
from ingestion.registry import published_places, seed
from ingestion.sources import Parsed, header_findings, ofsted
from ingestion.sources.published_dataset import Recognised, recognise, spellings

PERIOD = r"20\d\d(?:\d\d)?"
LEVELS = ("National", "Regional", "Local authority")
# DfE's words for a whole year, and the last day of each (MM-DD). A "reporting year" is whatever the
# dataset says it is. Parts of a year (terms, quarters, months) belong to no yearly figure.
YEARS = {
    "Calendar year": "12-31",
    "Academic year": "08-31",
    "Financial year": "03-31",
    "Reporting year": None,
}
KEYS = [
    "time_period",
    "time_identifier",
    "geographic_level",
    "region_code",
    "region_name",
    "old_la_code",
    "new_la_code",
    "la_name",
]
JOINT = " / "  # "E09000021 / E09000027": one row for two authorities that share a service


def parse(file: landing.LandedFile) -> Parsed:
    """Read one published file; an unrecognised file is a finding that blocks that file only."""
    parsed = Parsed()
    try:
        sheet = read(file.absolute)[0]
    except UnreadableFile as error:
        parsed.findings.append(Finding(error.rule_id, "block", str(error)))
        return parsed
    if sheet.rows and ofsted.recognises([str(cell) for cell in sheet.rows[0]]):
        return ofsted.parse(file, sheet)
    known = recognise(sheet.rows, contract("published")) if sheet.rows else []
    if isinstance(known, list):
        parsed.findings.append(_unrecognised(sheet, known))
        return parsed
    table = known.table
    parsed.dataset, parsed.publication = table.name, table.publication
    parsed.resolutions[table.name] = known.resolution
    parsed.findings += _column_findings(known, sheet)
    if any(column.required for column in known.resolution.missing):
        return parsed  # already told, and no row has a place without them
    columns = _columns(known)
    cells = conform.table_cells(sheet, _with_unknown(known, columns))
    if cells.empty:
        parsed.findings.append(
            Finding(
                "published.empty", "block", "The file has columns but no rows", table=table.name
            )
        )
        return parsed
    cells = _canonical(cells, table)
    cells = _once(parsed, cells, known)
    _report_misplaced(parsed, cells, known)
    _report_areas(parsed, cells, known)
    _report_categories(parsed, cells, known)
    parsed.tables["published_columns"] = columns.assign(dataset=table.name)
    parsed.tables["published_values"] = _long(parsed, cells, table, columns)
    parsed.last_period = str(cells["time_period"].max())
    last_year = parsed.last_period[:4]
    if last_year.isdigit():
        last_year = str(int(last_year) + table.release_lag)
    parsed.release = str(file.sidecar.get("release", last_year))
    return parsed


def _unrecognised(sheet: Sheet, like: list[Table]) -> Finding:
    names = {column.headers[0] for column in contract("published").tables[0].columns[:10]}
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


def _column_findings(known: Recognised, sheet: Sheet) -> list[Finding]:
    """What is odd about the header row.

    A column that a release never had is no news: layouts differ. One that a figure of the registry
    is taken from is, and sets the file aside; what else went missing is told by comparison with the
    release before.
    """
    places = published_places(known.table.name)
    needed = {*places["column_name"], *_keys_of_filters(places)}
    found = []
    for finding in header_findings(known.table, sheet, known.resolution, needed):
        if finding.rule_id == "headers.missing" and finding.severity != "block":
            continue
        if finding.rule_id == "headers.unknown":
            message = f"Column “{finding.column}” is not in the contract: kept, and in no figure"
            finding = replace(finding, message=message)
        found.append(finding)
    return found


def _keys_of_filters(places: pd.DataFrame) -> set[str]:
    """The filters by which figures are picked."""
    return {part.split("=")[0] for key in places["filter_key"] if key for part in key.split("; ")}


def _columns(known: Recognised) -> pd.DataFrame:
    """One row per column of the file, in its order: position, header, column_name and role."""
    roles: dict[str, str] = {column.name: column.role for column in known.table.columns}
    matched = [(m.position, m.header, m.to, roles[m.to]) for m in known.resolution.matches]
    names = set(roles)
    for position, header in known.resolution.unmatched.items():
        name = headers.normalise(header).replace(" ", "_")
        name = name if name and name not in names else f"{name}_{position + 1}"
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


def _filters(cells: pd.DataFrame, table: Table) -> list[Column]:
    return [c for c in table.columns if c.role == "filter" and c.name in cells]


def _canonical(cells: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Categories in the spelling that stands for them; one the contract does not list, as it is."""
    for column in _filters(cells, table):
        names = spellings(column)
        cells[column.name] = conform.per_spelling(
            cells[column.name], partial(_standing_for, names=names)
        )
    return cells


def _standing_for(seen: pd.Series, names: dict[str, str]) -> pd.Series:
    forms = seen.map(headers.normalise, na_action="ignore")
    return forms.map(names).astype("string").fillna(seen)


def _place(cells: pd.DataFrame, table: Table) -> list[str]:
    """The columns that say where and when a row belongs."""
    filters = [column.name for column in _filters(cells, table)]
    return [name for name in (*KEYS, *filters) if name in cells and not name.endswith("_name")]


def _once(parsed: Parsed, cells: pd.DataFrame, known: Recognised) -> pd.DataFrame:
    """Lines that repeat another to the last cell, left out: they say nothing more."""
    again = cells.drop(columns="row").duplicated()
    finding = Finding(
        "published.row.repeated",
        "check",
        "The line repeats another to the last cell; it counts once",
        table=known.table.name,
        column="time_period",
        expected="one line for each period, area and category",
    )
    position = known.resolution.positions["time_period"]
    rows = cells["row"][again] + 1
    parsed.findings += conform.listed(finding, rows, cells["time_period"][again], position)
    return cells[~again].reset_index(drop=True) if again.any() else cells


def _report_misplaced(parsed: Parsed, cells: pd.DataFrame, known: Recognised) -> None:
    """Rows whose place or period is not known, or that stand twice, set this file aside.

    Their figures would be lost without a word, or counted double.
    """
    years = [name for name, end in YEARS.items() if end or known.table.year_end]
    period = cells["time_period"].fillna("")
    next_year = (pd.to_numeric(period.str[:4], errors="coerce") + 1) % 100
    apart = (period.str.len() == 6) & (pd.to_numeric(period.str[4:], "coerce") != next_year)
    wrong = (
        (
            "published.level.unknown",
            "Figures of a geographic level that is not placed on an area yet",
            "geographic_level",
            "one of: " + ", ".join(LEVELS),
            ~cells["geographic_level"].isin(LEVELS),
        ),
        (
            "published.identifier.unknown",
            "Figures of a part of a year, or of a year whose last day is not known",
            "time_identifier",
            "one of: " + ", ".join(years),
            ~cells["time_identifier"].isin(years),
        ),
        (
            "published.period.unknown",
            "A period that is not written as DfE’s standard has it",
            "time_period",
            "four digits for a year, six for a financial or academic year",
            ~period.str.fullmatch(PERIOD) | apart,
        ),
        (
            "published.row.twice",
            "A second row for the same period, area and filters, with other figures",
            "time_period",
            "one row for each",
            cells.duplicated(_place(cells, known.table)),
        ),
    )
    for rule_id, message, column, expected, bad in wrong:
        finding = Finding(
            rule_id, "block", message, table=known.table.name, column=column, expected=expected
        )
        parsed.findings += conform.listed(
            finding, cells["row"][bad] + 1, cells[column][bad], known.resolution.positions[column]
        )


def _report_areas(parsed: Parsed, cells: pd.DataFrame, known: Recognised) -> None:
    """Areas that the reference data does not know, and London authorities that are not there."""
    level = cells["geographic_level"]
    local = level == "Local authority"
    nothing = pd.Series(pd.NA, index=cells.index, dtype="string")
    codes = cells.get("region_code", nothing).where(level == "Regional")
    codes = codes.mask(local, cells.get("new_la_code", nothing))
    placed = codes[level.isin(LEVELS[1:])].fillna("")
    authorities = seed("reference/local_authorities")
    areas = {*authorities["new_la_code"], *seed("reference/areas")["area_code"]}
    areas |= {*seed("reference/la_code_changes")["la_code"]}
    known_codes = {code for code in placed.unique() if areas.issuperset(code.split(JOINT))}
    unknown = ~placed.isin(known_codes)
    finding = Finding(
        "published.area.unknown",
        "check",
        "The area’s code is not in the reference data; its figures are kept and in no table",
        table=known.table.name,
        expected="a code of local_authorities.csv, areas.csv or la_code_changes.csv",
    )
    bad = placed[unknown]
    for column, of_level in (("region_code", "Regional"), ("new_la_code", "Local authority")):
        mine = bad[level[bad.index] == of_level].drop_duplicates()
        parsed.findings += conform.listed(
            replace(finding, column=column),
            cells.loc[mine.index, "row"] + 1,
            mine,
            known.resolution.positions.get(column, 0),
        )
    if not local.any():
        return
    last = cells.loc[local, "time_period"].max()
    held = placed[local & (cells["time_period"] == last)].str.split(JOINT).explode()
    london = authorities[authorities["is_london"] == "true"]
    gone = london.loc[~london["new_la_code"].isin(held), "la_name"]
    if len(gone):
        parsed.findings.append(
            Finding(
                "published.area.missing",
                "check",
                f"No line for {len(gone)} of London’s 33 authorities in {last}: "
                + ", ".join(gone[:10])
                + (f" and {len(gone) - 10} more" if len(gone) > 10 else ""),
                table=known.table.name,
                column="new_la_code",
                value=str(last),
                expected="a line for each, with a symbol where there is no figure",
                count=len(gone),
            )
        )


def _report_categories(parsed: Parsed, cells: pd.DataFrame, known: Recognised) -> None:
    """Categories that the contract does not list, and those that a figure needs and are gone."""
    for column in _filters(cells, known.table):
        seen = cells.drop_duplicates(column.name)
        names = set(spellings(column).values())
        new = seen[bool(names) & seen[column.name].notna() & ~seen[column.name].isin(names)]
        finding = Finding(
            "published.category.unknown",
            "note",
            f"A category of “{column.headers[0]}” that the contract does not list:"
            " kept, and in no figure",
            table=known.table.name,
            column=column.headers[0],
        )
        place = known.resolution.positions[column.name]
        parsed.findings += conform.listed(finding, new["row"] + 1, new[column.name], place)
    missing = set(published_places(known.table.name)["filter_key"]) - set(
        _filter_key(cells, known.table)
    )
    parsed.findings += [
        Finding(
            "published.category.missing",
            "block",
            "No line of the file has the categories that a figure is taken from",
            table=known.table.name,
            expected=key.replace("=", ": "),
        )
        for key in sorted(missing)
        # A missing filter column is told as such.
        if all(part.split("=")[0] in cells for part in key.split("; "))
    ]


def _filter_key(cells: pd.DataFrame, table: Table) -> pd.Series:
    """The categories of each row as one text: `name=category; name=category`."""
    key = pd.Series("", index=cells.index, dtype="string")
    for column in _filters(cells, table):
        key = key.str.cat(column.name + "=" + cells[column.name].fillna(""), sep="; ")
    return key.str.removeprefix("; ")


def _months(spellings: pd.Series) -> pd.Series:
    """DfE's years:months as months; a plain number stays one."""
    parts = spellings.str.extract(r"^([0-9]{1,2}):(0[0-9]|1[01])$").astype("Float64")
    return (parts[0] * 12 + parts[1]).fillna(conform.numbers(spellings.where(parts[0].isna())))


def _long(parsed: Parsed, cells: pd.DataFrame, table: Table, columns: pd.DataFrame) -> pd.DataFrame:
    """(rows x columns of figures) long frame; `row` is the line in the file, header being 1."""
    symbols = contract("published").symbols
    figures = columns[columns["role"].isin(["indicator", "unknown"])]
    order = {column.name: i for i, column in enumerate(table.columns)}
    figures = figures.sort_values("column_name", key=lambda names: names.map(order))
    base = cells.reindex(columns=KEYS).astype("string").fillna("")
    base["filter_key"] = _filter_key(cells, table)
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
    values = conform.per_spelling(written, conform.numbers)
    timed = long["column_name"].isin([c.name for c in table.columns if c.type == "years_months"])
    if timed.any():
        values = values.mask(timed, conform.per_spelling(written.where(timed), _months))
    unusable = text.notna() & status.isna() & values.isna()
    status = status.mask(values.notna(), "ok").mask(unusable, "failed").fillna("x")
    in_contract = ~long["column_name"].isin(
        figures.loc[figures["role"] == "unknown", "column_name"]
    )
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
            "Neither a number nor a symbol of DfE’s open data standard",
            table=table.name,
            column=str(column),
            expected="a number or one of " + " ".join(symbols),
        )
        parsed.findings += conform.listed(
            finding, rows["row"], rows["value_text"], int(positions[column])
        )
