"""London without an authority: the marts' rule, over the others alone."""

import pandas as pd
import pytest

from exports.marts import LONDON
from exports.pooled import london_of
from tests.unit.exports.conftest import all_sources, indicators
from tests.unit.exports.written import authorities

CAMDEN = "E09000007"
MULTIPLIERS = indicators().set_index("indicator_code")["multiplier"]


@pytest.fixture
def returns() -> pd.DataFrame:
    rows = all_sources()
    return rows[rows["source"] == "return"].copy()


def london(rows: pd.DataFrame) -> pd.DataFrame:
    pooled = london_of(rows, authorities([CAMDEN]), MULTIPLIERS)
    assert CAMDEN not in set(pooled["new_la_code"])
    return pooled[pooled["new_la_code"] == LONDON].set_index("indicator_code")


def set_las(rows: pd.DataFrame, code: str, **values: object) -> None:
    which = (rows["indicator_code"] == code) & (rows["new_la_code"] != LONDON)
    rows.loc[which, list(values)] = list(values.values())


def test_with_nobody_left_out_london_is_the_marts(returns: pd.DataFrame) -> None:
    pooled = london_of(returns, authorities(), MULTIPLIERS)
    theirs = returns[returns["new_la_code"] == LONDON].reset_index(drop=True)
    ours = pooled[pooled["new_la_code"] == LONDON].reset_index(drop=True)
    pd.testing.assert_frame_equal(ours, theirs)


def test_what_an_authority_did_not_send_is_in_neither_part(returns: pd.DataFrame) -> None:
    code = "repeat_referrals_pct"
    las = returns[(returns["indicator_code"] == code) & (returns["new_la_code"] != LONDON)]
    sent = las[(las["value_status"] == "ok") & (las["new_la_code"] != CAMDEN)]
    found = london(returns).loc[code]
    assert len(sent) < 32
    assert found["numerator"] == sent["numerator"].sum()
    assert found["denominator"] == sent["denominator"].sum()
    assert found["n_authorities"] == len(sent)
    assert found["value"] == pytest.approx(
        100 * sent["numerator"].sum() / sent["denominator"].sum()
    )


def test_counts_add_up_where_nobody_has_a_denominator(returns: pd.DataFrame) -> None:
    set_las(returns, "referrals", denominator=None, value=None, value_status="not_derivable")
    found = london(returns).loc["referrals"]
    assert found["numerator"] > 0
    assert found["value_status"] == "not_derivable"
    assert found[["denominator", "value"]].isna().all()


def test_none_of_none_is_not_applicable(returns: pd.DataFrame) -> None:
    nothing = {"numerator": 0.0, "denominator": 0.0, "value": None}
    set_las(returns, "repeat_referrals_pct", **nothing, value_status="not_applicable")
    found = london(returns).loc["repeat_referrals_pct"]
    assert (found["value_status"], found["n_authorities"]) == ("not_applicable", 32)


def test_a_failed_figure_is_not_in_london(returns: pd.DataFrame) -> None:
    before = london(returns).loc["cla", "n_authorities"]
    barnet = (returns["new_la_code"] == "E09000003") & (returns["indicator_code"] == "cla")
    returns.loc[barnet, ["value", "value_status"]] = [None, "failed"]
    assert london(returns).loc["cla", "n_authorities"] == before - 1


def test_if_only_the_one_left_out_sent_anything_there_is_no_london(returns: pd.DataFrame) -> None:
    others = returns["new_la_code"] != CAMDEN
    gone = ["numerator", "denominator", "value"]
    returns.loc[others & (returns["new_la_code"] != LONDON), gone] = None
    returns.loc[others & (returns["new_la_code"] != LONDON), "value_status"] = "not_returned"
    assert london(returns).empty
