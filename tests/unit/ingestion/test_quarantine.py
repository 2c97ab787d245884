"""What was set aside is kept as sent, with its reason, for nobody but the owner to read."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ingestion import landing, pipeline, quarantine
from ingestion.findings import Finding
from ingestion.quarantine import safe_name, set_aside
from tests.unit.ingestion.builders import KEY, NOW

FINDINGS = [
    Finding("file.macros", "block", "it contains macros", value="Amy Child"),
    Finding("headers.fuzzy", "note", "not a reason"),
]
PLACE = "annex_a/2025-26-Q2/CAM/list.xlsx"


def reason(folder: Path) -> dict:
    return json.loads((folder / "reason.json").read_text())


def test_the_file_is_kept_whole_with_its_reason(land: Callable, tmp_path: Path) -> None:
    file = land(PLACE, b"\x00any bytes")
    folder = set_aside(file, FINDINGS, tmp_path)
    assert folder.parent == tmp_path / "quarantine" / "annex_a"
    assert (folder / "list.xlsx").read_bytes() == b"\x00any bytes"
    assert reason(folder) == {
        "path": PLACE,
        "sha256": file.sha256,
        "size": 10,
        "received_at": file.received_at.isoformat(),
        "reasons": [{"rule_id": "file.macros", "message": "it contains macros"}],
        "copy": "list.xlsx",
    }


def test_nobody_else_may_read_it(land: Callable, tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        folder = set_aside(land(PLACE, b"x"), FINDINGS, tmp_path)
    finally:
        os.umask(old)
    for place in (folder, folder.parent, folder.parent.parent):
        assert place.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_the_same_file_again_writes_nothing(
    land: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = land(PLACE, b"x")
    folder = set_aside(file, FINDINGS, tmp_path)
    monkeypatch.setattr(quarantine.os, "open", lambda *_: pytest.fail("written again"))
    assert set_aside(file, FINDINGS, tmp_path) == folder


def test_another_content_or_place_is_kept_beside(land: Callable, tmp_path: Path) -> None:
    folders = [
        set_aside(land(place, content), FINDINGS, tmp_path)
        for place, content in [(PLACE, b"1"), (PLACE, b"2"), (PLACE + ".xls", b"1")]
    ]
    assert len(set(folders)) == 3
    assert [reason(folder)["path"] for folder in folders] == [PLACE, PLACE, PLACE + ".xls"]


def test_the_reason_follows_the_rules_and_the_copy_stays(land: Callable, tmp_path: Path) -> None:
    file = land(PLACE, b"x")
    set_aside(file, FINDINGS, tmp_path)
    folder = set_aside(file, [Finding("other.rule", "block", "now this")], tmp_path)
    assert reason(folder)["reasons"] == [{"rule_id": "other.rule", "message": "now this"}]
    assert reason(folder)["copy"] == "list.xlsx"
    assert sorted(path.name for path in folder.iterdir()) == ["list.xlsx", "reason.json"]


def test_a_link_is_never_followed(land: Callable, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    file = land(PLACE, b"x")
    file.absolute.unlink()
    file.absolute.symlink_to(secret)
    folder = set_aside(file, FINDINGS, tmp_path)
    assert [path.name for path in folder.iterdir()] == ["reason.json"]
    assert "a link" in reason(folder)["not_copied"]


def test_a_pipe_does_not_hold_up_the_run(zone: Path, tmp_path: Path) -> None:
    os.mkfifo(zone / "returns" / "pipe.xlsx")
    (file,) = landing.scan(zone, "return")
    assert "no ordinary file" in str(file.refused)
    assert "not an ordinary file" in reason(set_aside(file, FINDINGS, tmp_path))["not_copied"]


def test_a_huge_file_stays_where_it_lies(
    land: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = land(PLACE, b"x" * 100)
    monkeypatch.setattr(quarantine, "MAX_COPY_BYTES", 99)
    folder = set_aside(file, FINDINGS, tmp_path)
    assert [path.name for path in folder.iterdir()] == ["reason.json"]
    assert str(file.absolute) in reason(folder)["not_copied"]


def test_a_file_that_has_gone_leaves_its_reason(land: Callable, tmp_path: Path) -> None:
    file = land(PLACE, b"x")
    file.absolute.unlink()
    assert "gone" in reason(set_aside(file, FINDINGS, tmp_path))["not_copied"]


def test_a_file_that_changes_meanwhile_is_no_copy(land: Callable, tmp_path: Path) -> None:
    file = replace(land(PLACE, b"x"), sha256="0" * 64)
    with pytest.raises(OSError, match="changed while it was copied"):
        set_aside(file, FINDINGS, tmp_path)
    assert list((tmp_path / "quarantine" / "annex_a").iterdir()) == []


def test_what_an_interrupted_run_left_is_taken_away(land: Callable, tmp_path: Path) -> None:
    file = land(PLACE, b"x")
    folder = set_aside(file, FINDINGS, tmp_path / "one")
    left = tmp_path / "two" / "quarantine" / "annex_a" / f".{folder.name}.tmp"
    left.mkdir(parents=True)
    (left / "half").write_text("of a file")
    done = set_aside(file, FINDINGS, tmp_path / "two")
    assert [path.name for path in done.parent.iterdir()] == [done.name]
    assert not (done / "half").exists()


NOT_AGREED = [
    [Finding("annex_a.agreement.missing", "block", "not signed")],
    [Finding("annex_a.authority.unknown", "block", "whose is it"), *FINDINGS],
]


@pytest.mark.parametrize("findings", NOT_AGREED)
def test_what_nobody_agreed_to_be_held_is_not_copied(
    land: Callable, tmp_path: Path, findings: list[Finding]
) -> None:
    folder = set_aside(land(PLACE, b"children"), findings, tmp_path)
    assert [path.name for path in folder.iterdir()] == ["reason.json"]
    assert reason(folder)["copy"] is None
    assert "agreement" in reason(folder)["not_copied"]
    assert reason(folder)["reasons"][0]["rule_id"] == findings[0].rule_id


@pytest.mark.parametrize("findings", NOT_AGREED)
def test_a_copy_goes_when_the_agreement_ends_and_is_made_when_it_comes(
    land: Callable, tmp_path: Path, findings: list[Finding]
) -> None:
    file = land(PLACE, b"children")
    for found, names in [
        (FINDINGS, ["list.xlsx", "reason.json"]),
        (findings, ["reason.json"]),
        (findings, ["reason.json"]),
        (FINDINGS, ["list.xlsx", "reason.json"]),
    ]:
        folder = set_aside(file, found, tmp_path)
        assert sorted(path.name for path in folder.iterdir()) == names
        assert ("not_copied" in reason(folder)) == (len(names) == 1)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a return (v2).xlsx", "a return _v2_.xlsx"),
        ("=cmd|'x'!A1.csv", "_cmd__x__A1.csv"),
        ("../../etc/passwd", "_.._etc_passwd"),
        (".hidden.xlsx", "hidden.xlsx"),
        ("...", "file"),
        ("-rf.csv", "rf.csv"),
        ("\u202exslx.exe", "_xslx.exe"),
        ("reason.json", "file_reason.json"),
        ("Reason.JSON", "file_Reason.JSON"),
        ("x" * 300 + ".xlsx", "x" * 115 + ".xlsx"),
        ("x." + "y" * 300, "x." + "y" * 20),
        ("Übersicht.ods", "_bersicht.ods"),
    ],
)
def test_names_are_safe_and_keep_their_extension(name: str, safe: str) -> None:
    assert safe_name(name) == safe
    assert len(safe_name(name)) <= 120


def ingest(zone: Path, home: Path, source: str = "return") -> pipeline.Ingested:
    return pipeline.ingest(source, zone, home, KEY, NOW)


def kept(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "quarantine").rglob("*") if path.is_file())


@pytest.mark.parametrize("source", ["return", "annex_a", "published", "narrative"])
def test_the_pipeline_keeps_what_it_sets_aside(
    land: Callable, zone: Path, tmp_path: Path, source: str
) -> None:
    land(f"{landing.FOLDERS[source]}/2025-26-Q2/CAM/bad.xlsx", b"%PDF-1.7")
    ingest(zone, tmp_path / "home", source)
    assert kept(tmp_path / "home") == ["bad.xlsx", "reason.json"]
    # What somebody deletes stays deleted: only a file newly set aside is copied.
    for path in (tmp_path / "home" / "quarantine").rglob("*"):
        if path.is_file():
            path.unlink()
    ingest(zone, tmp_path / "home", source)
    assert kept(tmp_path / "home") == []


def test_a_full_disk_stops_nobody_else_and_is_tried_again(
    land: Callable, zone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    land("returns/2025-26-Q2/CAM/bad.xlsx", b"%PDF-1.7")
    land("returns/2025-26-Q2/BAR/bad.xlsx", b"%PDF-1.7")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(quarantine, "_copied", full)
        result = ingest(zone, tmp_path / "home")
    assert (result.files, result.findings) == (2, {"block": 2, "check": 2})
    assert kept(tmp_path / "home") == []
    assert ingest(zone, tmp_path / "home").findings == {"block": 2}
    assert kept(tmp_path / "home") == ["bad.xlsx", "bad.xlsx", "reason.json", "reason.json"]
