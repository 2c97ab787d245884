"""fct_exception as the narrative forms read it, made of small marts: a fifth at either end."""

import numpy as np
import pandas as pd

LONDON = "E12000007"


def exceptions(rows: pd.DataFrame) -> pd.DataFrame:
    """The returned figures of rank 1 to 6 from either end, with every kind of evidence by turns."""
    keys = ["indicator_code", "source", "period_type", "period_label"]
    las = rows[rows["new_la_code"].str.startswith("E09") & (rows["source"] == "return")]
    las = las[(las["value_status"] == "ok") & (las["new_la_code"] != "E09000001")]
    las = las[~las["unit"].isin(["count", "fte"])]
    ranked = las.groupby(keys)["value"]
    las = las.assign(
        rank=ranked.rank(method="min", ascending=False).astype("int64"),
        rank_from_lowest=ranked.rank(method="min").astype("int64"),
        n=ranked.transform("count"),
    )
    found = las[(las["rank"] <= 6) | (las["rank_from_lowest"] <= 6)]
    high = found["rank"] <= 6
    turn = np.arange(len(found)) % 3
    judged = np.where(found["polarity"].eq("low") == high, "worse", "better")
    return found[[*keys, "new_la_code", "rank", "rank_from_lowest", "n"]].assign(
        direction=np.where(high, "high", "low"),
        judgement=np.where(found["polarity"] == "none", "neutral", judged),
        significance=np.where(turn == 2, "not_different", np.where(high, "higher", "lower")),
        periods_compared=4,
        periods_flagged=np.where(turn == 0, 4, 1),
        is_lasting=turn == 0,
        evidence=np.array(["strong", "some", "weak"])[turn],
        is_small_base=turn == 2,
    )
