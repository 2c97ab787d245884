"""Assessments and episodes of need, in the numbers of the authority's returns: lists 4 and 6.

Drawn over a shorter history than the rest: returns start more assessments than they complete, or
fewer, and over years the difference would swamp the lists. Does not belong here: what a workbook
shows of it on its extract date (`lists.py`).
"""

import numpy as np
import pandas as pd

from ingestion.sample.annex_a.codes import (
    CARE_CLOSED,
    CLOSED_AFTER_ASSESSMENT,
    CLOSED_OTHERWISE,
    SEEN,
    SUPPORT_ENDED,
)
from ingestion.sample.annex_a.draws import Draws, open_at

_QUARTERS = 5  # two extracts reach back three and a bit
_ON_TIME = 45  # working days from the start of an assessment
# An assessment open for longer than this is void, and off the system.
_VOID = np.timedelta64(110, "D")


def assessments(
    draws: Draws, onward: pd.DataFrame, plans: pd.DataFrame, care: pd.DataFrame
) -> pd.DataFrame:
    """One after each referral that went on; what a return has above that are reviews of plans."""
    # Those completed in the first quarter may have started in the one before.
    draws = draws.last(_QUARTERS + 1)
    referred = onward["referral_date"].to_numpy("datetime64[D]")
    quarter = draws.quarter_of(referred)
    known = pd.concat([plans, care])
    parts = []
    for index, count in enumerate(draws.counts("assessments_started")):
        opens, closes = draws.bounds(index)
        new = draws.rng.permutation(np.flatnonzero(quarter == index))[:count]
        child = known.loc[open_at(known, opens) & open_at(known, closes), "child"].unique()
        again = draws.rng.permutation(child)[: count - len(new)]
        first, last = np.full(len(again), opens), np.full(len(again), closes)
        lag = draws.rng.integers(0, 4, len(new))
        parts += [
            (onward["child"].to_numpy()[new], draws.working(referred[new], lag)),
            (again, draws.working(draws.between(first, last))),
        ]
    child, start = (np.concatenate(column) for column in zip(*parts, strict=True))
    rows = pd.DataFrame({"child": child, "start": start}).drop_duplicates()
    rows = rows.sort_values("start", kind="stable").reset_index(drop=True)
    size = len(rows)
    return rows.assign(
        end=_authorised(draws, rows["start"].to_numpy("datetime64[D]")),
        child_seen=draws.of_shares(SEEN, size),
    )


def _authorised(draws: Draws, start: np.ndarray) -> np.ndarray:
    """As many in time and late in each quarter as its return says, about the oldest first."""
    end = np.full(len(start), np.datetime64("NaT", "D"))
    soonest, latest = draws.working(start, 8), draws.working(start, _ON_TIME)
    overdue = draws.working(start, _ON_TIME + 1)
    prompt = draws.counts("assessments_within_45wd")
    late = draws.counts("assessments_completed") - prompt
    for index in range(1, len(draws.quarters)):
        opens, closes = draws.bounds(index)
        for wanted, first, last in (
            (late[index], overdue, np.full(len(start), closes)),
            (prompt[index], soonest, latest),
        ):
            first, last = np.maximum(first, opens), np.minimum(last, closes)
            possible = np.flatnonzero(np.isnat(end) & (first <= last))
            turn = start[possible].astype(int) + draws.rng.normal(0, 12, len(possible))
            done = possible[np.argsort(turn, kind="stable")[: max(wanted, 0)]]
            end[done] = draws.between(first[done], last[done])
    return end


def on_system(assessments: pd.DataFrame, day: np.datetime64) -> pd.DataFrame:
    """The assessments begun by a day, less those that had become void."""
    void = ~(assessments["end"] <= day) & (assessments["start"] < day - _VOID)
    return assessments[(assessments["start"] <= day) & ~void]


def support(
    draws: Draws, assessments: pd.DataFrame, plans: pd.DataFrame, care: pd.DataFrame
) -> pd.DataFrame:
    """Children in need who are neither looked after nor protected, with a plan or without.

    So many that with those being assessed the return's stock is reached. Those without a plan have
    none of the case statuses that Ofsted names, and stand on List 6 with an empty one.
    """
    draws = draws.last(_QUARTERS)
    known = pd.concat([plans["child"], care["child"]])
    assessed = assessments.dropna(subset="end")
    assessed = assessed[~assessed["child"].isin(known) & draws.happens(0.45, len(assessed))]
    ended = plans.dropna(subset="end")
    ended = ended[~ended["child"].isin(care["child"]) & draws.happens(0.5, len(ended))]
    joined = pd.concat([assessed[["child", "end"]], ended[["child", "end"]]])
    joined = joined[joined["end"] >= draws.bounds(0)[0]].sort_values("end", kind="stable")
    joined = joined.drop_duplicates("child").set_axis(["child", "start"], axis=1)

    elsewhere, being = _without_support(draws, assessments, joined, pd.concat([plans, care]))
    others = draws.stock("cin") - elsewhere
    planned = np.minimum(draws.stock("cin_plans"), others.clip(min=0))
    has_plan = draws.happens(planned.sum() / max((others - being).sum(), 1), len(joined))
    parts = []
    for plan, target in ((True, planned), (False, (others - being - planned).clip(min=0))):
        rows, (opens, _) = joined[has_plan == plan], draws.bounds(0)
        lasted = draws.rng.exponential(300, target[0]).astype(int).clip(max=3000) + 1
        start = np.concatenate(
            [opens - lasted.astype("timedelta64[D]"), rows["start"].to_numpy("datetime64[D]")]
        )
        parts.append(
            pd.DataFrame(
                {
                    "child": np.concatenate([draws.people.more(target[0]), rows["child"]]),
                    "start": start,
                    "end": draws.leave(start, target[1:], _support_ends),
                    "need_plan": plan,
                }
            )
        )
    rows = pd.concat(parts, ignore_index=True)
    return rows.assign(reason=draws.of_shares(SUPPORT_ENDED, len(rows)))


def _support_ends(days: np.ndarray) -> np.ndarray:
    return np.where(days < 45, 0.3, 1.0)


def _without_support(
    draws: Draws, assessments: pd.DataFrame, joined: pd.DataFrame, known: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """Children at each quarter end with a plan or in care, and with an open assessment alone.

    Of the end before the first quarter nothing is known: it is taken to be as the one after.
    """
    elsewhere, being = [], []
    for index in range(len(draws.quarters)):
        _, day = draws.bounds(index)
        here = known.loc[open_at(known, day), "child"]
        rows = on_system(assessments, day)
        assessed = rows.loc[open_at(rows, day), "child"]
        supported = joined.loc[joined["start"] <= day, "child"]
        elsewhere.append(here.nunique())
        being.append(assessed[~assessed.isin(here) & ~assessed.isin(supported)].nunique())
    return np.array([elsewhere[0], *elsewhere]), np.array([being[0], *being])


def spans(
    assessments: pd.DataFrame, plans: pd.DataFrame, care: pd.DataFrame, support: pd.DataFrame
) -> pd.DataFrame:
    """Everything that makes a child one in need, with what its end means for the episode."""
    reasons = care["reason"].map(CARE_CLOSED).fillna(CLOSED_OTHERWISE)
    parts = [
        assessments.assign(reason=CLOSED_AFTER_ASSESSMENT),
        plans.assign(reason=CLOSED_OTHERWISE),
        care.assign(reason=reasons),
        support,
    ]
    return pd.concat([part[["child", "start", "end", "reason"]] for part in parts])
