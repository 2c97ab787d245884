"""Fetching published files, from a real server on this machine that misbehaves."""

import gzip
import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from ingestion import landing
from ingestion.contract import ContractError
from ingestion.fetch import RECORDS, Fetcher, Outcome
from ingestion.published_sources import PACKAGED, Sources, load_sources
from ingestion.web import Client, Failed, next_address
from tests.web_server import Server, answer, endless, file, half_a_chunk, reset, serving

NOW = datetime(2025, 7, 1, 11, 30, tzinfo=UTC)
CSV = (
    b"\xef\xbb\xbftime_period,time_identifier,geographic_level,x\n" + b"2024,Year,National,1\n" * 50
)
OTHER = CSV.replace(b",1\n", b",2\n")
IDS = [f"00000000-0000-0000-0000-00000000000{n}" for n in range(1, 5)]
PATH = f"/set/{IDS[0]}/csv"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as started:
        yield started


class Place:
    """A landing zone with its list of data sets, a clock that stands, and sleep that does not."""

    def __init__(self, zone: Path, server: Server) -> None:
        self.zone, self.folder = zone, zone / "published"
        self.slept: list[float] = []
        self.described = {
            "addresses": {
                "catalogue": f"{server.base}/set/{{data_set_file_id}}/csv",
                "publication": f"{server.base}/publication/{{publication}}",
                "api": f"{server.base}/v1",
            },
            "requests": {
                "seconds_between": 1,
                "timeout_seconds": 5,
                "attempts": 3,
                "first_wait_seconds": 2,
                "longest_wait_seconds": 60,
                "largest_megabytes": 1,
            },
            "data_sets": [self.data_set("a.csv", data_set_file_id=IDS[0])],
        }

    @staticmethod
    def data_set(name: str, **more: str) -> dict[str, str]:
        about = {"file": name, "publication": "cin", "release": "2024", "status": "confirmed"}
        return about | more

    def rule(self, **rules: float) -> None:
        self.described["requests"] |= rules

    def sets(self, *data_sets: dict[str, str]) -> None:
        self.described["data_sets"] = list(data_sets)

    def fetch_all(self) -> list[Outcome]:
        sources = Sources.model_validate(self.described)
        client = Client(
            sources.requests, sleep=self.slept.append, now=lambda: NOW, jitter=lambda: 0.5
        )
        fetcher = Fetcher(self.zone, sources, Path("sources.yml"), client, now=lambda: NOW)
        return list(fetcher.fetch(sources.data_sets, lambda name: lambda done, total: None))

    def fetch(self) -> Outcome:
        (outcome,) = self.fetch_all()
        return outcome

    def stored(self, name: str = "a.csv") -> bytes:
        return (self.folder / name).read_bytes()

    def hidden(self) -> set[str]:
        return {path.name for path in self.folder.glob(".*")}

    def records(self) -> dict:
        return json.loads((self.folder / RECORDS).read_text())


@pytest.fixture
def place(tmp_path: Path, server: Server) -> Place:
    (tmp_path / "landing").mkdir()
    return Place(tmp_path / "landing", server)


# Stored, recorded, described


def test_a_file_is_stored_as_it_came_recorded_and_described(place: Place, server: Server) -> None:
    server.tell(PATH, file(CSV, modified="Thu, 31 Oct 2024 09:30:00 GMT"))
    assert place.fetch() == Outcome("a.csv", "fetched", len(CSV))
    assert place.stored() == CSV
    assert place.hidden() == {RECORDS}
    record = place.records()["a.csv"]
    assert record["etag"] == '"one"'
    assert record["last_modified"] == "Thu, 31 Oct 2024 09:30:00 GMT"
    assert record["address"] == server.base + PATH
    assert record["size"] == len(CSV)
    assert record["fetched_at"] == "2025-07-01T12:30:00+01:00"
    (found,) = landing.scan(place.zone, "published")
    assert found.sha256 == record["sha256"]
    said = yaml.safe_load((place.folder / "a.csv.yml").read_text())
    assert said == {"release": "2024", "received_at": "2025-07-01T12:30:00+01:00"}
    assert found.sidecar["release"] == "2024"
    assert found.received_at == NOW
    assert found.sidecar_problems == []
    (headers,) = server.asked_for(PATH)
    assert headers["User-Agent"].startswith("liia-platform/")
    assert headers["Accept-Encoding"] == "identity"


