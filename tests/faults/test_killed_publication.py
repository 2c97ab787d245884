"""Publication, products, egress log and delivery, killed (kill -9) at each of their steps.

They begin where the gate has let the marts pass, so that no step before them is waited for.
"""

import json
import shutil
from pathlib import Path

import pytest

from exports.release import egress
from tests.faults.commands import QUARTER, At, Ended, call
from tests.faults.conftest import Before
from tests.faults.readers import Seen, left_over, old_or_new_whole, seen

PRODUCTS = ("dfe", "d2i", "returns", "reports")
PUBLISH = """
import sys
from pathlib import Path
from orchestration.home import Home
from orchestration.publish import publish
publish(Home(Path(sys.argv[1]), Path(sys.argv[2])))
"""
RELEASE = """
import sys
from datetime import datetime
from pathlib import Path
from exports.release.delivery import deliver
from exports.release.writing import Places, release
from ingestion.landing import LONDON
from ingestion.periods import Quarter
home, quarter = Path(sys.argv[1]), Quarter.parse(sys.argv[2])
places = Places(home / "marts", home / "outputs", home / "registers")
for product in sys.argv[3:]:
    release(product, quarter, places, "run", datetime.now(LONDON))
    addresses = home / "delivery.yml"
    for one in deliver(product, quarter, places, addresses, "run", datetime.now(LONDON)):
        assert one.done, one
"""
PUBLISHING = {
    "before anything": At("open", r"\.marts\.new/waivers\.json"),
    "between two files": At("open", r"\.marts\.new/fct_measure\.parquet"),
    "half through a file": At("open", r"\.marts\.new/fct_indicator\.parquet", after=True),
    "all laid beside": At("ctypes.dlsym", "renameat2"),
    "marts in place": At("shutil.rmtree", r"\.marts\.new", nth=3),
    "between marts and analyst.duckdb": At("os.rename", r"analyst\.duckdb"),
}
RELEASING = {
    "before its folder": At("os.mkdir", r"\.dfe\.new"),
    "half through a file": At("open", r"\.dfe\.new/.*wide\.csv", after=True),
    "the log’s line begun": At("open", r"egress\.jsonl a", after=True),
    "the log’s line written": At("open", r"egress\.last\.part"),
    "the line not yet noted": At("os.rename", r"egress\.last\.json"),
    "before the folders are swapped": At("ctypes.dlsym", "renameat2"),
    "after": At("shutil.rmtree", r"\.dfe\.new", nth=3),
    "delivering the first file": At("open", r"received/dfe/.*\.csv", after=True),
    "delivering, before the pointer": At("os.rename", r"latest\.json"),
}


@pytest.fixture(scope="module")
def home(before: Before, undisturbed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Old for its readers, with the new marts waiting and let through by their gate."""
    place = tmp_path_factory.mktemp("publication")
    home = before.copy(place / "home")
    shutil.rmtree(home / "warehouse")
    shutil.copytree(undisturbed / "warehouse", home / "warehouse")
    (place / "received").mkdir()
    addresses = {"dfe": {"dfe": f"file://{place / 'received'}"}}
    (home / "delivery.yml").write_text(json.dumps(addresses), encoding="utf-8")
    return home


def publish(home: Path, at: At | None = None) -> Ended:
    return call(PUBLISH, home, home / "landing", at=at)


def release(home: Path, *products: str, at: At | None = None) -> Ended:
    return call(RELEASE, home, QUARTER, *products, at=at)


@pytest.mark.parametrize("at", PUBLISHING.values(), ids=PUBLISHING)
def test_publication_killed_leaves_marts_that_agree(
    at: At, home: Path, before: Before, after: Seen
) -> None:
    publish(home, at).killed()
    old_or_new_whole(home, before.seen, after)


def test_publication_started_again_ends_as_if_never_killed(home: Path, after: Seen) -> None:
    ended = publish(home)
    assert ended.code == 0, ended.output
    now = seen(home)
    assert (now.marts, now.tables) == (after.marts, after.tables)


@pytest.mark.parametrize("at", RELEASING.values(), ids=RELEASING)
def test_a_product_killed_is_the_old_whole_or_the_new(
    at: At, home: Path, before: Before, after: Seen
) -> None:
    release(home, "dfe", at=at).killed()
    old_or_new_whole(home, before.seen, after)
    # What is read at the address is what its pointer says, whole, or nothing yet.
    received = home.parent / "received" / "dfe" / QUARTER
    if (received / "latest.json").exists():
        pointer = json.loads((received / "latest.json").read_text())
        assert (received / pointer["manifest"]).is_file()
    assert egress.verify(home / "registers" / egress.NAME).problems == ()


def test_products_released_again_end_as_if_never_killed(home: Path, after: Seen) -> None:
    ended = release(home, *PRODUCTS)
    assert ended.code == 0, ended.output
    now = seen(home)
    for product in PRODUCTS:
        assert now.products[product] == after.products[product]
    log = home / "registers" / egress.NAME
    assert egress.verify(log).problems == ()
    # Said once each, however often it was begun.
    told = [(line.get("kind"), line["product"], line["hash"]) for line in egress.lines(log)]
    assert len(told) == len(set(told))
    of_dfe = [line for line in egress.lines(log) if line["product"] == "dfe"]
    assert [line.get("kind") for line in of_dfe] == [None, None, egress.DELIVERED]
    pointer = home.parent / "received" / "dfe" / QUARTER / "latest.json"
    manifest = pointer.parent / json.loads(pointer.read_text())["manifest"]
    assert manifest.is_file()
    assert left_over(home) == []
