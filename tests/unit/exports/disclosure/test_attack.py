"""The attacker works out what can be worked out, no less and no more."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from exports.disclosure.attack import attack
from exports.disclosure.cells import with_defaults
from exports.disclosure.primary import blanked, suppress_small
from tests.unit.exports.disclosure.tables import (
    BARKING,
    BARNET,
    BEXLEY,
    CITY,
    LONDON,
    QUARTERS,
    cells,
    every_table,
    fact,
)

Q = QUARTERS[0]
LAS = [CITY, BARKING, BARNET, BEXLEY]


def primary_only(facts, profile, relations, **kwargs):
    table = cells(facts, relations, **kwargs)
    return blanked(suppress_small(table, profile, relations), profile, relations)


def hide(table, la, indicator, label=Q, period_type="quarter"):
    """The cells with one row hidden by hand, as a publisher without this package would."""
    table = with_defaults(table)
    at = (table["new_la_code"] == la) & (table["indicator_code"] == indicator)
    at &= (table["period_label"] == label) & (table["period_type"] == period_type)
    return table.assign(
        value=table["value"].mask(at), value_status=table["value_status"].mask(at, "c")
    )


def of(found, la, indicator, role="numerator", label=Q, period_type="quarter"):
    row = found[
        (found["new_la_code"] == la)
        & (found["indicator_code"] == indicator)
        & (found["role"] == role)
        & (found["period_label"] == label)
        & (found["period_type"] == period_type)
    ]
    assert len(row), f"{indicator} of {la} is not among what was attacked"
    return row.iloc[0]


def test_one_hidden_count_beside_its_total_is_found(public, relations):
    facts = [
        fact(CITY, "care_leavers", Q, 3, None, "snapshot"),
        fact(BARNET, "care_leavers", Q, 80, None, "snapshot"),
    ]
    out = primary_only(facts, public, relations)
    row = of(attack([out], relations), CITY, "care_leavers", period_type="snapshot")
    assert (row["lower"], row["upper"], row["possible"]) == (3, 3, 1)
    assert row["is_disclosed"]


def test_two_hidden_counts_beside_their_total_are_not(public, relations):
    facts = [
        fact(CITY, "care_leavers", Q, 3, None, "snapshot"),
        fact(BARKING, "care_leavers", Q, 5, None, "snapshot"),
        fact(BARNET, "care_leavers", Q, 80, None, "snapshot"),
    ]
    out = primary_only(facts, public, relations)
    found = attack([out], relations, exact=True)
    row = of(found, CITY, "care_leavers", period_type="snapshot")
    assert (row["lower"], row["upper"]) == (1, 7)
    assert not found["is_disclosed"].any()


def test_without_a_total_there_is_nothing_to_find(public, relations):
    facts = [fact(CITY, "care_leavers", Q, 3, None, "snapshot")]
    out = primary_only(facts, public, relations, totals=False)
    found = attack([out], relations, exact=True)
    assert np.isinf(found["upper"]).all()
    assert not found["is_disclosed"].any()


def test_a_rolling_year_gives_its_fourth_quarter_away(public, relations):
    facts = [
        fact(CITY, "cla_started", label, count, 850)
        for label, count in zip(QUARTERS, (10, 3, 20, 30), strict=True)
    ]
    out = primary_only(facts, public, relations, totals=False, rolling=True)
    row = of(attack([out], relations), CITY, "cla_started", label=QUARTERS[1])
    assert (row["lower"], row["upper"]) == (3, 3)


def test_a_rate_alone_gives_its_count_back(relations):
    # The count is hidden by hand, its rate is not.
    table = cells([fact(CITY, "cla_started", Q, 3, 850)], relations, totals=False)
    at = (table["new_la_code"] == CITY) & (table["role"] == "numerator")
    table = table.assign(
        value=table["value"].mask(at).round(1),
        value_status=table["value_status"].mask(at, "c"),
        step=np.where(table["role"] == "value", 0.1, 0.0),
    )
    row = of(attack([table], relations), CITY, "cla_started")
    assert (row["lower"], row["upper"]) == (3, 3)


def test_a_percentage_of_few_gives_its_parts_away(relations):
    # 42.9% can only be 3 of 7 up to 13 children.
    table = cells([fact(CITY, "cpp_repeat_ever_pct", Q, 3, 7)], relations, totals=False)
    at = table["role"] == "numerator"
    table = table.assign(
        value=table["value"].mask(at).round(1),
        value_status=table["value_status"].mask(at, "c"),
        step=np.where(table["role"] == "value", 0.1, 0.0),
    )
    row = of(attack([table], relations), CITY, "cpp_repeat_ever_pct")
    assert (row["lower"], row["upper"]) == (3, 3)


def test_what_is_left_of_a_percentage_is_found_too(public, relations):
    facts = [
        fact(CITY, "cpp_repeat_ever_pct", Q, 77, 80),
        fact(BARNET, "cpp_repeat_ever_pct", Q, 40, 90),
    ]
    out = primary_only(facts, public, relations)
    row = of(attack([out], relations), CITY, "cpp_repeat_ever_pct", role="value")
    assert (row["lower"], row["upper"]) == (3, 3)
    assert row["is_disclosed"]


def test_a_breakdown_gives_its_missing_part_away(public, relations):
    sources = relations.breakdowns.query("total == 'referrals'")["part"]
    names = relations.terms[relations.terms["measure_code"].isin(sources)]["indicator_code"]
    counts = dict.fromkeys(names, 20) | {"referral_source_housing_pct": 4}
    total = sum(counts.values())
    facts = [fact(CITY, name, Q, count, total) for name, count in counts.items()]
    out = primary_only(facts, public, relations, totals=False)
    row = of(attack([out], relations), CITY, "referral_source_housing_pct")
    assert (row["lower"], row["upper"]) == (4, 4)


def test_data_that_do_not_add_up_are_attacked_without_what_they_contradict(public, relations):
    sources = relations.breakdowns.query("total == 'referrals'")["part"]
    names = relations.terms[relations.terms["measure_code"].isin(sources)]["indicator_code"]
    counts = dict.fromkeys(names, 20) | {"referral_source_housing_pct": 4}
    facts = [fact(CITY, name, Q, count, 30) for name, count in counts.items()]
    out = primary_only(facts, public, relations, totals=False)
    row = of(attack([out], relations), CITY, "referral_source_housing_pct")
    assert not row["is_disclosed"]


def test_data_that_contradict_themselves_only_together_are_attacked_all_the_same(public, relations):
    """City's total is two too many, which shows only when London's sources are added up."""
    sources = relations.breakdowns.query("total == 'referrals'")["part"]
    names = relations.terms[relations.terms["measure_code"].isin(sources)]["indicator_code"]
    few = {"referral_source_housing_pct": 4, "referral_source_anonymous_pct": 4}
    counts = dict.fromkeys(names, 20) | few
    total = sum(counts.values())
    facts = [
        fact(la, name, Q, count, total + too_many)
        for la, too_many in ((CITY, 2), (BARNET, 0))
        for name, count in counts.items()
    ]
    out = primary_only(facts, public, relations)
    found = attack([out], relations)
    assert not of(found, CITY, "referral_source_housing_pct")["is_disclosed"]


@pytest.mark.parametrize("base", [5, 10])
def test_a_rounded_total_leaves_a_range(public, relations, base):
    facts = [
        fact(CITY, "care_leavers", Q, 3, None, "snapshot"),
        fact(BARNET, "care_leavers", Q, 79, None, "snapshot"),
    ]
    out = primary_only(facts, replace(public, total_rounding=base), relations)
    row = of(attack([out], relations, exact=True), CITY, "care_leavers", period_type="snapshot")
    # 82 is printed as 80: from 78 to 82, or from 75 to 84; one at least.
    assert (row["lower"], row["upper"]) == {5: (1, 3), 10: (1, 5)}[base]


def test_two_releases_of_a_total_give_a_restated_count_away(public, relations):
    def facts(barnet):
        return [
            fact(CITY, "care_leavers", Q, 3, None, "snapshot"),
            fact(BARKING, "care_leavers", Q, 4, None, "snapshot"),
            fact(BARNET, "care_leavers", Q, barnet, None, "snapshot"),
        ]

    first = primary_only(facts(80), public, relations)
    # Given later: the same with Barking's count shown by mistake.
    second = first.copy()
    at = (second["new_la_code"] == BARKING) & second["role"].isin(["numerator", "value"])
    second.loc[at, ["value", "value_status"]] = [4.0, "ok"]
    assert not attack([first], relations)["is_disclosed"].any()
    found = attack([first, second], relations)
    rows = found[found["new_la_code"] == CITY]
    assert (rows["upper"] == 3).all()
    assert set(rows["publication"]) == {0, 1}


def test_a_figure_that_was_restated_is_another_number(public, relations):
    facts = [fact(CITY, "care_leavers", Q, 3, None, "snapshot")]
    first = primary_only(facts, public, relations, totals=False)
    second = cells(facts, relations, totals=False).assign(value=8.0)
    same = attack([first, second], relations)
    other = attack([first, second.assign(version="2")], relations)
    assert of(same, CITY, "care_leavers", period_type="snapshot")["upper"] == 8
    assert np.isinf(of(other, CITY, "care_leavers", period_type="snapshot")["upper"])


def test_an_authority_that_sent_nothing_is_in_no_total(public, relations):
    facts = [
        fact(la, "care_leavers", Q, count, None, "snapshot")
        for la, count in ((CITY, 3), (BARKING, 4), (BARNET, 50))
    ]
    out = primary_only(facts, public, relations)
    absent = out["new_la_code"] == BARKING
    out.loc[absent, ["value_status", "least", "is_small"]] = ["not_returned", np.nan, False]
    total = (out["new_la_code"] == LONDON) & out["value"].notna()
    out.loc[total, "value"] = 53.0
    row = of(attack([out], relations), CITY, "care_leavers", period_type="snapshot")
    assert (row["lower"], row["upper"]) == (3, 3)


def test_a_hidden_zero_is_not_taken_for_one(public, relations):
    facts = [
        fact(CITY, "cpp_started", Q, 4, 850),
        fact(CITY, "cpp_repeat_ever_pct", Q, 0, 4),
    ]
    out = primary_only(facts, public, relations, totals=False)
    share = (out["indicator_code"] == "cpp_repeat_ever_pct") & (out["role"] == "numerator")
    assert out.loc[share, "value_status"].eq("c").all()
    assert out.loc[share, "least"].isna().all()


def test_nothing_hidden_nothing_to_find(public, relations):
    assert attack([], relations).empty
    facts = [fact(CITY, "care_leavers", Q, 30, None, "snapshot")]
    assert attack([primary_only(facts, public, relations)], relations).empty


@pytest.mark.parametrize("number", range(12))
def test_ranges_are_those_of_every_possible_table(public, relations, number):
    """Authorities by quarters with London, rolling year or both, against trying everything."""
    random = np.random.default_rng(number)
    table = random.choice([0, 6, 7, 9], (3, 4))
    small = random.choice(12, random.integers(1, 5), replace=False)
    table.flat[small] = random.integers(1, 6, len(small))
    totals, rolling = [(True, False), (False, True), (True, True)][number % 3]
    facts = [
        fact(la, "cla_started", label, table[i, j], 900)
        for i, la in enumerate(LAS[:3])
        for j, label in enumerate(QUARTERS)
    ]
    out = primary_only(facts, public, relations, totals=totals, rolling=rolling)
    hidden = (table > 0) & (table <= 5)
    # Lines whose sum is printed; rows of them are authorities, columns quarters.
    lines = [np.s_[:, j] for j in range(4)] if totals else []
    lines += [np.s_[i, :] for i in range(3)] if rolling else []
    lines += [np.s_[:, :]] if totals and rolling else []
    lines = [line for line in lines if not 1 <= table[line].sum() <= 5]
    tables = every_table(hidden, table, lines)
    found = attack([out], relations, exact=True)
    for i, j in np.argwhere(hidden):
        values = np.unique(tables[:, i, j])
        row = of(found, LAS[i], "cla_started", label=QUARTERS[j])
        assert row["lower"] == values[0]
        assert row["is_disclosed"] == (len(values) < 3)
        # Beyond eight the naive attacker does not look.
        if values[-1] < table[i, j] + 8:
            assert row["upper"] == values[-1]
        else:
            assert row["upper"] >= values[-1]


def test_a_publication_tells_by_itself_which_cells_matter(public, relations):
    """Frames without `is_small`, as read from a file: every hidden count is attacked."""
    facts = [fact(CITY, "care_leavers", Q, 3, None, "snapshot")]
    facts.append(fact(BARNET, "care_leavers", Q, 80, None, "snapshot"))
    table = cells(facts, relations)[lambda f: f.columns.difference(["least", "is_small"])]
    out = hide(table, CITY, "care_leavers", period_type="snapshot")
    row = of(attack([out], relations), CITY, "care_leavers", period_type="snapshot")
    assert row["is_disclosed"]
    # A large one is found out as well, which tells nothing about few.
    large = hide(table, BARNET, "care_leavers", period_type="snapshot")
    row = of(attack([large], relations), BARNET, "care_leavers", period_type="snapshot")
    assert row["upper"] == 80
    assert not row["is_disclosed"]


def test_results_have_their_columns_in_order(relations):
    found = attack([], relations)
    assert isinstance(found, pd.DataFrame)
    assert found.columns.tolist()[:7] == [
        "publication",
        "source",
        "new_la_code",
        "indicator_code",
        "period_type",
        "period_label",
        "role",
    ]
