"""What has come for each quarter, who is missing, and what was set aside: for the pages of ledgers.

Reads the ledger and the findings that ingestion has handed over, so that it is known before a mart
is built. Of Annex A a file's rules are told, never what stands in it.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd

from ingestion.landing import LONDON
from ingestion.periods import Quarter
from ingestion.pipeline import raw_path
from ingestion.registry import participates, return_due, seed
from orchestration.table_facts import rows_as_table

# As many as a page can show without scrolling; the ledger itself has them all.
_QUARTERS = 6
# The register that says who is asked for a source's files. Others come when somebody sends them.
_ASKED = {"return": "quarterly_return"}


def ledger_metadata(source: str, home: Path) -> dict[str, Any]:
    """What a source's ledger has to tell, newest first."""
    files = pd.read_parquet(raw_path(home, f"{source}_files"))
    findings = pd.read_parquet(raw_path(home, f"{source}_findings"))
    told = _releases(files) if source == "published" else _quarters(source, files)
    return told | {"set_aside": _set_aside(files, findings)}


def _quarters(source: str, files: pd.DataFrame) -> dict[str, Any]:
    """A line for each quarter, and who is missing in the newest one that anybody sent."""
    slugs = sorted(files["quarter"].dropna().unique(), reverse=True)[:_QUARTERS]
    states = [_State(source, files, Quarter.parse(slug)) for slug in slugs]
    asked = source in _ASKED
    heads = ["Quarter", "Usable", *(["Late", "Missing"] if asked else []), "Only set aside"]
    rows = (
        [
            one.quarter.label,
            f"{len(one.came)} of {len(one.asked)}" if asked else _names(one.came),
            *([_names(one.late), _names(one.missing)] if asked else []),
            _names(one.unusable),
        ]
        for one in states
    )
    told: dict[str, Any] = {"by_quarter": rows_as_table(heads, rows)}
    if asked and states:
        newest = states[0]
        told["newest_quarter"] = newest.quarter.label
        told["returned"] = len(newest.came)
        told["missing"] = _names(newest.missing) or "nobody"
    return told


class _State:
    """How things stand with a source's files of one quarter: sets of authorities' codes."""

    def __init__(self, source: str, files: pd.DataFrame, quarter: Quarter) -> None:
        sent = files[files["quarter"] == quarter.slug]
        usable = sent[sent["state"].isin(["accepted", "purged"])]
        self.quarter = quarter
        self.came = set(usable["new_la_code"].dropna())
        self.unusable = set(sent.loc[sent["state"] == "quarantined", "new_la_code"].dropna())
        self.unusable -= self.came
        self.asked = self.late = self.missing = set[str]()
        if source in _ASKED:
            day, activity = quarter.end.isoformat(), _ASKED[source]
            self.asked = {code for code in _names_by_code() if participates(code, day, activity)}
            self.missing = self.asked - self.came - self.unusable
            # The submission that counts, as the mart on returns has it.
            current = usable[usable["is_current"]]
            received = current["received_at"].dt.tz_convert(LONDON).dt.date
            self.late = set(current.loc[received > return_due(quarter), "new_la_code"].dropna())


def _releases(files: pd.DataFrame) -> dict[str, Any]:
    """Of each published dataset the release that counts, and up to which period it goes."""
    current = files[files["is_current"]].sort_values("dataset")
    rows = zip(
        current["dataset"],
        current["release"],
        current["last_period"],
        current["received_at"].dt.tz_convert(LONDON).dt.date,
        strict=True,
    )
    heads = ["Dataset", "Release that counts", "Newest period", "Received"]
    return {"releases": rows_as_table(heads, rows)}


def _set_aside(files: pd.DataFrame, findings: pd.DataFrame) -> dg.MarkdownMetadataValue:
    """Each file that is set aside, and the rules that it breaks."""
    blocking = findings[findings["severity"] == "block"].drop_duplicates(["file_id", "rule_id"])
    rules = blocking.groupby("file_id")["rule_id"].agg(lambda ids: ", ".join(sorted(ids)))
    # A return's reason is about the file; one of Annex A stays where children are.
    fixes = blocking.drop_duplicates("file_id").set_index("file_id")["fix"]
    aside = files[files["state"] == "quarantined"].sort_values("path")
    names = _names_by_code()
    rows = (
        [names.get(file["new_la_code"]), file["path"], rules.get(key), fixes.get(key)]
        for key, file in aside.set_index("file_id").iterrows()
    )
    return rows_as_table(["Authority", "File", "Rules", "To do"], rows)


def _names(codes: Iterable[str]) -> str:
    names = _names_by_code()
    return ", ".join(sorted(names.get(code, code) for code in codes))


def _names_by_code() -> dict[str, str]:
    las = seed("reference/local_authorities").query("is_london == 'true'")
    return dict(zip(las["new_la_code"], las["la_name"], strict=True))
