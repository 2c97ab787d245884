"""Plans, care and leaving care, in the numbers of the authority's returns: lists 7, 8 and 9.

Stocks and flows are those of the returns: who was there before the history began and who joins is
drawn, and as many leave each quarter as the next stock asks for. Every frame has the span of each
child as `start` and `end`, NaT where the history ends first. Does not belong here: what a workbook
shows of it on its extract date (`lists.py`).
"""

import numpy as np
import pandas as pd

from ingestion.sample.annex_a.codes import (
    ABUSE,
    ACCOMMODATED,
    ACCOMMODATION,
    ACTIVITY,
    ADOPTED,
    CAME_OF_AGE,
    FORMER_RELEVANT,
    IN_TOUCH,
    INSIDE,
    INTERIM_ORDER,
    LEFT_BEFORE,
    LEFT_UNACCOMPANIED,
    NO,
    OUTSIDE,
    PERMANENCE,
    PLACEMENTS,
    QUALIFYING,
    REMANDED,
    SEEN_ALONE,
    SUITABLE,
    UNSUITABLE,
    YES,
)
from ingestion.sample.annex_a.draws import EIGHTEEN, YEAR, Draws


def _evenly(days: np.ndarray) -> np.ndarray:
    return np.ones(len(days))


def plans(draws: Draws, enquiries: pd.DataFrame) -> pd.DataFrame:
    """Child protection plans: those of before, and one for each conference that made one."""
    target = draws.stock("cpp")
    legacy, (opens, _) = target[0], draws.bounds(0)
    led = enquiries[enquiries["plan"] == YES].sort_values("icpc_date", kind="stable")
    # Few plans last two years: those of before began within two, all but a handful.
    lasted = 30 + 690 * draws.rng.beta(1, 1.5, legacy)
    lasted += np.where(draws.happens(0.03, legacy), 400, 0)
    start = np.concatenate(
        [opens - lasted.astype("timedelta64[D]"), led["icpc_date"].to_numpy("datetime64[D]")]
    )
    child = np.concatenate([draws.people.more(legacy), led["child"].to_numpy()])
    size = len(start)
    category = draws.of_shares(ABUSE, size)
    changed = draws.happens(0.12, size)
    return pd.DataFrame(
        {
            "child": child,
            "start": start,
            "end": draws.leave(start, target[1:], _plan_ends),
            "initial_category": category,
            "latest_category": np.where(changed, draws.of_shares(ABUSE, size), category),
            "seen_alone": draws.of_shares(SEEN_ALONE, size),
            "emergency_protection": np.where(draws.happens(0.03, size), YES, NO),
            "previous_plans": _previous(draws, legacy, start),
            # Working Together: every six months, and the first within three. Some slip.
            "review_every": np.where(draws.happens(0.2, size), 260, 168),
            "visit_every": draws.rng.integers(9, 22, size),
        }
    )


def _plan_ends(days: np.ndarray) -> np.ndarray:
    """Hardly before the first review, less and less likely to go on after a year and after two."""
    return np.select([days < 90, days < 365, days < 700], [0.15, 1.0, 2.2], 5.0)


def _previous(draws: Draws, legacy: int, start: np.ndarray) -> np.ndarray:
    """Plans a child had before: as many have had one as the return of the quarter says."""
    again = draws.counts("cpp_repeat_ever")
    quarter = draws.quarter_of(start[legacy:])
    turn = pd.Series(draws.rng.random(len(quarter))).groupby(quarter).rank().to_numpy()
    usual = again.sum() / max(len(quarter), 1)
    repeat = np.concatenate([draws.happens(usual, legacy), turn <= again[quarter]])
    return np.where(repeat, draws.rng.geometric(0.8, len(start)), 0)


