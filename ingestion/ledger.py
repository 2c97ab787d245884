"""What arrived, when, from whom, and which version counts.

One row per file content ever seen at a path, kept in `ledger/<source>.parquet` of the home. Rows
are never removed: a file that is replaced or withdrawn changes its state. Reading files is not done
here; the pipeline hands in what each parse found.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from ingestion.landing import LandedFile
from ingestion.registry import seed
from ingestion.sources import Parsed
from ingestion.store import read_parquet, write_parquet

# accepted: counts, or did until a newer one came; quarantined: set aside, with a blocking
# finding; replaced: another usable file stands at the same path now; withdrawn: the path is empty
# now. A good file overwritten by one that is set aside stays accepted: a bad correction loses
# nothing. duplicate: the same content is already held for the same subject; the first one counts.
STATES = ("accepted", "quarantined", "replaced", "withdrawn", "duplicate")

TEXT_COLUMNS = [
    "file_id",
    "source",
    "path",
    "sha256",
    "state",
    "reason",
    "dataset",
    "new_la_code",
    "quarter",
    "extract_date",
    "extract_date_basis",
    "release",
    "last_period",
    "release_id",
    "tables",
    "sheet",
    "sender",
    "template_version",
    "signed_off_by",
    "signed_off_on",
]
COLUMNS = [
    *TEXT_COLUMNS,
    "size",
    "submission_number",
    "is_current",
    "is_synthetic",
    "received_at",
    "first_seen_at",
]
_TYPES = {
    **dict.fromkeys(TEXT_COLUMNS, "string"),
    "size": "int64",
    "submission_number": "Int64",
    "is_current": "bool",
    "is_synthetic": "bool",
    "received_at": "datetime64[us, Europe/London]",
    "first_seen_at": "datetime64[us, Europe/London]",
}


@dataclass(frozen=True)
class Ledger:
    """The ledger of one source in one home."""

    path: Path

    def read(self) -> pd.DataFrame:
        if not self.path.exists():
            return pd.DataFrame(columns=COLUMNS).astype(_TYPES)
        return read_parquet(self.path).astype(_TYPES)

    def record(self, files: list[tuple[LandedFile, str, Parsed]], now: datetime) -> pd.DataFrame:
        """Add what is in the landing zone now, settle states and versions, store and return all.

        `files` holds (file, file id, what it gave). Recording the same zone again changes nothing.
        """
        past = self.read()
        present = pd.DataFrame(
            [_row(file, file_id, parsed, now) for file, file_id, parsed in files], columns=COLUMNS
        ).astype(_TYPES)
        # A known file keeps its times: copying or unpacking a landing zone anew changes file times,
        # and must not change which of two versions is the newer.
        for column in ("first_seen_at", "received_at"):
            seen = past.set_index("file_id")[column].reindex(present["file_id"])
            present[column] = seen.reset_index(drop=True).fillna(present[column])
        gone = past[~past["file_id"].isin(present["file_id"])].copy()
        counted = gone["state"] != "quarantined"
        usable = present.loc[present["state"] == "accepted", "path"]
        gone.loc[counted & gone["path"].isin(usable), "state"] = "replaced"
        gone.loc[counted & ~gone["path"].isin(present["path"]), "state"] = "withdrawn"
        ledger = pd.concat([gone, present], ignore_index=True) if len(gone) else present
        ledger = _number(ledger).sort_values(["path", "received_at", "file_id"])
        write_parquet(ledger.reset_index(drop=True), self.path)
        return ledger.reset_index(drop=True)


def _row(file: LandedFile, file_id: str, parsed: Parsed, now: datetime) -> dict:
    reasons = [f.message for f in parsed.findings if f.severity == "block"]
    return {
        "file_id": file_id,
        "source": file.source,
        "path": file.path,
        "sha256": file.sha256,
        "size": file.size,
        "state": "accepted" if parsed.accepted else "quarantined",
        "reason": reasons[0] if reasons else None,
        "dataset": parsed.dataset,
        "new_la_code": parsed.la_code,
        "quarter": parsed.quarter,
        "extract_date": parsed.extract_date.isoformat() if parsed.extract_date else None,
        "extract_date_basis": parsed.extract_date_basis,
        "release": parsed.release,
        "last_period": parsed.last_period,
        "tables": "|".join(parsed.table_names),
        "sheet": parsed.sheet,
        "sender": str(file.sidecar["sender"]) if file.sidecar.get("sender") else None,
        "template_version": parsed.template_version,
        "signed_off_by": parsed.signed_off_by,
        "signed_off_on": parsed.signed_off_on,
        "is_current": False,
        "is_synthetic": file.synthetic,
        "received_at": file.received_at,
        "first_seen_at": now,
    }


def _number(ledger: pd.DataFrame) -> pd.DataFrame:
    """Chains of versions: the newest accepted file of a subject is current.

    The subject is the dataset for published files, authority and quarter otherwise. Order is the
    stated release, then the latest period held, then time received (design: order of releases).
    """
    ledger = ledger.sort_values(
        ["release", "last_period", "received_at", "file_id"], na_position="first"
    )
    subject = [
        ledger["dataset"].fillna(""),
        ledger["new_la_code"].fillna(""),
        ledger["quarter"].fillna(""),
    ]
    ledger["state"] = _without_duplicates(ledger, subject)
    usable = ledger["state"].isin(["accepted", "replaced"])
    number = ledger[usable].groupby([part[usable] for part in subject]).cumcount() + 1
    ledger["submission_number"] = number.astype("Int64")
    accepted = ledger["state"] == "accepted"
    newest = ledger[accepted].groupby([part[accepted] for part in subject]).tail(1).index
    ledger["is_current"] = ledger.index.isin(newest)
    ledger["release_id"] = _release_ids(ledger)
    return ledger


def _without_duplicates(ledger: pd.DataFrame, subject: list[pd.Series]) -> pd.Series:
    """States in which the same content counts once for a subject: the one that still lies there.

    The same file saved twice, or given a sidecar later, is one submission and one release.
    """
    usable = ledger["state"].isin(["accepted", "replaced"])
    keys = [part[usable] for part in (*subject, ledger["sha256"])]
    present_first = ledger.loc[usable, "state"].sort_values(kind="stable").index
    place = ledger.loc[present_first].groupby([key.loc[present_first] for key in keys]).cumcount()
    return ledger["state"].mask(place.reindex(ledger.index).fillna(0) > 0, "duplicate")


def _release_ids(ledger: pd.DataFrame) -> pd.Series:
    """A name people can read and say: `return-CAM-2025-26-Q2-v1`, `cin_referrals-2024-1f3a5c7b`."""
    las = seed("reference/local_authorities").set_index("new_la_code")["short_code"]
    short = ledger["new_la_code"].map(las)
    version = "v" + ledger["submission_number"].astype("string")
    submitted = ledger["source"] + "-" + short + "-" + ledger["quarter"] + "-" + version
    published = ledger["dataset"] + "-" + ledger["release"] + "-" + ledger["sha256"].str[:8]
    named = published.where(ledger["source"] == "published", submitted)
    return named.where(~ledger["is_synthetic"], "SYNTHETIC-" + named).astype("string")
