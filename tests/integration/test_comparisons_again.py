"""Comparisons, exceptions, change and headlines over invented figures, against a recomputation.

The figures are made to be awkward: ties, gaps, every status, tiny bases, shared rows, few
authorities. Once with the seeds as they are, twice with rules, groups and baselines of one's own.
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from tests.recomputed.invented import STATUSES, invented, varied
from tests.recomputed.marts import (
    FIGURE,
    KEYS,
    Frames,
    disagreement,
    recomputed,
)
from tests.recomputed.project import Project
from tests.recomputed.warehouse import build, copied_project

SEEDS = {"shipped": 1, "own": 2, "own again": 3}


@dataclass(frozen=True)
class Built:
    """A dbt project, its home, the figures given, the marts and the recomputation."""

    project: Path
    home: Path
    given: pd.DataFrame
    marts: Frames
    again: Frames


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    shipped = copied_project(tmp_path_factory.mktemp("shipped"))
    own = copied_project(tmp_path_factory.mktemp("own"))
    varied(own)
    return {"shipped": shipped, "own": own, "own again": own}


@pytest.fixture(scope="module", params=SEEDS)
def built(request: pytest.FixtureRequest, projects: dict[str, Path]) -> Built:
    folder = projects[request.param]
    project = Project(folder)
    given = invented(project, SEEDS[request.param])
    home = folder.parent / "home"
    return Built(folder, home, given, build(folder, home, given), recomputed(project, given))


@pytest.mark.parametrize("mart", KEYS)
def test_the_mart_is_what_the_specification_says(built: Built, mart: str) -> None:
    found = disagreement(built.marts, built.again, mart)
    assert not found, "\n".join(f"{column}:\n{rows.head(10)}" for column, rows in found.items())


def test_the_figures_are_as_awkward_as_they_should_be(built: Built) -> None:
    """Each turn of the specification is taken by some row; else agreement says nothing of it."""
    compared, changed = built.again["fct_comparison"], built.again["fct_change"]
    london = compared.query("comparison_group == 'london'")
    assert set(compared["value_status"]) == {"ok", *STATUSES}
    assert set(compared["method"]) >= {"pooled", "as published", "mean", "none"}
    assert set(london["funnel_position"]) == {
        *("above_998", "above_95", "inside", "below_95", "below_998", "not_tested")
    }
    assert (london["n"] == 10).any()
    assert (london["n"] == 9).any()
    assert (london["n_usable"] == 1).any()
    assert london.groupby(FIGURE[:1] + FIGURE[2:])["value"].nunique().eq(1).any()
    assert set(built.again["fct_exception"]["evidence"]) == {"strong", "some", "weak"}
    assert built.again["fct_exception"]["is_small_base"].any()
    assert set(changed["control_signal"]) == {
        *("above_limits", "below_limits", "shift_up", "shift_down", "inside", "no_limits")
    }
    assert set(changed["trend"]) == {"rising", "falling", "none", "too_few_points"}
    assert set(changed["movement"]) == {"up", "down", "mixed", "steady", "not_known"}
    assert set(built.again["mart_headline"]["kind"]) == {"improving", "concern", "unusual"}
    if built.project.parent.name.startswith("own"):
        assert set(built.again["fct_exception"]["exception_rule"]) == {
            *("top_bottom_fifth", "percentile_fifth")
        }
        assert changed["baseline"].nunique() >= 7
        assert "median" in set(compared["method"])


def test_an_exception_is_a_row_of_the_comparison(built: Built) -> None:
    shared = [
        *("value", "difference", "rank", "rank_from_lowest", "n", "p20", "p80", "ci_low"),
        *("ci_high", "significance", "funnel_z", "funnel_position", "release_id"),
    ]
    london = built.marts["fct_comparison"].query("comparison_group == 'london'")
    excepted = built.marts["fct_exception"]
    own = excepted[FIGURE].merge(london, on=FIGURE, how="left", validate="one_to_one")
    pd.testing.assert_frame_equal(own[shared], excepted[shared], check_dtype=False)


def test_a_higher_value_is_never_in_a_lower_fifth(built: Built) -> None:
    compared = built.marts["fct_comparison"].dropna(subset="band")
    within = [column for column in KEYS["fct_comparison"] if column != "new_la_code"]
    ordered = compared.sort_values([*within, "value"])
    steps = ordered.groupby(within)["band"].diff().dropna()
    assert len(steps) > 10_000
    assert (steps >= 0).all()


def test_positions_follow_the_scores(built: Built) -> None:
    said = built.marts["mart_headline"].sort_values(
        ["new_la_code", "source", "period_label", "kind", "position"]
    )
    within = said.groupby(["new_la_code", "source", "period_label", "kind"])
    assert (said["position"] == within.cumcount() + 1).all()
    assert (within["score"].diff().dropna() <= 0).all()


@pytest.mark.parametrize("built", ["shipped"], indirect=True)
def test_the_order_of_the_rows_changes_no_byte(built: Built) -> None:
    published = built.home / "warehouse" / "published"
    before = {name: (published / f"{name}.parquet").read_bytes() for name in KEYS}
    build(built.project, built.home, built.given.sample(frac=1, random_state=99))
    after = {name: (published / f"{name}.parquet").read_bytes() for name in KEYS}
    assert [name for name in KEYS if before[name] != after[name]] == []
