"""The benchmarking marts as the specification has them, from fct_indicator and seeds alone.

The specification is docs/figures.md ("Comparison with a group" to "Change") and the column
descriptions of the marts. Nothing in this package may be taken over from their SQL.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from tests.recomputed.agreement import differences
from tests.recomputed.changes import changes
from tests.recomputed.comparisons import comparisons
from tests.recomputed.exceptions import exceptions
from tests.recomputed.headlines import headlines
from tests.recomputed.methods import share_of
from tests.recomputed.project import Project, figures

Frames = dict[str, pd.DataFrame]
FIGURE = ["indicator_code", "new_la_code", "period_type", "period_label", "source"]
SERIES = ["indicator_code", "new_la_code", "period_type", "source"]
KEYS = {
    "fct_comparison": [*FIGURE, "comparison_group"],
    "fct_exception": FIGURE,
    "fct_change": FIGURE,
    "mart_headline": [*FIGURE, "kind"],
}
STATEMENT = ["new_la_code", "source", "period_label", "kind"]  # what a position is counted within


def recomputed(project: Project, fct_indicator: pd.DataFrame) -> Frames:
    given = figures(fct_indicator)
    compared = comparisons(project, given)
    changed = changes(project, given)
    excepted = exceptions(project, given, compared)
    said = headlines(project, changed, excepted)
    rows = (compared, excepted, changed, said)
    return {name: pd.DataFrame(of) for name, of in zip(KEYS, rows, strict=True)}


@dataclass(frozen=True)
class Fault:
    """Where marts are not as specified: the columns of each, and where among the recomputed."""

    columns: dict[str, tuple[str, ...]]
    rows: Callable[[Frames], pd.DataFrame]  # keys, or some of them


def whole_in_whole(again: Frames) -> pd.DataFrame:
    """The upper end of 100% is 100, and the mart's is a hair's breadth below it."""
    frame = again["fct_comparison"].query("value == 100 and group_value == 100")
    return frame[KEYS["fct_comparison"]]


def middle_block(again: Frames) -> pd.DataFrame:
    """Equal values that reach into the second and the fourth fifth: in the mart always 2."""
    frame = again["fct_comparison"].query("band == 3")
    reach = frame["n"].map(lambda n: share_of(n, 0.4))
    across = (frame["rank"] <= reach) & (frame["rank_from_lowest"] <= reach)
    return frame.loc[across, KEYS["fct_comparison"]]


def own_funnel(again: Frames) -> pd.DataFrame:
    """A group in fifths whose value is a mean has its funnel around the pooled value."""
    return again["fct_comparison"].query("comparison_group == 'own_fifths'")[["comparison_group"]]


def at_the_centre(again: Frames) -> pd.DataFrame:
    """The mart's centre is rounded: a value that never changes lies beside it, outside limits."""
    frame = again["fct_change"]
    near = (frame["value"] - frame["centre"]).abs() <= 1e-9 * frame["value"].abs()
    return frame.loc[near, SERIES]


def concern_scored_by_being_good(again: Frames) -> pd.DataFrame:
    """Worsening, and still among the best: the distance on the good side adds to the concern."""
    best = again["fct_exception"].query("judgement == 'better'")[FIGURE]
    concerns = again["mart_headline"].query("kind == 'concern'").merge(best, on=FIGURE)
    return concerns[KEYS["mart_headline"]]


def shift_is_no_sign(again: Frames) -> pd.DataFrame:
    """Eight on one side are a signal, stand in `why`, and do not count in the score."""
    shifted = again["fct_change"]["control_signal"].isin(["shift_up", "shift_down"])
    return again["fct_change"].loc[shifted, FIGURE]


FUNNEL = (
    *("funnel_z", "funnel_position", "over_dispersion"),
    *("funnel_low_95", "funnel_high_95", "funnel_low_998", "funnel_high_998"),
)
# Each is held by a test that fails once it is mended; then its line goes.
FAULTS = {
    "100% in a group at 100% is lower": Fault(
        {"fct_comparison": ("significance",)}, whole_in_whole
    ),
    "a tie across the middle is low": Fault({"fct_comparison": ("band",)}, middle_block),
    "the funnel of a mean is pooled": Fault({"fct_comparison": FUNNEL}, own_funnel),
    "what never changes is beyond its limits": Fault(
        {
            "fct_change": ("control_signal", "movement", "judgement"),
            "mart_headline": ("rows", "movement", "score"),
        },
        at_the_centre,
    ),
    "being good adds to a concern": Fault(
        {"mart_headline": ("score",)}, concern_scored_by_being_good
    ),
    "a shift is not counted as a sign": Fault({"mart_headline": ("score",)}, shift_is_no_sign),
}


def disagreement(marts: Frames, again: Frames, mart: str) -> Frames:
    """What differs by column, but for the known faults and the positions that hang on them."""
    found = differences(marts[mart], again[mart], KEYS[mart])
    excused = [
        (column, fault.rows(again))
        for fault in FAULTS.values()
        for column in fault.columns.get(mart, ())
    ]
    excused += [
        ("position", found[column][STATEMENT]) for column in ("score", "rows") if column in found
    ]
    for column, rows in excused:
        if column in found:
            found[column] = without(found[column], rows)
    return {column: rows for column, rows in found.items() if len(rows)}


def without(frame: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    keys = list(rows.columns)
    return frame[~pd.MultiIndex.from_frame(frame[keys]).isin(pd.MultiIndex.from_frame(rows))]


def still_there(marts: Frames, again: Frames, fault: Fault) -> int:
    """How many cells the fault still makes differ."""
    cells = 0
    for mart, columns in fault.columns.items():
        found = differences(marts[mart], again[mart], KEYS[mart])
        for column in found.keys() & set(columns):
            cells += len(found[column]) - len(without(found[column], fault.rows(again)))
    return cells
