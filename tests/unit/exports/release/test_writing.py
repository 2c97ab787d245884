"""The one way a product is written: whole or not at all, for those who may have it, and logged."""

import hashlib
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from exports.release import egress
from exports.release.given import Given
from exports.release.writing import Places, Released, ReleaseRefused, release
from ingestion.landing import LONDON
from ingestion.periods import Quarter
from ingestion.whole import put_right
from tests.conftest import PROJECT
from tests.unit.exports.release.registers import Registers

Q2 = Quarter(2025, 2)
NOW = datetime(2026, 1, 15, 9, 0, tzinfo=LONDON)
CAMDEN = "E09000007"
LONG, WIDE = "riia_london_202526_q2", "riia_london_202526_q2_wide"
NAMES = {f"{stem}{ending}" for stem in (LONG, WIDE) for ending in (".csv", ".meta.csv")}
NAMES |= {"manifest.json", "README.md"}


@pytest.fixture
def places(marts: Path, tmp_path: Path) -> Places:
    return Places(marts, tmp_path / "home" / "outputs", tmp_path / "home" / "registers")


def write(places: Places, product: str = "dfe", run: str = "run-1") -> Released | None:
    return release(product, Q2, places, run, NOW)


def content(places: Places, product: str = "dfe") -> dict[str, bytes]:
    folder = places.folder(product, Q2)
    return {p.name: p.read_bytes() for p in folder.iterdir()} if folder.is_dir() else {}


def manifest(places: Places, product: str = "dfe") -> dict:
    return json.loads(content(places, product)["manifest.json"])


def test_an_authorised_product_is_written_with_its_manifest_and_logged(places: Places) -> None:
    released = write(places)
    assert released
    assert {path.name for path in released.files} == NAMES == set(content(places))
    said = manifest(places)
    assert said["recipients"] == [
        {
            "recipient": "dfe",
            "name": "Department for Education",
            "authorisation": "mou_dfe",
            "basis": "mou",
            "reference": "MoU 2.1 and Appendix A",
        }
    ]
    assert said["authorities"] == {"included": 33, "of": 33, "left_out": []}
    assert said["releases"] == ["R1"]
    assert (said["agreement"], said["release_profile"]) == ("mou 2022-06", "dfe_riia")
    for name, described in said["files"].items():
        data = content(places)[name]
        assert described["sha256"] == hashlib.sha256(data).hexdigest()
        if name.endswith(".csv"):
            assert described["rows"] == len(data.splitlines()) - 1
    (line,) = egress.lines(places.log)
    assert line["files"] == {name: told["sha256"] for name, told in said["files"].items()}
    assert (line["run_id"], line["at"]) == ("run-1", "2026-01-15T09:00:00+00:00")
    assert line["recipients"][0]["authorisation"] == "mou_dfe"
    assert not [p for p in places.folder("dfe", Q2).parent.iterdir() if p.name.startswith(".")]


@pytest.mark.parametrize(
    "values",
    [
        {"valid_to": "2026-01-14"},
        {"valid_from": "2026-01-16"},
        {"quarters_to": "2025-26 Q1"},
        {"indicator_set": "supplementary"},
        {"recipient": "adcs"},
        {"recipient": "lga", "basis": "mou"},
        {"recipient": "nobody"},
    ],
)
def test_what_nobody_may_have_is_not_written(
    values: dict[str, str], places: Places, registers: Registers
) -> None:
    registers.only(**({"recipient": "dfe", "product_id": "dfe"} | values))
    with pytest.raises(ReleaseRefused, match=r"dfe of 2025-26 Q2 was not written: .*again\.$"):
        write(places)
    assert content(places) == {}
    assert not places.log.exists()
    assert write(places, "rug")  # the others are not held up


def test_no_row_at_all_is_said_plainly(places: Places, registers: Registers) -> None:
    registers.drop("reference/authorisations", "product_id == 'dfe'")
    with pytest.raises(ReleaseRefused, match=r"No recipient has an authorisation for dfe\. Enter"):
        write(places)


