"""What is small itself is hidden in its whole row; what is not stays."""

from dataclasses import replace

import pandas as pd
import pytest

from exports.disclosure.primary import blanked, suppress_small
from exports.disclosure.profiles import Profile, profile
from ingestion.registry import seed
from tests.unit.exports.disclosure.tables import BARKING, BARNET, CITY, LONDON, cells, fact

Q = "2024-25 Q1"


def shown(out, la, indicator, role="value"):
    row = out[
        (out["new_la_code"] == la) & (out["indicator_code"] == indicator) & (out["role"] == role)
    ]
    return row.iloc[0][["value", "value_status"]].tolist()


def primary(facts, profile, relations, **kwargs):
    table = cells(facts, relations, **kwargs)
    return blanked(suppress_small(table, profile, relations), profile, relations)


@pytest.mark.parametrize(("count", "is_hidden"), [(0, False), (1, True), (5, True), (6, False)])
def test_counts_from_one_to_the_threshold_are_hidden(public, relations, count, is_hidden):
    out = primary([fact(CITY, "care_leavers", Q, count, None, "snapshot")], public, relations)
    for role in ("numerator", "value"):
        value, status = shown(out, CITY, "care_leavers", role)
        assert status == ("c" if is_hidden else "ok")
        assert pd.isna(value) if is_hidden else value == count


def test_a_hidden_count_hides_its_rate_and_its_population(public, relations):
    out = primary([fact(CITY, "cla_started", Q, 3, 850)], public, relations)
    for role in ("numerator", "denominator", "value"):
        value, status = shown(out, CITY, "cla_started", role)
        assert pd.isna(value)
        assert status == "c"


@pytest.mark.parametrize(
    ("numerator", "denominator", "is_hidden"),
    [
        (3, 80, True),  # few of them
        (77, 80, True),  # few of the others
        (0, 4, True),  # 0% of few
        (0, 80, False),
        (80, 80, False),
        (40, 80, False),
        (0, 0, False),
    ],
)
def test_percentages_hide_few_few_others_and_few_in_all(
    public, relations, numerator, denominator, is_hidden
):
    facts = [fact(CITY, "cpp_repeat_ever_pct", Q, numerator, denominator)]
    out = primary(facts, public, relations, totals=False)
    statuses = {shown(out, CITY, "cpp_repeat_ever_pct", r)[1] for r in ("numerator", "value")}
    if is_hidden:
        assert statuses == {"c"}
    else:
        assert "c" not in statuses


def test_a_small_denominator_is_hidden_where_it_is_a_numerator_too(public, relations):
    facts = [
        fact(CITY, "cpp_started", Q, 4, 850),
        fact(CITY, "cpp_repeat_ever_pct", Q, 0, 4),
    ]
    out = primary(facts, public, relations, totals=False)
    assert shown(out, CITY, "cpp_started")[1] == "c"
    assert shown(out, CITY, "cpp_repeat_ever_pct", "denominator")[1] == "c"


def test_a_small_total_is_hidden_like_any_count(public, relations):
    facts = [fact(CITY, "cla_started", Q, 2, 850), fact(BARNET, "cla_started", Q, 0, 90_000)]
    out = primary(facts, public, relations)
    assert shown(out, LONDON, "cla_started")[1] == "c"
    assert shown(out, BARNET, "cla_started")[0] == 0


def test_posts_are_no_children(public, relations):
    facts = [
        fact(CITY, "sw_establishment", Q, 4.5, None, "snapshot"),
        fact(CITY, "sw_agency_rate", Q, 2.0, 9.0, "snapshot"),
    ]
    out = primary(facts, public, relations)
    assert not (out["value_status"] == "c").any()
    assert shown(out, CITY, "sw_establishment")[0] == 4.5


def test_days_of_few_children_are_hidden_and_few_days_are_not(public, relations):
    facts = [
        fact(CITY, "adopt_a10_days", Q, 1200, 3),
        fact(BARNET, "adopt_a10_days", Q, 4, 20),
    ]
    out = primary(facts, public, relations, totals=False)
    assert shown(out, CITY, "adopt_a10_days")[1] == "c"
    assert shown(out, BARNET, "adopt_a10_days", "numerator")[0] == 4


def test_what_was_not_sent_stays_not_sent(public, relations):
    table = cells([fact(CITY, "care_leavers", Q, 30, None, "snapshot")], relations, totals=False)
    table["value"], table["value_status"] = float("nan"), "not_returned"
    out = suppress_small(table, public, relations)
    assert set(out["value_status"]) == {"not_returned"}


def test_a_profile_that_hides_zeros_hides_them(public, relations):
    hides = replace(public, shows_zero=False)
    out = primary([fact(CITY, "cla_started", Q, 0, 850)], hides, relations, totals=False)
    assert shown(out, CITY, "cla_started")[1] == "c"


def test_a_profile_without_threshold_shows_all(relations):
    out = suppress_small(
        cells([fact(CITY, "cla_started", Q, 3, 850)], relations), profile("dfe_riia"), relations
    )
    assert shown(out, CITY, "cla_started", "numerator") == [3, "ok"]


def test_a_profile_without_authorities_prints_none(relations):
    facts = [fact(la, "cla_started", Q, 30, 50_000) for la in (BARKING, BARNET)]
    aggregate = profile("adcs_aggregate")
    out = primary(facts, aggregate, relations)
    single = out["new_la_code"] != LONDON
    counts = out["role"] == "numerator"
    assert not out.loc[single, "printed"].any()
    assert out.loc[single & counts, "value"].isna().all()
    assert shown(out, LONDON, "cla_started", "numerator") == [60, "ok"]


@pytest.mark.parametrize(("base", "count", "printed"), [(10, 15, 20), (10, 14, 10), (5, 12.0, 10)])
def test_totals_are_rounded_half_up_after_suppression(public, relations, base, count, printed):
    rounds = replace(public, total_rounding=base)
    facts = [fact(BARNET, "care_leavers", Q, count, None, "snapshot")]
    out = primary(facts, rounds, relations)
    assert shown(out, LONDON, "care_leavers", "numerator")[0] == printed
    assert shown(out, LONDON, "care_leavers")[0] == printed
    assert shown(out, BARNET, "care_leavers")[0] == count


def test_a_percentage_is_rounded_by_its_fraction(public, relations):
    # 11.45% is a tie; as a double it lies below.
    out = primary([fact(BARNET, "cpp_repeat_ever_pct", Q, 229, 2000)], public, relations)
    assert shown(out, BARNET, "cpp_repeat_ever_pct")[0] == 11.5


def test_every_profile_of_the_registry_can_be_read():
    ids = seed("registry/release_profiles")["profile_id"]
    assert {profile(name).profile_id for name in ids} == set(ids)
    assert profile("public").secondary
    assert profile("internal_london").threshold is None


def test_an_unknown_profile_is_named_with_those_there_are():
    with pytest.raises(ValueError, match=r"'press' is no release profile.*public"):
        profile("press")


def test_a_protection_that_a_small_count_cannot_have_is_refused():
    with pytest.raises(ValueError, match="protection is 6"):
        Profile("p", 5, True, 1, 1, True, 6, True, "c")
