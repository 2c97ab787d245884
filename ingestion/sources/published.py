"""A DfE open-data CSV (Explore Education Statistics) as one long table of values.

The dataset is recognised by its columns. Everything in the file is kept: one row per source row and
indicator column, with the value as text, as a number, and its status. Which of them are measures is
registry data, applied in dbt, not code here.
"""

import io

import pandas as pd

from ingestion import conform, headers, landing
from ingestion.contract import Contract, Table, contract
from ingestion.findings import Finding, column_letter
from ingestion.readers.text import decode
from ingestion.sources import Parsed, header_findings

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
        resolution = headers.resolve(columns, table.columns)
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
        frame = pd.read_csv(
            io.StringIO(decode(file.absolute.read_bytes())), dtype=str, keep_default_na=False
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        parsed.findings.append(
            Finding("file.unreadable", "block", f"the file cannot be read as CSV ({error})")
        )
        return parsed
    known = recognise(list(frame.columns), source)
    if known is None:
        parsed.findings.append(
            Finding(
                "published.unrecognised",
                "block",
                "No known dataset has these columns; the file is set aside",
                value=", ".join(frame.columns[:12]),
                expected="one of: " + "; ".join(table.title for table in source.tables),
            )
        )
        return parsed
    table, resolution = known
    parsed.dataset = table.name
    parsed.resolutions[table.name] = resolution
    parsed.findings += [
        finding
        for finding in header_findings(table.name, file.absolute.name, resolution)
        # Layouts differ between releases; a column that a release never had is no news.
        if finding.rule_id != "headers.missing"
    ]
    parsed.tables["published_values"] = _long(parsed, frame, table, resolution, source.symbols)
    parsed.last_period = str(frame["time_period"].max())
    parsed.release = str(file.sidecar.get("release", parsed.last_period[:4]))
    return parsed


def _long(
    parsed: Parsed,
    frame: pd.DataFrame,
    table: Table,
    resolution: headers.Resolution,
    symbols: dict[str, str],
) -> pd.DataFrame:
    """(rows x indicator columns) long frame; `row` is the line in the file, header being 1."""
    named = {match.header: match.to for match in resolution.matches}
    frame = frame.rename(columns=named)
    roles = {column.name: column.role for column in table.columns}
    present = [name for name in frame.columns if name in roles]
    filters = [name for name in present if roles[name] == "filter"]
    indicators = [name for name in present if roles[name] == "indicator"]
    keys = frame.reindex(columns=KEYS, fill_value="").apply(lambda column: column.str.strip())
    filter_key = pd.Series("", index=frame.index)
    for name in filters:
        filter_key = filter_key.str.cat(name + "=" + frame[name].str.strip(), sep="; ")
    base = keys.assign(filter_key=filter_key.str.removeprefix("; "), row=frame.index + 2)

    long = base.join(frame[indicators]).melt(
        id_vars=[*KEYS, "filter_key", "row"],
        value_vars=indicators,
        var_name="column_name",
        value_name="value_text",
    )
    text = conform.text_of(long["value_text"])
    status = text.str.lower().map(symbols)
    values, unusable = conform.numbers(long["value_text"].where(status.isna(), ""))
    status = status.mask(values.notna(), "ok").mask(unusable, "failed").fillna("x")
    for index in long.index[unusable]:
        column = str(long.at[index, "column_name"])
        position = resolution.positions[column]
        parsed.findings.append(
            Finding(
                "published.value.unknown",
                "check",
                "Neither a number nor a symbol of DfE’s open data standard",
                table=table.name,
                cell=f"{column_letter(position)}{long.at[index, 'row']}",
                row=int(long.at[index, "row"]),
                column=column,
                value=str(text.at[index]),
                expected="a number or one of " + " ".join(symbols),
            )
        )
    return long.assign(
        dataset=table.name,
        year_end=table.year_end,
        value_text=text,
        value=values,
        value_status=status.astype("string"),
    )
