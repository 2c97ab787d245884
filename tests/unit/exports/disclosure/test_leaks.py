"""Each kind of leak: the attacker gets the count as long as only small rows are hidden, no longer
once `protect` has done its work."""

from dataclasses import replace

import pandas as pd
import pytest

from exports.disclosure import attack, profile, protect
from tests.unit.exports.disclosure.tables import (
    BARKING,
    BARNET,
    BEXLEY,
    CITY,
    QUARTERS,
    cells,
    fact,
)

Q = QUARTERS[0]
EAST = "sub_region_east"


def leavers(*counts):
    pairs = zip((CITY, BARKING, BARNET, BEXLEY), counts, strict=False)
    return [fact(la, "care_leavers", Q, count, None, "snapshot") for la, count in pairs]


def one_cell_of_a_total(relations):
    return [cells(leavers(3, 60, 70), relations)]


def a_sub_region_inside_london(relations):
    """City is small in the East, Barnet outside it: London alone would not tell which."""
    facts = leavers(3, 60, 4, 70)
    in_east = set(relations.members.query("area == @EAST")["new_la_code"])
    total = sum(count for la, _, _, count, _, _ in facts if la in in_east)
    london = cells(facts, relations)
    east = cells([fact(EAST, "care_leavers", Q, total, None, "snapshot")], relations, totals=False)
    return [pd.concat([london, east], ignore_index=True)]


def a_breakdown_and_its_total(relations):
    parts = relations.breakdowns.query("total == 'referrals'")["part"]
    names = relations.terms[relations.terms["measure_code"].isin(parts)]["indicator_code"]
    facts = []
    for la, base in ((CITY, 20), (BARNET, 30)):
        counts = dict.fromkeys(names, base)
        if la == CITY:
            counts["referral_source_housing_pct"] = 4
        facts += [fact(la, name, Q, n, sum(counts.values())) for name, n in counts.items()]
    return [cells(facts, relations, totals=False)]


def four_quarters_and_their_year(relations):
    facts = [
        fact(CITY, "cla_started", label, count, 850)
        for label, count in zip(QUARTERS, (10, 3, 20, 30), strict=True)
    ]
    return [cells(facts, relations, totals=False, rolling=True)]


def a_quarter_against_the_year_given_later(relations):
    """Each quarter is harmless when it is given; the year that comes with the fourth is not."""
    every = four_quarters_and_their_year(relations)[0]
    return [every[every["period_label"] == label] for label in QUARTERS]


def a_restated_figure(relations):
    """The second release shows what the first hid: Barnet's 5 was 50, and London's total moved."""
    first = cells(leavers(3, 60, 5), relations)
    second = cells(leavers(3, 60, 50), relations)
    changed = second["value"].ne(first["value"]) & second["value"].notna()
    return [first, second.assign(version=second["version"].mask(changed, "2"))]


def a_complement_of_a_percentage(relations):
    facts = [
        fact(CITY, "cpp_repeat_ever_pct", Q, 77, 80),
        fact(BARNET, "cpp_repeat_ever_pct", Q, 40, 90),
        fact(BEXLEY, "cpp_repeat_ever_pct", Q, 30, 70),
    ]
    return [cells(facts, relations)]


LEAKS = [
    one_cell_of_a_total,
    a_sub_region_inside_london,
    a_breakdown_and_its_total,
    four_quarters_and_their_year,
    a_quarter_against_the_year_given_later,
    a_restated_figure,
    a_complement_of_a_percentage,
]


def given(releases, rules, relations):
    out = []
    for release in releases:
        out.append(protect(release, rules, relations, out))
    return out


@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.__name__)
def test_the_attacker_gets_it_without_secondary_suppression_and_not_with_it(
    leak, public, relations
):
    releases = leak(relations)
    bare = given(releases, replace(public, secondary=False), relations)
    assert attack(bare, relations)["is_disclosed"].any()
    assert not attack(given(releases, public, relations), relations)["is_disclosed"].any()


@pytest.mark.parametrize(
    ("counts", "is_found"), [((1, 82), True), ((3, 61, 27), False)], ids=["1 or 2", "1 to 6"]
)
def test_a_total_rounded_to_tens_protects_where_it_leaves_values_enough(
    relations, counts, is_found
):
    public = profile("public")
    table = cells(leavers(*counts), relations)
    bare = protect(table, replace(public, secondary=False), relations)
    assert attack([bare], relations)["is_disclosed"].any() == is_found
    assert not attack([protect(table, public, relations)], relations)["is_disclosed"].any()


@pytest.mark.parametrize(
    ("indicator", "numerator", "denominator"),
    [("cla_started", 3, 850), ("cpp_repeat_ever_pct", 3, 80)],
    ids=["a rate over a public population", "a percentage over a shown denominator"],
)
def test_a_ratio_gives_no_count_back(public, relations, indicator, numerator, denominator):
    table = cells([fact(CITY, indicator, Q, numerator, denominator)], relations, totals=False)
    # What a careless publisher does: the count is hidden, the ratio is not.
    at = table["role"] == "numerator"
    careless = table.assign(
        value=table["value"].mask(at).round(1),
        value_status=table["value_status"].mask(at, "c"),
        step=(table["role"] == "value") * 0.1,
    )
    assert attack([careless], relations)["is_disclosed"].any()
    assert not attack([protect(table, public, relations)], relations)["is_disclosed"].any()
