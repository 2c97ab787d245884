"""The region served, in the words that stand in texts."""

from dataclasses import replace

import pandas as pd
import pytest

from ingestion import region
from ingestion.region import REGION, AllianceError


def test_liia_serves_london() -> None:
    assert (REGION.alliance, f"{REGION}", REGION.slug) == ("LIIA", "London", "london")
    assert REGION.halves == ("Inner London", "Outer London")
    assert REGION.authorities == 33
    assert REGION.not_ranked == ("City of London",)
    assert REGION.like == "CAM, E09000007 or Camden"


def test_a_region_of_two_words_begins_a_sentence_and_names_a_file() -> None:
    other = replace(REGION, name="North East", in_text="the North East")
    assert f"{other}" == "the North East"
    assert (other.start, other.slug) == ("The North East", "north_east")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"region_code": "E12000099"}, "region_code of .* is 'E12000099'; it must be an area_code"),
        ({"example": "E08000035"}, "names E08000035; not_ranked and example must be authorities"),
        ({"not_ranked": "E09000001|E0900001"}, "names E0900001;"),
    ],
)
def test_an_alliance_that_does_not_hold_together_is_refused(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, str], told: str
) -> None:
    true = region.seed

    def changed(name: str) -> pd.DataFrame:
        return true(name).assign(**change) if name == "reference/alliance" else true(name)

    monkeypatch.setattr(region, "seed", changed)
    with pytest.raises(AllianceError, match=told):
        region._served()


def test_one_installation_serves_one_alliance(monkeypatch: pytest.MonkeyPatch) -> None:
    two = pd.concat([region.seed("reference/alliance")] * 2)
    monkeypatch.setattr(region, "seed", lambda _: two)
    with pytest.raises(AllianceError, match="has 2 rows; it needs one"):
        region._served()
