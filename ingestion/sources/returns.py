"""A quarterly return in the alliance's template: cover block, then one row per measure.

Which measures are asked for comes from the indicator set in force for the quarter. A measure left
empty is `not_returned`, a symbol is its status, anything else that is no number is `failed`: every
row of the sheet is in the result. Comparisons with other quarters are not made here.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import pandas as pd
from rapidfuzz import process

from ingestion import conform, headers, landing
from ingestion.contract import Table, contract
from ingestion.findings import Finding, address
from ingestion.periods import Quarter
from ingestion.readers import Sheet, UnreadableFile, read
from ingestion.registry import (
    indicator_set_in_force,
    measures_of_set,
    parts_of_wholes,
    seed,
)
from ingestion.sources import Parsed, header_findings

# Cover values by name, each with the address of its cell.
Cover = dict[str, tuple[str, str]]


def parse(file: landing.LandedFile) -> Parsed:
    """Read one return; never raises for what is wrong with the file, it finds."""
    parsed = Parsed()
    table = contract("return").table("return_values")
    try:
        sheets = read(file.absolute)
    except UnreadableFile as error:
        parsed.findings.append(Finding("file.unreadable", "block", str(error)))
        return parsed
    chosen = _choose(sheets, table)
    if chosen is None:
        parsed.findings.append(
            Finding(
                "return.no_table",
                "block",
                "No sheet holds the return’s table",
                expected="a sheet “Return” with columns "
                + ", ".join(c.headers[0] for c in table.columns if c.required),
                value=", ".join(sheet.name for sheet in sheets),
            )
        )
        return parsed
    sheet, resolution = chosen
    parsed.resolutions[table.name] = resolution
    parsed.findings += header_findings(table, sheet, resolution)
    _identify(parsed, file, _cover(sheet, table, resolution.row), sheet.name)
    if not resolution.complete:
        return parsed
    parsed.tables[table.name] = _values(parsed, sheet, table, resolution)
    return parsed


def _choose(sheets: list[Sheet], table: Table) -> tuple[Sheet, headers.Resolution] | None:
    """The sheet whose header row settles most columns; the named sheet wins a tie."""
    wanted = {headers.normalise(name) for name in table.sheets}
    candidates = []
    for sheet in sheets:
        resolution = headers.find_header(sheet.rows, table.columns)
        if resolution is not None:
            named = headers.normalise(sheet.name) in wanted
            candidates.append((len(resolution.matches), named, sheet, resolution))
    if not candidates:
        return None
    best = max(candidates, key=lambda candidate: candidate[:2])
    return best[2], best[3]


def _cover(sheet: Sheet, table: Table, header_row: int) -> Cover:
    labels = {headers.normalise(label): name for name, label in table.cover.items()}
    found = headers.labelled(sheet.rows[:header_row], labels)
    return {name: (str(value), address(row, at)) for name, (value, row, at) in found.items()}


def _identify(parsed: Parsed, file: landing.LandedFile, cover: Cover, sheet: str) -> None:
    """Authority and quarter from path and content; the two disagreeing blocks the file."""
    authorities = [cover[name] for name in ("la_code", "la_name") if name in cover]
    parsed.la_code = _settle(
        parsed,
        sheet,
        "authority",
        landing.la_of(file),
        [(landing.la_in_name(text, whole=True), text, cell) for text, cell in authorities],
        landing.la_name,
    )
    quarter = landing.quarter_of(file)
    quarters = [cover["quarter"]] if "quarter" in cover else []
    parsed.quarter = _settle(
        parsed,
        sheet,
        "quarter",
        quarter.slug if quarter else None,
        [(_quarter(text), text, cell) for text, cell in quarters],
        lambda slug: Quarter.parse(slug).label,
    )


def _quarter(text: str) -> str | None:
    """A quarter as the cover states it: written out, or its first day as a date cell."""
    try:
        return Quarter.parse(text.split(" 00:00")[0]).slug
    except ValueError:
        return None


def _settle(
    parsed: Parsed,
    sheet: str,
    what: str,
    by_path: str | None,
    stated: list[tuple[str | None, str, str]],
    in_words: Callable[[str], str],
) -> str | None:
    """What path and cover agree on; `stated` holds (meaning, text, cell) for each cover value."""
    told = by_path or next((meaning for meaning, _, _ in stated if meaning), None)
    for meaning, text, cell in stated:
        if meaning == told and meaning is not None:
            continue
        finding = Finding(
            f"return.{what}.disagrees",
            "block",
            f"The {what} in the file is not the one its folder, name or sidecar states",
            sheet=sheet,
            cell=cell,
            value=text,
            expected=in_words(told) if told else None,
        )
        if meaning is None:
            finding = replace(
                finding,
                rule_id=f"return.{what}.unreadable",
                severity="check",
                message=f"The {what} on the cover cannot be understood",
            )
        parsed.findings.append(finding)
    if told is None:
        parsed.findings.append(
            Finding(
                f"return.{what}.unknown",
                "block",
                f"Neither the file nor its folder or name says which {what} it is for",
                sheet=sheet,
                expected="the template’s cover filled in, or a folder like returns/2025-26-Q2/CAM",
            )
        )
    return told


def _values(
    parsed: Parsed, sheet: Sheet, table: Table, resolution: headers.Resolution
) -> pd.DataFrame:
    """One row per measure: typed value, status, comment and the address of the value's cell."""
    positions = resolution.positions
    cells = conform.table_cells(sheet, resolution)
    known = cells["measure_code"].isin(seed("registry/measures")["measure_code"])
    if not known.all():
        _report_unknown_rows(parsed, cells[~known], sheet.name, table, positions)
        cells = cells[known].reset_index(drop=True)

    # A symbol is a status, not a broken number: set aside before the cells are typed.
    sent = cells["value"]
    status = sent.str.lower().map(contract("return").symbols)
    cells["value"] = sent.mask(status.notna())
    frame, findings = conform.conform(cells, table, resolution, sheet.name)
    parsed.findings += findings
    usable = frame["value"].notna()
    status = status.mask(usable, "ok").mask(cells["value"].notna() & ~usable, "failed")
    frame = frame.assign(
        value_status=status.fillna("not_returned").astype("string"),
        value_text=sent,
        sheet=sheet.name,
        cell=[address(row - 1, positions["value"]) for row in frame["row"]],
    )
    _report_missing_measures(parsed, frame, sheet.name, table)
    _report_parts_above_wholes(parsed, frame, sheet.name, table)
    return frame.drop(columns=["measure_label", "timing", "unit"])


