"""Landing zone to raw Parquet for one source: scan, parse what is new, record, hand over.

A file is parsed again only when its content, place, sidecar or the contract changed; what it gave
is kept in `raw/.parsed/`. The hand-over is one Parquet file per table in `raw/`, the files' ledger,
and the findings. Deletion by rule is `retention`'s. No orchestration here: the result object says
what happened.
"""

import contextlib
import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from functools import lru_cache, partial
from pathlib import Path

import pandas as pd
import pyarrow as pa

from ingestion import aliases, kept_figures, landing, quarantine, releases, side_by_side, whole
from ingestion.aliases import Remembered
from ingestion.contract import Table, contract
from ingestion.findings import Finding, to_frame
from ingestion.landing import LandedFile
from ingestion.ledger import Ledger
from ingestion.registry import seeds_folder
from ingestion.sources import (
    Parsed,
    annex_a,
    chat_values,
    narrative_answers,
    narratives,
    ofsted,
    parse_landed,
    published,
    returns,
)
from ingestion.sources.published_standard import KEYS
from ingestion.store import (
    ledger_path,
    parsed_folder,
    read_parquet,
    read_table,
    write_parquet,
)
from ingestion.whole import Damaged

SOURCES = ("return", "annex_a", "published", "narrative")

_ARROW = {
    "text": pa.string(),
    "category": pa.string(),
    "identifier": pa.string(),
    "postcode": pa.string(),
    "integer": pa.int64(),
    "years": pa.int64(),
    "number": pa.float64(),
    "date": pa.timestamp("s"),
}


class NothingLeft(Exception):
    """A landing folder that held files is empty or gone: more likely a lost share than a wish."""


class MixedZones(Exception):
    """A home that holds synthetic data was pointed at real data, or the other way round."""


@dataclass
class Ingested:
    """What one ingestion of one source did; counts for people, paths for machines."""

    source: str
    tables: dict[str, int] = field(default_factory=dict)
    files: int = 0
    parsed: int = 0
    quarantined: list[str] = field(default_factory=list)
    findings: dict[str, int] = field(default_factory=dict)
    # What differs in published files from the release before each: by path.
    drift: dict[str, list[Finding]] = field(default_factory=dict)


def tables_of(source: str) -> list[str]:
    """The raw tables a source hands over."""
    if source == "published":
        return ["published_values", "published_columns", ofsted.TABLE]
    tables = [table.name for table in contract(source).tables]
    return [*tables, annex_a.COLUMNS, chat_values.TABLE] if source == "annex_a" else tables


def schema_of(table: str) -> pa.Schema:
    """The Arrow schema of a raw table, known before any file has arrived."""
    return pa.schema([("file_id", pa.string()), *_fields(table)])


def _fields(table: str) -> list[tuple[str, pa.DataType]]:
    if table == "published_values":
        names = [
            *KEYS,
            "filter_key",
            "column_name",
            "value_text",
            "value_status",
            "dataset",
            "year_end",
        ]
        return [*((n, pa.string()) for n in names), ("row", pa.int64()), ("value", pa.float64())]
    if table == "published_columns":
        names = ["dataset", "header", "column_name", "role"]
        return [*((n, pa.string()) for n in names), ("position", pa.int64())]
    if table == ofsted.TABLE:
        names = [
            "new_la_code",
            "la_name",
            "judgement_area",
            "grade",
            "grade_status",
            "grade_text",
            "inspection_framework",
        ]
        dates = [(name, _ARROW["date"]) for name in ofsted.DATES]
        numbers = [("row", pa.int64()), ("grade_order", pa.int64())]
        return [*((n, pa.string()) for n in names), *dates, *numbers]
    if table == "return_values":
        names = ["measure_code", "unit", "comment", "value_status", "value_text", "sheet", "cell"]
        return [*((n, pa.string()) for n in names), ("row", pa.int64()), ("value", pa.float64())]
    if table == narratives.TABLE:
        return [(name, pa.string()) for name in narrative_answers.COLUMNS]
    if table == annex_a.COLUMNS:
        texts = [(name, pa.string()) for name in ("list_name", "column_name")]
        counts = [(name, pa.int64()) for name in ("filled", "row_count")]
        return [*texts, ("is_present", pa.bool_()), *counts]
    if table == chat_values.TABLE:
        texts = [(name, pa.string()) for name in ("quarter", "indicator_code", "measure_code")]
        where = [("sheet", pa.string()), ("row", pa.int64())]
        return [*where, *texts, ("is_base", pa.bool_()), ("value", pa.float64())]
    columns = contract("annex_a").table(table).columns
    where = [("sheet", pa.string()), ("row", pa.int64())]
    return [*where, *((c.name, _ARROW[c.type]) for c in columns if c.keep != "drop")]


