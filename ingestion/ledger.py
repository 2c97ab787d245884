"""What arrived, when, from whom, and which version counts.

One row per file content ever seen at a path, kept in `ledger/<source>.parquet` of the home. Rows
are never removed: a file that is replaced, withdrawn or purged changes its state. Reading files is
not done here; the pipeline hands in what each parse found.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from ingestion.landing import LandedFile
from ingestion.registry import seed
from ingestion.sources import Parsed
from ingestion.store import read_parquet, write_parquet

# accepted: counts, or did until a newer one came; quarantined: set aside, with a blocking
# finding; replaced: a usable version of the same submission stands at the same path now; withdrawn:
# the path is empty now, or what had been set aside there was made good. What was overwritten by a
# file that is set aside, or by another submission, stays accepted: that loses nothing. duplicate:
# the same content is already held for the same subject; the first one counts. purged: it was
# accepted, and its child-level data have been deleted by rule; the figures kept of it count on.
STATES = ("accepted", "quarantined", "replaced", "withdrawn", "duplicate", "purged")

# The states of what counts, or did: versions are numbered over these.
_COUNTED = ["accepted", "replaced", "purged"]
# Of these the newest of a subject is current.
_STANDING = ["accepted", "purged"]

# The parts of a subject: what two files must share to be versions of one another.
SUBJECT = ["dataset", "new_la_code", "quarter"]

TEXT_COLUMNS = [
    "file_id",
    "source",
    "path",
    "sha256",
    "state",
    "reason",
    "dataset",
    "publication",
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
        # A ledger of an earlier version may lack a column that has come since.
        return read_parquet(self.path).reindex(columns=COLUMNS).astype(_TYPES)

    def record(self, files: list[tuple[LandedFile, str, Parsed]], now: datetime) -> pd.DataFrame:
        """Add what is in the landing zone now, settle states and versions, store and return all.

        `files` holds (file, file id, what it gave). Recording the same zone again changes nothing.
        """
        past = self.read()
        present = _present(files, past, now)
        known = present[["file_id"]].merge(past, on="file_id", how="left")
        same = (_subject(known) == _subject(present)).to_numpy()
        present["submission_number"] = known["submission_number"].where(same)
        gone = past[~past["file_id"].isin(present["file_id"])].copy()
        gone["state"] = _states_of_gone(gone, present)
        ledger = pd.concat([gone, present], ignore_index=True) if len(gone) else present
        ledger = _number(ledger).sort_values(["path", "received_at", "file_id"])
        write_parquet(ledger.reset_index(drop=True), self.path)
        return ledger.reset_index(drop=True)

    def purge(self, file_ids: Collection[str]) -> pd.DataFrame:
        """Say of accepted files that what they held is deleted by rule; store and return all.

        Whatever else was deleted with them is gone like any file: recording finds that out.
        """
        ledger = self.read()
        due = ledger["file_id"].isin(file_ids) & (ledger["state"] == "accepted")
        if due.any():
            ledger["state"] = ledger["state"].mask(due, "purged")
            write_parquet(ledger, self.path)
        return ledger

    def orders(
        self, files: list[tuple[LandedFile, str, Parsed]], now: datetime
    ) -> dict[str, tuple]:
        """What the versions are put in order by, for what is recorded and these files: by id."""
        past = self.read()
        present = _present(files, past, now)
        gone = past[~past["file_id"].isin(present["file_id"])]
        texts = dict.fromkeys(["release", "last_period"], "")
        rows = pd.concat([gone, present], ignore_index=True).fillna(texts)
        return dict(zip(rows["file_id"], rows[_ORDER].itertuples(index=False), strict=True))


def _present(
    files: list[tuple[LandedFile, str, Parsed]], past: pd.DataFrame, now: datetime
) -> pd.DataFrame:
    rows = [_row(file, file_id, parsed, now) for file, file_id, parsed in files]
    present = pd.DataFrame(rows, columns=COLUMNS).astype(_TYPES)
    return _with_known_times(present, past, files)


def _with_known_times(
    present: pd.DataFrame, past: pd.DataFrame, files: list[tuple[LandedFile, str, Parsed]]
) -> pd.DataFrame:
    """A known file keeps its times, also when it is given a sidecar, unless that states another.

    Copying or unpacking a landing zone anew changes file times, and must not change which of two
    versions is the newer.
    """
    content = past[past["sha256"] != ""].sort_values(["first_seen_at", "received_at"])
    content = content.drop_duplicates(["path", "sha256"])
    stated = pd.Series([bool(file.sidecar.get("received_at")) for file, _, _ in files], dtype=bool)
    for column in ("first_seen_at", "received_at"):
        by_id = present[["file_id"]].merge(past, on="file_id", how="left")[column]
        by_content = present[["path", "sha256"]].merge(content, how="left")[column]
        if column == "received_at":
            by_content = by_content.mask(stated)
        present[column] = by_id.fillna(by_content).fillna(present[column])
    return present


def _states_of_gone(gone: pd.DataFrame, present: pd.DataFrame) -> pd.Series:
    """What became of the rows whose file is no longer there, by what stands at their path now."""
    usable = present[present["state"] == "accepted"]
    again = _in(gone, usable)
    # The sidecar was corrected: the same content is another's now, and not this one's any more.
    others = present[~present["path"].isin(present.loc[_is_nobodys(present), "path"])]
    moved = _in(gone, others, ["path", "sha256"]) & ~_in(gone, present)
    counted = gone["state"].isin(_COUNTED)
    counted |= (gone["state"] == "withdrawn") & gone["submission_number"].notna()
    state = gone["state"].mask(counted & (again | moved), "replaced")
    # Of a purged file the platform itself emptied the path: nobody took it away.
    taken = ~gone["path"].isin(present["path"]) & (gone["state"] != "purged")
    state = state.mask(taken, "withdrawn")
    # Never "replaced", which is history of figures: nothing was ever read from these.
    made_good = (gone["state"] == "quarantined") & gone["path"].isin(usable["path"])
    return state.mask(made_good, "withdrawn")


def _is_nobodys(frame: pd.DataFrame) -> pd.Series:
    whole = frame["new_la_code"].notna() & frame["quarter"].notna()
    return ~(whole | frame["dataset"].notna())


def _in(frame: pd.DataFrame, other: pd.DataFrame, columns: list[str] | None = None) -> pd.Series:
    """Whether a row's path and subject (or `columns`) occur in `other`."""

    def keys(of: pd.DataFrame) -> pd.Series:
        parts = [of[c] for c in columns] if columns else [of["path"], _subject(of)]
        return parts[0].astype("string") + "\0" + parts[1].astype("string")

    return keys(frame).isin(keys(other)).astype(bool)