def test_what_has_not_changed_is_not_sent_again(place: Place, server: Server) -> None:
    modified = "Thu, 31 Oct 2024 09:30:00 GMT"
    server.tell(PATH, file(CSV, modified=modified))
    place.fetch()
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in place.folder.iterdir()}
    assert place.fetch() == Outcome("a.csv", "unchanged", len(CSV))
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in place.folder.iterdir()} == before
    asked = server.asked_for(PATH)[1]
    assert (asked["If-None-Match"], asked["If-Modified-Since"]) == ('"one"', modified)


def test_the_same_bytes_from_a_server_without_versions_are_unchanged(
    place: Place, server: Server
) -> None:
    server.tell(PATH, answer(200, CSV))
    place.fetch()
    written = (place.folder / "a.csv").stat().st_mtime_ns
    sidecar = (place.folder / "a.csv.yml").stat().st_mtime_ns
    assert place.fetch().state == "unchanged"
    assert (place.folder / "a.csv").stat().st_mtime_ns == written
    assert (place.folder / "a.csv.yml").stat().st_mtime_ns == sidecar


def test_a_new_version_replaces_file_and_sidecar(place: Place, server: Server) -> None:
    server.tell(PATH, file(CSV), file(OTHER, '"two"'))
    place.fetch()
    place.sets(Place.data_set("a.csv", data_set_file_id=IDS[0]) | {"release": "2025"})
    assert place.fetch() == Outcome("a.csv", "fetched", len(OTHER))
    assert place.stored() == OTHER
    (found,) = landing.scan(place.zone, "published")
    assert found.sidecar["release"] == "2025"


def test_a_new_id_is_asked_without_the_old_ones_version(place: Place, server: Server) -> None:
    server.tell(PATH, file(CSV))
    server.tell(f"/set/{IDS[1]}/csv", file(OTHER))  # the same tag, by chance
    place.fetch()
    place.sets(Place.data_set("a.csv", data_set_file_id=IDS[1]))
    assert place.fetch() == Outcome("a.csv", "fetched", len(OTHER))


@pytest.mark.parametrize("done", ["changed", "removed"])
def test_a_file_touched_by_hand_is_fetched_anew_and_told(
    place: Place, server: Server, done: str
) -> None:
    server.tell(PATH, file(CSV))
    place.fetch()
    target = place.folder / "a.csv"
    if done == "changed":
        target.write_bytes(OTHER)
    else:
        target.unlink()
    outcome = place.fetch()
    assert outcome.state == "fetched"
    assert f"was {done} here" in outcome.notes[0]
    assert place.stored() == CSV
    assert "If-None-Match" not in server.asked_for(PATH)[1]


def test_a_sidecar_written_by_hand_stays(place: Place, server: Server) -> None:
    server.tell(PATH, file(CSV), file(OTHER, '"two"'))
    place.folder.mkdir()
    sidecar = place.folder / "a.csv.yml"
    sidecar.write_text('release: "2024-revised"\n')
    for content in (CSV, OTHER):
        outcome = place.fetch()
        assert place.stored() == content
        assert "a.csv.yml was written by hand and stays" in outcome.notes[0]
        assert sidecar.read_text() == 'release: "2024-revised"\n'


def test_our_sidecar_corrected_by_hand_stays_too(place: Place, server: Server) -> None:
    server.tell(PATH, file(CSV), file(OTHER, '"two"'))
    place.fetch()
    sidecar = place.folder / "a.csv.yml"
    sidecar.write_text('release: "2024-revised"\n')
    assert "written by hand" in place.fetch().notes[0]
    assert sidecar.read_text() == 'release: "2024-revised"\n'


def test_a_file_put_there_by_hand_is_replaced_and_told(place: Place, server: Server) -> None:
    server.tell(PATH, file(CSV))
    place.folder.mkdir()
    (place.folder / "a.csv").write_bytes(OTHER)
    outcome = place.fetch()
    assert (outcome.state, place.stored()) == ("fetched", CSV)
    assert outcome.notes == ("replaces a file that was put here by hand",)