# The reference seeds that reading a file depends on.
_REFERENCE_READ = (
    "agreements",
    "la_code_changes",
    "local_authorities",
    "participation",
    "quarters",
)


@lru_cache
def _rules_version(source: str) -> str:
    """Changes whenever the contract, the registry or the code that reads files changes."""
    here = Path(__file__).parent
    contracts = [source, *{"published": ["ofsted"], "annex_a": ["chat"]}.get(source, [])]
    digest = hashlib.sha256("".join(contract(c).model_dump_json() for c in contracts).encode())
    for path in [
        *sorted((seeds_folder() / "registry").glob("*.csv")),
        *((seeds_folder() / "reference" / f"{name}.csv") for name in _REFERENCE_READ),
    ]:
        digest.update(path.read_bytes())
    for path in [*sorted(here.rglob("*.py")), here / "codes.yml", here / "fixes.yml"]:
        if "sample" not in path.parts:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def ingest(
    source: str,
    landing_zone: Path,
    home: Path,
    key: bytes,
    now: datetime,
    allow_withdrawals: bool = False,
) -> Ingested:
    """Bring one source's landing folder into `home`; `key` pseudonymises child ids.

    Raises MixedZones rather than let synthetic and real figures meet in one home, and NothingLeft
    rather than withdraw all that a source had sent, unless `allow_withdrawals` says it is meant.
    """
    kind = keep_apart(landing_zone, home)
    home.mkdir(parents=True, exist_ok=True)
    whole.write_text(home / "landing_kind", kind)
    result = Ingested(source)
    remembered = aliases.load(landing_zone) if source == "return" else None
    entries = []
    files = landing.scan(landing_zone, source)
    before = Ledger(ledger_path(home, source)).read()
    # What was purged has no file any more, and needs none.
    held = (before["is_current"] & (before["state"] == "accepted")).sum()
    if held and not files and not allow_withdrawals:
        raise NothingLeft(
            f"{landing_zone / landing.FOLDERS[source]} holds no file, and {held} counted before."
            " Is the landing zone the right one, and in place? To withdraw them all, run again"
            " with --allow-withdrawals."
        )
    read = partial(_parse_once, home=home, key=key, remembered=remembered)
    for file, (submissions, is_new) in zip(files, side_by_side.each(read, files), strict=True):
        entries += [(file, file_id, parsed) for file_id, parsed in submissions]
        result.parsed += is_new
    _history_is_whole(before, {file_id for _, file_id, _ in entries}, home)
    if source == "published":
        result.drift = _hold_against_before(entries, home, now)
    ledger = Ledger(ledger_path(home, source)).record(entries, now)
    write_parquet(ledger, home / "raw" / f"{source}_files.parquet")
    result.files = len(files)
    result.quarantined = sorted({file.path for file, _, parsed in entries if not parsed.accepted})
    usable = ledger.loc[ledger["state"].isin(["accepted", "replaced"]), "file_id"]
    purged = ledger.loc[ledger["state"] == "purged", "file_id"]
    if source == "annex_a":
        # Child-level rows of superseded files are not kept any longer than they are needed. Lists
        # may come in several files, so an accepted file may be needed beside a newer one.
        usable = ledger.loc[ledger["state"] == "accepted", "file_id"]
        gone = ledger["state"].isin(["replaced", "withdrawn", "duplicate", "purged"])
        for file_id in ledger.loc[gone, "file_id"]:
            shutil.rmtree(parsed_folder(home) / file_id, ignore_errors=True)
        kept_figures.hand_over(home)
    for table in tables_of(source):
        result.tables[table] = _hand_over(table, list(usable), home)
    found: list[tuple[str | None, Finding]] = [
        (file_id, finding) for _, file_id, parsed in entries for finding in parsed.findings
    ]
    found += [(None, finding) for finding in (remembered.findings if remembered else [])]
    result.findings = _hand_over_findings(source, found, list(purged), home)
    return result


