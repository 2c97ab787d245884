"""A DfE open-data CSV (Explore Education Statistics) as one long table of values.

The dataset is recognised by its columns. Everything in the file is kept: one row per source row and
indicator column, with the value as text, as a number, and its status. Which of them are measures is
registry data, applied in dbt, not code here.
"""

import pandas as pd

from ingestion import conform, headers, landing
from ingestion.contract import Contract, Table, contract
from ingestion.findings import Finding
from ingestion.readers import UnreadableFile, read
from ingestion.sources import Parsed, header_findings

PERIOD = r"20\d\d(?:\d\d)?"
LEVELS = ("National", "Regional", "Local authority")
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


def recognise(columns: list[str], source: Contract) -> tuple[Table, headers.Resolution] | None:
    """The dataset all of whose required columns are there; most columns matched wins."""
    fits = []
    for table in source.tables:
        # DfE's columns are written by machines: one that is nearly another is another measure
        # (“rereferral_count” is 93% like “referral_count”).
        resolution = headers.resolve(columns, table.columns, fuzzy=False)
        if resolution.complete:
            fits.append((len(resolution.matches), table, resolution))
    if not fits:
        return None
    _, table, resolution = max(fits, key=lambda fit: fit[0])
    return table, resolution


def parse(file: landing.LandedFile) -> Parsed:
    """Read one published file; an unrecognised file is a finding that blocks that file only."""
    parsed = Parsed()
    source = contract("published")
    try:
        sheet = read(file.absolute)[0]
    except UnreadableFile as error:
        parsed.findings.append(Finding(error.rule_id, "block", str(error)))
        return parsed
    columns = [str(cell) for cell in sheet.rows[0]] if sheet.rows else []
    known = recognise(columns, source)
    if known is None:
        parsed.findings.append(
            Finding(
                "published.unrecognised",
                "block",
                "No known dataset has these columns; the file is set aside",
                value=", ".join(columns[:12]),
                expected="one of: " + "; ".join(table.title for table in source.tables),
            )
        )
        return parsed
    table, resolution = known
    parsed.dataset = table.name
    parsed.resolutions[table.name] = resolution
    parsed.findings += [
        finding
        for finding in header_findings(table, sheet, resolution)
        # Layouts differ between releases; a column that a release never had is no news.
        if finding.rule_id != "headers.missing"
    ]
    cells = conform.table_cells(sheet, resolution)
    if cells.empty:
        parsed.findings.append(
            Finding(
                "published.empty", "block", "The file has columns but no rows", table=table.name
            )
        )
        return parsed
    _report_misplaced(parsed, cells, table, resolution)
    parsed.tables["published_values"] = _long(parsed, cells, table, resolution, source.symbols)
    parsed.last_period = str(cells["time_period"].max())
    parsed.release = str(file.sidecar.get("release", parsed.last_period[:4]))
    return parsed


def _report_misplaced(
    parsed: Parsed, cells: pd.DataFrame, table: Table, resolution: headers.Resolution
) -> None:
    """Rows whose place or period is not known, or that stand twice, set this file aside.

    Their figures would be lost without a word, or counted double.
    """
    filters = [c.name for c in table.columns if c.role == "filter" and c.name in cells]
    place = [name for name in (*KEYS, *filters) if name in cells and not name.endswith("_name")]
    wrong = (
        (
            "published.level.unknown",
            "Figures of a geographic level that is not placed on an area yet",
            "geographic_level",
            "one of: " + ", ".join(LEVELS),
            ~cells["geographic_level"].isin(LEVELS),
        ),
        (
            "published.period.unknown",
            "A period that is not written as DfE’s standard has it",
            "time_period",
            "four digits for a year, six for a financial or academic year",
            ~cells["time_period"].fillna("").str.fullmatch(PERIOD),
        ),
        (
            "published.row.twice",
            "A second row for the same period, area and filters",
            "time_period",
            "one row for each",
            cells.duplicated(place),
        ),
    )
    for rule_id, message, column, expected, bad in wrong:
        finding = Finding(
            rule_id, "block", message, table=table.name, column=column, expected=expected
        )
        parsed.findings += conform.listed(
            finding, cells["row"][bad] + 1, cells[column][bad], resolution.positions[column]
        )


def _long(
    parsed: Parsed,
    cells: pd.DataFrame,
    table: Table,
    resolution: headers.Resolution,
    symbols: dict[str, str],
) -> pd.DataFrame:
    """(rows x indicator columns) long frame; `row` is the line in the file, header being 1."""
    positions = resolution.positions
    filters, indicators = (
        [c.name for c in table.columns if c.role == role and c.name in positions]
        for role in ("filter", "indicator")
    )
    keys = cells.reindex(columns=KEYS).astype("string").fillna("")
    filter_key = pd.Series("", index=cells.index, dtype="string")
    for name in filters:
        filter_key = filter_key.str.cat(name + "=" + cells[name].fillna(""), sep="; ")
    base = keys.assign(filter_key=filter_key.str.removeprefix("; "), row=cells["row"] + 1)

    long = base.join(cells[indicators]).melt(
        id_vars=[*KEYS, "filter_key", "row"],
        value_vars=indicators,
        var_name="column_name",
        value_name="value_text",
    )
    text = long["value_text"]
    status = text.str.lower().map(symbols)
    values = conform.per_spelling(text.mask(status.notna()), conform.numbers)
    unusable = text.notna() & status.isna() & values.isna()
    status = status.mask(values.notna(), "ok").mask(unusable, "failed").fillna("x")
    for column, bad in long[unusable].groupby("column_name"):
        finding = Finding(
            "published.value.unknown",
            "check",
            "Neither a number nor a symbol of DfE’s open data standard",
            table=table.name,
            column=str(column),
            expected="a number or one of " + " ".join(symbols),
        )
        parsed.findings += conform.listed(
            finding, bad["row"], bad["value_text"], positions[str(column)]
        )
    return long.assign(
        dataset=table.name,
        year_end=table.year_end,
        value=values,
        value_status=status.astype("string"),
    )
