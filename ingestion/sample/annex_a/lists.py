"""The eleven lists as they stand on an extract date: a cut through one authority's history.

Scope and counters follow Ofsted's guidance (Annex A, sheet Guidance). What has not happened by the
extract date is empty. Does not belong here: what happens, which `history.py` has drawn.
"""

from datetime import date

import numpy as np
import pandas as pd

from ingestion.sample.annex_a.codes import (
    ABSENT_PARENTING,
    ADOPTION,
    CLOSED,
    ELIGIBLE,
    FULL_ORDER,
    INTERIM_ORDER,
    LOOKED_AFTER,
    NEED_PLAN,
    NO,
    OPEN_ASSESSMENT,
    PLACED_FOR_ADOPTION,
    PLACEMENT_ORDER,
    PROTECTION_PLAN,
    RELEVANT,
    YES,
)
from ingestion.sample.annex_a.draws import YEAR, open_at
from ingestion.sample.annex_a.history import History
from ingestion.sample.annex_a.need import on_system, spans

_WINDOW = pd.DateOffset(months=6)
_YEAR = pd.DateOffset(months=12)
_UNDECIDED_DAYS = 15  # so soon after a strategy discussion nobody has decided on a conference


def cut(history: History, extract: date) -> dict[str, pd.DataFrame]:
    """The lists on an extract date, by table name of the contract."""
    now = pd.Timestamp(extract)
    lists = {
        "annex_a_list_1": _within(history.contacts, "contact_date", now),
        "annex_a_list_2": _early_help(history, now),
        "annex_a_list_3": _referrals(history, now),
        "annex_a_list_4": _assessments(history, now),
        "annex_a_list_5": _enquiries(history, now),
        "annex_a_list_6": _in_need(history, now),
        "annex_a_list_7": _plans(history, now),
        "annex_a_list_8": _in_care(history, now),
        "annex_a_list_9": _leavers(history, now),
        "annex_a_list_10": _adoptions(history, now),
    }
    lists = {name: _with_children(history.children, rows, now) for name, rows in lists.items()}
    return lists | {"annex_a_list_11": _adopters(history, now)}


def _within(events: pd.DataFrame, column: str, now: pd.Timestamp) -> pd.DataFrame:
    return events[(events[column] > now - _WINDOW) & (events[column] <= now)]


def _current(rows: pd.DataFrame, now: pd.Timestamp) -> pd.DataFrame:
    """Spans that run, or ended in the window; `until` is how long each has run by now."""
    rows = rows[(rows["start"] <= now) & ~(rows["end"] <= now - _WINDOW)]
    end = rows["end"].where(rows["end"] <= now)
    return rows.assign(end=end, until=end.fillna(now))


def _days(days: pd.Series | int) -> pd.Series | pd.Timedelta:
    return pd.to_timedelta(days, unit="D")


def _latest(rows: pd.DataFrame, delay: int, every: pd.Series | np.ndarray) -> pd.Series:
    """The last of the events that began `delay` days after a start and come every so many days."""
    elapsed = (rows["until"] - rows["start"]).dt.days - delay
    day = rows["until"] - _days(elapsed % every)
    day -= _days((day.dt.day_of_week - 4).clip(lower=0))  # held on a working day
    return day.where(elapsed >= 0)


def _with_children(children: pd.DataFrame, rows: pd.DataFrame, now: pd.Timestamp) -> pd.DataFrame:
    rows = rows.join(children, on="child")
    born = rows["birth_date"].dt
    to_come = born.month * 100 + born.day > now.month * 100 + now.day
    age = now.year - born.year - to_come
    return rows.assign(age_years=age.mask(rows["unborn"], -1))


def _early_help(history: History, now: pd.Timestamp) -> pd.DataFrame:
    rows = history.early_help
    ended = rows["assessment_end_date"]
    current = (rows["assessment_start_date"] <= now) & (ended > now - _WINDOW)
    return rows[current].assign(assessment_end_date=ended.where(ended <= now))


def _earlier(
    child: np.ndarray, day: np.ndarray, of_child: np.ndarray, before: np.ndarray
) -> np.ndarray:
    """How many events (child, day) each `of_child` had in the twelve months before a day."""
    # Child and day in one sorted number: a look-back is then the distance between two positions.
    spread = 1_000_000
    events = np.sort(child * spread + day.astype("datetime64[D]").astype(int))
    end = of_child * spread + before.astype("datetime64[D]").astype(int)
    return np.searchsorted(events, end, "left") - np.searchsorted(events, end - YEAR, "right")


