"""What comes to an authority's door, in the numbers of its returns: lists 1, 2, 3 and 5.

Each function draws the events of a whole history. Does not belong here: which of them a workbook
shows on its extract date (`lists.py`), and what becomes of the children (`need.py`, `care.py`).
"""

import numpy as np
import pandas as pd

from ingestion.sample.annex_a.codes import NO, SOURCES, YES
from ingestion.sample.annex_a.draws import YEAR, Draws

_EARLY_HELP_A_YEAR = 180  # assessments per 10,000 children


def _source(draws: Draws, size: int) -> np.ndarray:
    mix = draws.returned[[f"referrals_source_{name}" for name in SOURCES]].sum().to_numpy()
    codes = [code for name in SOURCES for code in SOURCES[name]]
    codes_of = np.array([len(SOURCES[name]) for name in SOURCES])
    return draws.rng.choice(codes, size, p=np.repeat(mix / mix.sum() / codes_of, codes_of))


def referrals(draws: Draws) -> pd.DataFrame:
    # Everything else hangs on a referral that went on, so a thinned history keeps one a quarter.
    dates, quarter = draws.dates(draws.counts("referrals").clip(min=1))
    again = draws.counts("repeat_referrals")
    before = draws.pick(dates, dates, YEAR)
    turn = pd.Series(draws.rng.random(len(dates))).groupby(quarter).rank().to_numpy()
    repeat = (turn <= again[quarter]) & (before >= 0)
    child = np.where(repeat, before, np.arange(len(dates)))
    # A repeat points to an earlier referral, itself perhaps a repeat: follow to the first.
    while (child != child[child]).any():
        child = child[child]
    number = pd.factorize(child)[0]
    nfa = draws.happens(draws.share("referrals_nfa", "referrals")[quarter], len(dates))
    nfa[0] = False
    rows = pd.DataFrame(
        {
            "child": draws.people.more(number.max() + 1)[number],
            "referral_date": dates,
            "referral_source": _source(draws, len(dates)),
            "no_further_action": np.where(nfa, YES, NO),
        }
    )
    return rows.drop_duplicates(["child", "referral_date"], ignore_index=True)


def contacts(draws: Draws, referrals: pd.DataFrame) -> pd.DataFrame:
    """Every referral's contact, and those that went no further."""
    referred = referrals["referral_date"].to_numpy("datetime64[D]")
    made = np.bincount(draws.quarter_of(referred), minlength=len(draws.quarters))
    dates, _ = draws.dates(np.maximum(draws.counts("contacts") - made, 0))
    known = draws.pick(referred, dates, YEAR)
    child = referrals["child"].to_numpy()[known]
    new = (known < 0) | draws.happens(0.8, len(dates))
    child[new] = draws.people.more(new.sum())
    others = pd.DataFrame(
        {
            "child": child,
            "contact_date": dates,
            "contact_source": _source(draws, len(dates)),
        }
    )
    own = referrals[["child", "referral_date", "referral_source"]]
    both = pd.concat([own.set_axis(others.columns, axis=1), others]).drop_duplicates()
    return both.sort_values("contact_date", kind="stable").reset_index(drop=True)


def enquiries(draws: Draws, onward: pd.DataFrame) -> pd.DataFrame:
    """Section 47 enquiries; the return's conferences and new plans are held in each quarter."""
    dates, _ = draws.dates(draws.counts("s47"))
    referred = draws.pick(onward["referral_date"].to_numpy("datetime64[D]"), dates, 60)
    rows = pd.DataFrame(
        {"child": onward["child"].to_numpy()[referred.clip(min=0)], "s47_start_date": dates}
    ).drop_duplicates(ignore_index=True)
    dates, size = rows["s47_start_date"].to_numpy("datetime64[D]"), len(rows)
    timely = draws.share("icpc_within_15wd", "icpc")
    wait = np.where(
        draws.happens(timely[draws.quarter_of(dates)], size),
        15 - draws.rng.binomial(12, 0.2, size),
        15 + draws.rng.geometric(0.12, size),
    )
    # A discussion at the weekend counts from the Friday before, as elapsed working days do.
    held = draws.working(dates, wait)
    in_quarter, prompt = draws.quarter_of(held), wait <= 15
    chosen, planned = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    for index, count in enumerate(draws.counts("icpc")):
        on_time = round(count * timely[index])
        for wanted, kind in ((on_time, prompt), (count - on_time, ~prompt)):
            _choose(draws, chosen, (in_quarter == index) & kind, wanted)
    # A child has one plan at most in the history: the list has room for the latest only.
    conferences = pd.Series(held).where(chosen)
    first = (conferences.groupby(rows["child"]).rank("first") == 1).to_numpy()
    for index, count in enumerate(draws.counts("cpp_started")):
        _choose(draws, planned, first & (in_quarter == index), count)
    return rows.assign(
        icpc_date=conferences,
        plan=np.where(planned, YES, NO),
    )


def _choose(draws: Draws, marks: np.ndarray, possible: np.ndarray, count: int) -> None:
    """Mark so many of the possible, or all of them where they are fewer."""
    among = np.flatnonzero(possible)
    marks[draws.rng.choice(among, min(count, len(among)), replace=False)] = True


def early_help(draws: Draws, population: int) -> pd.DataFrame:
    a_quarter = _EARLY_HELP_A_YEAR / 4 * population / 10_000 * draws.scale
    dates, _ = draws.dates(draws.rng.poisson(a_quarter, len(draws.quarters)))
    places = [
        f"SYNTHETIC {kind} {n}" for kind in ("School", "Early Help Team") for n in range(1, 9)
    ]
    return pd.DataFrame(
        {
            "child": draws.people.more(len(dates)),
            "assessment_start_date": dates,
            "assessment_end_date": draws.working(dates, draws.rng.integers(10, 55, len(dates))),
            "organisation": draws.rng.choice(places, len(dates)),
        }
    )
