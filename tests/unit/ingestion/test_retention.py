"""Child-level data go when their time has come, wherever they stand; what was counted stays."""

import json
import os
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion import kept_figures, landing, pipeline, quarantine, retention
from ingestion.findings import Finding
from ingestion.ledger import Ledger
from ingestion.pipeline import MixedZones, ingest, schema_of
from ingestion.retention import BehindLink, Item, days_kept, delete, due
from ingestion.sources import Parsed
from ingestion.store import ledger_path, read_parquet
from tests.unit.ingestion.builders import KEY, NOW

Q2, Q3 = "annex_a/2025-26-Q2", "annex_a/2025-26-Q3"
CAM = f"{Q2}/CAM/lists.xlsx"
RECEIVED = date(2025, 6, 9)
SIDECAR = f"received_at: {RECEIVED}\n"
KEPT = days_kept()
LAST_DAY = RECEIVED + timedelta(days=KEPT["extract"])
DUE = LAST_DAY + timedelta(days=1)
# What each list gives a measure of, and how a child of the tests is named.
MEASURE = {"annex_a_list_1": "contacts", "annex_a_list_3": "referrals"}
CHILD = "child-0815"


def parse(file: landing.LandedFile, key: bytes) -> Parsed:
    """Reads a workbook of the tests: so many children by list. How real ones are read is told
    elsewhere."""
    lists = json.loads(file.absolute.read_text())
    if not lists:
        return Parsed(findings=[Finding("annex_a.no_lists", "block", "nothing in it")])
    noted = [Finding("annex_a.row.no_child", "note", "a total")]
    tables = {name: _children(name, number) for name, number in lists.items()}
    return Parsed(tables=tables, findings=noted, extract_date=date(2025, 10, 3))


def _children(table: str, number: int) -> pd.DataFrame:
    rows = pd.DataFrame(index=range(number), columns=schema_of(table).names)
    return rows.assign(child_id=CHILD, row=range(number))


@pytest.fixture(autouse=True)
def _parser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline.annex_a, "parse", parse)


class Platform:
    """A landing zone and a home, and what dbt makes of the hand-over."""

    def __init__(self, zone: Path, home: Path) -> None:
        self.zone, self.home = zone, home

    def put(self, path: str, lists: dict[str, int], sidecar: str = SIDECAR) -> Path:
        target = self.zone / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(lists))
        target.with_name(f"{target.name}.yml").write_text(sidecar)
        return target

    def ingest(self, days: int = 0) -> pipeline.Ingested:
        return ingest("annex_a", self.zone, self.home, KEY, NOW + timedelta(days=days))

    def run(self, days: int = 0) -> None:
        """Ingest, build and publish."""
        self.ingest(days)
        warehouse = self.home / "warehouse"
        warehouse.mkdir(exist_ok=True)
        (warehouse / "liia.duckdb").write_text(CHILD)
        (warehouse / "liia.duckdb.wal").write_text(CHILD)
        self.figures().to_parquet(self.home / kept_figures.COUNTED)

    def figures(self) -> pd.DataFrame:
        """What counts of each list: from rows, or what was kept of a purged file."""
        files = read_parquet(self.home / "raw" / "annex_a_files.parquet")
        counted = [
            {"file_id": file.file_id, "measure_code": measure, "value": float(rows)}
            for name, measure in MEASURE.items()
            for file in files[files["state"] == "accepted"].itertuples()
            if name in file.tables
            for rows in [(self.rows(name)["file_id"] == file.file_id).sum()]
        ]
        kept = read_parquet(self.home / "raw" / "chat_kept.parquet")
        purged = files.loc[files["state"] == "purged", "file_id"]
        columns = ["file_id", "measure_code", "value"]
        both = pd.concat(
            [
                pd.DataFrame(counted, columns=columns),
                kept.loc[kept["file_id"].isin(purged), columns],
            ]
        ).merge(files[["file_id", "new_la_code", "quarter", "submission_number"]])
        newest = both.sort_values("submission_number")
        newest = newest.drop_duplicates(["new_la_code", "quarter", "measure_code"], keep="last")
        return newest.assign(
            source="chat",
            period_type="quarter",
            period_label=newest["quarter"],
            period_end=date(2025, 9, 30),
            value_status="ok",
            is_proxy=False,
            is_base=False,
            source_address="List",
        )

    def told(self) -> dict[tuple[str, str], float]:
        """The figures as a reader compares them: by authority and measure."""
        frame = self.figures()
        keys = zip(frame["new_la_code"], frame["measure_code"], strict=True)
        return dict(zip(keys, frame["value"], strict=True))

    def rows(self, table: str) -> pd.DataFrame:
        return read_parquet(pipeline.raw_path(self.home, table))

    def states(self) -> dict[str, tuple[str, bool]]:
        frame = read_parquet(ledger_path(self.home, "annex_a"))
        return dict(
            zip(frame["path"], zip(frame["state"], frame["is_current"], strict=True), strict=True)
        )

    def due(self, day: date = DUE) -> list[Item]:
        return due(self.zone, self.home, day)

    def purge(self, day: date = DUE) -> list[str]:
        items = [item for item in self.due(day) if not item.unkept]
        return delete(items, self.zone, self.home, NOW)

    def children(self) -> list[str]:
        """Where children still stand, in the home and below annex_a/ of the landing zone."""
        places = [*self.home.rglob("*"), *(self.zone / "annex_a").rglob("*")]
        return sorted(
            str(path.relative_to(path.parents[1]))
            for path in places
            if path.is_file() and _holds_children(path)
        )