def _history_is_whole(before: pd.DataFrame, present: set[str], home: Path) -> None:
    """Raise Damaged where what a file that is gone from the landing zone gave cannot be read."""
    counts = before["state"].isin(["accepted", "replaced"]) & ~before["file_id"].isin(present)
    for file_id, path in before.loc[counts, ["file_id", "path"]].itertuples(index=False):
        folder = parsed_folder(home) / file_id
        if folder.exists():
            try:
                _load(folder)
            except _UNREADABLE:
                raise Damaged(
                    f"{folder} is damaged, and the version of {path} that it was read from is no"
                    " longer in the landing zone. Put the folder back from a backup; or delete it,"
                    " and that version is history no more."
                ) from None


def _hold_against_before(
    entries: list[tuple[LandedFile, str, Parsed]], home: Path, now: datetime
) -> dict[str, list[Finding]]:
    """Add to each published file what differs from the release before; a break sets it aside."""
    found = releases.held_against_before(entries, home, _rules_version("published"), now)
    for file, file_id, parsed in entries:
        if findings := found.get(file_id):
            parsed.findings += findings
            if not parsed.accepted:
                _set_aside(file, [parsed], home)
    return {file.path: found[file_id] for file, file_id, _ in entries if found.get(file_id)}


def keep_apart(landing_zone: Path, home: Path) -> str:
    """The kind of a landing zone; raises MixedZones where the home has held the other kind."""
    stamp = home / "landing_kind"
    kind = "synthetic" if landing.is_synthetic(landing_zone) else "real"
    # Empty: written by a run that was killed, before it was written whole.
    held = stamp.read_text() if stamp.exists() else ""
    if held and held != kind:
        raise MixedZones(
            f"{home} holds {held} data and {landing_zone} is {kind}: figures would"
            " mix. Use another --home for it."
        )
    return kind


def parser(
    source: str, key: bytes, remembered: Remembered | None = None
) -> Callable[[LandedFile], Parsed]:
    if source == "annex_a":
        return partial(annex_a.parse, key=key)
    if source == "narrative":
        return narratives.parse
    return partial(returns.parse, remembered=remembered) if source == "return" else published.parse


def _parse_once(
    file: LandedFile, home: Path, key: bytes, remembered: Remembered | None
) -> tuple[list[tuple[str, Parsed]], bool]:
    """The submissions of a file, each with its id, and whether the file was read anew for them."""
    file_id = id_of(file)
    rules = _rules_version(file.source)
    rules += remembered.digest(landing.la_of(file)) if remembered else ""
    keyed = hashlib.sha256(key + rules.encode()).hexdigest()[:16]
    kept = parsed_folder(home)
    mark = kept / file_id / f"{keyed}.json"
    # What is damaged is read again, as if it had never been.
    with contextlib.suppress(*_UNREADABLE):
        return [(name, _load(kept / name)) for name in json.loads(mark.read_text())], False
    parsed = parse_landed(file, parser(file.source, key, remembered))
    submissions = [parsed, *parsed.more]
    ids = [_submission_id(file_id, each) for each in submissions]
    done = all(each.accepted for each in submissions) or _set_aside(file, submissions, home)
    for name, each in zip(ids, submissions, strict=True):
        if not each.accepted:
            # Nothing is counted from what is set aside, so none of its rows is kept.
            each.tables, each.table_names = {}, []
        _save(each, name, kept / name)
        # As from an earlier parse: on disk they are, and lists of children do not travel.
        each.tables = {}
    if done:
        mark.parent.mkdir(parents=True, exist_ok=True)
        whole.write_text(mark, json.dumps(ids))
    return list(zip(ids, submissions, strict=True)), True


def id_of(file: LandedFile) -> str:
    """A file version's id: of its content, its place and all that its sidecar says."""
    identity = json.dumps(
        [file.source, file.path, file.sha256, file.sidecar, file.synthetic], default=str
    )
    return hashlib.sha256(identity.encode()).hexdigest()[:16]


def _submission_id(file_id: str, parsed: Parsed) -> str:
    """A submission's id: of its file and, where it is told, of its sheet.

    By the sheet's name and not by its place, so that it stays when another sheet is read too.
    """
    if parsed.sheet is None:
        return file_id
    return f"{file_id}-{hashlib.sha256(parsed.sheet.encode('utf-8', 'replace')).hexdigest()[:6]}"


