"""Nothing small can be worked out of what is left, and little more is hidden than has to be."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from exports.disclosure.attack import attack
from exports.disclosure.cells import KEY
from exports.disclosure.profiles import profile
from exports.disclosure.secondary import DisclosureError, protect
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
    hidden_rows,
)

Q = QUARTERS[0]
LAS = [CITY, BARKING, BARNET, BEXLEY]


def leavers(counts, label=Q):
    pairs = zip(LAS, counts, strict=False)
    return [fact(la, "care_leavers", label, count, None, "snapshot") for la, count in pairs]


def hidden_authorities(out):
    return {row[0] for row in hidden_rows(out)}


def test_one_small_count_hides_the_next_smallest(public, relations):
    out = protect(cells(leavers([3, 60, 9, 0]), relations), public, relations)
    assert hidden_authorities(out) == {CITY, BARNET}
    assert not attack([out], relations)["is_disclosed"].any()


def test_two_small_counts_protect_each_other(public, relations):
    out = protect(cells(leavers([3, 4, 60, 70]), relations), public, relations)
    assert hidden_authorities(out) == {CITY, BARKING}


def test_two_counts_of_one_need_a_third(public, relations):
    out = protect(cells(leavers([1, 1, 60, 70]), relations), public, relations)
    assert hidden_authorities(out) == {CITY, BARKING, BARNET}


def test_where_all_others_are_zero_the_total_is_hidden(public, relations):
    # Zeros are shown, so they cannot stand in; a total of 8 is no small count itself.
    table = cells(leavers([8, 0, 0, 0]), relations)
    assert hidden_rows(protect(table, public, relations)) == set()
    facts = [
        fact(CITY, "cpp_repeat_ever_pct", Q, 77, 80),
        fact(BARNET, "cpp_repeat_ever_pct", Q, 0, 0),
    ]
    out = protect(cells(facts, relations), public, relations)
    assert {CITY, LONDON} <= hidden_authorities(out)


def test_nothing_small_nothing_hidden(public, relations):
    table = cells(leavers([30, 60, 9, 0]), relations)
    out = protect(table, public, relations)
    assert hidden_rows(out) == set()
    pd.testing.assert_series_equal(out["value"], table["value"])


def test_a_total_rounded_to_tens_may_be_protection_enough(relations):
    out = protect(cells(leavers([3, 61, 27, 0]), relations), profile("public"), relations)
    # 91 is printed as 90, 85 to 94: what is left for City is 1 to 6.
    assert hidden_authorities(out) == {CITY}


def test_a_quarter_is_protected_by_another_of_its_year(public, relations):
    facts = [
        fact(CITY, "cla_started", label, count, 850)
        for label, count in zip(QUARTERS, (10, 3, 20, 30), strict=True)
    ]
    out = protect(cells(facts, relations, totals=False, rolling=True), public, relations)
    assert hidden_rows(out) == {
        (CITY, "cla_started", "quarter", QUARTERS[0]),
        (CITY, "cla_started", "quarter", QUARTERS[1]),
    }


def test_two_by_two_hides_three_more(public, relations):
    """Authorities by quarters, with London and rolling years: the four corners of a rectangle."""
    counts = {CITY: (3, 40, 41, 42), BARNET: (30, 43, 44, 45), BEXLEY: (90, 91, 92, 93)}
    facts = [
        fact(la, "cla_started", label, count, 90_000)
        for la, row in counts.items()
        for label, count in zip(QUARTERS, row, strict=True)
    ]
    out = protect(cells(facts, relations, rolling=True), public, relations)
    hidden = hidden_rows(out)
    assert len(hidden) == 4
    assert (CITY, "cla_started", "quarter", QUARTERS[0]) in hidden
    assert not any(row[0] == LONDON for row in hidden)


def test_a_breakdown_is_protected_across_authorities(public, relations):
    sources = relations.breakdowns.query("total == 'referrals'")["part"]
    names = relations.terms[relations.terms["measure_code"].isin(sources)]["indicator_code"]
    facts = []
    for la, base in ((CITY, 20), (BARNET, 30), (BEXLEY, 40)):
        counts = {name: base + 2 * n for n, name in enumerate(names)}
        if la == CITY:
            counts["referral_source_housing_pct"] = 4
        total = sum(counts.values())
        facts += [fact(la, name, Q, count, total) for name, count in counts.items()]
        facts.append(fact(la, "referrals", Q, total, 90_000))
    out = protect(cells(facts, relations), public, relations)
    hidden = hidden_rows(out)
    # Two sources in each of two authorities; totals are left alone.
    assert len(hidden) == 4
    assert len({row[0] for row in hidden}) == len({row[1] for row in hidden}) == 2
    assert not attack([out], relations)["is_disclosed"].any()


def test_hidden_is_hidden_in_every_form(public, relations):
    """City's plans are few: as a count, as a rate and under every percentage of them."""
    facts = []
    for la, started, repeat in ((CITY, 4, 0), (BARNET, 60, 20), (BEXLEY, 70, 30)):
        facts.append(fact(la, "cpp_started", Q, started, 90_000))
        facts.append(fact(la, "cpp_repeat_ever_pct", Q, repeat, started))
    out = protect(cells(facts, relations), public, relations)
    of_city = out[out["new_la_code"] == CITY]
    assert (of_city["value_status"] == "c").all()
    assert of_city["value"].isna().all()
    # Whoever protects City's plans is hidden in both forms too.
    rows = hidden_rows(out)
    assert {row[0] for row in rows if row[1] == "cpp_started"} == hidden_authorities(out)


