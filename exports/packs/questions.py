"""Which questions the figures suggest to whom, in the words of `challenge_questions.csv`.

Each condition is one function from the quarter's figures to the cases it holds for; which question
is asked in a case, and in which order, is the register's. Words are not chosen here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

import pandas as pd

from exports.marts import read_mart
from exports.packs.figures import with_unit
from exports.rounding import fixed, half_up_double, plain
from ingestion.periods import Quarter
from ingestion.region import REGION
from ingestion.registry import seed

MARTS = ("fct_reconciliation",)
MOST, MOST_OF_ONE_KIND = 6, 2
# fmt: off
FIELDS = (
    "la", "quarter", "state", "indicator", "value", "london", "cluster", "side", "lasting",
    "change", "pair", "pair_value", "other_source", "other_value", "region",
)
# fmt: on
_OTHER = {"chat": "what was counted from ChAT / Annex A", "published": "DfE’s publication"}
_ORDER = ["strength", "distance", "indicator_order"]


class QuestionError(Exception):
    """A question of the register cannot be asked as it is written; the message names the row."""


@dataclass(frozen=True)
class Evidence:
    """What conditions look at, of one quarter.

    figures: `figures.of_quarter`. nearby: `figures.group_values` of clusters. apart: `apart`.
    unreturned: new_la_code and state (words) of those without a return that counts.
    """

    figures: pd.DataFrame
    nearby: pd.DataFrame
    apart: pd.DataFrame
    unreturned: pd.DataFrame


def apart(marts: Path, quarter: Quarter) -> pd.DataFrame:
    """Where the newest return compared differs moderately or largely from another source.

    Columns new_la_code, indicator_code, value, other_source, other_value: printed as compared.
    """
    columns = ["indicator_code", "new_la_code", "period_end", "period_label", "compared_source"]
    columns += ["compared_as", "size_class", "return_value", "chat_value", "published_value"]
    columns += ["return_numerator", "chat_numerator", "published_numerator"]
    a_year_before = quarter.end.replace(year=quarter.end.year - 1)
    where = [("base_source", "==", "return"), ("period_end", "<=", quarter.end)]
    where += [("period_end", ">", a_year_before), ("size_class", "!=", "none")]
    rows = read_mart(marts, "fct_reconciliation", [*columns, "size_order"], where)
    rows = rows.sort_values("period_end").drop_duplicates(
        ["indicator_code", "new_la_code", "compared_source"], keep="last"
    )
    rows = rows[rows["size_class"].isin(["moderate", "large"])]
    by_count = rows["compared_as"].isin(["count", "fte"])
    registry = seed("registry/indicators").set_index("indicator_code")
    decimals = rows["indicator_code"].map(registry["decimals"].astype(int))
    unit = rows["indicator_code"].map(registry["unit"])
    from_chat = rows["compared_source"] == "chat"

    def printed(value: pd.Series, numerator: pd.Series) -> pd.Series:
        rate = with_unit(fixed(half_up_double(value, decimals), decimals), unit)
        return rate.mask(by_count, plain(numerator))

    of_chat = printed(rows["chat_value"], rows["chat_numerator"])
    of_dfe = printed(rows["published_value"], rows["published_numerator"])
    when = " (" + rows["period_label"].astype("str") + ")"
    return rows.assign(
        value=printed(rows["return_value"], rows["return_numerator"]),
        other_value=of_chat.where(from_chat, of_dfe),
        other_source=rows["compared_source"].map(_OTHER).astype("str") + when,
    )[["new_la_code", "indicator_code", "value", "other_source", "other_value", "size_class"]]


def _exceptions(evidence: Evidence) -> pd.DataFrame:
    found = evidence.figures
    return found[found["is_exception"] & ~found["is_small_base"].fillna(False).astype(bool)]


def _lasting(evidence: Evidence) -> pd.DataFrame:
    found = _exceptions(evidence)
    return found[found["is_lasting"].fillna(False).astype(bool)]


def _on_side(side: str) -> Callable[[Evidence], pd.DataFrame]:
    """Without polarity a side is nothing by itself: only what surely differs is asked about."""

    def on_side(evidence: Evidence) -> pd.DataFrame:
        rows = _lasting(evidence)
        sure = (rows["judgement"] == "neutral") & (rows["evidence"] == "strong")
        return rows[sure & (rows["direction"] == side)]

    return on_side


def _judged(verdict: str) -> Callable[[Evidence], pd.DataFrame]:
    def judged(evidence: Evidence) -> pd.DataFrame:
        rows = _lasting(evidence)
        return rows[rows["judgement"] == verdict]

    return judged


def _moved(course: str) -> Callable[[Evidence], pd.DataFrame]:
    def moved(evidence: Evidence) -> pd.DataFrame:
        rows = evidence.figures
        return rows[(rows["course"] == course) & rows["has_value"] & (rows["change"] != "")]

    return moved


def _contradicts(evidence: Evidence) -> pd.DataFrame:
    """Pairs of the register of which the first is among the highest and the other the lowest."""
    pairs = seed("registry/challenge_questions")[["indicator_code", "pair_indicator_code"]]
    pairs = pairs[pairs["pair_indicator_code"] != ""].drop_duplicates()
    found = _exceptions(evidence)
    high = found[found["direction"] == "high"]
    low = found.loc[
        found["direction"] == "low",
        ["new_la_code", "indicator_code", "name", "words", "rank_words"],
    ]
    low.columns = pd.Index(
        ["new_la_code", "pair_indicator_code", "pair", "pair_value", "pair_rank"]
    )
    both = high.merge(pairs, on="indicator_code")
    return both.merge(low, on=["new_la_code", "pair_indicator_code"])


def _alone(evidence: Evidence) -> pd.DataFrame:
    """Exceptions, none of them better, that no other of the cluster has on that side, and that are
    significantly apart from it."""
    rows = _exceptions(evidence).merge(evidence.nearby, on=["new_la_code", "indicator_code"])
    keys = ["comparison_group", "indicator_code", "direction"]
    alone = rows.groupby(keys)["new_la_code"].transform("size") == 1
    agreeing = rows["significance"] == rows["direction"].map({"high": "higher", "low": "lower"})
    rows = rows[alone & agreeing & (rows["judgement"] != "better")]
    return rows.assign(cluster=rows["group_words"])


def _differing(evidence: Evidence) -> pd.DataFrame:
    own = evidence.figures[["new_la_code", "indicator_code", "la_name", "name", "label", "theme"]]
    own = own.assign(indicator_order=evidence.figures["indicator_order"])
    size = evidence.apart["size_class"].map({"large": 0, "moderate": 1})
    return evidence.apart.assign(strength=size).merge(own, on=["new_la_code", "indicator_code"])


def _unreturned(evidence: Evidence) -> pd.DataFrame:
    names = seed("reference/local_authorities").set_index("new_la_code")["la_name"]
    rows = evidence.unreturned
    return rows.assign(la_name=rows["new_la_code"].map(names), indicator_code="", theme="")


CONDITIONS: dict[str, Callable[[Evidence], pd.DataFrame]] = {
    "not_returned": _unreturned,
    "worse_lasting": _judged("worse"),
    "better_lasting": _judged("better"),
    "worse_direction": _moved("worsening"),
    "improving": _moved("improving"),
    "contradicts_pair": _contradicts,
    "differs_from_cluster": _alone,
    "high_lasting": _on_side("high"),
    "low_lasting": _on_side("low"),
    "sources_differ": _differing,
}


def suggested(evidence: Evidence, quarter: Quarter) -> pd.DataFrame:
    """The best questions for each authority: new_la_code, question_id, indicator_code, question,
    basis (the figures it rests on), in the order in which to ask them.

    Raises QuestionError for a condition or a placeholder that there is not.
    """
    register = seed("registry/challenge_questions")
    _check(register)
    asked = pd.concat(
        [
            _matched(_case(condition(evidence), quarter), register, name)
            for name, condition in CONDITIONS.items()
        ],
        ignore_index=True,
    )
    asked = asked.sort_values(["priority", *_ORDER, "row", "new_la_code"], ignore_index=True)
    # One question about a figure is enough, and the same words are tiring by the third time.
    asked = asked[~asked.duplicated(["new_la_code", "indicator_code"])]
    asked = asked[asked.groupby(["new_la_code", "question_id"]).cumcount() < MOST_OF_ONE_KIND]
    asked = asked[asked.groupby("new_la_code").cumcount() < MOST]
    asked["question"] = [
        line["question"].format_map({name: line[name] for name in FIELDS})
        for line in asked.to_dict("records")
    ]
    columns = ["new_la_code", "question_id", "applies_when", "indicator_code", "question", "basis"]
    return asked[columns].reset_index(drop=True)


def _case(rows: pd.DataFrame, quarter: Quarter) -> pd.DataFrame:
    """A condition's rows with every placeholder as text; '' where it has nothing to say."""
    given = {"la": "la_name", "indicator": "name", "london": "london_words"}
    given |= {name: name for name in FIELDS if name not in given and name != "value"}
    given["value"] = "value" if "value" in rows else "words"
    texts = {
        name: rows[column].fillna("").astype("str") if column in rows else ""
        for name, column in given.items()
    }
    case = rows.reindex(columns=["new_la_code", "indicator_code", "theme", *_ORDER]).assign(**texts)
    case["side"] = case["side"].str.replace(r"^\W*among ", "", regex=True)
    case["quarter"], case["region"] = quarter.label, str(REGION)
    case["pair_indicator_code"] = rows.get("pair_indicator_code", pd.Series("", rows.index))
    case["basis"] = _basis(rows, case)
    case[_ORDER] = case[_ORDER].astype(float).fillna(0.0)
    return case


