"""The egress log: what was written stays as it was, or it is seen that it did not."""

import json
import multiprocessing
from pathlib import Path

import pytest

from exports.release import egress


def entry(number: int) -> dict:
    return {
        "product": "dfe",
        "quarter": "2025-26 Q2",
        "files": {"data.csv": f"{number:064d}"},
        "recipients": [{"recipient": "dfe", "authorisation": "mou_dfe", "reference": "MoU § 2.1"}],
    }


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "registers" / egress.NAME
    for number in range(1, 6):
        egress.append(path, entry(number))
    return path


def rewrite(log: Path, *lines: bytes) -> None:
    log.write_bytes(b"".join(line + b"\n" for line in lines))


def test_what_was_appended_is_read_back_in_order(log: Path) -> None:
    said = egress.lines(log)
    assert [e["line"] for e in said] == [1, 2, 3, 4, 5]
    assert [e["previous"] for e in said[1:]] == [e["hash"] for e in said[:-1]]
    assert egress.last_of(log, "dfe", "2025-26 Q2") == said[-1]
    assert egress.last_of(log, "dfe", "2025-26 Q1") is None
    found = egress.verify(log)
    assert (found.lines, found.problems, found.half_written) == (5, (), False)
    assert found.last_hash == said[-1]["hash"]


def test_a_log_that_is_not_there_yet_holds(tmp_path: Path) -> None:
    assert egress.verify(tmp_path / egress.NAME).problems == ()


@pytest.mark.parametrize("changed", range(5))
def test_a_changed_line_is_named(log: Path, changed: int) -> None:
    lines = log.read_bytes().splitlines()
    lines[changed] = lines[changed].replace(b"mou_dfe", b"mou_d2i")
    rewrite(log, *lines)
    assert egress.verify(log).problems == (f"line {changed + 1} was changed",)


@pytest.mark.parametrize("changed", range(5))
def test_a_line_changed_with_a_hash_to_match_is_found_all_the_same(log: Path, changed: int) -> None:
    lines = log.read_bytes().splitlines()
    forged = json.loads(lines[changed]) | {"quarter": "2024-25 Q1"}
    lines[changed] = egress._text(egress._sealed(forged)).strip()
    rewrite(log, *lines)
    (problem,) = egress.verify(log).problems
    last = "line 5 is not the one that was noted when it was written"
    follows = f"line {changed + 2} does not follow from line {changed + 1}"
    assert problem == (last if changed == 4 else follows)


@pytest.mark.parametrize("removed", range(5))
def test_a_removed_line_is_named(log: Path, removed: int) -> None:
    lines = log.read_bytes().splitlines()
    del lines[removed]
    rewrite(log, *lines)
    where = "at the end" if removed == 4 else f"before line {removed + 2}"
    assert egress.verify(log).problems == (f"line {removed + 1} is missing {where}",)


def test_a_log_that_was_emptied_or_cut_is_found(log: Path) -> None:
    rewrite(log, *log.read_bytes().splitlines()[:2])
    assert egress.verify(log).problems == ("lines 3 to 5 are missing at the end",)
    log.unlink()
    assert egress.verify(log).problems == ("lines 1 to 5 are missing at the end",)


def test_lines_in_another_order_are_found(log: Path) -> None:
    one, two, three, four, five = log.read_bytes().splitlines()
    rewrite(log, one, three, two, four, five)
    assert "line 2 stands after line 3" in egress.verify(log).problems


@pytest.mark.parametrize("text", [b"not json", b"{}", b"[1]", b'{"line": "1"}', b""])
def test_a_line_that_is_none_is_named(log: Path, text: bytes) -> None:
    lines = log.read_bytes().splitlines()
    rewrite(log, lines[0], text, *lines[2:])
    assert "line 2 is not one that was written here" in egress.verify(log).problems


def test_nothing_is_added_to_a_log_that_does_not_hold(log: Path) -> None:
    lines = log.read_bytes().splitlines()
    rewrite(log, *lines[1:])
    before = log.read_bytes()
    with pytest.raises(egress.LogBroken, match=r"line 1 is missing before line 2.*from a copy"):
        egress.append(log, entry(6))
    assert log.read_bytes() == before


def test_a_half_written_line_is_taken_away_and_none_before_it(log: Path) -> None:
    """Cut anywhere: what a crash left of a line that was never noted."""
    whole = log.read_bytes()
    noted = egress._head(log).read_bytes()
    egress.append(log, entry(6))
    last = log.read_bytes()[len(whole) :]
    for size in range(1, len(last), 7):
        log.write_bytes(whole + last[:size])
        egress._head(log).write_bytes(noted)
        found = egress.verify(log)
        assert (found.lines, found.problems, found.half_written) == (5, (), True)
        egress.append(log, entry(7))
        assert log.read_bytes().startswith(whole)
        assert egress.verify(log).lines == 6
        assert egress.verify(log).problems == ()


def test_a_whole_line_that_was_not_noted_stays(log: Path) -> None:
    """Killed between the line and the note beside it."""
    noted = egress._head(log).read_bytes()
    egress.append(log, entry(6))
    egress._head(log).write_bytes(noted)
    assert egress.verify(log).problems == ()
    assert egress.append(log, entry(7))["line"] == 7


def test_a_cut_in_a_line_that_had_been_noted_is_no_crash(log: Path) -> None:
    log.write_bytes(log.read_bytes()[:-10])
    assert egress.verify(log).problems == ("line 5 is missing at the end",)
    with pytest.raises(egress.LogBroken):
        egress.append(log, entry(6))


def _append_many(path: Path, first: int) -> None:
    for number in range(first, first + 20):
        egress.append(path, entry(number))


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    log = tmp_path / egress.NAME
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_append_many, args=(log, n)) for n in (100, 200, 300)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    found = egress.verify(log)
    assert (found.lines, found.problems) == (60, ())