def test_what_was_rightly_given_stands_when_the_authorisation_has_lapsed(
    places: Places, registers: Registers, rows: pd.DataFrame, write_marts: Callable[..., Path]
) -> None:
    write(places)
    before = content(places)
    registers.change("reference/authorisations", "product_id == 'dfe'", valid_to="2026-01-14")
    changed = Places(write_marts(rows.assign(numerator=1.0)), places.outputs, places.registers)
    with pytest.raises(ReleaseRefused, match="What was released before stands unchanged"):
        write(changed)
    assert content(places) == before
    assert len(egress.lines(places.log)) == 1


def test_made_on_request_and_nobody_asks_is_no_error(places: Places, registers: Registers) -> None:
    registers.change("registry/products", "product_id == 'dfe'", on_request="true")
    assert write(places)
    registers.drop("reference/authorisations", "product_id == 'dfe'")
    before = content(places)
    assert write(places) is None
    assert content(places) == before


def test_a_product_for_two_goes_to_the_one_who_may_have_it(
    places: Places, registers: Registers
) -> None:
    registers.authorise("lga", "dfe", authorisation="lciib_1", valid_to="2025-12-31")
    released = write(places)
    assert released
    assert [r["recipient"] for r in manifest(places)["recipients"]] == ["dfe"]
    assert "Not for Local Government Association" in released.ruling.notices[0]


def test_an_authority_that_opted_out_is_nowhere_and_named_in_the_manifest(
    places: Places, registers: Registers
) -> None:
    registers.opt_out(CAMDEN, "sharing_dfe", "2025-12-31")
    write(places)
    assert manifest(places)["authorities"] == {"included": 32, "of": 33, "left_out": ["Camden"]}
    assert egress.lines(places.log)[0]["left_out"] == [CAMDEN]
    data = pd.read_csv(places.folder("dfe", Q2) / "riia_london_202526_q2.csv", dtype=str)
    assert CAMDEN not in set(data["new_la_code"])
    assert data["new_la_code"].nunique() == 32


def test_a_product_that_would_be_of_nobody_is_refused(places: Places, registers: Registers) -> None:
    registers.drop("reference/participation", "activity == 'sharing_dfe'")
    with pytest.raises(ReleaseRefused, match="No authority takes part in what dfe shares"):
        write(places)


def test_a_product_that_shows_all_is_refused_where_one_may_not_be_in_it(
    places: Places, registers: Registers
) -> None:
    registers.change("registry/products", "product_id == 'rug'", activity="sharing_dfe")
    registers.opt_out(CAMDEN, "sharing_dfe", "2025-12-31")
    with pytest.raises(ReleaseRefused, match="cannot leave out Camden"):
        write(places, "rug")
    assert content(places, "rug") == {}


def test_a_quarter_without_returns_gives_nothing_to_anybody(places: Places) -> None:
    empty = Quarter(2025, 1)
    release("dfe", empty, places, "run-1", NOW)
    assert [p.name for p in places.folder("dfe", empty).iterdir()] == ["manifest.json"]
    assert not places.log.exists()


def test_the_same_again_is_the_same_bytes_and_no_second_line(places: Places) -> None:
    write(places)
    before = content(places)
    released = write(places, run="run-2")
    assert released
    assert content(places) == before
    assert [line["run_id"] for line in egress.lines(places.log)] == ["run-1"]
    assert released.logged == egress.lines(places.log)[0]


def test_other_figures_or_another_basis_are_another_line(
    places: Places, registers: Registers, rows: pd.DataFrame, write_marts: Callable[..., Path]
) -> None:
    write(places)
    registers.authorise("lga", "dfe")
    write(places, run="run-2")
    registers.drop("reference/authorisations", "recipient == 'lga'")
    corrected = rows.copy()
    corrected.loc[corrected["indicator_code"] == "cla", "numerator"] += 1
    write(Places(write_marts(corrected), places.outputs, places.registers), run="run-3")
    said = egress.lines(places.log)
    assert [line["run_id"] for line in said] == ["run-1", "run-2", "run-3"]
    assert [len(line["recipients"]) for line in said] == [1, 2, 1]
    assert egress.verify(places.log).problems == ()


