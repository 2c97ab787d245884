"""Fetching published files: what is stored, recorded and told, and what is refused."""

import gzip
import json

import pytest
import yaml

from ingestion import landing
from ingestion.fetch import RECORDS, Outcome
from ingestion.lock import alone_in
from tests.unit.ingestion.fetching.place import CSV, IDS, NOW, OTHER, PATH, Place
from tests.web_server import Server, answer, file


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


def test_two_fetches_into_one_landing_zone_do_not_meet(place: Place, server: Server) -> None:
    with (
        alone_in(place.zone, "liia fetch-published"),
        pytest.raises(BlockingIOError, match="Another liia fetch-published is at work"),
    ):
        place.fetch()
    assert server.asked == []
