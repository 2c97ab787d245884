"""Asking a server that is in trouble, silent, elsewhere or gone."""

import socket

import pytest

from ingestion.web import Failed, next_address
from tests.unit.ingestion.fetching.place import CSV, IDS, PATH, Place
from tests.web_server import Server, answer, file, reset


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
