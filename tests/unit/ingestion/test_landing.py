"""What lies in the landing zone, and whose it is."""

import json
import os
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest

from ingestion import landing
from ingestion.landing import LONDON, la_code, la_in_name, la_of, quarter_of, scan
from ingestion.periods import Quarter

CAMDEN, NEWHAM, KINGSTON = "E09000007", "E09000025", "E09000021"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("returns/2025-26-Q2/CAM/data.xlsx", CAMDEN),
        ("returns/2025-26-Q2/cam/data.xlsx", CAMDEN),
        ("returns/2025-26-Q2/CAM/2025/final/data.xlsx", CAMDEN),
        ("returns/2025-26-Q2/E09000007 return.xlsx", CAMDEN),
        ("returns/2025-26-Q2/return for Camden v2.xlsx", CAMDEN),
        ("returns/2025-26-Q2/CAM_return.xlsx", CAMDEN),
        ("returns/2025-26-Q2/NEW_return.xlsx", NEWHAM),
        ("returns/2025-26-Q2/Kingston upon Thames/data.xlsx", KINGSTON),
        ("returns/2025-26-Q2/RBKC/data.xlsx", "E09000020"),
        ("returns/2025-26-Q2/LBHF return.xlsx", "E09000013"),
        ("returns/2025-26-Q2/data.xlsx", None),
        ("returns/2025-26-Q2/the NEW return.xlsx", None),
        ("returns/2025-26-Q2/RED BAR chart/data.xlsx", None),
        ("returns/2025-26-Q2/BAR chart/data.xlsx", None),
        ("returns/2025-26-Q2/newest.xlsx", None),
        ("returns/2025-26-Q2/Kingston and Richmond return.xlsx", None),
        ("returns/2025-26-Q2/E09000007 Newham.xlsx", None),
        ("returns/2025-26-Q2/Kingston upon Thames E09000021.xlsx", KINGSTON),
        ("returns/2025-26-Q2/Kingston and Richmond/return Kingston.xlsx", KINGSTON),
        ("returns/2025-26-Q2/E09000099.xlsx", None),
        ("returns/2025-26-Q2/Hartlepool/data.xlsx", None),
    ],
)
def test_an_authority_is_told_by_folder_or_name(
    land: Callable, path: str, code: str | None
) -> None:
    assert la_of(land(path, "x")) == code


def test_the_nearest_folder_counts(land: Callable) -> None:
    assert la_of(land("returns/CAM/2025-26-Q2/NEW/data.xlsx", "x")) == NEWHAM


def test_the_sidecar_wins(land: Callable) -> None:
    file = land("returns/2025-26-Q2/NEW/data.xlsx", "x", "la: Camden\nquarter: 2025-26 Q3\n")
    assert (la_of(file), quarter_of(file)) == (CAMDEN, Quarter(2025, 3))


@pytest.mark.parametrize("text", ["E09000007", "e09000007", "CAM", "cam", "Camden", " CAMDEN "])
def test_an_authority_is_named_in_one_value(text: str) -> None:
    assert la_code(text) == CAMDEN


def test_names_hold_inside_a_longer_text_but_short_codes_do_not() -> None:
    assert la_in_name("London Borough of Camden", whole=True) == CAMDEN
    assert la_in_name("CAM data", whole=True) is None
    assert la_in_name("Camdenshire", whole=True) is None
    assert la_code("") is None


def test_the_quarter_is_told_by_folder_or_name(land: Callable) -> None:
    assert quarter_of(land("returns/2025-26-Q2/CAM/a.xlsx", "x")) == Quarter(2025, 2)
    assert quarter_of(land("returns/CAM/return 2024-25 Q4.xlsx", "x")) == Quarter(2024, 4)
    assert quarter_of(land("returns/CAM/b.xlsx", "x", "quarter: 2025-07-01\n")) == Quarter(2025, 2)
    assert quarter_of(land("returns/CAM/c.xlsx", "x")) is None


def test_sidecars_and_clutter_are_no_files(land: Callable, zone: Path) -> None:
    land("returns/2025-26-Q2/CAM/a.csv", "x", "la: CAM\n")
    for clutter in ("~$a.csv", ".DS_Store", "Thumbs.db", "desktop.ini"):
        land(f"returns/2025-26-Q2/CAM/{clutter}", "x")
    assert [file.path for file in scan(zone, "return")] == ["returns/2025-26-Q2/CAM/a.csv"]


