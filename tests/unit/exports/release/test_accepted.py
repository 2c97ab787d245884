"""A product made under a waiver says so to whoever has it; any other says nothing of waivers."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from exports.release.accepted import NAME
from exports.release.writing import Places, release
from exports.reports.index import index_page
from exports.reports.london import london_page
from exports.returns_status import returns_content
from ingestion.landing import LONDON
from ingestion.periods import Quarter
from tests.unit.exports.conftest import all_sources, write

WAIVER = {
    "waiver_id": "W1",
    "rule_id": "fct_measure.value.not_negative",
    "new_la_code": "E09000007",
    "quarter_label": "",
    "reason": "Its system writes credits as negatives.",
    "accepted_by": "data_governance_lead",
    "valid_from": "2026-01-01",
    "valid_to": "2026-01-31",
    "reference": "DG 4/2026",
}


@pytest.mark.parametrize("waivers", [[WAIVER], [], None])
def test_manifest_and_readme_name_what_was_accepted(
    waivers: list[dict[str, str]] | None, tmp_path: Path
) -> None:
    marts = write(tmp_path / "marts", all_sources())
    if waivers is not None:
        (marts / NAME).write_text(json.dumps(waivers), encoding="utf-8")
    places = Places(marts, tmp_path / "outputs", tmp_path / "registers")
    quarter = Quarter(2025, 2)
    release("rug", quarter, places, "run", datetime(2026, 1, 15, tzinfo=LONDON))
    folder = places.folder("rug", quarter)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    readme = (folder / "README.md").read_text(encoding="utf-8")
    if not waivers:
        assert "accepted_failures" not in manifest
        assert "accepted" not in readme
        return
    hidden = ("accepted_by", "valid_from", "quarter_label")
    expected = {key: value for key, value in WAIVER.items() if key not in hidden}
    assert manifest["accepted_failures"] == [expected]
    assert (
        "- `fct_measure.value.not_negative` does not hold; accepted until 2026-01-31 because Its "
        "system writes credits as negatives (W1, DG 4/2026).\n" in readme
    )


PAGES: dict[str, Callable[[Path], str]] = {
    "first page": lambda marts: index_page(marts, Quarter(2025, 2)),
    "London": lambda marts: london_page(marts, Quarter(2025, 2)),
    "returns": lambda marts: str(returns_content(marts, Quarter(2025, 2)).files["index.html"]),
}


@pytest.mark.parametrize("which", PAGES)
def test_pages_on_the_whole_quarter_say_what_was_accepted(which: str, tmp_path: Path) -> None:
    marts = write(tmp_path / "marts", all_sources())
    assert "Known failures" not in PAGES[which](marts)
    told = WAIVER | {"reason": "It sends <b>credits</b>"}
    (marts / NAME).write_text(json.dumps([told]), encoding="utf-8")
    text = PAGES[which](marts)
    assert "Known failures that were accepted" in text
    assert (
        "<code>fct_measure.value.not_negative</code> does not hold; accepted until 2026-01-31 "
        "because It sends &lt;b&gt;credits&lt;/b&gt; (W1, DG 4/2026)." in text
    )