def _holds_children(path: Path) -> bool:
    content = path.read_bytes()
    if content.startswith(b"PAR1"):
        return CHILD in pq.read_table(pa.BufferReader(content)).to_pandas().astype(str).to_csv()
    return path.suffix == ".xlsx" or CHILD.encode() in content


@pytest.fixture
def platform(zone: Path, tmp_path: Path) -> Platform:
    return Platform(zone, tmp_path / "home")


@pytest.fixture
def published(platform: Platform) -> Platform:
    """Camden's extract, through a run; and one of Brent, received 100 days later."""
    later = RECEIVED + timedelta(days=100)
    platform.put(CAM, {"annex_a_list_1": 3, "annex_a_list_3": 2})
    platform.put(f"{Q2}/BRE/lists.xlsx", {"annex_a_list_1": 5}, f"received_at: {later}\n")
    platform.run()
    return platform


FIGURES = {
    ("E09000007", "contacts"): 3,
    ("E09000007", "referrals"): 2,
    ("E09000005", "contacts"): 5,
}


# --- what is due ---


def test_a_day_decides_and_it_is_counted_from_receipt(published: Platform) -> None:
    assert published.due(LAST_DAY) == []
    (item,) = published.due(DUE)
    assert (item.what, item.received, item.age(DUE)) == ("extract", RECEIVED, KEPT["extract"] + 1)
    assert [path.name for path in item.paths] == [item.file_id, "lists.xlsx", "lists.xlsx.yml"]


def test_listing_changes_nothing(published: Platform) -> None:
    def everything() -> dict[Path, bytes]:
        places = [*published.home.rglob("*"), *published.zone.rglob("*")]
        return {path: path.read_bytes() for path in places if path.is_file()}

    before = everything()
    assert published.due()
    assert everything() == before


def test_what_was_overwritten_but_counts_on_is_due_without_its_workbook(
    platform: Platform,
) -> None:
    target = platform.put(
        "annex_a/CAM/x.xlsx", {"annex_a_list_1": 3}, SIDECAR + "quarter: 2025-26-Q2\n"
    )
    platform.run()
    platform.put("annex_a/CAM/x.xlsx", {"annex_a_list_1": 4}, "quarter: 2025-26-Q3\n")
    platform.run(days=1)
    (item,) = platform.due()
    assert target not in item.paths
    platform.purge()
    assert target.exists()
    assert list(platform.rows("annex_a_list_1")["child_id"]) == [CHILD] * 4


