"""Delivery: old whole or new whole at the reader's, decided again on the day, each in the log."""

import hashlib
import json
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import yaml
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem

from exports import catalogue
from exports.files import Content
from exports.release import egress
from exports.release.delivery import Delivery, NotDeliverable, Outcome, deliver
from exports.release.sending import Target
from exports.release.writing import Places, release
from ingestion.landing import LONDON
from ingestion.periods import Quarter
from tests.unit.exports.release.registers import Registers

Q2 = Quarter(2025, 2)
NOW = datetime(2026, 1, 15, 9, 0, tzinfo=LONDON)
LATER = datetime(2026, 3, 1, 9, 0, tzinfo=LONDON)
CAMDEN = "E09000007"


class Killed(BaseException):
    """As kill -9: nothing of ours is run after it."""


class Desk:
    """A home in which products are released, and a folder where each recipient reads."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch) -> None:
        home = root / "home"
        self.places = Places(home / "marts", home / "outputs", home / "registers")
        self.addresses = root / "delivery.yml"
        self._root, self._patch = root, patch
        self.holds({"a.txt": "old a", "b.txt": "old b"})

    def holds(self, files: dict[str, str], only_for: dict[str, str] | None = None) -> None:
        """What the products made from now on hold."""
        content = Content(files, ("R1",), {}, only_for or {})
        self._patch.setattr(catalogue, "content", lambda *_: content)

    def to(self, **addresses: object) -> Path:
        """Writes delivery.yml; `folder` stands for a folder of the recipient's own."""
        for recipient, address in addresses.items():
            if address == "folder":
                (self._root / recipient).mkdir(exist_ok=True)
                addresses[recipient] = str(self._root / recipient)
        self.addresses.write_text(yaml.safe_dump(addresses), encoding="utf-8")
        return self._root / next(iter(addresses))

    def release(self, product: str = "dfe") -> None:
        release(product, Q2, self.places, "run-1", NOW)

    def deliver(self, product: str = "dfe", now: datetime = NOW) -> list[Delivery]:
        def at_once(address: str) -> Target:
            return Target(address, lambda _: None)

        return deliver(product, Q2, self.places, self.addresses, "run-2", now, at_once)

    def delivered(self) -> list[egress.Entry]:
        assert egress.verify(self.places.log).problems == ()
        return [line for line in egress.lines(self.places.log) if line.get("kind") == "delivered"]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    MemoryFileSystem.store.clear()
    return Desk(tmp_path, monkeypatch)


def read(folder: Path, product: str = "dfe") -> dict[str, bytes]:
    """What a reader gets who follows the pointer, every hash held against what was promised."""
    above = folder / product / Q2.slug
    if not (above / "latest.json").exists():
        return {}
    pointer = json.loads((above / "latest.json").read_bytes())
    manifest = (above / pointer["manifest"]).read_bytes()
    assert hashlib.sha256(manifest).hexdigest() == pointer["sha256"]
    files = {}
    for name, told in json.loads(manifest)["files"].items():
        files[name] = (above / pointer["manifest"]).with_name(name).read_bytes()
        assert hashlib.sha256(files[name]).hexdigest() == told["sha256"]
    return files


def test_a_released_product_is_there_whole_and_in_the_log(desk: Desk) -> None:
    folder = desk.to(dfe="folder")
    desk.release()
    (done,) = desk.deliver()
    assert done == Delivery("dfe", "Department for Education", str(folder), Outcome.DELIVERED)
    outputs = desk.places.folder("dfe", Q2)
    sent = {p.name: p.read_bytes() for p in outputs.iterdir() if p.name != "manifest.json"}
    assert read(folder) == sent
    assert sent.keys() == {"a.txt", "b.txt", "README.md"}
    (line,) = desk.delivered()
    manifest = hashlib.sha256((outputs / "manifest.json").read_bytes()).hexdigest()
    assert line["address"] == f"{folder}/dfe/2025-26-Q2/{manifest[:12]}"
    assert line["files"]["manifest.json"] == manifest
    assert line["files"]["a.txt"] == hashlib.sha256(b"old a").hexdigest()
    assert line["recipients"] == [
        {
            "recipient": "dfe",
            "authorisation": "mou_dfe",
            "basis": "mou",
            "reference": "MoU 2.1 and Appendix A",
        }
    ]
    assert (line["run_id"], line["release"]) == ("run-2", 1)


def test_without_an_address_nothing_goes_anywhere(desk: Desk) -> None:
    desk.release()
    assert desk.deliver() == []
    desk.to(d2i="folder")
    assert desk.deliver() == []
    assert desk.delivered() == []