def test_without_a_readable_record_all_is_fetched_anew(place: Place, server: Server) -> None:
    server.tell(PATH, file(CSV))
    place.fetch()
    (place.folder / RECORDS).write_text("{")
    assert place.fetch().state == "unchanged"
    assert place.records()["a.csv"]["size"] == len(CSV)


# Failures


@pytest.mark.parametrize("status", [403, 404])
def test_what_is_not_there_is_not_asked_twice_and_says_where_to_look(
    place: Place, server: Server, status: int
) -> None:
    server.tell(PATH, answer(status))
    outcome = place.fetch()
    assert outcome.state == "failed"
    for words in (
        f"{server.base + PATH} answers {status}",
        "a new id with each release",
        f"{server.base}/publication/cin",
        "change it in sources.yml",
    ):
        assert words in outcome.notes[0]
    assert len(server.asked_for(PATH)) == 1
    assert place.slept == []
    assert not place.folder.exists()


def test_a_server_in_trouble_is_asked_again_ever_more_slowly(place: Place, server: Server) -> None:
    server.tell(PATH, answer(500), answer(502), file(CSV))
    assert place.fetch().state == "fetched"
    assert place.slept == [2, 4]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        ("7", 7),
        ("86400", 60),
        ("Tue, 01 Jul 2025 11:30:20 GMT", 20),
        ("soon", 2),
    ],
)
def test_what_the_server_asks_to_wait_is_waited_up_to_a_limit(
    place: Place, server: Server, status: int, asked: str, waited: float
) -> None:
    server.tell(PATH, answer(status, Retry_After=asked), file(CSV))
    assert place.fetch().state == "fetched"
    assert place.slept == [waited]


def test_it_gives_up_in_the_end_and_leaves_nothing(place: Place, server: Server) -> None:
    server.tell(PATH, answer(500))
    outcome = place.fetch()
    assert outcome.notes == (f"{server.base + PATH} answers 500 (3 attempts)",)
    assert len(server.asked_for(PATH)) == 3
    assert not place.folder.exists()


def test_a_silent_server_is_asked_again(place: Place, server: Server) -> None:
    place.rule(timeout_seconds=0.2)
    server.tell(PATH, server.silent, file(CSV))
    assert place.fetch().state == "fetched"
    assert len(server.asked_for(PATH)) == 2


def test_a_connection_reset_is_tried_again(place: Place, server: Server) -> None:
    server.tell(PATH, reset, file(CSV))
    assert place.fetch().state == "fetched"


def test_without_a_network_each_data_set_says_so_and_the_zone_is_untouched(place: Place) -> None:
    with socket.socket() as taken:  # bound and not listening: nobody else answers there
        taken.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{taken.getsockname()[1]}/{{data_set_file_id}}"
        place.described["addresses"]["catalogue"] = nowhere
        place.sets(*(Place.data_set(f"{n}.csv", data_set_file_id=i) for n, i in enumerate(IDS)))
        outcomes = place.fetch_all()
    assert [outcome.state for outcome in outcomes] == ["failed"] * 4
    assert all("no connection to 127.0.0.1. Is there a network" in o.notes[0] for o in outcomes)
    assert list(place.zone.iterdir()) == []
    # Only the first is waited for.
    assert place.slept == [2, 4, 1, 1, 1]


def test_one_that_fails_stops_none_of_the_others(place: Place, server: Server) -> None:
    place.sets(*(Place.data_set(f"{n}.csv", data_set_file_id=i) for n, i in enumerate(IDS)))
    server.tell(f"/set/{IDS[1]}/csv", file(CSV))
    server.tell(f"/set/{IDS[2]}/csv", answer(200, b"<html>"))
    (place.folder / "3.csv").mkdir(parents=True)  # nothing can be stored there
    server.tell(f"/set/{IDS[3]}/csv", file(CSV))
    assert [o.state for o in place.fetch_all()] == ["failed", "fetched", "failed", "failed"]
    assert place.slept == [1, 1]  # the third is not asked for: 3.csv is a folder