def test_values_read_off_stay_and_children_saved_over_them_go(platform: Platform) -> None:
    name = f"{Q2}/CAM/chat values.xlsx"
    target = platform.put(name, {"chat_values": 1})
    platform.run()
    assert platform.due() == []
    platform.put(name, {"annex_a_list_1": 3})
    platform.run(days=1)
    paths = [path for item in platform.due() for path in item.paths]
    assert {target, target.with_name(f"{target.name}.yml")} <= {*paths}
    platform.purge()
    assert not target.exists()
    assert platform.children() == []


def test_half_a_copy_and_a_programs_own_files_go_by_their_own_time(published: Platform) -> None:
    clutter = published.zone / Q2 / "CAM" / ".lists.xlsx.part"
    clutter.write_text(CHILD)
    moment = pd.Timestamp(RECEIVED).timestamp() + 43_200
    os.utime(clutter, (moment, moment))
    assert clutter not in [path for item in published.due(LAST_DAY) for path in item.paths]
    published.purge()
    assert not clutter.exists()


def test_the_figures_have_to_be_published_first(platform: Platform) -> None:
    platform.put(CAM, {"annex_a_list_1": 3})
    assert [item.unkept for item in platform.due()] == [retention.NOT_READ]
    platform.ingest()
    assert [item.unkept for item in platform.due()] == [retention.NOT_COUNTED]
    platform.run()
    assert [item.unkept for item in platform.due()] == [None]


def test_a_corrected_sidecar_has_to_be_read_first(published: Platform) -> None:
    published.put(CAM, {"annex_a_list_1": 3, "annex_a_list_3": 2}, SIDECAR + "sender: Ann\n")
    unkept = {item.unkept for item in published.due()}
    assert unkept == {retention.NOT_READ, None}
    published.purge()
    assert (published.zone / CAM).exists()
    published.ingest()
    assert published.told() == FIGURES


def test_each_list_that_counts_must_have_its_figures(published: Platform) -> None:
    # Referrals come from the later file now, and contacts still from the first.
    published.put(
        f"{Q2}/CAM/more.xlsx",
        {"annex_a_list_3": 9},
        f"received_at: {RECEIVED + timedelta(days=1)}\n",
    )
    published.ingest()
    unkept = {item.paths[1].name: item.unkept for item in published.due(DUE + timedelta(days=9))}
    assert unkept == {"lists.xlsx": None, "more.xlsx": retention.NOT_COUNTED}
    published.run()
    published.purge(DUE + timedelta(days=9))
    published.ingest()
    assert published.told() == FIGURES | {("E09000007", "referrals"): 9}


def test_a_superseded_extract_has_no_figures_to_keep(published: Platform) -> None:
    later = {"annex_a_list_1": 7, "annex_a_list_3": 8}
    published.put(f"{Q2}/CAM/again.xlsx", later, f"received_at: {RECEIVED + timedelta(days=1)}\n")
    published.run()
    (published.home / kept_figures.COUNTED).unlink()
    published.run()
    assert [item.unkept for item in published.due()] == [None]


def test_nothing_is_lost_where_figures_never_come(platform: Platform) -> None:
    platform.put(CAM, {})
    platform.ingest()
    (extract,) = (item for item in platform.due() if item.what == "extract")
    assert extract.unkept is None


def test_a_zone_of_another_kind_is_not_touched(published: Platform) -> None:
    (published.zone / landing.SYNTHETIC_MARK).touch()
    with pytest.raises(MixedZones):
        published.due()


# --- what becomes of it ---


def test_all_that_is_due_goes_and_nothing_else(published: Platform) -> None:
    (published.home / "raw" / ".parsed" / "of a return").mkdir()
    assert published.purge() == []
    (brent,) = published.rows("annex_a_list_1")["file_id"].unique()
    read = published.home / "raw" / ".parsed"
    assert sorted(path.name for path in read.iterdir()) == sorted([brent, "of a return"])
    assert set(published.children()) == {
        "BRE/lists.xlsx", f"{brent}/annex_a_list_1.parquet", "annex_a/annex_a_list_1.parquet",
    }  # fmt: skip
    assert not (published.zone / f"{CAM}.yml").exists()
    left = [path.name for path in (published.home / "warehouse").iterdir()]
    assert left == ["chat_measures.parquet"]
    assert len(published.rows("annex_a_list_1")) == 5
    assert published.due() == []