def test_again_nothing_is_sent_or_logged_and_a_release_stays_one_line(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.to(dfe="folder")
    desk.release()
    desk.deliver()
    monkeypatch.setattr(LocalFileSystem, "pipe_file", lambda *_: pytest.fail("sent"))
    (again,) = desk.deliver()
    assert again.outcome is Outcome.STANDS
    desk.release()
    assert [line.get("kind") for line in egress.lines(desk.places.log)] == [None, "delivered"]


def test_what_went_missing_there_is_sent_again_and_logged(desk: Desk) -> None:
    folder = desk.to(dfe="folder")
    desk.release()
    desk.deliver()
    (gone,) = folder.rglob("a.txt")
    gone.unlink()
    assert desk.deliver()[0].outcome is Outcome.DELIVERED
    assert read(folder)["a.txt"] == b"old a"
    assert len(desk.delivered()) == 2


def test_killed_at_any_step_a_reader_has_the_old_whole_and_the_next_run_carries_through(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = desk.to(dfe="folder")
    desk.release()
    desk.deliver()
    old = read(folder)
    desk.holds({"a.txt": "new a", "b.txt": "new b", "c.txt": "new c"})
    desk.release()
    shutil.copytree(tmp_path, before := tmp_path.with_name("before"))
    lines = []
    for step in range(1, 20):
        shutil.rmtree(tmp_path)
        shutil.copytree(before, tmp_path)
        with monkeypatch.context() as patch:
            calls = iter(range(1, 100))

            def dies(real: Callable, calls=calls, step=step) -> Callable:
                def call(self, *arguments, **options):
                    if next(calls) == step:
                        if real.__name__ == "pipe_file":  # half of it on disk
                            Path(arguments[0]).parent.mkdir(exist_ok=True)
                            Path(arguments[0]).write_bytes(arguments[1][:3])
                        raise Killed
                    return real(self, *arguments, **options)

                call.__name__ = real.__name__
                return call

            patch.setattr(LocalFileSystem, "pipe_file", dies(LocalFileSystem.pipe_file))
            patch.setattr(Path, "replace", dies(Path.replace))
            try:
                desk.deliver()
            except Killed:
                pass
            else:
                break
        assert read(folder) == old
        lines.append(len(desk.delivered()))
        desk.deliver()
        assert read(folder)["c.txt"] == b"new c"
    # Five files, the first of which needs its folder made; the log's note; the pointer laid, put.
    assert lines == [1, 1, 1, 1, 1, 1, 2, 2, 2]
    assert read(folder).keys() == {"a.txt", "b.txt", "c.txt", "README.md"}


def test_in_an_object_store_the_pointer_comes_last_and_after_the_line(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.to(dfe="memory://dfe")
    desk.release()
    order: list[str] = []
    pipe, append = MemoryFileSystem.pipe_file, egress.append
    monkeypatch.setattr(
        MemoryFileSystem,
        "pipe_file",
        lambda self, path, value: (order.append(path.split("/")[-1]), pipe(self, path, value)),
    )
    monkeypatch.setattr(
        egress, "append", lambda log, entry: (order.append("the line"), append(log, entry))[1]
    )
    desk.deliver()
    assert order == ["README.md", "a.txt", "b.txt", "manifest.json", "the line", "latest.json"]


def test_a_store_that_fails_changes_nothing_there_and_holds_up_nobody_else(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = desk.to(london_las="folder", lscb="memory://lscb")
    desk.release("lscb")

    def broken(self, path, value):
        raise OSError("no space at https://store.example/?sig=SECRET")

    monkeypatch.setattr(MemoryFileSystem, "pipe_file", broken)
    done = {one.name: one for one in desk.deliver("lscb")}
    failed = done["LSCB Executive"]
    assert failed.outcome is Outcome.FAILED
    assert "README.md did not get to memory://lscb: OSError: no space" in failed.reason
    assert failed.reason.endswith("liia deliver --quarter 2025-26-Q2 --product lscb")
    assert "SECRET" not in failed.reason
    assert done["The 33 London authorities"].done
    assert read(folder, "lscb")
    assert MemoryFileSystem.store == {}
    assert [line["recipients"][0]["recipient"] for line in desk.delivered()] == ["london_las"]
    assert desk.places.folder("lscb", Q2).is_dir()


def test_a_corrupt_read_back_never_becomes_the_publication(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = desk.to(dfe="folder")
    desk.release()
    desk.deliver()
    old = read(folder)
    desk.holds({"a.txt": "new"})
    desk.release()
    pipe = LocalFileSystem.pipe_file
    monkeypatch.setattr(
        LocalFileSystem, "pipe_file", lambda self, path, value: pipe(self, path, value + b"?")
    )
    (failed,) = desk.deliver()
    assert failed.outcome is Outcome.FAILED
    assert "is not what was sent" in failed.reason
    assert read(folder) == old
    assert len(desk.delivered()) == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda r: r.change("reference/authorisations", DFE, valid_to="2026-02-28"), "mou_dfe of"),
        (lambda r: r.drop("reference/authorisations", DFE), "has no authorisation for dfe"),
        (lambda r: r.only("dfe", "dfe"), "under a1, and what lies in outputs was made under mou_"),
        (lambda r: r.opt_out(CAMDEN, "sharing_dfe", "2026-02-28"), "opted out of: Camden. Run the"),
        (
            lambda r: r.change("reference/recipients", "recipient == 'dfe'", valid_to="2026-02-28"),
            "is on the register of recipients",
        ),
    ],
)
def test_the_gate_decides_again_on_the_day(
    change: Callable, says: str, desk: Desk, registers: Registers
) -> None:
    folder = desk.to(dfe="folder")
    desk.release()
    change(registers)
    (refused,) = desk.deliver(now=LATER)
    assert refused.outcome is Outcome.REFUSED
    assert says in refused.reason
    assert list(folder.iterdir()) == []
    assert desk.delivered() == []


DFE = "recipient == 'dfe' and product_id == 'dfe'"


def test_a_recipient_named_after_the_release_waits_for_the_next(
    desk: Desk, registers: Registers
) -> None:
    folder = desk.to(lga="folder")
    desk.release()
    registers.authorise("lga", "dfe")
    (refused,) = desk.deliver()
    assert refused.outcome is Outcome.REFUSED
    assert "was not made for it. Run the quarter again" in refused.reason
    desk.release()
    assert desk.deliver()[0].done
    assert read(folder)


def of_each_alone(desk: Desk, registers: Registers) -> None:
    for recipient in ("lga", "solace"):
        registers.authorise(
            recipient,
            "appendix_b",
            authorisation=f"lciib_{recipient}",
            indicator_set="riia_2022_31",
            reference=f"decision on {recipient}",
        )
    desk.holds(
        {"for_lga.txt": "of lga", "for_solace.txt": "of solace"},
        {"for_lga.txt": "lga", "for_solace.txt": "solace"},
    )
    desk.release("appendix_b")


def test_a_file_for_one_goes_to_that_one_and_nothing_speaks_of_the_others(
    desk: Desk, registers: Registers
) -> None:
    folder = desk.to(lga="folder", solace="memory://solace")
    of_each_alone(desk, registers)
    assert [one.outcome for one in desk.deliver("appendix_b")] == [Outcome.DELIVERED] * 2
    assert read(folder, "appendix_b").keys() == {"for_lga.txt", "README.md"}
    for path in folder.rglob("*"):
        assert "solace" not in path.name
        assert path.is_dir() or b"solace" not in path.read_bytes().lower()
    there = MemoryFileSystem.store
    assert [path.split("/")[-1] for path in there if path.endswith(".txt")] == ["for_solace.txt"]
    assert not any(b"lga" in file.getvalue() for file in there.values())
    for line in desk.delivered():
        (given,) = line["recipients"]
        assert f"for_{given['recipient']}.txt" in line["files"]
        assert len(line["files"]) == 3


def test_a_manifest_tampered_with_gives_nobody_the_files_of_another(
    desk: Desk, registers: Registers
) -> None:
    folder = desk.to(lga="folder")
    of_each_alone(desk, registers)
    manifest = desk.places.folder("appendix_b", Q2) / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"only_for": "solace"', '"only_for": "lga"'))
    desk.deliver("appendix_b")
    assert "for_solace.txt" not in read(folder, "appendix_b")


@pytest.mark.parametrize(
    "tamper",
    [
        lambda folder: (folder / "a.txt").write_text("other"),
        lambda folder: (folder / "more.txt").write_text("laid beside"),
        lambda folder: (folder / "a.txt").unlink(),
        lambda folder: (folder / "manifest.json").write_text("{"),
    ],
)
def test_only_what_the_log_says_was_released_goes_out(tamper: Callable, desk: Desk) -> None:
    folder = desk.to(dfe="folder")
    desk.release()
    tamper(desk.places.folder("dfe", Q2))
    with pytest.raises(NotDeliverable, match="not what the egress log says was released"):
        desk.deliver()
    assert list(folder.iterdir()) == []


def test_nothing_goes_out_while_the_log_does_not_hold(desk: Desk) -> None:
    folder = desk.to(dfe="folder")
    desk.release()
    log = desk.places.log
    log.write_bytes(log.read_bytes().replace(b"mou_dfe", b"mou_d2i"))
    with pytest.raises(NotDeliverable, match=r"line 1 was changed.*docs/release\.md"):
        desk.deliver()
    assert list(folder.iterdir()) == []


def test_what_was_never_released_is_said_with_what_to_do(desk: Desk) -> None:
    desk.to(dfe="folder")
    with pytest.raises(NotDeliverable, match="dfe of 2025-26 Q2 has not been released"):
        desk.deliver()
    assert desk.deliver("rug") == []  # it has an address, and may not have the rug in any case


def test_a_quarter_with_nothing_in_it_is_nothing_to_deliver(desk: Desk) -> None:
    folder = desk.to(dfe="folder")
    desk.holds({})
    desk.release()
    assert desk.deliver() == []
    assert list(folder.iterdir()) == []


def test_a_slip_in_the_addresses_delivers_nothing_of_the_product(desk: Desk) -> None:
    desk.to(dfe="sftp://liia:SECRET@host/in")
    desk.release()
    with pytest.raises(NotDeliverable, match="Nothing of dfe was delivered") as refused:
        desk.deliver()
    assert "SECRET" not in str(refused.value)
