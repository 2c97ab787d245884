"""One small quarter, run undisturbed: before and after a return was sent again.

The faults befall copies of the first home while it is brought to the second. Both are made once for
all workers, by whoever needs them first.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingestion.lock import alone_in
from ingestion.sample import LAST_QUARTER
from ingestion.sample.annex_a import write_annex_a
from ingestion.sample.deliveries import write_returns
from ingestion.sample.figures import simulate
from ingestion.sample.narratives import write_narratives
from ingestion.sample.ofsted import write_ofsted
from ingestion.sample.published import LAST_NEEDED, write_published
from tests.faults.commands import run
from tests.faults.readers import Seen, seen

# Lambeth's second version is the return that was sent again.
AUTHORITIES = ("CAM", "HIL", "LAM", "LEW")
PUBLISHED = ("c1_", "d1_")
AGAIN = "*_v2_*"
SEED = 20250930


@dataclass(frozen=True)
class Before:
    """A home as it was before the return was sent again, and the landing zones of both times."""

    home: Path
    seen: Seen
    old_landing: Path
    landing: Path

    def copy(self, to: Path) -> Path:
        shutil.copytree(self.home, to, symlinks=True)
        return to


@pytest.fixture(scope="session")
def before(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Before:
    place = _shared(tmp_path_factory, worker_id)

    def make(done: Path) -> None:
        _write_landing(done / "landing")
        shutil.copytree(done / "landing", done / "old_landing")
        for path in (done / "old_landing" / "returns").rglob(AGAIN):
            path.unlink()
        ended = run(done / "old_landing", done / "home")
        assert ended.code == 0, ended.output

    made = _once(place, "before", make)
    home = made / "home"
    return Before(home, seen(home), made / "old_landing", made / "landing")


@pytest.fixture(scope="session")
def undisturbed(before: Before, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The home after the run that nothing disturbed."""

    def make(done: Path) -> None:
        ended = run(before.landing, before.copy(done / "home"))
        assert ended.code == 0, ended.output

    return _once(_shared(tmp_path_factory, worker_id), "undisturbed", make) / "home"


@pytest.fixture(scope="session")
def after(undisturbed: Path, before: Before) -> Seen:
    """What readers see once the return sent again counts."""
    now = seen(undisturbed)
    # Else old could not be told from new.
    assert now.marts != before.seen.marts
    assert now.tables != before.seen.tables
    assert now.products["dfe"] != before.seen.products["dfe"]
    return now


def _shared(factory: pytest.TempPathFactory, worker_id: str) -> Path:

    base = factory.getbasetemp()
    return base if worker_id == "master" else base.parent


def _once(place: Path, name: str, make: Callable[[Path], None]) -> Path:
    """The folder that `make` fills, made by the first worker that asks for it."""
    done = place / name
    with alone_in(place, "test", wait=True):
        if not done.exists():
            beside = place / f"{name}.part"
            shutil.rmtree(beside, ignore_errors=True)
            beside.mkdir()
            make(beside)
            beside.rename(done)
    return done


def _write_landing(landing: Path) -> None:
    """A corner of the synthetic landing zone: what is read in seconds."""
    landing.mkdir()
    (landing / "SYNTHETIC.txt").write_text("SYNTHETIC", encoding="utf-8")
    figures = simulate(max(LAST_QUARTER.shift(1), LAST_NEEDED), SEED)
    quarters = [LAST_QUARTER]
    write_returns(landing / "returns", figures, quarters, SEED)
    write_annex_a(landing / "annex_a", figures, AUTHORITIES[:1], quarters, 0.1, SEED)
    write_narratives(landing / "narratives", figures, quarters)
    write_published(landing / "published", figures, SEED)
    write_ofsted(landing / "published", figures.authorities, SEED)
    for source in ("returns", "narratives"):
        for folder in (landing / source / LAST_QUARTER.slug).iterdir():
            if folder.name not in AUTHORITIES:
                shutil.rmtree(folder)
    for path in (landing / "published").iterdir():
        if not path.name.startswith((*PUBLISHED, "ofsted_ilacs_overview_2025_09")):
            path.unlink()
    for path in (landing / "returns").rglob("*_v3_*"):
        path.unlink()