def test_a_sidecar_without_its_file_is_refused_not_lost(land: Callable, zone: Path) -> None:
    land("returns/2025-26-Q2/CAM/gone.xlsx.yml", "la: CAM\n")
    (file,) = scan(zone, "return")
    assert file.refused is not None
    assert "a file that is not here" in file.refused


def test_links_are_refused_and_not_followed(land: Callable, zone: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("secret")
    (zone / "returns" / "link.csv").symlink_to(secret)
    (zone / "returns" / "broken.csv").symlink_to(tmp_path / "nowhere")
    files = scan(zone, "return")
    assert [file.path for file in files] == ["returns/broken.csv", "returns/link.csv"]
    assert all(file.refused and "link" in file.refused and not file.sha256 for file in files)


def test_a_name_in_an_old_encoding_can_be_stored(zone: Path) -> None:
    (zone / "returns" / "caf\udce9.csv").write_text("x")
    (file,) = scan(zone, "return")
    assert file.path.encode("utf-8")


def test_a_file_that_vanishes_while_listed_is_as_if_gone(
    land: Callable, zone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    land("returns/a.csv", "x")
    land("returns/b.csv", "x")
    original = landing._digest

    def digest(path: Path) -> str:
        if path.name == "a.csv":
            path.unlink()
        return original(path)

    monkeypatch.setattr(landing, "_digest", digest)
    assert [file.path for file in scan(zone, "return")] == ["returns/b.csv"]


@pytest.mark.parametrize(
    ("sidecar", "problem"),
    [
        ("la: [CAM", "not readable as YAML"),
        ("CAM", "should hold lines such as"),
        ("la: Camdem", "la 'Camdem' cannot be understood"),
        ("quarter: Q2", "quarter 'Q2' cannot be understood"),
        ("received_at: last Tuesday", "received_at 'last Tuesday' cannot"),
        ("extract_date: October 2025", "extract_date 'October 2025' cannot"),
        ("quater: 2025-26-Q2", "quater means nothing here"),
        ("received_at: 2025-09-31", "received_at '2025-09-31' cannot"),
        ("received_at: 2025-10-01 25:00:00", "received_at '2025-10-01 25:00:00' cannot"),
        ("received_at: 25:00:00", "received_at '25:00:00' cannot"),
        ('received_at: "0001-01-01T00:00:00+14:00"', "received_at '0001-01-01T00:00:00+14:00' can"),
        ("received_at: 9024-10-01", "is later than the files themselves, or than now"),
        ("[" * 5000, "RecursionError"),
        ("? " * 5000, "RecursionError"),
        ("&a la: &b [*b]", "la is not a single value"),
        ("&a [*a]", "should hold lines such as"),
        ("la: !!timestamp x\n", "la 'x' cannot be understood"),
        ("extract_date: !!timestamp x\n", "extract_date 'x' cannot be understood"),
        ("2025-01-01: x", "2025-01-01 means nothing here"),
        ('"\\ud800": x', "? means nothing here"),
        ("{a: 1}: x", "a list means nothing here"),
        ('synthetic: "no"', "synthetic 'no' should be true or false"),
        ("x" * 70_000, "far longer than a few lines"),
    ],
)
def test_a_sidecar_that_cannot_be_used_is_told(land: Callable, sidecar: str, problem: str) -> None:
    file = land("returns/2025-26-Q2/CAM/a.csv", "x", sidecar)
    assert len(file.sidecar_problems) == 1
    assert problem in file.sidecar_problems[0]
    assert not file.synthetic
    assert json.dumps(file.sidecar, default=str)
    assert (la_of(file), quarter_of(file)) == (CAMDEN, Quarter(2025, 2))


def test_a_good_sidecar_has_no_problems(land: Callable) -> None:
    text = (
        "la: CAM\nquarter: 2025-26-Q2\nextract_date: 2025-10-03\n"
        "release: r\nreceived_at: 2025-10-10\n"
    )
    assert land("returns/a.csv", "x", text).sidecar_problems == []


@pytest.mark.parametrize(
    ("stated", "hour"),
    [
        ("2025-07-09 13:15:00", 13),
        ("2025-07-09T12:15:00+00:00", 13),
        ("'2025-07-09T13:15:00+01:00'", 13),
    ],
)
def test_times_are_london_times(land: Callable, stated: str, hour: int) -> None:
    received = land("returns/a.csv", "x", f"received_at: {stated}\n").received_at
    assert received == datetime(2025, 7, 9, hour, 15, tzinfo=LONDON)


def test_an_empty_or_absent_folder_holds_no_files(tmp_path: Path) -> None:
    assert scan(tmp_path, "return") == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\x07b.xlsx", r"'a\x07b.xlsx'"),
        ("a\nb.xlsx", r"'a\nb.xlsx'"),
        ("..\\a.xlsx", r"'..\\a.xlsx'"),
        ("a\u202exslx.exe", r"'a\u202exslx.exe'"),
        ("a\u2066b.xlsx", r"'a\u2066b.xlsx'"),
        ("x" * 196 + ".xlsx", "longer than 200 signs"),
    ],
)
def test_a_name_that_misleads_is_refused_and_shown_escaped(
    land: Callable, name: str, shown: str
) -> None:
    file = land(f"returns/2025-26-Q2/CAM/{name}", "x")
    assert shown in str(file.refused)
    assert str(file.refused).isprintable()