def _counter(rows: pd.DataFrame, date: str, events: pd.DataFrame, of: str) -> pd.Series:
    """The child's events in the twelve months before its latest row, the same on every row."""
    earlier = _earlier(
        events["child"].to_numpy(),
        events[of].to_numpy(),
        rows["child"].to_numpy(),
        rows[date].to_numpy(),
    )
    return pd.Series(earlier, index=rows.index).groupby(rows["child"]).transform("last")


def _referrals(history: History, now: pd.Timestamp) -> pd.DataFrame:
    events, date = history.referrals, "referral_date"
    rows = _within(events, date, now)
    return rows.assign(referrals_last_12_months=_counter(rows, date, events, date))


def _enquiries(history: History, now: pd.Timestamp) -> pd.DataFrame:
    events, date = history.enquiries, "s47_start_date"
    rows = _within(events, date, now)
    planned = rows["icpc_date"].notna()
    held = rows["icpc_date"] <= now
    decided = planned | (rows[date] <= now - pd.Timedelta(days=_UNDECIDED_DAYS))
    unnecessary = pd.Series(np.where(planned, NO, YES), index=rows.index)
    conferences = events.dropna(subset="icpc_date")
    return rows.assign(
        icpc_unnecessary=unnecessary.where(decided),
        icpc_date=rows["icpc_date"].where(held),
        icpc_led_to_plan=rows["plan"].where(held),
        s47_last_12_months=_counter(rows, date, events, date),
        icpcs_last_12_months=_counter(rows, date, conferences, "icpc_date"),
    )


def _assessments(history: History, now: pd.Timestamp) -> pd.DataFrame:
    rows = _current(on_system(history.assessments, np.datetime64(now, "D")), now)
    helped = pd.concat([history.plans["child"], history.care["child"], history.support["child"]])
    needs = pd.Series(np.where(rows["child"].isin(helped), YES, NO), index=rows.index)
    return rows.assign(
        assessment_start_date=rows["start"],
        authorisation_date=rows["end"],
        needs_support=needs.where(rows["end"].notna()),
    )


def _in_need(history: History, now: pd.Timestamp) -> pd.DataFrame:
    """One row per child: the most recent episode, made of all that follows without a gap."""
    day = np.datetime64(now, "D")
    assessments = on_system(history.assessments, day)
    rows = spans(assessments, history.plans, history.care, history.support)
    rows = rows[rows["start"] <= now].sort_values(["child", "start"], kind="stable")
    rows["until"] = rows["end"].where(rows["end"] <= now, pd.Timestamp.max.floor("D"))
    reach = rows.groupby("child")["until"].cummax().groupby(rows["child"]).shift()
    episode = (~(rows["start"] <= reach)).groupby(rows["child"]).cumsum()
    latest = rows[episode == episode.groupby(rows["child"]).transform("max")]
    by_end = latest.sort_values("until", kind="stable").groupby("child")
    rows = by_end.agg(start=("start", "min"), end=("until", "max"), reason=("reason", "last"))
    rows = _current(rows.reset_index(), now)

    def among(spans: pd.DataFrame) -> pd.Series:
        return rows["child"].isin(spans.loc[open_at(spans, day), "child"])

    closed, child = rows["end"].notna(), rows["child"]
    support = history.support
    return rows.assign(
        cin_start_date=rows["start"],
        primary_need=history.children["need"].reindex(child).to_numpy(),
        # A visit every few weeks, at a pace of each child's own.
        last_seen_date=_latest(rows, 4, 14 + child % 30),
        cin_closure_date=rows["end"],
        closure_reason=rows["reason"].where(closed),
        # The first that applies. Support without a plan is none of them, and is left blank.
        case_status=np.select(
            [
                closed,
                among(history.care),
                among(history.plans),
                among(support[support["need_plan"]]),
                among(assessments),
            ],
            [CLOSED, LOOKED_AFTER, PROTECTION_PLAN, NEED_PLAN, OPEN_ASSESSMENT],
            "",
        ),
    )


def _plans(history: History, now: pd.Timestamp) -> pd.DataFrame:
    rows = _current(history.plans, now)
    visit = _latest(rows, 3, rows["visit_every"])
    return rows.assign(
        plan_start_date=rows["start"],
        plan_end_date=rows["end"],
        last_visit_date=visit,
        seen_alone=rows["seen_alone"].where(visit.notna()),
        latest_review_date=_latest(rows, 80, rows["review_every"]),
    )


