"""A quarterly return in the alliance's template: cover block, then one row per measure.

Which measures are asked for comes from the indicator set in force for the quarter. A measure left
empty is `not_returned`, a symbol is its status, anything else that is no number is `failed`: every
row of the sheet is in the result. Comparisons with other quarters are not made here.
"""

from datetime import date
from typing import Any

import pandas as pd

from ingestion import conform, headers, landing
from ingestion.contract import Table, contract
from ingestion.findings import Finding, address
from ingestion.periods import Quarter
from ingestion.readers import Sheet, UnreadableFile, read
from ingestion.registry import indicator_set_in_force, measures_of_set, seed
from ingestion.sources import Parsed, header_findings


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
    parsed.findings += header_findings(table.name, sheet.name, resolution)
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


def _cover(sheet: Sheet, table: Table, header_row: int) -> dict[str, tuple[Any, str]]:
    """Cover values by name, with the address of each: the cell right of its label."""
    labels = {headers.normalise(label): name for name, label in table.cover.items()}
    found = {}
    for row, cells in enumerate(sheet.rows[:header_row]):
        for column, cell in enumerate(cells[:-1]):
            name = labels.get(headers.normalise(str(cell).rstrip(":")))
            value = next((c for c in cells[column + 1 :] if str(c).strip()), "")
            if name and name not in found and value != "":
                found[name] = (value, address(row, column + 1))
    return found


def _identify(
    parsed: Parsed, file: landing.LandedFile, cover: dict[str, tuple[Any, str]], sheet: str
) -> None:
    """Authority and quarter from path and content; the two disagreeing blocks the file."""
    by_path, path_quarter = landing.la_of(file), landing.quarter_of(file)
    stated = [cover[name] for name in ("la_code", "la_name") if name in cover]
    by_content = next((code for value, _ in stated if (code := landing.la_code(str(value)))), None)
    quarter_value, quarter_cell = cover.get("quarter", ("", None))
    content_quarter = Quarter.find(str(quarter_value))
    pairs = (
        ("authority", by_path, by_content, stated[0] if stated else ("", None)),
        ("quarter", path_quarter, content_quarter, (quarter_value, quarter_cell)),
    )
    for what, path_says, content_says, (value, cell) in pairs:
        if path_says and content_says and path_says != content_says:
            expected = landing.la_name(path_says) if what == "authority" else path_says.label
            parsed.findings.append(
                Finding(
                    f"return.{what}.disagrees",
                    "block",
                    f"The {what} in the file is not the one its folder, name or sidecar states",
                    sheet=sheet,
                    cell=cell,
                    value=str(value),
                    expected=expected,
                )
            )
        elif not path_says and not content_says:
            parsed.findings.append(
                Finding(
                    f"return.{what}.unknown",
                    "block",
                    f"Neither the file nor its folder or name says which {what} it is for",
                    sheet=sheet,
                    expected="the template’s cover filled in, or a folder such as returns/2025-26-Q2/CAM",
                )
            )
    parsed.la_code = by_path or by_content
    quarter = path_quarter or content_quarter
    parsed.quarter = quarter.slug if quarter else None


def _values(
    parsed: Parsed, sheet: Sheet, table: Table, resolution: headers.Resolution
) -> pd.DataFrame:
    """One row per measure: typed value, status, comment and the address of the value's cell."""
    positions = resolution.positions
    body = sheet.rows[resolution.row + 1 :]
    cells = pd.DataFrame(
        {
            name: pd.Series(
                [row[position] if position < len(row) else "" for row in body], dtype=object
            )
            for name, position in positions.items()
        }
    )
    cells["row"] = range(resolution.row + 1, resolution.row + 1 + len(body))
    code = conform.text_of(cells["measure_code"])
    known = code.isin(seed("registry/measures")["measure_code"])
    _report_unknown_rows(parsed, cells[~known], code[~known], sheet.name, table, positions)
    cells = cells[known].reset_index(drop=True)

    # A symbol is a status, not a broken number: set aside before the cells are typed.
    symbols = contract("return").symbols
    status = conform.text_of(cells["value"]).str.lower().map(symbols)
    numbers = cells.assign(value=cells["value"].where(status.isna(), ""))
    frame, findings = conform.conform(numbers, table, resolution, sheet.name)
    parsed.findings += findings
    failed = frame["row"].isin(
        {f.row for f in findings if f.rule_id == f"{table.name}.value.type"}
    )
    status = status.mask(frame["value"].notna(), "ok").mask(failed, "failed")
    frame = frame.assign(
        value_status=status.fillna("not_returned").astype("string"),
        value_text=conform.text_of(cells["value"]),
        sheet=sheet.name,
        cell=[address(int(row) - 1, positions["value"]) for row in frame["row"]],
    )
    _report_missing_measures(parsed, frame, sheet.name, table)
    return frame.drop(columns=["measure_label", "timing", "unit"])


def _report_unknown_rows(
    parsed: Parsed,
    cells: pd.DataFrame,
    code: pd.Series,
    sheet: str,
    table: Table,
    positions: dict[str, int],
) -> None:
    """A row with a number but no known measure is a loss; text alone is a footnote."""
    values, _ = conform.numbers(cells["value"])
    filled = code.notna() | values.notna()
    for index in cells.index[filled]:
        row = int(cells.at[index, "row"])
        parsed.findings.append(
            Finding(
                "return.measure.unknown",
                "check" if pd.notna(values.at[index]) else "note",
                "This row names no measure of the registry and was not used",
                table=table.name,
                sheet=sheet,
                cell=address(row, positions["measure_code"]),
                row=row + 1,
                column="Measure code",
                value=None if pd.isna(code.at[index]) else str(code.at[index]),
                expected="a measure code as issued in the template",
            )
        )


def _report_missing_measures(parsed: Parsed, frame: pd.DataFrame, sheet: str, table: Table) -> None:
    if parsed.quarter is None:
        return
    quarter_end: date = Quarter.parse(parsed.quarter).end
    asked = measures_of_set(indicator_set_in_force(quarter_end.isoformat()))
    absent = asked[~asked["measure_code"].isin(frame["measure_code"])]
    for code, label in absent[["measure_code", "label"]].itertuples(index=False):
        parsed.findings.append(
            Finding(
                "return.measure.missing",
                "check",
                f"“{label}” has no row in the return",
                table=table.name,
                sheet=sheet,
                column="Measure code",
                expected=code,
            )
        )
