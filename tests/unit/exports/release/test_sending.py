"""Files at an address: sent, read back, tried again; a reader sees the old whole or the new."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem

from exports.release.sending import NotSent, Target

MEMORY = "memory://sending"


@pytest.fixture(autouse=True)
def _empty_memory() -> None:
    MemoryFileSystem.store.clear()


@pytest.fixture
def fails(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, Exception], list[str]]:
    """Has the next so many writes to memory fail; returns the paths that were tried."""

    def of(times: int, error: Exception) -> list[str]:
        tried: list[str] = []
        real = MemoryFileSystem.pipe_file

        def pipe(self, path, value, **options):
            tried.append(path)
            if len(tried) <= times:
                raise error
            return real(self, path, value, **options)

        monkeypatch.setattr(MemoryFileSystem, "pipe_file", pipe)
        return tried

    return of


@pytest.mark.parametrize("error", [ConnectionResetError("dropped"), RuntimeError("SlowDown")])
def test_what_passes_is_tried_again_and_waits_longer_each_time(fails, error: Exception) -> None:
    tried, pauses = fails(2, error), []
    assert Target(MEMORY, pauses.append).put("a/b.csv", b"1")
    assert len(tried) == 3
    assert pauses == sorted(set(pauses))
    assert MemoryFileSystem().cat_file("/sending/a/b.csv") == b"1"


def test_what_does_not_pass_ends_and_says_what_and_why_without_the_signature(fails) -> None:
    tried = fails(99, OSError("503 at https://x.example/in?sig=SECRET is busy"))
    with pytest.raises(NotSent, match=r"a\.csv did not get to memory://sending: OSError: 503") as e:
        Target(MEMORY, lambda _: None).put("a.csv", b"1")
    assert "SECRET" not in str(e.value)
    assert len(tried) == 4


def test_what_no_second_try_changes_is_tried_once(fails) -> None:
    tried = fails(99, PermissionError("Access Denied"))
    with pytest.raises(NotSent, match="Access Denied"):
        Target(MEMORY, lambda _: pytest.fail("waited")).put("a.csv", b"1")
    assert len(tried) == 1


def test_other_bytes_read_back_are_sent_again_and_in_the_end_not_taken(monkeypatch) -> None:
    real, bad = MemoryFileSystem.pipe_file, []

    def pipe(self, path, value, **options):
        if len(bad) < 1:
            bad.append(path)
            value = value[:-1]
        return real(self, path, value, **options)

    monkeypatch.setattr(MemoryFileSystem, "pipe_file", pipe)
    assert Target(MEMORY, lambda _: None).put("a.csv", b"whole")
    assert MemoryFileSystem().cat_file("/sending/a.csv") == b"whole"
    monkeypatch.setattr(
        MemoryFileSystem, "pipe_file", lambda self, path, value, **o: real(self, path, b"x", **o)
    )
    with pytest.raises(NotSent, match=r"b\.csv .* read back is not what was sent"):
        Target(MEMORY, lambda _: None).put("b.csv", b"whole")


@pytest.mark.parametrize("method", ["put", "replace"])
@pytest.mark.parametrize("kind", ["memory", "folder"])
def test_the_same_is_not_sent_twice(
    method: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = MEMORY if kind == "memory" else str(tmp_path)
    assert getattr(Target(address), method)("x/a.json", b"1")
    for filesystem in (MemoryFileSystem, LocalFileSystem):
        monkeypatch.setattr(filesystem, "pipe_file", lambda *_: pytest.fail("sent"))
    assert not getattr(Target(address), method)("x/a.json", b"1")


def test_in_a_folder_a_file_is_replaced_by_rename(tmp_path: Path, monkeypatch) -> None:
    """A write that stops half way leaves the readers the old whole."""
    target = Target(str(tmp_path), lambda _: None)
    target.replace("x/latest.json", b"old")

    def half(self, path, value, **_):
        Path(path).write_bytes(value[:1])
        raise PermissionError("quota")

    monkeypatch.setattr(LocalFileSystem, "pipe_file", half)
    with pytest.raises(NotSent, match="quota"):
        target.replace("x/latest.json", b"new")
    assert (tmp_path / "x/latest.json").read_bytes() == b"old"
    monkeypatch.undo()
    target.replace("x/latest.json", b"new")
    assert {p.name for p in (tmp_path / "x").iterdir()} == {"latest.json"}
    assert (tmp_path / "x/latest.json").read_bytes() == b"new"


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """A share that is not mounted, or a slip in the address."""
    with pytest.raises(NotSent, match=r"FileNotFoundError.*is the address right"):
        Target(f"{tmp_path}/not-mounted").put("a.csv", b"1")
    assert list(tmp_path.iterdir()) == []


def test_an_address_that_nothing_here_speaks_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotSent, match=r"no-such://x cannot be reached from here: .*Protocol"):
        Target("no-such://x")
