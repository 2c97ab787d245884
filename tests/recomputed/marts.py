"""The benchmarking marts as the specification has them, from fct_indicator and seeds alone.

The specification is docs/figures.md ("Comparison with a group" to "Change") and the column
descriptions of the marts. Nothing in this package may be taken over from their SQL.
"""

import pandas as pd

from tests.recomputed.agreement import differences
from tests.recomputed.changes import changes
from tests.recomputed.comparisons import comparisons
from tests.recomputed.exceptions import exceptions
from tests.recomputed.headlines import headlines
from tests.recomputed.project import Project, figures

Frames = dict[str, pd.DataFrame]
FIGURE = ["indicator_code", "new_la_code", "period_type", "period_label", "source"]
KEYS = {
    "fct_comparison": [*FIGURE, "comparison_group"],
    "fct_exception": FIGURE,
    "fct_change": FIGURE,
    "mart_headline": [*FIGURE, "kind"],
}


def recomputed(project: Project, fct_indicator: pd.DataFrame) -> Frames:
    given = figures(fct_indicator)
    compared = comparisons(project, given)
    changed = changes(project, given)
    excepted = exceptions(project, given, compared)
    said = headlines(project, changed, excepted)
    rows = (compared, excepted, changed, said)
    return {name: pd.DataFrame(of) for name, of in zip(KEYS, rows, strict=True)}


def disagreement(marts: Frames, again: Frames, mart: str) -> Frames:
    """What differs, by column."""
    return differences(marts[mart], again[mart], KEYS[mart])