def _report_unknown_rows(
    parsed: Parsed, cells: pd.DataFrame, sheet: str, table: Table, positions: dict[str, int]
) -> None:
    """A row with a number but no known measure is a loss; text alone is a footnote."""
    code, figure = cells["measure_code"], conform.per_spelling(cells["value"], conform.numbers)
    filled = code.notna() | figure.notna()
    known = list(seed("registry/measures")["measure_code"])
    for has_number, severity in ((True, "check"), (False, "note")):
        rows = filled & (figure.notna() == has_number)
        finding = Finding(
            "return.measure.unknown",
            severity,
            "This row names no measure of the registry and was not used",
            table=table.name,
            sheet=sheet,
            column=table.column("measure_code").headers[0],
            expected="a measure code as issued in the template",
        )
        found = conform.listed(
            finding, cells["row"][rows] + 1, code[rows], positions["measure_code"]
        )
        for finding in found:
            near = process.extractOne((finding.value or "").lower(), known, score_cutoff=80)
            parsed.findings.append(replace(finding, suggestion=near[0] if near else None))


def _report_missing_measures(parsed: Parsed, frame: pd.DataFrame, sheet: str, table: Table) -> None:
    if parsed.quarter is None:
        return
    try:
        asked = _asked(parsed.quarter)
    except ValueError as error:
        parsed.findings.append(Finding("return.quarter.no_set", "check", str(error), sheet=sheet))
        return
    present = set(frame["measure_code"])
    parsed.findings += [
        Finding(
            "return.measure.missing",
            "check",
            f"“{label}” has no row in the return",
            table=table.name,
            sheet=sheet,
            column=table.column("measure_code").headers[0],
            expected=code,
        )
        for code, label in asked.items()
        if code not in present
    ]


def _report_parts_above_wholes(
    parsed: Parsed, frame: pd.DataFrame, sheet: str, table: Table
) -> None:
    """A part above its whole: no percentage is made of the two, and the sender is told."""
    sent = frame.drop_duplicates("measure_code").set_index("measure_code")
    pairs = parts_of_wholes()
    pairs = pairs[pairs["part"].isin(sent.index) & pairs["whole"].isin(sent.index)]
    part, whole = (sent["value"].reindex(pairs[side]).to_numpy() for side in ("part", "whole"))
    for row in pairs[part > whole].to_dict("records"):
        above = sent.loc[row["part"]]
        parsed.findings.append(
            Finding(
                "return.part_above_whole",
                "check",
                f"{row['part']} is larger than {row['whole']}, of which it is a part"
                f" ({row['name']}); no percentage is made of them",
                table=table.name,
                sheet=sheet,
                cell=str(above["cell"]),
                row=int(above["row"]),
                column=table.column("value").headers[0],
                value=str(above["value_text"]),
                expected=f"at most {sent.loc[row['whole'], 'value_text']}",
            )
        )


@lru_cache
def _asked(quarter: str) -> dict[str, str]:
    """Code and label of each measure that authorities return for a quarter."""
    day = Quarter.parse(quarter).end.isoformat()
    asked = measures_of_set(indicator_set_in_force(day))
    return dict(zip(asked["measure_code"], asked["label"], strict=True))