def test_nothing_goes_out_that_cannot_be_logged(
    places: Places, rows: pd.DataFrame, write_marts: Callable[..., Path]
) -> None:
    write(places)
    before = content(places)
    places.log.write_bytes(places.log.read_bytes().replace(b"mou_dfe", b"mou_d2i"))
    changed = Places(write_marts(rows.assign(numerator=1.0)), places.outputs, places.registers)
    with pytest.raises(ReleaseRefused, match=r"line 1 was changed.*docs/release\.md"):
        write(changed)
    assert content(places) == before
    assert [p.name for p in places.folder("dfe", Q2).parent.iterdir()] == ["dfe"]


def test_a_slip_in_a_register_refuses(places: Places, registers: Registers) -> None:
    registers.change("reference/authorisations", "product_id == 'dfe'", quarters_from="Q2")
    with pytest.raises(ReleaseRefused, match="authorisation mou_dfe: quarters_from: 'Q2' is not"):
        write(places)


def killed(marts: Path, places: Places, step: str, way: str = "exchange") -> int:
    command = [sys.executable, "-m", "tests.unit.exports.release.killed", marts]
    done = subprocess.run(
        [*map(str, command), str(places.outputs.parent), step, way], cwd=PROJECT, check=False
    )
    return done.returncode


@pytest.mark.parametrize(
    ("way", "last_steps", "unseen"),
    [("exchange", 5, 0), ("renames", 6, 1)],
)
def test_killed_at_any_step_the_old_publication_is_whole_or_the_new_one(
    way: str,
    last_steps: int,
    unseen: int,
    places: Places,
    rows: pd.DataFrame,
    write_marts: Callable[..., Path],
    tmp_path: Path,
) -> None:
    """kill -9 before each step that reaches the disk, of a release with other figures."""
    write(places)
    old = content(places)
    corrected = rows.copy()
    corrected.loc[corrected["indicator_code"] == "cla", "numerator"] += 1
    marts = write_marts(corrected)
    lines, gone = [], 0
    for step in range(1, 30):
        home = tmp_path / f"home{step}"
        shutil.copytree(places.outputs.parent, home)
        again = Places(marts, home / "outputs", home / "registers")
        code = killed(marts, again, str(step), way)
        if code == 0:
            break
        assert code == -signal.SIGKILL
        # A reader sees the old whole; in the one moment between two renames, nothing.
        assert content(again) in (old, {})
        gone += not content(again)
        put_right(again.folder("dfe", Q2))
        assert content(again) == old
        assert egress.verify(again.log).problems == ()
        assert egress.lines(again.log)[0] == egress.lines(places.log)[0]
        lines.append(egress.verify(again.log).lines)
        # The next run carries through what was begun, and says it once.
        write(again, run="run-next")
        assert content(again) != old
        assert egress.verify(again.log).lines == 2
        # What the recipient was given is kept as well, whenever the process died.
        assert len(Given(again.registers / "given").to(["dfe"])) == 2
    # Before six files, the line and its note (written, renamed), what is kept, and the folder.
    assert (lines, gone) == ([1] * 6 + [2] * last_steps, unseen)
    assert content(again) != old


def test_a_line_half_written_by_a_process_that_was_killed_is_written_anew(
    places: Places, rows: pd.DataFrame, write_marts: Callable[..., Path]
) -> None:
    write(places)
    old, history = content(places), places.log.read_bytes()
    marts = write_marts(rows[rows["indicator_code"] != "cla"])
    assert killed(marts, places, "half") == -signal.SIGKILL
    assert places.log.read_bytes() != history
    assert egress.verify(places.log).half_written
    assert content(places) == old
    write(Places(marts, places.outputs, places.registers), run="run-2")
    assert places.log.read_bytes().startswith(history)
    assert [line["run_id"] for line in egress.lines(places.log)] == ["run-1", "run-2"]
    assert egress.verify(places.log).problems == ()


def test_a_refused_release_puts_back_what_a_killed_one_had_moved_away(
    places: Places, registers: Registers
) -> None:
    write(places)
    before, folder = content(places), places.folder("dfe", Q2)
    folder.rename(folder.with_name(".dfe.old"))
    registers.drop("reference/authorisations", "product_id == 'dfe'")
    with pytest.raises(ReleaseRefused):
        write(places)
    assert content(places) == before