def test_a_folder_that_misleads_is_refused_too(land: Callable) -> None:
    assert land("returns/C\u202eAM/a.xlsx", "x").refused


@pytest.mark.parametrize("name", ["=a.xlsx", "+a.csv", "-a.csv", "@a.csv", "Café £.xlsx"])
def test_an_unusual_name_is_no_reason_to_refuse(land: Callable, name: str) -> None:
    assert land(f"returns/2025-26-Q2/CAM/{name}", "x").refused is None


def test_a_sidecar_is_kept_as_plain_text_and_known_keys(land: Callable) -> None:
    file = land(
        "returns/a.csv",
        "x",
        'sender: "A\\ud800"\nrelease: 2025\nextract_date: 2025-07-09\nsynthetic: yes\n'
        "la: ~\nother: 1\n",
    )
    assert file.sidecar == {
        "sender": "A?", "release": "2025", "extract_date": date(2025, 7, 9), "synthetic": True,
    }  # fmt: skip
    assert file.synthetic


def test_a_file_may_be_received_after_it_was_saved_but_not_after_it_was_described(
    land: Callable,
) -> None:
    stated = "received_at: 2025-10-10 09:00:00\n"
    file = land("returns/a.csv", "x", stated)
    os.utime(file.absolute, (1_759_000_000, 1_759_000_000))
    file = landing.landed(file.absolute, file.absolute.parents[1], "return")
    assert file.received_at == datetime(2025, 10, 10, 9, tzinfo=LONDON)
    sidecar = file.absolute.with_name("a.csv.yml")
    os.utime(sidecar, (1_759_000_000, 1_759_000_000))
    file = landing.landed(file.absolute, file.absolute.parents[1], "return")
    assert file.received_at.timestamp() == 1_759_000_000
    assert "is later than" in file.sidecar_problems[0]


@pytest.mark.parametrize("kind", ["folder", "link", "pipe"])
def test_a_sidecar_that_is_no_file_is_told(land: Callable, zone: Path, kind: str) -> None:
    sidecar = zone / "returns" / "a.csv.yml"
    if kind == "folder":
        sidecar.mkdir()
    elif kind == "link":
        sidecar.symlink_to(zone / "nowhere")
    else:
        os.mkfifo(sidecar)
    (problem,) = land("returns/a.csv", "x").sidecar_problems
    assert problem == "a.csv.yml is no ordinary file; it is left aside"
    assert [file.path for file in scan(zone, "return")] == ["returns/a.csv"]


def test_a_name_too_long_for_a_sidecar_is_refused_not_a_crash(land: Callable) -> None:
    assert land(f"returns/{'x' * 249}.csv", "x").refused


def test_a_linked_folder_is_refused_not_passed_over(zone: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.csv").write_text("x")
    (zone / "returns" / "CAM").symlink_to(elsewhere)
    (file,) = scan(zone, "return")
    assert (file.path, file.sha256) == ("returns/CAM", "")
    assert "link to a file or folder" in str(file.refused)
    assert la_of(file) == CAMDEN


def test_a_file_time_far_off_is_no_crash() -> None:
    assert landing._modified(1e15).year == 1970
