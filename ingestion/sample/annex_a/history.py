"""The history of one authority behind its Annex A workbooks, drawn once.

It is long enough for every look-back of two extracts, and it is one world: a child on several lists
is the same child. Ids, dates of birth, teams and workers are made up. Does not belong here: how
each part is drawn, and what a workbook shows of it on its extract date (`lists.py`).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ingestion.periods import Quarter
from ingestion.sample.annex_a import adoption, care, front_door, need
from ingestion.sample.annex_a.codes import DISABILITY, ETHNICITY, GENDER, NEED, NO, UNBORN_GENDER
from ingestion.sample.annex_a.draws import EIGHTEEN, YEAR, Array, Draws
from ingestion.sample.figures import Figures

# Two extracts reach back three quarters, and their counters look back four more.
_QUARTERS = 7
# An extract is made some days after its quarter.
_EXTRACT_BY = np.timedelta64(14, "D")


@dataclass(frozen=True)
class History:
    """Every event, and each child's span in a list as `start` and `end` (NaT: not yet)."""

    referrals: pd.DataFrame
    contacts: pd.DataFrame
    early_help: pd.DataFrame
    enquiries: pd.DataFrame
    assessments: pd.DataFrame
    plans: pd.DataFrame
    care: pd.DataFrame
    support: pd.DataFrame
    leavers: pd.DataFrame
    adoptions: pd.DataFrame
    adopters: pd.DataFrame
    children: pd.DataFrame


def draw_history(figures: Figures, la: str, last: Quarter, scale: float, seed: int) -> History:
    """`scale` thins the events; below 1 they no longer add up to the returns."""
    # The quarter after the last is drawn too: an extract is made some days into it.
    draws = Draws.of(figures, la, last.shift(1 - _QUARTERS), last.shift(1), scale, seed)
    population = figures.authorities.set_index("short_code")["population"].to_dict()[la]
    referrals = front_door.referrals(draws.part("referrals"))
    onward = referrals[referrals["no_further_action"] == NO]
    enquiries = front_door.enquiries(draws.part("enquiries"), onward)
    plans = care.plans(draws.part("plans"), enquiries)
    in_care = care.care(draws.part("care"), onward)
    assessments = need.assessments(draws.part("assessments"), onward, plans, in_care)
    adoptions = adoption.adoptions(draws.part("adoptions"), in_care)
    parts = {
        "referrals": referrals,
        "contacts": front_door.contacts(draws.part("contacts"), referrals),
        "early_help": front_door.early_help(draws.part("early help"), population),
        "enquiries": enquiries,
        "assessments": assessments,
        "plans": plans,
        "care": in_care,
        "support": need.support(draws.part("support"), assessments, plans, in_care),
        "leavers": care.leavers(draws.part("leavers"), in_care),
    }
    return History(
        **parts,
        adoptions=adoptions,
        adopters=adoption.adopters(draws.part("adopters"), adoptions),
        children=_children(draws.part("children"), parts),
    )


def _children(draws: Draws, parts: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per child."""
    size = draws.people.count
    rows = pd.DataFrame(
        {
            "child_id": draws.rng.choice(9_000_000, size, replace=False) + 1_000_000,
            "gender": draws.of_shares(GENDER, size),
            "ethnicity": draws.of_shares(ETHNICITY, size),
            "disability": draws.of_shares(DISABILITY, size),
            "need": draws.of_shares(NEED, size),
            **draws.staff(size),
            **_births(draws, parts),
        }
    )
    return rows.assign(gender=rows["gender"].mask(rows["unborn"], UNBORN_GENDER))


def _births(draws: Draws, parts: dict[str, pd.DataFrame]) -> dict[str, Array]:
    """A date of birth that leaves each child a child on every list, and whether one is to come."""
    size = draws.people.count
    opens = np.datetime64(draws.quarters[-1].start, "D")
    first, last = _seen(parts, size, opens + _EXTRACT_BY)
    eldest = last - EIGHTEEN + 2
    youngest = np.maximum(first, eldest)

    care, leavers = parts["care"], parts["leavers"].dropna(subset="birth_date")
    uasc, adoptive = (care.loc[care[name], "child"] for name in ("uasc", "adoptive"))
    youngest[uasc] = np.maximum(first[uasc] - 14 * YEAR, eldest[uasc])
    eldest[adoptive] = np.maximum(first[adoptive] - 3 * YEAR, eldest[adoptive])
    born = eldest + (draws.rng.random(size) * (youngest - eldest + 1).astype(int)).astype(
        "timedelta64[D]"
    )
    of_age = care[care["of_age"]]
    born[of_age["child"]] = of_age["end"].to_numpy("datetime64[D]") - EIGHTEEN
    born[leavers["child"]] = leavers["birth_date"].to_numpy("datetime64[D]")

    # Some of those first heard of in the last months are not born yet at either extract.
    settled = pd.concat([care["child"], leavers["child"], parts["early_help"]["child"]])
    unborn = (first > opens - 100) & draws.happens(0.03, size)
    unborn[settled] = False
    expected = opens + _EXTRACT_BY + draws.days(1, 150, size)
    unknown = unborn & draws.happens(0.4, size)
    born = np.where(unborn, expected, born)
    return {"birth_date": np.where(unknown, np.datetime64("NaT"), born), "unborn": unborn}


def _seen(parts: dict[str, pd.DataFrame], size: int, until: np.datetime64) -> tuple[Array, Array]:
    """The first and the last day on which each child stands on a list of children."""
    spans = [parts[name][["child", "start", "end"]] for name in ("assessments", "plans", "care")]
    spans += [parts["support"][["child", "start", "end"]]]
    events = (
        ("referrals", "referral_date"),
        ("contacts", "contact_date"),
        ("early_help", "assessment_start_date"),
        ("enquiries", "s47_start_date"),
    )
    for name, column in events:
        days = parts[name][["child", column]].set_axis(["child", "start"], axis=1)
        spans.append(days.assign(end=days["start"]))
    rows = pd.concat(spans)
    rows["end"] = rows["end"].where(rows["end"] <= until, until)
    seen = rows.groupby("child").agg({"start": "min", "end": "max"})
    seen = seen.reindex(range(size)).fillna(until)  # care leavers stand on no list of children
    return seen["start"].to_numpy("datetime64[D]"), seen["end"].to_numpy("datetime64[D]")
