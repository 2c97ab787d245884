"""Children for whom the plan is adoption, and those who would adopt: lists 10 and 11.

Both follow from the children in care: who is adopted leaves care on the day of the order. Does not
belong here: what a workbook shows of it on its extract date (`lists.py`).
"""

import numpy as np
import pandas as pd

from ingestion.sample.annex_a.codes import (
    ADOPTER_GENDER,
    DISABILITY,
    ETHNICITY,
    NO,
    REVERSED,
    WITHDRAWN,
    YES,
)
from ingestion.sample.annex_a.draws import YEAR, Draws

# How far along the way from coming into care to the adoption order each step lies.
_STEPS = {
    "decision_date": 0.36,
    "placement_order_date": 0.46,
    "matched_date": 0.7,
    "placed_date": 0.75,
    "adoption_order_date": 1.0,
}


def adoptions(draws: Draws, care: pd.DataFrame) -> pd.DataFrame:
    """One row for each child whose plan is or was adoption, with all its dates, past or to come."""
    rows = care[care["adoptive"]].reset_index(drop=True)
    size = len(rows)
    start, end = (rows[name].to_numpy("datetime64[D]") for name in ("start", "end"))
    waiting = np.isnat(end)
    ends = np.where(waiting, start + draws.days(500, 1100, size), end)
    # Whoever is still in care at the end of the history was not adopted before it.
    horizon = np.datetime64(draws.quarters[-1].end, "D")
    ends = np.where(waiting, np.maximum(ends, horizon), ends)
    way = (ends - start).astype(int)
    steps = {}
    for name, share in _STEPS.items():
        jitter = 0.0 if share == 1 else draws.rng.uniform(-0.015, 0.015, size)
        steps[name] = start + (way * (share + jitter)).astype("timedelta64[D]")
    reversed_ = waiting & draws.happens(0.15, size)
    reversal = steps["decision_date"] + draws.days(40, 90, size)
    for name in ("placement_order_date", "matched_date", "placed_date", "adoption_order_date"):
        never = reversed_ & (steps[name] > reversal)
        steps[name] = np.where(never, np.datetime64("NaT"), steps[name])
    fostered = draws.happens(0.15, size)
    return pd.DataFrame(
        {
            "child": rows["child"],
            "family": np.arange(size),
            "entered_care_date": start,
            **steps,
            "reversal_date": np.where(reversed_, reversal, np.datetime64("NaT")),
            "reversal_reason": draws.of_shares(REVERSED, size),
            "foster_placement_date": np.where(
                fostered, start + (way * 0.1).astype("timedelta64[D]"), np.datetime64("NaT")
            ),
        }
    )


def adopters(draws: Draws, adoptions: pd.DataFrame) -> pd.DataFrame:
    """One row for each adopter, couples as two: of the children above, and as many with no child.

    Dates are those of the whole way, past or to come; two thirds of the families are couples.
    """
    matched = adoptions.dropna(subset="matched_date")
    opens, closes = draws.bounds(0)[0], draws.bounds(-1)[1]
    alone = len(matched) + draws.rng.poisson(4 * draws.scale)
    approved = np.concatenate(
        [
            matched["matched_date"].to_numpy("datetime64[D]") - draws.days(30, 240, len(matched)),
            opens + draws.days(0, int((closes - opens).astype(int)) + YEAR, alone),
        ]
    )
    size = len(approved)
    second = approved - draws.days(90, 130, size)
    first_end = second - draws.days(1, 25, size)
    first = first_end - draws.days(45, 70, size)
    nobody = np.full(alone, np.datetime64("NaT", "D"))
    goes = draws.happens(np.where(np.arange(size) < len(matched), 0, 0.3), size)
    left = np.where(goes, first + draws.days(20, 400, size), np.datetime64("NaT", "D"))
    families = pd.DataFrame(
        {
            "family": np.concatenate([matched["family"], len(adoptions) + np.arange(alone)]),
            "fostering_for_adoption": np.concatenate(
                [
                    np.where(matched["foster_placement_date"].notna(), "Yes", "No"),
                    np.full(alone, "No"),
                ]
            ),
            "enquiry_date": first - draws.days(10, 60, size),
            "stage_1_start_date": first,
            "stage_1_end_date": first_end,
            "stage_2_start_date": second,
            "stage_2_end_date": approved,
            "application_date": second,
            "approval_date": approved,
            **{
                name: np.concatenate([matched[name].to_numpy("datetime64[D]"), nobody])
                for name in ("matched_date", "placed_date", "adoption_order_date")
            },
            "leaving_date": left,
            "leaving_reason": draws.of_shares(WITHDRAWN, size),
        }
    )
    for name in families.columns[families.columns.str.endswith("_date")]:
        families[name] = families[name].mask(families[name] > families["leaving_date"])
    rows = families.loc[np.repeat(families.index, 1 + draws.happens(0.67, size))]
    rows = rows.reset_index(drop=True)
    return rows.assign(
        adopter=range(len(rows)),
        gender=draws.of_shares(ADOPTER_GENDER, len(rows)),
        ethnicity=draws.of_shares(ETHNICITY, len(rows)),
        disability=draws.of_shares({YES: DISABILITY[YES], NO: DISABILITY[NO]}, len(rows)),
    )