# Going on after a break


def cut(body: bytes, after: int, etag: str = '"one"', **headers: str):
    return answer(200, body, cut=after, ETag=etag, **headers)


def test_after_a_break_it_goes_on_where_it_was(place: Place, server: Server) -> None:
    server.tell(PATH, cut(CSV, 300), file(CSV))
    assert place.fetch() == Outcome("a.csv", "resumed", len(CSV), ("went on after 300 bytes",))
    assert place.stored() == CSV
    assert place.hidden() == {RECORDS}
    asked = server.asked_for(PATH)[1]
    assert (asked["Range"], asked["If-Range"]) == ("bytes=300-", '"one"')


@pytest.mark.parametrize("how", ["stall", "chunks"])
def test_a_break_without_a_length_or_an_end_is_one_too(
    place: Place, server: Server, how: str
) -> None:
    place.rule(timeout_seconds=0.2)
    big = CSV * 100
    start = {"stall": server.stall, "chunks": half_a_chunk}[how](big[:-500])
    server.tell(PATH, start, file(big))
    assert place.fetch().state == "resumed"
    assert place.stored() == big


def test_a_part_outlives_the_command_and_is_no_file_of_the_landing_zone(
    place: Place, server: Server
) -> None:
    server.tell(PATH, cut(CSV, 300), answer(500))
    assert place.fetch().state == "failed"
    assert place.hidden() == {".a.csv.part", ".a.csv.part.json"}
    assert landing.scan(place.zone, "published") == []
    server.tell(PATH, file(CSV))
    assert place.fetch().state == "resumed"
    assert place.stored() == CSV


def test_a_part_is_not_gone_on_with_from_another_address(place: Place, server: Server) -> None:
    server.tell(PATH, cut(CSV, 300), answer(500))
    place.fetch()
    place.sets(Place.data_set("a.csv", data_set_file_id=IDS[1]))
    server.tell(f"/set/{IDS[1]}/csv", file(OTHER))  # the same tag, by chance
    assert place.fetch().state == "fetched"
    assert place.stored() == OTHER


def test_a_date_will_do_where_there_is_no_tag(place: Place, server: Server) -> None:
    modified = "Thu, 31 Oct 2024 09:30:00 GMT"
    rest = CSV[300:]
    span = f"bytes 300-{len(CSV) - 1}/{len(CSV)}"
    server.tell(
        PATH,
        answer(200, CSV, cut=300, Last_Modified=modified),
        answer(206, rest, Content_Range=span),  # which need not say the date again
    )
    assert place.fetch().state == "resumed"
    assert server.asked_for(PATH)[1]["If-Range"] == modified
    assert place.records()["a.csv"]["last_modified"] == modified


@pytest.mark.parametrize("etag", ['W/"one"', ""])
def test_without_an_exact_version_it_starts_anew(place: Place, server: Server, etag: str) -> None:
    server.tell(PATH, cut(CSV, 300, etag), file(CSV))
    assert place.fetch().state == "fetched"
    assert place.stored() == CSV
    assert "Range" not in server.asked_for(PATH)[1]


def rest(first: int, etag: str, span: bool = True):
    """OTHER from a byte on."""
    said = {"Content_Range": f"bytes {first}-{len(OTHER) - 1}/{len(OTHER)}"} if span else {}
    return answer(206, OTHER[first:], ETag=etag, **said)


@pytest.mark.parametrize(
    "then",
    [
        pytest.param([answer(200, OTHER, ETag='"one"')], id="ranges are ignored"),
        pytest.param([file(OTHER, '"two"')], id="another version is there now"),
        pytest.param([rest(300, '"two"'), file(OTHER, '"two"')], id="If-Range is ignored"),
        pytest.param([answer(416), file(OTHER)], id="416"),
        pytest.param([rest(200, '"one"'), file(OTHER)], id="another range"),
        pytest.param([rest(300, '"one"', span=False), file(OTHER)], id="no range named"),
    ],
)
def test_what_does_not_go_on_is_started_anew(place: Place, server: Server, then: list) -> None:
    server.tell(PATH, cut(CSV, 300), *then)
    assert place.fetch().state == "fetched"
    assert place.stored() == OTHER


