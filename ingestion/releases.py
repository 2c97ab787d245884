"""The releases of each published dataset in their order, each held against the one before it.

Which release comes before which is decided here for what has just been read, as the ledger decides
it for what has been recorded. What is compared, and how, is `drift.py`'s business.
"""

import contextlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq

from ingestion import drift
from ingestion.contract import contract
from ingestion.findings import Finding
from ingestion.landing import LONDON, LandedFile
from ingestion.ledger import Ledger
from ingestion.registry import published_places
from ingestion.sources import Parsed, fault
from ingestion.store import ledger_path, parsed_folder

SOURCE = "published"
# The one finding on drift that a person may overrule: a revision is right or wrong, and only they
# can tell. The others are put right in the contract, or by loading another file.
OVERRULED = "drift.history.revised"


@dataclass(frozen=True)
class _Held:
    """A release of a dataset: one just read, or one of an earlier run that still counts."""

    file_id: str
    dataset: str
    sha256: str
    path: str
    order: tuple
    label: str


def held_against_before(
    entries: list[tuple[LandedFile, str, Parsed]], home: Path, rules: str, now: datetime
) -> dict[str, list[Finding]]:
    """Findings by file id: what differs in each usable file from the release before it.

    A file that is blocked for it is no "release before" for the next one. What was found is kept
    beside what the file gave, as long as both files and the `rules` stay the same. A recorded file
    that has been taken away since, or lies there again as another version, is none either: the next
    run would not know it.
    """
    orders = _ledger(home).orders(entries, now)
    present = {
        file_id: (_just_read(file, file_id, parsed, orders[file_id]), file)
        for file, file_id, parsed in entries
        if parsed.accepted and parsed.dataset and "published_values" in parsed.table_names
    }
    paths = {file.path for file, _, _ in entries}
    again = {(one.dataset, one.sha256) for one, _ in present.values()}
    past = [
        one
        for one in _recorded(home, orders)
        if one.file_id not in present
        and one.path in paths
        and (one.dataset, one.sha256) not in again
    ]
    found: dict[str, list[Finding]] = {}
    before: dict[str, _Held] = {}
    for one in sorted([*past, *(one for one, _ in present.values())], key=lambda one: one.order):
        earlier = before.get(one.dataset)
        if one.file_id in present and earlier is not None and earlier.sha256 != one.sha256:
            findings = _unless_failed(partial(_kept, home, earlier, one, rules))
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
    orders = _ledger(home).orders([(file, "", parsed)], datetime.now(tz=LONDON))
    one = _just_read(file, "", parsed, orders[""])
    earlier = [
        other
        for other in _recorded(home, orders)
        if other.dataset == one.dataset and other.sha256 != one.sha256 and other.order < one.order
    ]
    if not earlier:
        return None
    before = max(earlier, key=lambda other: other.order)
    after = drift.Release(
        one.label, parsed.tables["published_columns"], parsed.tables["published_values"]
    )
    findings = _unless_failed(partial(_compare, home, before, after, one.dataset))
    return [_ruled(finding, file) for finding in findings]


def _ledger(home: Path) -> Ledger:
    return Ledger(ledger_path(home, SOURCE))


def _just_read(file: LandedFile, file_id: str, parsed: Parsed, order: tuple) -> _Held:
    dataset, label = parsed.dataset or "", parsed.release or ""
    return _Held(file_id, dataset, file.sha256, file.path, order, label)


def _recorded(home: Path, orders: dict[str, tuple]) -> list[_Held]:
    """The files of earlier runs that counted, and whose content is still at hand."""
    ledger = _ledger(home).read()
    counted = ledger[ledger["state"].isin(["accepted", "replaced"]) & ledger["dataset"].notna()]
    columns = ["file_id", "dataset", "sha256", "path", "release"]
    return [
        _Held(file_id, dataset, sha256, path, orders[file_id], release)
        for file_id, dataset, sha256, path, release in counted[columns]
        .fillna({"release": ""})
        .itertuples(index=False)
        if (parsed_folder(home) / file_id / "published_values.parquet").exists()
    ]


def _unless_failed(compare: Callable[[], list[Finding]]) -> list[Finding]:
    """A comparison that fails sets its file aside and stops no other."""
    try:
        return compare()
    except Exception as error:
        return [fault("drift.failed", "Comparing it with the release before", error)]


def _kept(home: Path, before: _Held, after: _Held, rules: str) -> list[Finding]:
    path = parsed_folder(home) / after.file_id / f"drift-{before.file_id}-{rules[:16]}.json"
    # What an interrupted run left half written is done again.
    with contextlib.suppress(OSError, ValueError, TypeError):
        return [Finding(**finding) for finding in json.loads(path.read_text(encoding="utf-8"))]
    found = _compare(home, before, _stored(home, after), after.dataset)
    path.write_text(json.dumps([asdict(finding) for finding in found]), encoding="utf-8")
    return found


def _compare(home: Path, before: _Held, after: drift.Release, dataset: str) -> list[Finding]:
    table = contract(SOURCE).table(dataset)
    needed = published_places(dataset, after.label)
    return drift.compare(table, _stored(home, before), after, needed)


def _stored(home: Path, one: _Held) -> drift.Release:
    folder = parsed_folder(home) / one.file_id
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
