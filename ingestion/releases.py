"""The releases of each published dataset in their order, each held against the one before it.

Which release comes before which is decided here for what has just been read, as the ledger decides
it for what has been recorded. What is compared, and how, is `drift.py`'s business.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq

from ingestion import drift
from ingestion.contract import contract
from ingestion.findings import Finding
from ingestion.landing import LandedFile
from ingestion.ledger import Ledger
from ingestion.registry import published_places
from ingestion.sources import Parsed

SOURCE = "published"
PARSED = Path("raw") / ".parsed"
# The one finding on drift that a person may overrule: a revision is right or wrong, and only they
# can tell. The others are put right in the contract, or by loading another file.
OVERRULED = "drift.history.revised"


@dataclass(frozen=True)
class _Held:
    """A release of a dataset: one just read, or one of an earlier run that still counts."""

    file_id: str
    dataset: str
    sha256: str
    order: tuple[str, str, datetime, str]
    label: str


def held_against_before(
    entries: Iterable[tuple[LandedFile, str, Parsed]], home: Path, rules: str
) -> dict[str, list[Finding]]:
    """Findings by file id: what differs in each usable file from the release before it.

    A file that is blocked for it is no "release before" for the next one. What was found is kept
    beside what the file gave, as long as both files and the `rules` stay the same.
    """
    present = {
        file_id: (_just_read(file, file_id, parsed), file)
        for file, file_id, parsed in entries
        if parsed.accepted and parsed.dataset and "published_values" in parsed.table_names
    }
    past = [one for one in _recorded(home) if one.file_id not in present]
    found: dict[str, list[Finding]] = {}
    before: dict[str, _Held] = {}
    for one in sorted([*past, *(one for one, _ in present.values())], key=lambda one: one.order):
        earlier = before.get(one.dataset)
        if one.file_id in present and earlier is not None and earlier.sha256 != one.sha256:
            findings = _kept(home, earlier, one, rules)
            found[one.file_id] = [_ruled(finding, present[one.file_id][1]) for finding in findings]
        if not any(finding.severity == "block" for finding in found.get(one.file_id, [])):
            before[one.dataset] = one
    return found


def against_home(file: LandedFile, parsed: Parsed, home: Path) -> list[Finding] | None:
    """What differs in a file that is only being checked from the release before it in a home.

    None where the home holds none.
    """
    if not parsed.dataset or "published_values" not in parsed.tables:
        return None
    one = _just_read(file, "", parsed)
    earlier = [
        other
        for other in _recorded(home)
        if other.dataset == one.dataset and other.sha256 != one.sha256 and other.order < one.order
    ]
    if not earlier:
        return None
    before = max(earlier, key=lambda other: other.order)
    after = drift.Release(
        one.label, parsed.tables["published_columns"], parsed.tables["published_values"]
    )
    return [_ruled(finding, file) for finding in _compare(home, before, after, one.dataset)]


def _just_read(file: LandedFile, file_id: str, parsed: Parsed) -> _Held:
    label, last = parsed.release or "", parsed.last_period or ""
    order = (label, last, file.received_at, file.path)
    return _Held(file_id, parsed.dataset or "", file.sha256, order, label)


def _recorded(home: Path) -> list[_Held]:
    """The files of earlier runs that counted, and whose content is still at hand."""
    ledger = Ledger(home / "ledger" / f"{SOURCE}.parquet").read()
    counted = ledger[ledger["state"].isin(["accepted", "replaced"]) & ledger["dataset"].notna()]
    counted = counted.fillna({"release": "", "last_period": ""})
    return [
        _Held(
            row["file_id"],
            row["dataset"],
            row["sha256"],
            (row["release"], row["last_period"], row["received_at"].to_pydatetime(), row["path"]),
            row["release"],
        )
        for row in counted.to_dict("records")
        if (home / PARSED / row["file_id"] / "published_values.parquet").exists()
    ]


def _kept(home: Path, before: _Held, after: _Held, rules: str) -> list[Finding]:
    path = home / PARSED / after.file_id / f"drift-{before.file_id}-{rules[:16]}.json"
    if path.exists():
        return [Finding(**finding) for finding in json.loads(path.read_text(encoding="utf-8"))]
    found = _compare(home, before, _stored(home, after), after.dataset)
    path.write_text(json.dumps([asdict(finding) for finding in found]), encoding="utf-8")
    return found


def _compare(home: Path, before: _Held, after: drift.Release, dataset: str) -> list[Finding]:
    table = contract(SOURCE).table(dataset)
    return drift.compare(table, _stored(home, before), after, published_places(dataset))


def _stored(home: Path, one: _Held) -> drift.Release:
    folder = home / PARSED / one.file_id
    columns, values = (
        pq.read_table(folder / f"{name}.parquet").to_pandas()
        for name in ("published_columns", "published_values")
    )
    return drift.Release(one.label, columns, values)


def _ruled(finding: Finding, file: LandedFile) -> Finding:
    """A revision that the sidecar says is right does not block."""
    reason = file.sidecar.get("revision_accepted")
    if finding.rule_id != OVERRULED or finding.severity != "block" or not reason:
        return finding
    return replace(
        finding, severity="check", message=f"{finding.message} (accepted by hand: {reason})"
    )
