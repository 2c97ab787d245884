"""Downloading: going on after a break, and what came is what was asked for."""

import gzip

import pytest

from ingestion import landing
from ingestion.fetch import RECORDS, Outcome
from tests.unit.ingestion.fetching.place import CSV, IDS, OTHER, PATH, Place
from tests.web_server import Server, answer, endless, file, half_a_chunk


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
        (gzip.compress(b"<html>", mtime=0), "web page"),
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
