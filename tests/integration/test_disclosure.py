"""The quarters of a whole run, given to the public one after the other."""

from dataclasses import replace

import pytest

from exports.disclosure import (
    attack,
    cells_of,
    profile,
    protect,
    put_back,
    registry_relations,
)
from tests.conftest import Run


@pytest.fixture(scope="module")
def facts(synthetic_run: Run):
    return synthetic_run.mart("fct_indicator").query("source == 'return'")


def test_the_public_works_out_nothing(facts):
    """All returned figures of all quarters: authorities, Inner, Outer, London, rolling years."""
    relations, public = registry_relations(), profile("public")
    cells = cells_of(facts, relations)
    given = []
    for label in sorted(cells["period_label"].unique()):
        of_quarter = cells[cells["period_label"] == label]
        given.append(protect(of_quarter, public, relations, given))
    found = attack(given, relations)
    assert len(found) > 100
    assert not found["is_disclosed"].any()

    printed = put_back(facts[facts["period_label"] == label], given[-1])
    hidden = printed["value_status"] == "c"
    assert printed.loc[hidden, ["numerator", "denominator", "value"]].isna().all(axis=None)
    assert hidden.mean() < 0.2
    sensitive = relations.indicators.query("is_sensitive")["indicator_code"]
    shown = printed[~hidden & printed["indicator_code"].isin(sensitive)]
    assert not shown["numerator"].between(1, 5).any()


def test_without_secondary_suppression_it_would(facts):
    relations, public = registry_relations(), profile("public")
    latest = facts[facts["period_label"] == facts["period_label"].max()]
    bare = protect(cells_of(latest, relations), replace(public, secondary=False), relations)
    assert attack([bare], relations)["is_disclosed"].any()