def test_a_body_shorter_than_said_is_never_stored(place: Place, server: Server) -> None:
    server.tell(PATH, file(CSV))
    place.fetch()
    server.tell(PATH, cut(OTHER, 300, '"two"'), cut(OTHER, 200, ""))
    outcome = place.fetch()
    assert outcome.state == "failed"
    assert "broke off" in outcome.notes[0]
    assert place.stored() == CSV


def test_a_part_of_a_version_that_is_gone_is_dropped(place: Place, server: Server) -> None:
    server.tell(PATH, file(CSV))
    place.fetch()
    server.tell(PATH, cut(OTHER, 300, '"two"'), answer(500))
    place.fetch()
    server.tell(PATH, file(CSV))  # DfE took the new one back
    assert place.fetch().state == "unchanged"
    assert place.hidden() == {RECORDS}


# Redirects


def test_a_redirect_is_followed(place: Place, server: Server) -> None:
    there = server.tell("/blob", file(CSV))
    server.tell(PATH, answer(302, Location=there))
    assert place.fetch().state == "fetched"
    assert place.fetch().state == "unchanged"  # what is held is asked of the last address
    assert place.records()["a.csv"]["address"] == server.base + PATH


@pytest.mark.parametrize(
    ("location", "says"),
    [
        (PATH, "without end"),
        ("file:///etc/passwd", "is not followed"),
        ("ftp://127.0.0.1/x.csv", "is not followed"),
    ],
)
def test_a_redirect_in_a_circle_or_off_the_web_fails(
    place: Place, server: Server, location: str, says: str
) -> None:
    server.tell(PATH, answer(302, Location=location))
    outcome = place.fetch()
    assert says in outcome.notes[0]
    assert len(server.asked) <= 6
    assert not place.folder.exists()


def test_a_redirect_may_not_lose_the_encryption() -> None:
    assert next_address("http://a.uk/1", "https://b.uk/2") == "https://b.uk/2"
    assert next_address("https://a.uk/1", "/2") == "https://a.uk/2"
    for location in ("http://a.uk/2", "file:///2", "/\x1b[2J", "", None):
        with pytest.raises(Failed, match="is not followed"):
            next_address("https://a.uk/1", location)


# What came


@pytest.mark.parametrize("headers", [{}, {"Content_Encoding": "gzip"}])
def test_gzip_is_unpacked_whatever_the_headers_say(
    place: Place, server: Server, headers: dict[str, str]
) -> None:
    packed = gzip.compress(CSV)
    server.tell(PATH, cut(packed, 20, **headers), file(packed))
    outcome = place.fetch()
    assert (outcome.state, outcome.size) == ("resumed", len(CSV))
    assert place.stored() == CSV
    assert place.hidden() == {RECORDS}
    assert place.fetch().state == "unchanged"


def test_half_a_gzip_file_is_asked_for_again(place: Place, server: Server) -> None:
    packed = gzip.compress(CSV)
    server.tell(PATH, answer(200, packed[:-20], ETag='"one"'), file(packed))
    assert place.fetch().state == "fetched"
    assert place.stored() == CSV
    assert "Range" not in server.asked_for(PATH)[1]


def test_an_encoding_nobody_asked_for_is_refused(place: Place, server: Server) -> None:
    server.tell(PATH, answer(200, b"x", Content_Encoding="br"))
    assert "packed as 'br'" in place.fetch().notes[0]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<!DOCTYPE html><html><p>Sorry, there is a problem</p>", "web page"),
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b'{"error": "none"}', "no CSV of DfE's"),
        (b"time_period,la\n2024,x\n", "should name time_period and geographic_level"),
        (b"PK\x03\x04\x00\x00time_period,geographic_level\n", "no CSV of DfE's"),
        (gzip.compress(b"<html>"), "web page"),
    ],
)
def test_what_is_no_csv_of_dfe_is_refused_and_what_stood_there_stays(
    place: Place, server: Server, body: bytes, says: str
) -> None:
    server.tell(PATH, file(CSV))
    place.fetch()
    before = {path: path.read_bytes() for path in place.folder.iterdir()}
    server.tell(PATH, answer(200, body))
    outcome = place.fetch()
    assert outcome.state == "failed"
    assert says in outcome.notes[0]
    assert {path: path.read_bytes() for path in place.folder.iterdir()} == before


