"""Secondary suppression: further rows hidden, so that no small count can be worked out.

The attacker says which small counts it gets, `choice.py` which rows to hide so that it does not,
and the attacker is asked again until it gets none. What has been given before cannot be hidden any
more: it only binds.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from exports.disclosure.attack import attack_system, stacked
from exports.disclosure.cells import ROW, with_defaults
from exports.disclosure.choice import rows_to_hide
from exports.disclosure.primary import blanked, hide, suppress_small
from exports.disclosure.profiles import Profile
from exports.disclosure.relations import Relations, registry_relations
from exports.disclosure.solver import ContradictionError, Numbers, Places
from exports.disclosure.system import System, is_seen


class DisclosureError(Exception):
    """A publication cannot be protected; the message says where and why."""


def protect(
    cells: pd.DataFrame,
    profile: Profile,
    relations: Relations | None = None,
    given_before: Sequence[pd.DataFrame] = (),
) -> pd.DataFrame:
    """The cells as they may be given under `profile`: hidden where need be, then rounded.

    `cells` are true numbers in the shape of cells.py; `given_before` is what this function returned
    for everything the same recipient has had. The answer has the same rows: hidden ones carry the
    profile's symbol and no number, what is not printed carries no number, and `least` and
    `is_small` are for the attacker, not for print. A profile without threshold changes nothing but
    what may not be printed. Raises DisclosureError where earlier publications already give a count
    away.
    """
    relations = relations or registry_relations()
    cells = suppress_small(with_defaults(cells), profile, relations)
    if profile.threshold is None:
        return cells.assign(value=cells["value"].where(cells["printed"]))
    if profile.secondary:
        try:
            cells = _hide_more(cells, profile, relations, given_before)
        except ContradictionError as error:
            raise DisclosureError(
                "The figures contradict each other, so that nothing can be shown about what they "
                "give away: one measure has two values for the same authority and quarter. Look "
                "at fct_measure and at what these recipients were given before"
            ) from error
    return blanked(cells, profile, relations)


def _hide_more(
    cells: pd.DataFrame,
    profile: Profile,
    relations: Relations,
    given_before: Sequence[pd.DataFrame],
) -> pd.DataFrame:
    cells = cells.reset_index(drop=True)
    now = len(given_before)
    system = System.of(
        stacked([*given_before, blanked(cells, profile, relations).assign(place=cells.index)]),
        relations,
    )
    threshold = profile.threshold or 0
    loss = _loss(system, _truth(system, cells, now))
    asked: Places | None = None  # None: every small count of every publication
    prove = False
    while True:
        known = _with_statuses(system, blanked(cells, profile, relations), now)
        found, anchor = attack_system(
            system, known, profile.protection, threshold, only=asked, prove=prove
        )
        lost = np.unique(found.loc[found["is_disclosed"], "target"])
        if not len(lost) and asked is None:
            return cells
        chosen = _rows(system, known, now, loss, anchor, lost, profile)
        if len(lost) and not chosen and prove:
            raise DisclosureError(_given_away(found[found["is_disclosed"]]))
        # What is not safe at first sight is hidden for; a proof is sought where that is no help.
        prove = bool(len(lost)) and not chosen
        rows = system.rows.loc[sorted(chosen), ROW].assign(chosen=True)
        hidden = cells[ROW].merge(rows, on=ROW, how="left")["chosen"].fillna(False).astype(bool)
        cells = hide(cells, hidden.set_axis(cells.index), profile, relations)
        # What is safe stays so when more is hidden; in the end all are asked again.
        asked = lost if len(lost) else None


def _rows(
    system: System,
    known: pd.DataFrame,
    now: int,
    loss: pd.Series,
    anchor: Numbers,
    lost: Places,
    profile: Profile,
) -> set[int]:
    """Rows to hide for the counts in `lost`."""
    can_hide = (known["publication"] == now) & is_seen(known)
    counts = known[can_hide & (known["form"] >= 0) & (known["value"] != 0)]
    prints = counts[["form", "row"]].drop_duplicates()
    prints = prints.assign(loss=loss.loc[prints["row"]].to_numpy())
    # A zero is shown, so it does not move.
    firm = known.assign(printed=known["printed"] & ~(can_hide & (known["value"] != 0)))
    problem = system.problem(firm)
    return rows_to_hide(problem, system.forms, anchor, prints, lost, profile.protection - 1)


def _loss(system: System, truth: Numbers) -> pd.Series:
    """What hiding a row loses: more for a larger count, most for a total."""
    count = np.nan_to_num(truth[system.rows["numerator"]])
    summed = np.diff(system.forms.indptr)[system.rows["numerator"]]
    weight = np.select([summed > 4, summed > 1], [10, 2], 1)
    return pd.Series(((10 + 2 * np.log2(1 + count)) * weight).round(), system.rows.index)


def _with_statuses(system: System, out: pd.DataFrame, now: int) -> pd.DataFrame:
    """The system's cells, those of this publication as in `out`."""
    known = system.cells.copy()
    current = known["publication"] == now
    places = known.loc[current, "place"].astype(int)
    for column in ("value", "value_status", "step", "least", "is_small"):
        known.loc[current, column] = out.loc[places, column].to_numpy()
    return known


def _truth(system: System, cells: pd.DataFrame, now: int) -> Numbers:
    """The true number of each form this publication prints; NaN elsewhere."""
    counts = system.cells[(system.cells["publication"] == now) & (system.cells["form"] >= 0)]
    truth = np.full(system.forms.shape[0], np.nan)
    truth[counts["form"]] = cells.loc[counts["place"].astype(int), "value"]
    return truth


def _given_away(lost: pd.DataFrame) -> str:
    first = lost.iloc[0]
    return (
        f"Small counts ({len(lost)}) can be worked out from what this recipient was given before, "
        f"whatever is hidden now; the first is {first['indicator_code']} ({first['role']}) of "
        f"{first['new_la_code']}, {first['period_label']}. It has left already: tell the data "
        "protection lead, and give this recipient nothing more of that figure"
    )
