"""Corrections that are remembered: what an authority calls a column or a measure.

CSV files below `aliases/` of the landing zone, written and reviewed by people, with the columns of
`COLUMNS`. A line holds for one authority, or for all where `la` is empty, in every quarter from
then on. Nothing here guesses: a line that names nothing known is a finding and is left aside.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import pandas as pd

from ingestion import landing
from ingestion.contract import contract
from ingestion.findings import Finding
from ingestion.headers import normalise
from ingestion.labels import squeeze
from ingestion.readers import UnreadableFile
from ingestion.readers.text import read_text
from ingestion.region import REGION
from ingestion.registry import seed

FOLDER = "aliases"
# la: short code, GSS code or name; kind: measure or column; written: as it stands in the file;
# means: the measure's code, or the column's header as issued; by, on, note: for the reviewer.
COLUMNS = ("la", "kind", "written", "means", "by", "on", "note")
_REQUIRED = ("la", "kind", "written", "means")


@dataclass(frozen=True)
class Aliases:
    """What one authority's files may say: squeezed measure names, normalised headers."""

    measures: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Remembered:
    """Every line of every aliases file that can be used, and what is wrong with the others.

    `lines` has la (GSS code or empty), kind, written, means; later files come later. A finding
    names its file as the sheet.
    """

    lines: pd.DataFrame
    findings: list[Finding] = field(default_factory=list)

    @classmethod
    def nothing(cls) -> "Remembered":
        return cls(pd.DataFrame(columns=list(_REQUIRED), dtype=str))

    def digest(self, la: str | None) -> str:
        """Changes when what may be remembered of a file changes: it is then read again.

        Where no path tells the authority, any of them may be meant.
        """
        lines = self.lines if la is None else self.lines[self.lines["la"].isin(["", la])]
        told = repr(lines.to_numpy().tolist())
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def of(self, la: str | None) -> Aliases:
        """The lines for everybody, then the authority's own, which win."""
        lines = self.lines[self.lines["la"].isin(["", la or ""])].sort_values("la", kind="stable")
        measures, columns = (lines[lines["kind"] == kind] for kind in ("measure", "column"))
        return Aliases(
            dict(zip(measures["written"].map(squeeze), measures["means"], strict=True)),
            dict(zip(columns["written"].map(normalise), columns["means"], strict=True)),
        )


def line(la: str | None, kind: str, written: str, means: str) -> str:
    """The line to add to an aliases file, for a finding's advice."""
    quoted = f'"{written}"' if "," in written else written
    return ",".join([la or "", kind, quoted, means])


def load(zone: Path) -> Remembered:
    """Read every aliases file of a landing zone; never raises for what stands in them."""
    frames, findings = [pd.DataFrame(columns=list(_REQUIRED), dtype=str)], []
    for path in sorted(p for p in (zone / FOLDER).rglob("*") if p.is_file()):
        if path.name.startswith((".", "~$")):
            continue
        name = os.fsencode(path.relative_to(zone).as_posix()).decode("utf-8", "replace")
        lines, found = _read(path)
        frames.append(lines)
        findings += [replace(finding, sheet=name) for finding in found]
    return Remembered(pd.concat(frames, ignore_index=True), findings)


def _read(path: Path) -> tuple[pd.DataFrame, list[Finding]]:
    empty = pd.DataFrame(columns=list(_REQUIRED), dtype=str)
    if path.suffix.lower() != ".csv":
        message = "Only CSV files are read in aliases/"
        return empty, [Finding("aliases.unusable", "check", message, expected="a .csv file")]
    try:
        rows = read_text(path).rows
    except UnreadableFile as error:
        return empty, [Finding("aliases.unusable", "check", str(error))]
    header = [normalise(cell) for cell in rows[0]] if rows else []
    missing = [name for name in _REQUIRED if header.count(name) != 1]
    if missing:
        message = f"The first line names the columns, and {', '.join(missing)} is not there once"
        finding = Finding("aliases.unusable", "check", message, expected=",".join(COLUMNS))
        return empty, [finding]
    width = len(header)
    body = [[cell.strip() for cell in row[:width]] + [""] * (width - len(row)) for row in rows[1:]]
    places = [header.index(name) for name in _REQUIRED]
    lines = pd.DataFrame(
        [[row[place] for place in places] for row in body], columns=list(_REQUIRED), dtype=str
    )
    lines = lines.assign(row=range(2, len(lines) + 2), kind=lines["kind"].str.lower())
    lines = lines[(lines[list(_REQUIRED)] != "").any(axis=1)]
    pairs = zip(lines["kind"], lines["means"], strict=True)
    said = lines.assign(
        la=lines["la"].map(lambda text: landing.la_code(text) if text else ""),
        means=pd.Series([_meaning(*pair) for pair in pairs], index=lines.index, dtype=object),
    )
    known = said["kind"].isin(["measure", "column"])
    problems = {
        f"names no {REGION.name} authority": said["la"].isna(),
        "has a kind that is neither measure nor column": ~known,
        "has no word under “written”": said["written"].map(squeeze) == "",
        "explains a name that another line explains otherwise": _contradicted(said),
        "means nothing known here": known & said["means"].isna(),
    }
    told = lines[list(_REQUIRED)].apply(",".join, axis=1).astype(str) if len(lines) else lines["la"]
    findings = [
        Finding(
            "aliases.unusable",
            "check",
            f"This line of the aliases {problem}; it is left aside",
            row=int(row),
            value=text,
            expected="la,kind,written,means, with a code of the registry or a header as issued",
        )
        for problem, bad in problems.items()
        for row, text in zip(lines["row"][bad], told[bad], strict=True)
    ]
    bad = pd.concat(problems.values(), axis=1).any(axis=1)
    return said.loc[~bad, list(_REQUIRED)], findings


def _contradicted(said: pd.DataFrame) -> pd.Series:
    """Lines of one authority, kind and name with several meanings: none of them is used."""
    keys = [said["la"].fillna("?"), said["kind"], said["written"].map(squeeze)]
    return said["means"].fillna("?").groupby(keys).transform("nunique") > 1


@lru_cache
def _meanings() -> dict[str, dict[str, str]]:
    table = contract("return").table("return_values")
    headers = {h: c.name for c in table.columns for h in (c.headers[0], c.name)}
    return {
        "measure": {squeeze(code): code for code in seed("registry/measures")["measure_code"]},
        "column": {squeeze(header): name for header, name in headers.items()},
    }


def _meaning(kind: str, text: str) -> str | None:
    return _meanings().get(kind, {}).get(squeeze(text))