def _basis(rows: pd.DataFrame, case: pd.DataFrame) -> list[str]:
    """The figures behind a question, as they stand in the table."""
    parts = ["rank_words", "side", "verdict", "lasting", "evidence_words", "change"]
    parts = [part for part in parts if part in rows]
    words = rows.reindex(columns=parts).fillna("").astype("str").to_numpy().tolist()
    heads = zip(case["indicator"], case["value"], case["london"], strict=True)
    pairs = zip(
        case["pair"], case["pair_value"], case["other_source"], case["other_value"], strict=True
    )
    lines = []
    for (name, value, london), (pair, pair_value, source, other), more in zip(
        heads, pairs, words, strict=True
    ):
        said = [f"{name} {value}".strip(), f"{REGION.name} {london}" if london else "", *more]
        said += [f"{pair} {pair_value}" if pair else "", f"{source}: {other}" if other else ""]
        lines.append("; ".join(part for part in said if part))
    return [line or f"Return: {state}" for line, state in zip(lines, case["state"], strict=True)]


def _matched(case: pd.DataFrame, register: pd.DataFrame, name: str) -> pd.DataFrame:
    """Each case with the most specific question of the register that applies to it."""
    own = register[register["applies_when"] == name]
    own = own.assign(row=range(len(own)), priority=own["priority"].astype(int))
    own["reach"] = (own["indicator_code"] == "") * 1 + (own["theme"] == "") * 1
    own.loc[own["indicator_code"] != "", "reach"] = 0
    columns = ["question_id", "applies_when", "priority", "question", "row", "reach"]
    asked_of = own[["indicator_code", "pair_indicator_code", "theme", *columns]]
    names = {key: f"{key}_asked" for key in ("indicator_code", "pair_indicator_code", "theme")}
    both = case.merge(asked_of.rename(columns=names), how="cross")
    fits = pd.Series(True, both.index)
    for key, wanted in names.items():
        fits &= (both[wanted] == "") | (both[wanted] == both[key])
    both = both[fits].sort_values(["reach", "row"], kind="stable")
    return both.drop_duplicates(["new_la_code", "indicator_code", "pair_indicator_code"])


def _check(register: pd.DataFrame) -> None:
    for line in register.to_dict("records"):
        if line["applies_when"] not in CONDITIONS:
            raise QuestionError(
                f"challenge_questions.csv, {line['question_id']}: there is no condition "
                f"{line['applies_when']}. Use one of {', '.join(CONDITIONS)}"
            )
        used = {name for _, name, _, _ in Formatter().parse(line["question"]) if name is not None}
        if used - set(FIELDS):
            raise QuestionError(
                f"challenge_questions.csv, {line['question_id']}: nothing stands for "
                f"{{{', '.join(sorted(used - set(FIELDS)))}}}. Use any of {', '.join(FIELDS)}"
            )
