"""What arrived, and which version counts."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ingestion import landing
from ingestion.findings import Finding
from ingestion.ledger import COLUMNS, Ledger
from ingestion.sources import Parsed
from tests.unit.ingestion.builders import NOW


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger" / "return.parquet")


@pytest.fixture
def arrival(land: Callable) -> Callable:
    def make(
        file_id: str, path: str = "returns/CAM/a.csv", day: int = 1, ok: bool = True, **facts: str
    ) -> tuple:
        file = land(path, file_id, f"received_at: 2025-10-{day:02d} 09:00:00\n")
        findings = [] if ok else [Finding("r", "block", "broken")]
        stated = {"la_code": "E09000007", "quarter": "2025-26-Q2"} | facts
        return file, file_id, Parsed(findings=findings, **stated)  # type: ignore[arg-type]

    return make


def states(frame) -> dict[str, tuple[str, bool]]:
    return {r.file_id: (r.state, bool(r.is_current)) for r in frame.itertuples()}


def test_an_empty_ledger_has_every_column(ledger: Ledger) -> None:
    assert list(ledger.read().columns) == COLUMNS
    assert list(ledger.record([], NOW).dtypes) == list(ledger.read().dtypes)


def test_a_resubmission_becomes_current_and_the_first_stays_accepted(
    ledger: Ledger, arrival: Callable
) -> None:
    first, second = arrival("one"), arrival("two", "returns/CAM/b.csv", 5)
    frame = ledger.record([second, first], NOW)
    assert states(frame) == {"one": ("accepted", False), "two": ("accepted", True)}
    assert dict(zip(frame["file_id"], frame["release_id"], strict=True)) == {
        "one": "return-CAM-2025-26-Q2-v1",
        "two": "return-CAM-2025-26-Q2-v2",
    }


def test_a_replaced_file_counts_no_more_and_keeps_its_number(
    ledger: Ledger, arrival: Callable
) -> None:
    ledger.record([arrival("one")], NOW)
    frame = ledger.record([arrival("two", day=5)], NOW)
    assert states(frame) == {"one": ("replaced", False), "two": ("accepted", True)}
    assert list(frame.set_index("file_id")["submission_number"]) == [1, 2]


def test_a_withdrawn_file_leaves_the_one_before_it_current(
    ledger: Ledger, arrival: Callable
) -> None:
    first, second = arrival("one"), arrival("two", "returns/CAM/b.csv", 5)
    ledger.record([first, second], NOW)
    frame = ledger.record([first], NOW)
    assert states(frame) == {"one": ("accepted", True), "two": ("withdrawn", False)}


def test_a_withdrawn_file_that_comes_back_counts_again(ledger: Ledger, arrival: Callable) -> None:
    first = arrival("one")
    ledger.record([first], NOW)
    ledger.record([], NOW + timedelta(days=1))
    frame = ledger.record([first], NOW + timedelta(days=2))
    assert states(frame) == {"one": ("accepted", True)}
    assert frame["first_seen_at"].iloc[0] == NOW


def test_a_quarantined_file_never_becomes_current(ledger: Ledger, arrival: Callable) -> None:
    frame = ledger.record([arrival("one"), arrival("bad", "returns/CAM/b.csv", 5, ok=False)], NOW)
    assert states(frame) == {"one": ("accepted", True), "bad": ("quarantined", False)}
    row = frame.set_index("file_id").loc["bad"]
    assert row["reason"] == "broken"
    assert row.isna()["submission_number"]


def test_a_good_file_overwritten_by_a_bad_one_still_counts(
    ledger: Ledger, arrival: Callable
) -> None:
    ledger.record([arrival("one")], NOW)
    frame = ledger.record([arrival("bad", day=5, ok=False)], NOW)
    assert states(frame) == {"one": ("accepted", True), "bad": ("quarantined", False)}
    frame = ledger.record([arrival("good", day=6)], NOW)
    assert states(frame)["one"] == ("replaced", False)
    assert states(frame)["good"] == ("accepted", True)


def test_the_same_content_twice_counts_once(ledger: Ledger, arrival: Callable) -> None:
    def content(file_id: str, path: str, day: int) -> tuple:
        file, _, parsed = arrival("same bytes", path, day)
        return file, file_id, parsed

    first, copy = content("one", "returns/CAM/a.csv", 1), content("two", "returns/CAM/copy.csv", 5)
    frame = ledger.record([first, copy], NOW)
    assert states(frame) == {"one": ("accepted", True), "two": ("duplicate", False)}
    assert frame["release_id"].dropna().is_unique
    # A sidecar given later makes another file id of the same content: still one submission.
    frame = ledger.record([content("with sidecar", "returns/CAM/a.csv", 2), copy], NOW)
    assert (frame["state"] == "accepted").sum() == 1
    assert frame["is_current"].sum() == 1
    assert frame["release_id"].dropna().is_unique


def test_a_copied_landing_zone_with_new_file_times_changes_no_order(
    ledger: Ledger, land: Callable
) -> None:
    def arrive(file_id: str, path: str, modified: int) -> tuple:
        file = land(path, file_id)
        os.utime(file.absolute, (modified, modified))
        facts = {"la_code": "E09000007", "quarter": "2025-26-Q2"}
        return land(path, file_id), file_id, Parsed(**facts)  # type: ignore[arg-type]

    def both(first: int, second: int) -> list[tuple]:
        made = arrive("one", "returns/CAM/a.csv", first), arrive("two", "returns/CAM/b.csv", second)
        for file, _, _ in made:
            modified = first if file.path.endswith("a.csv") else second
            os.utime(file.absolute, (modified, modified))
        folder = made[0][0].absolute.parents[2]
        return [
            (landing.landed(file.absolute, folder, "return"), file_id, parsed)
            for file, file_id, parsed in made
        ]

    before = ledger.record(both(1_760_000_000, 1_760_500_000), NOW)
    after = ledger.record(both(1_760_900_000, 1_760_100_000), NOW)
    assert (
        states(before)
        == states(after)
        == {
            "one": ("accepted", False),
            "two": ("accepted", True),
        }
    )


def test_recording_the_same_zone_again_changes_nothing(ledger: Ledger, arrival: Callable) -> None:
    files = [arrival("one"), arrival("two", "returns/CAM/b.csv", 5)]
    first = ledger.record(files, NOW)
    again = ledger.record(files[::-1], NOW + timedelta(days=9))
    assert first.equals(again)
    assert ledger.read().equals(again)


def test_authorities_and_quarters_have_their_own_chains(ledger: Ledger, arrival: Callable) -> None:
    frame = ledger.record(
        [
            arrival("one"),
            arrival("two", "returns/NEW/a.csv", la_code="E09000025"),
            arrival("three", "returns/CAM/q1.csv", quarter="2025-26-Q1"),
        ],
        NOW,
    )
    assert frame["is_current"].all()
    assert set(frame["submission_number"]) == {1}


def test_a_stated_release_comes_before_the_time_of_arrival(
    ledger: Ledger, arrival: Callable
) -> None:
    facts = {"la_code": None, "quarter": None, "dataset": "d"}
    newer = arrival("new", "published/new.csv", 1, release="2025", last_period="2025", **facts)
    older = arrival("old", "published/old.csv", 9, release="2024", last_period="2024", **facts)
    frame = ledger.record([newer, older], NOW)
    assert states(frame) == {"new": ("accepted", True), "old": ("accepted", False)}


def test_the_next_quarter_at_the_same_path_leaves_the_first_counting(
    ledger: Ledger, arrival: Callable
) -> None:
    ledger.record([arrival("q1", quarter="2025-26-Q1")], NOW)
    q2 = arrival("q2", day=5)
    frame = ledger.record([q2], NOW)
    assert states(frame) == {"q1": ("accepted", True), "q2": ("accepted", True)}
    assert ledger.record([q2], NOW).equals(frame)
    frame = ledger.record([arrival("q1 again", day=6, quarter="2025-26-Q1")], NOW)
    assert states(frame)["q1"] == ("replaced", False)
    assert states(frame)["q2"] == ("accepted", True)
    assert set(ledger.record([], NOW)["state"]) == {"withdrawn"}


def test_content_that_is_said_to_be_anothers_counts_no_more_for_the_first(
    ledger: Ledger, arrival: Callable
) -> None:
    file, _, first = arrival("one")
    ledger.record([(file, "one", first)], NOW)
    unknown = Parsed(findings=[Finding("r", "block", "whose?")])
    frame = ledger.record([(file, "two", unknown)], NOW)
    assert states(frame)["one"] == ("accepted", True)
    corrected = Parsed(la_code="E09000025", quarter="2025-26-Q2")
    frame = ledger.record([(file, "three", corrected)], NOW)
    assert states(frame) == {
        "one": ("replaced", False), "two": ("withdrawn", False), "three": ("accepted", True),
    }  # fmt: skip


def test_what_was_set_aside_and_moved_or_made_good_is_set_aside_no_more(
    ledger: Ledger, arrival: Callable
) -> None:
    bad, worse = arrival("bad", ok=False), arrival("worse", "returns/HAC/x.csv", ok=False)
    ledger.record([bad, worse], NOW)
    frame = ledger.record([arrival("good", day=2)], NOW)
    assert states(frame) == {
        "bad": ("withdrawn", False), "worse": ("withdrawn", False), "good": ("accepted", True),
    }  # fmt: skip
    assert list(frame["submission_number"].dropna()) == [1]


@pytest.fixture
def content(arrival: Callable) -> Callable:
    def make(text: str, file_id: str, path: str, day: int, **facts: str) -> tuple:
        file, _, parsed = arrival(text, path, day, **facts)
        return file, file_id, parsed

    return make


def test_a_first_version_sent_again_after_a_second_counts(
    ledger: Ledger, content: Callable
) -> None:
    first = content("A", "first", "returns/CAM/1.csv", 1)
    second = content("B", "second", "returns/CAM/2.csv", 2)
    ledger.record([first, second], NOW)
    again = content("A", "again", "returns/CAM/3.csv", 3)
    twice = content("A", "twice", "returns/CAM/4.csv", 4)
    frame = ledger.record([first, second, again, twice], NOW)
    assert states(frame) == {
        "first": ("accepted", False), "second": ("accepted", False),
        "again": ("accepted", True), "twice": ("duplicate", False),
    }  # fmt: skip
    assert frame["release_id"].dropna().is_unique


def test_a_release_sent_again_stands_once_under_its_name(ledger: Ledger, content: Callable) -> None:
    facts = {"la_code": None, "quarter": None, "dataset": "d", "release": "2025"}
    files = [
        content(text, f"{day}", f"published/{day}.csv", day, **facts)
        for day, text in enumerate(("A", "B", "A"), start=1)
    ]
    files = [(replace(file, source="published"), *rest) for file, *rest in files]
    frame = ledger.record(files, NOW)
    assert states(frame) == {
        "1": ("duplicate", False), "2": ("accepted", False), "3": ("accepted", True),
    }  # fmt: skip
    assert frame.loc[frame["state"] == "accepted", "release_id"].is_unique


def test_versions_of_the_same_time_are_in_order_of_first_sight_then_path(
    ledger: Ledger, arrival: Callable
) -> None:
    first = arrival("z", "returns/CAM/b.csv")
    ledger.record([first], NOW)
    others = [arrival("y", "returns/CAM/a.csv"), arrival("x", "returns/CAM/c.csv")]
    frame = ledger.record([first, *others], NOW + timedelta(days=1))
    assert dict(zip(frame["file_id"], frame["submission_number"], strict=True)) == {
        "z": 1, "y": 2, "x": 3,
    }  # fmt: skip
    assert states(frame)["x"] == ("accepted", True)


def test_a_sidecar_given_later_changes_no_time_unless_it_states_one(
    ledger: Ledger, land: Callable
) -> None:
    def arrive(file_id: str, path: str, modified: int, sidecar: str | None = None) -> tuple:
        file = land(path, path, sidecar)
        os.utime(file.absolute, (modified, modified))
        file = landing.landed(file.absolute, file.absolute.parents[2], "return")
        return file, file_id, Parsed(la_code="E09000007", quarter="2025-26-Q2")

    newer = arrive("b", "returns/CAM/b.csv", 1_760_500_000)
    ledger.record([arrive("a", "returns/CAM/a.csv", 1_760_000_000), newer], NOW)
    lost = arrive("a2", "returns/CAM/a.csv", 1_760_900_000, "la: CAM\n")
    frame = ledger.record([lost, newer], NOW + timedelta(days=1))
    assert states(frame)["b"] == ("accepted", True)
    assert states(frame)["a2"] == ("accepted", False)
    rows = frame.set_index("file_id")
    assert rows.loc["a2", "first_seen_at"] == NOW
    assert (rows.loc["a2", "submission_number"], rows.loc["b", "submission_number"]) == (1, 2)
    stated = arrive("a3", "returns/CAM/a.csv", 1_760_900_000, "received_at: 2025-10-19\n")
    frame = ledger.record([stated, newer], NOW + timedelta(days=2))
    assert states(frame)["a3"] == ("accepted", True)


def test_a_version_keeps_its_number_when_others_go_or_come(
    ledger: Ledger, arrival: Callable
) -> None:
    first, second = arrival("one"), arrival("two", "returns/CAM/b.csv", 5)
    ledger.record([first, second], NOW)
    frame = ledger.record([second], NOW)
    assert list(frame["release_id"]) == ["return-CAM-2025-26-Q2-v1", "return-CAM-2025-26-Q2-v2"]
    early = arrival("early", "returns/CAM/c.csv", 2)
    frame = ledger.record([second, early], NOW)
    assert frame.set_index("file_id")["submission_number"].to_dict() == {
        "one": 1, "two": 2, "early": 3,
    }  # fmt: skip
    assert states(frame)["two"] == ("accepted", True)
    assert ledger.record([early, second], NOW).equals(frame)


def test_annex_a_and_releases_are_numbered_in_their_order(
    ledger: Ledger, arrival: Callable
) -> None:
    # Their figures are chosen by this number in dbt.
    def annex(*arguments: Any) -> tuple:
        file, file_id, parsed = arrival(*arguments)
        return replace(file, source="annex_a"), file_id, parsed

    newer = annex("new", "returns/CAM/b.csv", 5)
    ledger.record([newer], NOW)
    frame = ledger.record([newer, annex("old", "returns/CAM/a.csv", 1)], NOW)
    numbers = frame.set_index("file_id")["submission_number"]
    assert numbers.to_dict() == {"old": 1, "new": 2}


# --- child-level data that is deleted by rule ---


@pytest.fixture
def annex(content: Callable) -> Callable:
    """An Annex A workbook, told by its text: the same text is the same content."""

    def make(text: str, file_id: str, path: str = "returns/CAM/a.csv", day: int = 1, **facts: str):
        file, file_id, parsed = content(text, file_id, path, day, **facts)
        return replace(file, source="annex_a"), file_id, parsed

    return make


def test_a_purged_file_stays_current_with_its_number_and_name(
    ledger: Ledger, annex: Callable
) -> None:
    before = ledger.record([annex("1", "one")], NOW)
    assert states(ledger.purge(["one"])) == {"one": ("purged", True)}
    for _ in range(2):
        after = ledger.record([], NOW)
        assert states(after) == {"one": ("purged", True)}
        assert after.drop(columns="state").equals(before.drop(columns="state"))


def test_only_what_counts_is_purged_anything_else_is_gone(
    ledger: Ledger, annex: Callable, arrival: Callable
) -> None:
    bad = arrival("bad", "returns/CAM/b.csv", 5, ok=False)
    copy = annex("1", "copy", "returns/CAM/c.csv", 6)
    ledger.record([annex("1", "one"), bad, copy], NOW)
    ledger.purge(["one", "bad", "copy", "nobody"])
    assert states(ledger.record([], NOW)) == {
        "one": ("purged", True), "bad": ("withdrawn", False), "copy": ("withdrawn", False),
    }  # fmt: skip


def test_purging_nothing_writes_nothing(ledger: Ledger) -> None:
    assert ledger.purge(["one"]).empty
    assert not ledger.path.exists()


def test_a_purged_newest_version_is_not_overtaken_by_an_older_one(
    ledger: Ledger, annex: Callable
) -> None:
    old, new = annex("1", "old"), annex("2", "new", "returns/CAM/b.csv", 5)
    ledger.record([old, new], NOW)
    ledger.purge(["new"])
    assert states(ledger.record([old], NOW)) == {
        "old": ("accepted", False),
        "new": ("purged", True),
    }


def test_a_newer_version_follows_a_purged_one(ledger: Ledger, annex: Callable) -> None:
    ledger.record([annex("1", "one")], NOW)
    ledger.purge(["one"])
    beside = ledger.record([annex("2", "two", "returns/CAM/b.csv", 5)], NOW)
    assert states(beside) == {"one": ("purged", False), "two": ("accepted", True)}
    assert list(beside.set_index("file_id").loc[["one", "two"], "submission_number"]) == [1, 2]


def test_a_newer_version_at_its_path_replaces_a_purged_one(ledger: Ledger, annex: Callable) -> None:
    ledger.record([annex("1", "one")], NOW)
    ledger.purge(["one"])
    frame = ledger.record([annex("2", "two", day=5)], NOW)
    assert states(frame) == {"one": ("replaced", False), "two": ("accepted", True)}


def test_another_quarters_or_a_broken_file_at_its_path_leaves_a_purged_one_standing(
    ledger: Ledger, annex: Callable, arrival: Callable
) -> None:
    ledger.record([annex("1", "one")], NOW)
    ledger.purge(["one"])
    frame = ledger.record([arrival("bad", day=5, ok=False)], NOW)
    assert states(frame)["one"] == ("purged", True)
    frame = ledger.record([annex("2", "next", day=6, quarter="2025-26-Q3")], NOW)
    assert states(frame)["one"] == ("purged", True)


def test_a_purged_file_that_is_landed_again_counts_by_its_rows_again(
    ledger: Ledger, annex: Callable
) -> None:
    one = annex("1", "one")
    ledger.record([one], NOW)
    ledger.purge(["one"])
    assert states(ledger.record([one], NOW)) == {"one": ("accepted", True)}
    ledger.purge(["one"])
    elsewhere = annex("1", "elsewhere", "returns/CAM/b.csv", 5)
    frame = ledger.record([elsewhere], NOW)
    assert states(frame) == {"one": ("duplicate", False), "elsewhere": ("accepted", True)}