def _subject(frame: pd.DataFrame) -> pd.Series:
    """The dataset of published files, authority and quarter of the others, as one text."""
    first, second, third = (frame[part].astype("string").fillna("") for part in SUBJECT)
    return first + "|" + second + "|" + third


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
        "publication": parsed.publication,
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


# Order of versions: the stated release, then the latest period held, then time received (design:
# order of releases); what follows only makes equal times the same everywhere.
_ORDER = ["release", "last_period", "received_at", "first_seen_at", "path", "file_id"]


def _number(ledger: pd.DataFrame) -> pd.DataFrame:
    """Chains of versions: the newest file of a subject that stands is current."""
    ledger = ledger.sort_values(_ORDER, na_position="first").reset_index(drop=True)
    subject = _subject(ledger)
    # All that ever counted: what was taken away was received all the same.
    ever = ledger["state"].isin(_COUNTED) | (
        ledger["submission_number"].notna() & (ledger["state"] == "withdrawn")
    )
    run = _runs(ledger[ever], subject[ever]).reindex(ledger.index)
    ledger["state"] = _without_duplicates(ledger, run, subject)
    ledger["submission_number"] = _numbers(ledger, run, subject)
    standing = ledger["state"].isin(_STANDING)
    newest = ledger[standing].groupby(subject[standing]).tail(1).index
    ledger["is_current"] = ledger.index.isin(newest)
    ledger["release_id"] = _release_ids(ledger)
    return ledger


def _runs(ledger: pd.DataFrame, subject: pd.Series) -> pd.Series:
    """A number for each run of the same content received in a row, with no other in between."""
    before = ledger["sha256"].groupby(subject).shift()
    starts = (before.isna() | (ledger["sha256"] != before)).astype(int)
    return subject + "|" + starts.groupby(subject).cumsum().astype("string")


def _without_duplicates(ledger: pd.DataFrame, run: pd.Series, subject: pd.Series) -> pd.Series:
    """States in which a run of the same content counts once: the one that still lies there.

    The same file saved twice, or given a sidecar later, is one submission. A first version that is
    sent again after a second is not: it is what the authority said last. Of published files, whose
    release is told by the content, only that last one stands.
    """
    usable = ledger["state"].isin(_COUNTED)
    # In the order of the words: accepted lies there, purged did until we deleted it, replaced did.
    present_first = ledger.loc[usable, "state"].sort_values(kind="stable").index
    place = run.loc[present_first].groupby(run.loc[present_first]).cumcount()
    first = usable & (place.reindex(ledger.index) == 0)
    content = subject[first] + "|" + ledger.loc[first, "sha256"]
    earlier = content.duplicated(keep="last") & (ledger.loc[first, "source"] == "published")
    counts = first & ~earlier.reindex(ledger.index, fill_value=False)
    return ledger["state"].mask(usable & ~counts, "duplicate")


def _numbers(ledger: pd.DataFrame, run: pd.Series, subject: pd.Series) -> pd.Series:
    """Which version a row is: given once and kept, so that a name once said stays true.

    A row that takes the place of another with the same content takes over its number. Published
    files and Annex A are numbered by their order instead: that is what their figures are chosen by.
    """
    given = ledger["submission_number"].astype("Int64")
    counts = ledger["state"].isin(_COUNTED)
    numbered = counts | ((ledger["state"] == "withdrawn") & given.notna())
    place = (numbered.groupby(subject).cumsum()).astype("Int64")
    kept = given.where(numbered)
    free = given.where(ledger["state"] == "duplicate").groupby(run).transform("min")
    kept = kept.fillna(free.where(counts))
    new = counts & kept.isna()
    highest = given.groupby(subject).transform("max").fillna(0)
    kept = kept.mask(new, highest + new.groupby(subject).cumsum())
    return (
        kept.where(ledger["source"].isin(["return", "narrative"]), place)
        .where(numbered)
        .astype("Int64")
    )


def _release_ids(ledger: pd.DataFrame) -> pd.Series:
    """A name people can read and say: `return-CAM-2025-26-Q2-v1`, `cin_referrals-2024-1f3a5c7b`."""
    las = seed("reference/local_authorities").set_index("new_la_code")["short_code"]
    short = ledger["new_la_code"].map(las)
    version = "v" + ledger["submission_number"].astype("string")
    submitted = ledger["source"] + "-" + short + "-" + ledger["quarter"] + "-" + version
    published = ledger["dataset"] + "-" + ledger["release"] + "-" + ledger["sha256"].str[:8]
    named = published.where(ledger["source"] == "published", submitted)
    return named.where(~ledger["is_synthetic"], "SYNTHETIC-" + named).astype("string")
