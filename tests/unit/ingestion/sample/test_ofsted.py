"""The synthetic outcomes of Ofsted."""

from ingestion.sample import SampleSummary
from ingestion.sample.figures import (
    london_authorities,
)
from tests.unit.ingestion.sample.reading import published


def test_two_files_of_outcomes_have_all_33_and_some_inspected_again(zone: SampleSummary) -> None:
    (_, before), (_, after) = published(zone, "ofsted_ilacs")
    assert len(before) == len(after) == 33
    assert set(before["ltla23cd"]) == set(london_authorities()["new_la_code"])
    again = before["publication_date"] != after["publication_date"]
    assert again.sum() == 9
    unlike = before["impact_of_leaders_grade"] != after["impact_of_leaders_grade"]
    assert 0 < unlike.sum() < 9
    assert not unlike[~again].any()