def test_two_releases_do_not_give_more_than_one(public, relations):
    """Barnet corrects its figure; what the first release hid stays hidden in the second."""
    before = cells(leavers([3, 60, 9, 0]), relations)
    first = protect(before, public, relations)
    after = cells(leavers([3, 7, 9, 0]), relations)
    changed = after["value"].ne(before["value"]) & after["value"].notna()
    after["version"] = after["version"].mask(changed, "later")
    alone = protect(after, public, relations)
    assert hidden_authorities(alone) == {CITY, BARKING}
    assert attack([first, alone], relations)["is_disclosed"].any()
    second = protect(after, public, relations, [first])
    assert not attack([first, second], relations)["is_disclosed"].any()
    assert hidden_authorities(second) >= {CITY, BARNET}


def test_what_was_given_away_before_is_said(public, relations):
    table = cells(leavers([3, 60, 9, 0]), relations)
    with pytest.raises(DisclosureError, match=r"given before.*care_leavers.*E09000001, 2024-25 Q1"):
        protect(table, public, relations, [table])


def test_without_secondary_suppression_the_attacker_wins(public, relations):
    table = cells(leavers([3, 60, 9, 0]), relations)
    bare = protect(table, replace(public, secondary=False), relations)
    assert attack([bare], relations)["is_disclosed"].any()
    assert not attack([protect(table, public, relations)], relations)["is_disclosed"].any()


def test_a_profile_without_threshold_hides_nothing(relations):
    table = cells(leavers([3, 60, 9, 0]), relations)
    out = protect(table, profile("internal_london"), relations)
    assert out["value"].equals(table["value"])
    assert not (out["value_status"] == "c").any()


def test_the_aggregate_profile_prints_no_authority(relations):
    out = protect(cells(leavers([3, 60, 9, 0]), relations), profile("adcs_aggregate"), relations)
    assert set(out.loc[out["printed"], "new_la_code"]) == {LONDON}
    assert out.loc[out["printed"], "value_status"].eq("ok").all()


def test_the_same_input_hides_the_same(public, relations):
    table = cells(leavers([3, 60, 9, 9]), relations)
    mixed = table.sample(frac=1, random_state=7)
    first, second = protect(table, public, relations), protect(mixed, public, relations)
    key = [*KEY]
    pd.testing.assert_frame_equal(
        first.sort_values(key, ignore_index=True), second.sort_values(key, ignore_index=True)
    )


@pytest.mark.parametrize("number", range(9))
def test_every_small_count_keeps_three_values(public, relations, number):
    """Random tables, protected, against trying every table that prints the same."""
    random = np.random.default_rng(100 + number)
    table = random.choice([0, 7, 8, 12], (3, 4), p=[0.1, 0.3, 0.3, 0.3])
    small = random.choice(12, random.integers(1, 4), replace=False)
    table.flat[small] = random.integers(1, 6, len(small))
    totals, rolling = [(True, False), (False, True), (True, True)][number % 3]
    facts = [
        fact(la, "cla_started", label, table[i, j], 900)
        for i, la in enumerate(LAS[:3])
        for j, label in enumerate(QUARTERS)
    ]
    out = protect(cells(facts, relations, totals=totals, rolling=rolling), public, relations)
    shown = hidden_rows(out)
    hidden = np.array(
        [[(la, "cla_started", "quarter", label) in shown for label in QUARTERS] for la in LAS[:3]]
    )
    year = "rolling_4q", QUARTERS[3]
    lines = []
    for j, label in enumerate(QUARTERS):
        if totals and (LONDON, "cla_started", "quarter", label) not in shown:
            lines.append(np.s_[:, j])
    for i, la in enumerate(LAS[:3]):
        if rolling and (la, "cla_started", *year) not in shown:
            lines.append(np.s_[i, :])
    if totals and rolling and (LONDON, "cla_started", *year) not in shown:
        lines.append(np.s_[:, :])
    tables = every_table(hidden, table, lines)
    for i, j in np.argwhere((table > 0) & (table <= 5)):
        assert hidden[i, j]
        assert len(np.unique(tables[:, i, j])) >= public.protection
