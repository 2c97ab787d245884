"""`liia fetch-published` as a user starts it, against a server on this machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ingestion.published_sources import PACKAGED
from tests.conftest import liia
from tests.web_server import Server, answer, file, serving

CSV = b"time_period,geographic_level\n2024,National\n"
GOOD, GONE = (f"00000000-0000-0000-0000-00000000000{n}" for n in (1, 2))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as started:
        started.tell(f"/{GOOD}", file(CSV))
        started.tell(f"/{GONE}", answer(404))
        yield started


@pytest.fixture
def arguments(server: Server, tmp_path: Path) -> list[object]:
    """One data set that is there and one that is gone, into an empty landing zone."""
    described = yaml.safe_load(PACKAGED.read_text())
    described["addresses"]["catalogue"] = f"{server.base}/{{data_set_file_id}}"
    described["requests"]["seconds_between"] = 0
    about = {"publication": "cin", "release": "2024", "status": "confirmed"}
    described["data_sets"] = [
        about | {"file": f"{name}.csv", "data_set_file_id": id_}
        for name, id_ in (("gone", GONE), ("good", GOOD))
    ]
    (tmp_path / "sources.yml").write_text(yaml.safe_dump(described))
    (tmp_path / "landing").mkdir()
    return [
        "fetch-published",
        "--sources",
        tmp_path / "sources.yml",
        "--landing",
        tmp_path / "landing",
    ]


def test_each_data_set_has_its_line_and_any_failure_is_exit_1(
    arguments: list[object], server: Server, tmp_path: Path
) -> None:
    done = liia(*arguments)
    assert done.returncode == 1, done.stderr
    gone, good, end = done.stdout.splitlines()
    assert gone.startswith(f"failed    gone.csv: {server.base}/{GONE} answers 404.")
    assert str(tmp_path / "sources.yml") in gone
    assert good == f"fetched   good.csv: {len(CSV)} bytes"
    assert end.startswith("1 of 2 data sets are up to date in")
    assert (tmp_path / "landing" / "published" / "good.csv").read_bytes() == CSV


def test_only_names_the_data_sets(arguments: list[object], server: Server) -> None:
    for state in ("fetched", "unchanged"):
        done = liia(*arguments, "--only", "good.csv")
        assert done.returncode == 0, done.stdout
        assert done.stdout.startswith(f"{state:<10}good.csv: {len(CSV)} bytes\n1 of 1")
    assert {path for path, _ in server.asked} == {f"/{GOOD}"}


def test_a_dry_run_asks_and_stores_nothing(
    arguments: list[object], server: Server, tmp_path: Path
) -> None:
    done = liia(*arguments, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"{name}.csv: {server.base}/{id_}, whole; release 2024 (confirmed)"
        for name, id_ in (("gone", GONE), ("good", GOOD))
    ]
    assert server.asked == []
    assert list((tmp_path / "landing").iterdir()) == []


def test_real_figures_do_not_go_into_a_synthetic_landing_zone(
    arguments: list[object], server: Server, tmp_path: Path
) -> None:
    (tmp_path / "landing" / "SYNTHETIC.txt").touch()
    done = liia(*arguments)
    assert done.returncode == 2
    assert "synthetic landing zone; real figures go into another" in done.stderr
    assert server.asked == []