def _in_care(history: History, now: pd.Timestamp) -> pd.DataFrame:
    steps = ["decision_date", "placement_order_date", "placed_date", "reversal_date"]
    rows = _current(history.care, now)
    rows = rows.join(history.adoptions.set_index("child")[steps], on="child")
    start, until = rows["start"], rows["until"]
    elapsed = (until - start).dt.days
    decided = (rows["decision_date"] <= until) & ~(rows["reversal_date"] <= until)
    freed = decided & (rows["placement_order_date"] <= until)
    placed = rows["placed_date"] <= until
    ordered = (rows["route"] == INTERIM_ORDER) & (elapsed >= rows["order_after"])
    born = history.children["birth_date"].reindex(rows["child"]).to_numpy()
    under_five = (until - born).dt.days < 5 * YEAR
    every = rows["placement_every"]
    # Placements begin on the day of coming into care and then every so many days.
    placements = 1 + elapsed // every - (elapsed - YEAR).clip(lower=0) // every
    return rows.assign(
        uasc=np.where(rows["uasc"], YES, NO),
        care_start_date=start,
        category_of_need=np.where(
            rows["uasc"],
            ABSENT_PARENTING,
            history.children["need"].reindex(rows["child"]),
        ),
        legal_status=np.select([freed, ordered], [PLACEMENT_ORDER, FULL_ORDER], rows["route"]),
        legal_status_start_date=start.mask(ordered, start + _days(rows["order_after"])).mask(
            freed, rows["placement_order_date"]
        ),
        latest_review_date=_latest(rows, 20, rows["review_every"]),
        last_visit_date=_latest(rows, 3, rows["visit_every"]),
        permanence_plan=np.select(
            [decided, elapsed < rows["permanence_after"]], [ADOPTION, ""], rows["permanence"]
        ),
        last_iro_date=_latest(rows, 20, rows["officer_every"]),
        last_health_date=_latest(rows, 20, np.where(under_five, 175, rows["health_every"])),
        last_dental_date=_latest(rows, 60, rows["dental_every"]),
        placements_last_12_months=placements + (placed & (rows["placed_date"] > until - _YEAR)),
        care_end_date=rows["end"],
        care_end_reason=rows["reason"].where(rows["end"].notna()),
        placement_start_date=(until - _days(elapsed % every)).mask(placed, rows["placed_date"]),
        placement_type=rows["placement_type"].mask(placed, PLACED_FOR_ADOPTION),
        placement_urn=rows["placement_urn"].mask(placed, ""),
    )


def _leavers(history: History, now: pd.Timestamp) -> pd.DataFrame:
    """Everybody entitled today, and a few children in care who will be."""
    day = np.datetime64(now, "D")
    born = history.children["birth_date"]
    rows = history.leavers[open_at(history.leavers, day)].drop(columns="birth_date")
    rows = rows.assign(
        eligibility=rows["adult_category"].mask(
            born.reindex(rows["child"]).to_numpy() > now - pd.DateOffset(years=18), RELEVANT
        )
    )
    care = history.care[open_at(history.care, day) & ~history.care["uasc"]]
    age = born.reindex(care["child"]).sort_values()
    eligible = age[age < now - pd.DateOffset(years=16)].index[: 1 + len(rows) // 50]
    like = rows.iloc[: len(eligible)].assign(
        child=eligible[: len(rows)], uasc=False, eligibility=ELIGIBLE, start=now - _YEAR
    )
    rows = pd.concat([rows, like]).assign(until=now)
    return rows.assign(
        uasc=np.where(rows["uasc"], YES, NO),
        pathway_review_date=_latest(rows, 28, rows["review_every"]),
        last_contact_date=_latest(rows, 7, rows["contact_every"]),
    )


def _so_far(rows: pd.DataFrame, now: pd.Timestamp) -> pd.DataFrame:
    """Without the dates that lie ahead."""
    dates = rows.select_dtypes("datetime").columns
    return rows.assign(**{name: rows[name].where(rows[name] <= now) for name in dates})


def _adoptions(history: History, now: pd.Timestamp) -> pd.DataFrame:
    rows = _so_far(history.adoptions, now)
    over = (rows["adoption_order_date"] <= now - _YEAR) | (rows["reversal_date"] <= now - _YEAR)
    rows = rows[rows["decision_date"].notna() & ~over]
    return rows.assign(
        family_id=_family(rows).where(rows["matched_date"].notna()),
        reversal_reason=rows["reversal_reason"].where(rows["reversal_date"].notna()),
    )


def _adopters(history: History, now: pd.Timestamp) -> pd.DataFrame:
    rows = _so_far(history.adopters, now)
    over = (rows["adoption_order_date"] <= now - _YEAR) | (rows["leaving_date"] <= now - _YEAR)
    rows = rows[rows["stage_1_start_date"].notna() & ~over]
    return rows.assign(
        adopter_id=7_000_000 + rows["adopter"],
        family_id=_family(rows),
        children_placed=rows["placed_date"].notna().astype(float).replace(0, np.nan),
        leaving_reason=rows["leaving_reason"].where(rows["leaving_date"].notna()),
    )


def _family(rows: pd.DataFrame) -> pd.Series:
    return 500_000 + rows["family"]