def test_what_was_counted_counts_on_and_stays_current(published: Platform) -> None:
    before = published.figures().drop(columns="quarter")
    published.purge()
    for days in (1, 2):
        published.run(days)
        assert published.told() == FIGURES
        assert published.states() == {
            CAM: ("purged", True), f"{Q2}/BRE/lists.xlsx": ("accepted", True),
        }  # fmt: skip
    keys = ["new_la_code", "measure_code"]
    after = published.figures()[before.columns]
    pd.testing.assert_frame_equal(
        after.sort_values(keys).reset_index(drop=True),
        before.sort_values(keys).reset_index(drop=True),
    )


def test_rows_and_states_agree_before_the_next_run(published: Platform) -> None:
    """Whoever builds the marts without reading the landing zone must not count zeros."""
    published.purge()
    assert published.told() == FIGURES


def test_an_empty_landing_folder_is_as_it_should_be_once_all_is_purged(
    published: Platform,
) -> None:
    published.purge(DUE + timedelta(days=500))
    assert published.children() == []
    assert published.ingest(1).files == 0
    assert published.told() == FIGURES


def test_what_was_found_in_a_purged_file_stays_said(published: Platform) -> None:
    published.purge()
    for days in (1, 2):
        published.ingest(days)
        findings = read_parquet(published.home / "raw" / "annex_a_findings.parquet")
        assert list(findings["message"]) == ["a total", "a total"]
        assert findings["file_id"].is_unique


def test_a_purged_file_that_is_landed_again_counts_by_its_rows_again(
    published: Platform,
) -> None:
    published.purge()
    published.run(1)
    published.put(CAM, {"annex_a_list_1": 3, "annex_a_list_3": 2})
    published.run(2)
    assert published.states()[CAM] == ("accepted", True)
    assert len(published.rows("annex_a_list_3")) == 2
    assert published.told() == FIGURES
    published.purge()
    published.run(3)
    assert published.states()[CAM] == ("purged", True)
    assert published.told() == FIGURES
    kept = read_parquet(published.home / "raw" / "chat_kept.parquet")
    assert sorted(kept["value"]) == [2, 3]


def test_a_newer_extract_speaks_for_the_lists_it_holds(published: Platform) -> None:
    published.purge()
    published.put(f"{Q2}/CAM/new.xlsx", {"annex_a_list_3": 4}, "")
    published.run(200)
    assert published.told() == FIGURES | {("E09000007", "referrals"): 4}
    assert published.states()[CAM] == ("purged", False)


def test_without_figures_the_file_goes_and_nothing_is_made_up(platform: Platform) -> None:
    platform.put(CAM, {"annex_a_list_1": 3})
    platform.ingest()
    delete(platform.due(), platform.zone, platform.home, NOW)
    platform.ingest(1)
    assert platform.states() == {CAM: ("purged", True)}
    assert platform.children() == []
    assert platform.told() == {}