@pytest.mark.parametrize(
    "say",
    [
        pytest.param(endless, id="endless"),
        pytest.param(answer(200, CSV, cut=10, Content_Length="2000000"), id="said beforehand"),
        pytest.param(answer(200, gzip.compress(CSV + b"\0" * 2_000_000)), id="unpacked"),
    ],
)
def test_a_body_beyond_the_limit_is_dropped(place: Place, server: Server, say) -> None:
    server.tell(PATH, say)
    outcome = place.fetch()
    assert outcome.notes == ("it is larger than 1 MB (largest_megabytes)",)
    assert list(place.folder.iterdir()) == []


# The API


def test_of_an_api_data_set_the_version_is_told(place: Place, server: Server) -> None:
    place.sets(Place.data_set("api.csv", api_data_set_id=IDS[0]))
    periods = {"start": "2018/19", "end": "2024/25"}
    latest = {"version": "2.0", "title": "Looked after", "timePeriods": periods, "file": {}}
    summary = json.dumps({"id": IDS[0], "latestVersion": latest}).encode()
    server.tell(f"/v1/data-sets/{IDS[0]}", answer(200, b"{"), answer(200, summary))
    server.tell(f"/v1/data-sets/{IDS[0]}/csv", answer(200, gzip.compress(CSV)))
    outcome = place.fetch()
    assert outcome.state == "fetched"
    assert outcome.notes == ("version 2.0 of 'Looked after', 2018/19 to 2024/25",)
    assert place.stored("api.csv") == CSV
    server.tell(f"/v1/data-sets/{IDS[0]}", answer(200, b'{"latestVersion": 2}'))
    assert "does not describe a data set" in place.fetch().notes[0]


# One at a time


def test_two_fetches_into_one_landing_zone_do_not_meet(place: Place, server: Server) -> None:
    import fcntl
    import os

    folder = os.open(place.zone, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    try:
        with pytest.raises(BlockingIOError, match="Another liia fetch-published is at work"):
            place.fetch()
    finally:
        os.close(folder)
    assert server.asked == []


# The list of data sets


def test_the_packaged_list_is_whole() -> None:
    sources = load_sources()
    assert len(sources.data_sets) >= 7
    for data_set in sources.data_sets:
        assert sources.address(data_set).startswith("https://")
        assert sources.publication_address(data_set).endswith(data_set.publication)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('release: "2024"', "release: 2024", r"data_sets\.0\.release: .*string"),
        ("3fb5a93d-1eb3", "3fb5a93d", r"data_sets\.0\.data_set_file_id: .*UUID"),
        ("data_set_file_id: 3fb5", "file_id: 3fb5", r"data_sets\.0\.file_id"),
        ("    data_set_file_id: 3fb5a93d-1eb3-4f3a-bdd0-5caea4556ce6\n", "", "should have one of"),
        ("    status: confirmed", "    status: sure", r"data_sets\.0\.status"),
        ("- file: c2_", "- file: ../c2_", r"data_sets\.0\.file"),
        ("- file: c2_", "- file: .c2_", r"data_sets\.0\.file"),
        ("file: cla_api_data_set.csv", "file: timeliness_20_week.csv", "data_sets: .* as timel"),
        ("attempts: 5", "attempts: 0", r"requests\.attempts"),
        ("{data_set_file_id}/csv", "x/csv", r"addresses\.catalogue"),
        ("catalogue: https:", "catalogue: file:", r"addresses\.catalogue: .*https://"),
        ("data_sets:", "data_sets: [", "not readable as YAML"),
    ],
)  # fmt: skip
def test_a_wrong_list_names_file_and_field(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = PACKAGED.read_text()
    assert old in text
    path = tmp_path / "mine.yml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ContractError, match=rf"mine\.yml: .*{says}"):
        load_sources(path)


def test_a_list_that_is_no_text_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ContractError, match=r"mine\.yml: not readable"):
        load_sources(path)