def care(draws: Draws, onward: pd.DataFrame) -> pd.DataFrame:
    """Periods of care, with the placements, orders, checks and visits in them."""
    unaccompanied, all_ = draws.stock("uasc"), draws.counts("cla_started")
    # They stay a year and a half or so, until they come of age.
    arrivals = np.minimum(np.rint(unaccompanied[1:] / 6).astype(int), all_)
    parts = []
    for uasc, target, started, longest in (
        (True, unaccompanied, arrivals, 540),
        (False, draws.stock("cla", "uasc"), all_ - arrivals, 4000),
    ):
        legacy, (opens, _) = target[0], draws.bounds(0)
        dates, _ = draws.dates(started)
        lasted = draws.rng.exponential(850, legacy).astype(int) % longest + 1
        start = np.concatenate([opens - lasted.astype("timedelta64[D]"), dates])
        child = np.full(len(start), -1)
        if not uasc:
            child[legacy:] = _referred(draws, onward, dates)
        child[child < 0] = draws.people.more((child < 0).sum())
        parts.append(
            pd.DataFrame(
                {
                    "child": child,
                    "uasc": uasc,
                    "start": start,
                    "end": draws.leave(start, target[1:], _evenly),
                }
            )
        )
    rows = pd.concat(parts, ignore_index=True)
    rows = rows.assign(**_left(draws, rows))
    return rows.assign(**_placed(draws, rows), **_looked_after(draws, rows))


def _referred(draws: Draws, onward: pd.DataFrame, dates: np.ndarray) -> np.ndarray:
    """For each date a child referred some weeks before, each child once; -1 for nobody known."""
    before = draws.pick(onward["referral_date"].to_numpy("datetime64[D]"), dates, 60)
    child = np.where(before >= 0, onward["child"].to_numpy()[before], -1)
    return np.where(pd.Series(child).duplicated(), -1, child)