def test_what_cannot_be_deleted_is_named_and_goes_on_counting(
    published: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path.name == "lists.xlsx":
            raise PermissionError(13, "Permission denied")
        unlink(path, missing_ok)

    with monkeypatch.context() as broken:
        broken.setattr(Path, "unlink", refuse)
        (problem,) = published.purge()
    assert problem.endswith("lists.xlsx: Permission denied")


# --- copies and left-overs ---


def test_a_quarantine_copy_goes_before_its_workbook(platform: Platform) -> None:
    platform.put(CAM, {})
    platform.ingest()
    (copy,) = (platform.home / "quarantine" / "annex_a").iterdir()
    last_day = RECEIVED + timedelta(days=KEPT["quarantine_copy"])
    assert platform.due(last_day) == []
    day = last_day + timedelta(days=1)
    assert [(item.what, item.paths) for item in platform.due(day)] == [("quarantine_copy", (copy,))]
    warehouse = platform.home / "warehouse" / "liia.duckdb"
    warehouse.parent.mkdir()
    warehouse.touch()
    platform.purge(day)
    assert (copy.exists(), (platform.zone / CAM).exists()) == (False, True)
    assert warehouse.exists()
    platform.ingest(1)
    assert not copy.exists()


@pytest.mark.parametrize("reason", [None, "{", "[]", '{"path": "annex_a/x", "sha256": "0"}'])
def test_a_copy_of_which_nothing_is_on_record_goes_at_once(
    published: Platform, reason: str | None
) -> None:
    folder = published.home / "quarantine" / "annex_a" / "0123"
    folder.mkdir(parents=True)
    (folder / "x.xlsx").write_text(CHILD)
    if reason:
        (folder / quarantine.REASON).write_text(reason)
    assert [(item.what, item.received) for item in published.due(RECEIVED)] == [("left_over", None)]
    published.purge(RECEIVED)
    assert not folder.exists()


def test_copies_of_returns_are_no_childrens(published: Platform) -> None:
    folder = published.home / "quarantine" / "return" / "0123"
    folder.mkdir(parents=True)
    assert published.due(RECEIVED) == []


def test_rows_of_no_known_file_go_at_once(published: Platform) -> None:
    ledger = ledger_path(published.home, "annex_a")
    frame = read_parquet(ledger)
    frame[frame["path"] != CAM].to_parquet(ledger)
    (published.zone / CAM).unlink()
    (published.zone / f"{CAM}.yml").unlink()
    half = published.home / "raw" / "annex_a" / ".annex_a_list_1.parquet.77.tmp"
    half.write_text(CHILD)
    assert {item.what for item in published.due(RECEIVED)} == {"left_over"}
    published.purge(RECEIVED)
    assert published.due(RECEIVED) == []
    assert len(published.rows("annex_a_list_1")) == 5
    assert len(published.rows("annex_a_list_3")) == 0
    assert not half.exists()
    # Whose they were nobody knows, so they have no figures to keep either.
    assert read_parquet(published.home / "raw" / "chat_kept.parquet").empty


def test_what_a_broken_off_run_read_of_a_landed_file_is_that_files(platform: Platform) -> None:
    platform.put(CAM, {"annex_a_list_1": 3})
    platform.ingest()
    ledger_path(platform.home, "annex_a").unlink()
    assert platform.due(LAST_DAY) == []
    assert [item.unkept for item in platform.due()] == [retention.NOT_READ]


# --- links ---


def test_a_link_is_neither_followed_nor_listed(published: Platform, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mine.xlsx").write_text("mine")
    (published.zone / "annex_a" / "link.xlsx").symlink_to(elsewhere / "mine.xlsx")
    (published.zone / "annex_a" / "folder").symlink_to(elsewhere)
    copies = published.home / "quarantine" / "annex_a"
    copies.mkdir(parents=True)
    (copies / "0123").symlink_to(elsewhere)
    published.purge(DUE + timedelta(days=900))
    assert (elsewhere / "mine.xlsx").read_text() == "mine"
    assert (published.zone / "annex_a" / "link.xlsx").is_symlink()


@pytest.mark.parametrize(
    "place", ["landing/annex_a", "home/raw", "home/raw/annex_a", "home/warehouse"]
)
def test_nothing_is_deleted_behind_a_link(published: Platform, tmp_path: Path, place: str) -> None:
    moved = tmp_path / "moved"
    (tmp_path / place).rename(moved)
    (tmp_path / place).symlink_to(moved)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(BehindLink, match="nothing was deleted"):
        published.purge()
    assert sorted(tmp_path.rglob("*")) == before
    assert published.states()[CAM] == ("accepted", True)


def test_a_landing_zone_that_is_a_link_itself_is_no_trap(
    published: Platform, tmp_path: Path
) -> None:
    shared = tmp_path / "shared folder"
    shared.symlink_to(published.zone)
    published.zone = shared
    assert published.purge() == []
    assert not (shared / CAM).exists()


# --- cut short ---


class Killed(BaseException):
    """As a process is: nothing of it cleans up."""


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> Callable:
    """Let a process die before its nth change of a file system."""

    def at(step: int, work: Callable[[], object]) -> bool:
        left = iter(range(step))

        def dying(change: Callable) -> Callable:
            def once(*arguments: object, **named: object) -> object:
                if next(left, None) is None:
                    raise Killed
                return change(*arguments, **named)

            return once

        with monkeypatch.context() as patch:
            for name in ("unlink", "rename", "replace", "rmdir"):
                patch.setattr(os, name, dying(getattr(os, name)))
            try:
                work()
            except Killed:
                return True
        return False

    return at


# Every change that a purge of one extract makes in a file system.
STEPS = range(20)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("then", ["run", "purge"])
def test_a_purge_that_is_cut_short_leaves_what_a_run_or_another_purge_can_go_on_from(
    published: Platform, killed: Callable, step: int, then: str
) -> None:
    killed(step, published.purge)
    if then == "run":
        published.run(1)
        assert published.told() == FIGURES
        assert published.states()[CAM][1]
    else:
        assert published.told() == FIGURES
    published.purge()
    assert len(published.children()) == len(["Brent's workbook", "what was read", "handed over"])
    published.run(2)
    assert published.told() == FIGURES
    assert published.states()[CAM] == ("purged", True)
    assert not (published.zone / f"{CAM}.yml").exists()
    assert published.due() == []


def test_the_steps_above_are_all_there_are(published: Platform, killed: Callable) -> None:
    assert not killed(len(STEPS), published.purge)


def test_the_last_step_above_is_one(published: Platform, killed: Callable) -> None:
    assert killed(STEPS[-1], published.purge)


def test_a_run_takes_away_what_is_left_of_a_purged_file(published: Platform) -> None:
    (item,) = published.due()
    *_, workbook, sidecar = item.paths
    workbook.unlink()
    sidecar.unlink()
    kept_figures.keep([str(item.file_id)], published.home, NOW)
    Ledger(ledger_path(published.home, "annex_a")).purge([str(item.file_id)])
    published.ingest(1)
    assert not (published.home / "raw" / ".parsed" / str(item.file_id)).exists()
    assert published.told() == FIGURES


# --- the figures kept ---


def test_the_table_is_there_for_dbt_before_anything_was_kept(platform: Platform) -> None:
    platform.ingest()
    path = platform.home / "raw" / "chat_kept.parquet"
    found = pq.read_table(path)
    assert found.num_rows == 0
    assert found.schema.equals(kept_figures.SCHEMA)


def test_all_that_was_counted_from_these_files_is_kept_and_nothing_else(
    published: Platform,
) -> None:
    path = published.home / kept_figures.COUNTED
    counted = pd.read_parquet(path)
    camden = counted[counted["new_la_code"] == "E09000007"]
    others = [
        camden.assign(is_base=True, value=1.0),
        camden.assign(file_id="another", value=100.0),
    ]
    pd.concat([counted, *others]).to_parquet(path)
    published.purge()
    kept = pq.read_table(published.home / "raw" / "chat_kept.parquet")
    assert kept.schema.equals(kept_figures.SCHEMA)
    frame = kept.to_pandas()
    assert set(frame["file_id"]) == set(camden["file_id"])
    assert sorted(frame["value"]) == [1, 1, 2, 3]
    assert set(frame["period_end"]) == {date(2025, 9, 30)}
    assert pa.types.is_date32(kept.schema.field("period_end").type)


def test_a_name_too_long_for_a_sidecar_stops_no_purge(platform: Platform) -> None:
    longest = "x" * 251 + ".xls"
    platform.put(CAM, {"annex_a_list_1": 2})
    (platform.zone / Q2 / longest).write_text("{}")
    platform.run()
    due_on = platform.due(date(2099, 1, 1))
    assert {"lists.xlsx", longest} <= {path.name for item in due_on for path in item.paths}