def _set_aside(file: LandedFile, submissions: list[Parsed], home: Path) -> bool:
    """Copy into quarantine; a full disk stops nobody else, and the next run tries again."""
    try:
        found = [finding for each in submissions for finding in each.findings]
        quarantine.set_aside(file, found, home)
    except OSError as error:
        submissions[0].findings.append(
            Finding(
                "quarantine.failed",
                "check",
                f"No copy was put into quarantine ({error.strerror or error})",
            )
        )
        return False
    return True


# What loading may raise where kept files are gone, half there or changed.
_UNREADABLE = (OSError, ValueError, TypeError, KeyError)

_FACTS = (
    "table_names",
    "dataset",
    "publication",
    "la_code",
    "quarter",
    "extract_date_basis",
    "release",
    "last_period",
    "sheet",
    "template_version",
    "signed_off_by",
    "signed_off_on",
)


def _save(parsed: Parsed, file_id: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, frame in parsed.tables.items():
        schema = schema_of(name)
        table = pa.Table.from_pandas(
            frame.assign(file_id=file_id)[schema.names], schema=schema, preserve_index=False
        )
        write_parquet(table, folder / f"{name}.parquet")
    facts = {name: getattr(parsed, name) for name in _FACTS}
    facts["extract_date"] = parsed.extract_date.isoformat() if parsed.extract_date else None
    facts["findings"] = [asdict(finding) for finding in parsed.findings]
    facts["sha256"] = _hashes(folder)
    whole.write_text(folder / "facts.json", json.dumps(facts))


def _hashes(folder: Path) -> dict[str, str]:
    """Of the tables kept in a folder, by file name."""
    tables = sorted(folder.glob("*.parquet"))
    return {path.name: whole.sha256_of(path) for path in tables}


def _load(folder: Path) -> Parsed:
    """What an earlier parse gave, without its tables: those stay on disk until handed over.

    Raises one of _UNREADABLE where anything of it is not as it was written.
    """
    facts = json.loads((folder / "facts.json").read_text())
    # A version kept before hashes were has none, and is no worse for it.
    hashes = facts.pop("sha256", None)
    if hashes is not None and hashes != _hashes(folder):
        raise ValueError(f"{folder} is not as it was written")
    extracted = facts.pop("extract_date")
    findings = facts.pop("findings")
    return Parsed(
        findings=[Finding(**finding) for finding in findings],
        extract_date=date.fromisoformat(extracted) if extracted else None,
        **facts,
    )


def _hand_over(table: str, file_ids: list[str], home: Path) -> int:
    schema = schema_of(table)
    paths = [parsed_folder(home) / file_id / f"{table}.parquet" for file_id in file_ids]
    parts = [read_table(path, schema) for path in sorted(paths) if path.exists()]
    combined = pa.concat_tables(parts) if parts else schema.empty_table()
    write_parquet(combined, raw_path(home, table))
    return combined.num_rows


def raw_path(home: Path, table: str) -> Path:
    """Where a raw table stands; child-level lists in a folder of their own."""
    folder = home / "raw" / "annex_a" if table.startswith("annex_a_list") else home / "raw"
    return folder / f"{table}.parquet"


def _hand_over_findings(
    source: str, found: list[tuple[str | None, Finding]], purged: list[str], home: Path
) -> dict[str, int]:
    file_ids = pd.Series([file_id for file_id, _ in found], dtype="string")
    findings = to_frame(finding for _, finding in found).assign(file_id=file_ids)
    path = home / "raw" / f"{source}_findings.parquet"
    handed_over = findings
    if purged and path.exists():
        # Figures that count on keep what was said about them; nothing is left to say it anew.
        before = read_parquet(path).astype(findings.dtypes)
        handed_over = pd.concat([findings, before[before["file_id"].isin(purged)]])
    write_parquet(handed_over, path)
    return {str(k): int(v) for k, v in findings["severity"].value_counts().items()}


def contract_table(table: str) -> Table:
    """The contract's table behind a raw table that has row rules."""
    source = "annex_a" if table.startswith("annex_a") else "return"
    own = {ofsted.TABLE: "ofsted", narratives.TABLE: "narrative"}
    return contract(own.get(table, source)).table(table)