def _left(draws: Draws, rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """Why care ended, who came of age then, and who is or will be adopted."""
    size, uasc, ended = len(rows), rows["uasc"].to_numpy(), rows["end"].notna().to_numpy()
    horizon = np.datetime64(draws.quarters[-1].start, "D")
    lasted = (rows["end"].fillna(horizon) - rows["start"]).dt.days.to_numpy()
    # Adoption takes one to three years from coming into care; of those still there, a few wait.
    adoptive = np.select(
        [uasc, ended & (lasted > YEAR) & (lasted < 3 * YEAR), ~ended & (lasted < 3 * YEAR)],
        [False, draws.happens(0.2, size), draws.happens(0.1, size) & (lasted > 60)],
        False,
    ).astype(bool)
    # Not whoever was referred in these two years: another referral may follow, of no adult.
    settled = uasc | (rows["start"] < draws.bounds(0)[0]).to_numpy()
    of_age = ended & ~adoptive & settled & draws.happens(np.where(uasc, 0.85, 0.5), size)
    reason = np.select(
        [~ended, adoptive, of_age, uasc],
        [
            "",
            draws.of_shares(ADOPTED, size),
            draws.of_shares(CAME_OF_AGE, size),
            draws.of_shares(LEFT_UNACCOMPANIED, size),
        ],
        draws.of_shares(LEFT_BEFORE, size),
    )
    return {"adoptive": adoptive, "of_age": of_age, "reason": reason}


def _placed(draws: Draws, rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """The placement and how long each one lasts: most children stay, a few move every season."""
    size = len(rows)
    names, shares, providers, registered = zip(*PLACEMENTS, strict=True)
    kind = draws.rng.choice(len(names), size, p=np.array(shares) / sum(shares))
    provider = np.array([draws.of_shares(mix, size) for mix in providers])[kind, np.arange(size)]
    inside = draws.happens(0.4, size)
    # No area is called ZZ, and no registered home has a number that begins with three noughts.
    areas, streets = range(1, 20), [f"{a}{b}" for a in "ABDEF" for b in "GHJLN"]
    postcodes = np.array([f"ZZ{n} {n % 9 + 1}{street}" for n in areas for street in streets])
    homes = np.array([f"SC000{n:03d}" for n in range(1, 200)])
    elsewhere = np.array([f"SYNTHETIC Authority {n}" for n in range(1, 13)])
    moves = np.select(
        [draws.happens(0.12, size), draws.happens(0.28, size)],
        [draws.rng.integers(60, 200, size), draws.rng.integers(300, 1500, size)],
        20 * YEAR,
    )
    return {
        "placement_every": moves,
        "placement_type": np.array(names)[kind],
        "placement_provider": provider,
        "placement_postcode": draws.rng.choice(postcodes, size),
        "placement_urn": np.where(np.array(registered)[kind], draws.rng.choice(homes, size), ""),
        "placement_location": np.where(inside, INSIDE, OUTSIDE),
        "placement_la": np.where(
            inside, "SYNTHETIC Own Authority", draws.rng.choice(elsewhere, size)
        ),
    }


def _looked_after(draws: Draws, rows: pd.DataFrame) -> dict[str, np.ndarray]:
    size, uasc = len(rows), rows["uasc"].to_numpy()
    route = draws.of_shares({ACCOMMODATED: 0.4, INTERIM_ORDER: 0.59, REMANDED: 0.01}, size)
    missing = np.where(draws.happens(0.11, size), draws.rng.geometric(0.35, size), 0)
    offered = np.where(draws.happens(0.86, size), YES, NO)
    accepted = np.where(draws.happens(0.6, size), YES, NO)
    return {
        "route": np.select([uasc, rows["adoptive"]], [ACCOMMODATED, INTERIM_ORDER], route),
        "order_after": draws.rng.integers(150, 320, size),
        "permanence": draws.of_shares(PERMANENCE, size),
        "permanence_after": draws.rng.integers(60, 200, size),
        "second_period": np.where(draws.happens(0.04, size), YES, NO),
        "review_every": np.where(draws.happens(0.08, size), 240, 175),
        "visit_every": draws.rng.integers(25, 50, size),
        "officer_every": draws.rng.integers(80, 170, size),
        "health_every": np.where(draws.happens(0.2, size), 700, 350),
        "dental_every": np.where(draws.happens(0.3, size), 800, 350),
        "missing_episodes": missing,
        "absent_episodes": np.where(draws.happens(0.06, size), draws.rng.geometric(0.4, size), 0),
        "interview_offered": np.where(missing > 0, offered, ""),
        "interview_accepted": np.where((missing > 0) & (offered == YES), accepted, ""),
    }


def leavers(draws: Draws, care: pd.DataFrame) -> pd.DataFrame:
    """Care leavers: those of before, and everybody who comes of age in care.

    `birth_date` is that of those of before; the others have it as children in care.
    """
    of_age = care[care["of_age"]].sort_values("end", kind="stable")
    parts = []
    for uasc, target in (
        (True, draws.stock("uasc_care_leavers")),
        (False, draws.stock("care_leavers", "uasc_care_leavers")),
    ):
        legacy, (opens, _) = target[0], draws.bounds(0)
        joined = of_age[of_age["uasc"] == uasc]
        left = opens - draws.days(1, 5 * YEAR, legacy)
        early = np.where(draws.happens(0.12, legacy), draws.rng.integers(1, 500, legacy), 0)
        born = left - EIGHTEEN + early.astype("timedelta64[D]")
        start = np.concatenate([left, joined["end"].to_numpy("datetime64[D]")])
        parts.append(
            pd.DataFrame(
                {
                    "child": np.concatenate([draws.people.more(legacy), joined["child"]]),
                    "uasc": uasc,
                    "start": start,
                    "end": draws.leave(start, target[1:], _oldest_first),
                    "birth_date": pd.Series(born).reindex(range(len(start))),
                }
            )
        )
    rows = pd.concat(parts, ignore_index=True)
    size = len(rows)
    homes = draws.of_shares({home: share for home, (share, _) in ACCOMMODATION.items()}, size)
    suitable = np.array([ACCOMMODATION[home][1] for home in homes])
    in_touch = draws.of_shares(IN_TOUCH, size)
    silent = in_touch != YES
    return rows.assign(
        adult_category=np.where(draws.happens(0.88, size), FORMER_RELEVANT, QUALIFYING),
        in_touch=in_touch,
        # Left blank where the authority is not in touch, says the template.
        accommodation=np.where(silent, "", homes),
        suitability=np.select([silent, draws.happens(suitable, size)], ["", SUITABLE], UNSUITABLE),
        activity=np.where(silent, "", draws.of_shares(ACTIVITY, size)),
        contact_every=np.where(silent, 500, 42),
        review_every=np.where(draws.happens(0.15, size), 320, 175),
        personal_adviser=draws.staff(size)["worker"],
    )


def _oldest_first(days: np.ndarray) -> np.ndarray:
    return (days + 1.0) ** 8
