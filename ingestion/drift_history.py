"""Symbols newly used, and figures of earlier years that are not what they were."""

from dataclasses import replace
from itertools import islice

import pandas as pd

from ingestion import drift_content as content
from ingestion.conform import MAX_LISTED
from ingestion.drift_pair import Pair, listed
from ingestion.findings import Finding


def symbol_findings(pair: Pair) -> list[Finding]:
    """Symbols that a column did not use before: one finding for each symbol, up to a limit."""
    cells = pair.cells[pair.cells["column"].isin(pair.shared("indicator"))]
    cells = cells[cells["status"] != "ok"].astype({"column": "object", "status": "object"})
    unknown = cells["status"] == "failed"
    cells["symbol"] = cells["status"].mask(unknown, cells["text"].fillna(""))
    known = cells.loc[~cells["later"], ["column", "symbol"]].drop_duplicates()
    new = cells[cells["later"]].merge(known, how="left", indicator="found")
    new = new[new["found"] == "left_only"].sort_values(["symbol", "row", "column"])
    findings = []
    symbols = new.groupby(["symbol", "status"])
    for _, used in islice(symbols, MAX_LISTED):
        first = used.iloc[0]
        failed = first["status"] == "failed"
        columns = listed(sorted(used["column"].unique()))
        shown = first["text"] if pd.notna(first["text"]) else "an empty cell"
        findings.append(
            Finding(
                "drift.symbol.new",
                "check" if failed else "note",
                f"“{shown}” was not used before in {columns} (cells: {len(used):,})",
                column=first["column"],
                cell=pair.cell(first["column"], first["row"]),
                row=int(first["row"]),
                value=first["symbol"],
                expected="a symbol of DfE’s open data standard" if failed else None,
                count=len(used),
            )
        )
    if rest := symbols.ngroups - len(findings):
        # A column of something else altogether: one mistake.
        last = findings[-1]
        message = f"{last.message} (and {rest:,} more symbols)"
        findings[-1] = replace(last, message=message, count=last.count + rest)
    return findings


def history_findings(pair: Pair, split: list[str]) -> list[Finding]:
    """One finding for each column whose figures of shared lines were revised.

    A split category is no revision.
    """
    frame = pair.cells[pair.cells["column"].isin(pair.shared("indicator"))]
    pairs = content.revisions(frame[~frame["filter_key"].isin(split)])
    shares = pairs.groupby("column", observed=True).agg(
        cells=("revised", "size"), revised=("revised", "sum"), local=("local", "sum")
    )
    far = pairs[pairs["local"] & (pairs["relative"] > content.FAR)]
    shares["far"] = far["column"].value_counts().reindex(shares.index, fill_value=0)
    most = shares["far"] > content.MOSTLY * shares["local"]
    other = set(shares.index[most & (shares["local"] >= content.FEWEST_LINES)])
    stood = _stood(pair, other)
    findings = []
    for name in shares.index[shares["revised"] > 0]:
        cells = pairs[(pairs["column"] == name) & pairs["revised"]]
        revision = _revision(pair, name, shares.loc[name], cells, name in other, stood.get(name))
        findings.append(revision)
    return findings


def _stood(pair: Pair, names: set[str]) -> dict[str, str]:
    """For each of these columns, the header under which its figures stood before."""
    if not names:
        return {}
    headers = {name: pair.old[name] for name in pair.shared("indicator")}
    now = {name: header for name, header in headers.items() if name in names}
    found = content.matches(pair.cells, "column", headers, now)
    return {
        match.to: headers[name] for name, match in found.items() if match.sure and name != match.to
    }


def _revision(
    pair: Pair, name: str, share: pd.Series, cells: pd.DataFrame, other: bool, stood: str | None
) -> Finding:
    """What was revised in a column; `other` where it looks like another column or unit."""
    header = pair.new[name]
    message = f"“{header}”: {share['revised']:,} of {share['cells']:,} earlier figures differ"
    ratio = cells["ratio"].median()
    if other:
        message = (
            f"“{header}” looks like another column or unit: {share['far']:,} of {share['local']:,} "
        )
        message += "earlier figures of authorities differ by more than a fifth"
        if ((cells["ratio"] / ratio - 1).abs() < 0.01).mean() >= content.SAME:
            message += f", most are {ratio:.3g} times what they were"
        if stood:
            message += f"; they stood under “{stood}”"
    to_symbol = ((cells["status"] != "ok") & (cells["status_before"] == "ok")).sum()
    to_number = ((cells["status"] == "ok") & (cells["status_before"] != "ok")).sum()
    message += f"; {to_symbol:,} became a symbol" if to_symbol else ""
    message += f"; {to_number:,} became a number" if to_number else ""
    known = cells["relative"].notna().any()
    largest = cells.sort_values("relative", ascending=False, kind="stable").iloc[0]
    was, now = (largest[text] for text in ("text_before", "text"))
    was, now = ("an empty cell" if pd.isna(text) else text for text in (was, now))
    change = f" ({largest['ratio'] - 1:+.0%})" if known else ""
    message += "; largest: " if known else "; for one: "
    message += f"{largest['area_name']} {largest['period']}, {was} → {now}{change}"
    severity = "check" if share["revised"] > content.REVISED * share["cells"] else "note"
    return Finding(
        "drift.history.revised",
        "block" if other else severity,
        message,
        column=name,
        cell=pair.cell(name, int(largest["row"])),
        row=int(largest["row"]),
        value=now,
        expected=was,
        suggestion=stood,
        count=int(share["revised"]),
    )
