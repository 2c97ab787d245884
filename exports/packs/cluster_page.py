"""What one cluster's pack says: its authorities side by side, then each by itself.

Chooses and orders what `figures`, `questions` and `narrative` hold; the page and the Word form are
both laid out from the same pack.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import pandas as pd

from exports.marts import read_mart, value_symbols
from exports.packs.figures import strongest
from exports.packs.narrative import Narratives, Quote
from exports.packs.registers import Cluster
from exports.returns_status import RETURNED, STATES
from ingestion.periods import Quarter
from ingestion.registry import seed

MARTS = ("mart_submission_status", "fct_inspection")
STRONGEST = 6
_AREAS = {
    "overall": "Overall",
    "leadership": "Impact of leaders",
    "help_and_protection": "Help and protection",
    "children_in_care": "Children in care",
    "care_leavers": "Care leavers",
}
# fmt: off
_SUBMISSION = [
    "new_la_code", "la_name", "submission_state", "is_late", "is_partial", "days_late",
    "measures_asked", "measures_returned", "measure_code", "measure_label", "comment",
    "is_current", "release_id",
]
# fmt: on


Cell = dict[Hashable, Any]  # a row of `figures` or `questions`, by column


@dataclass(frozen=True)
class Row:
    """One indicator across the cluster; a cell is a row of `figures`, by authority."""

    code: str
    label: str
    name: str
    unit: str
    london: str
    cluster: str
    cells: list[Cell]


@dataclass(frozen=True)
class Authority:
    """One authority's part of the pack."""

    code: str
    name: str
    state: str
    returned: bool
    narrative: str
    counts: Mapping[str, int]
    comments: list[tuple[str, str]]
    quotes: list[Quote]
    exceptions: list[Cell]
    published: list[Cell]
    judgements: list[tuple[str, str, str]]
    questions: list[Cell]


@dataclass(frozen=True)
class Pack:
    """A cluster's pack; `indicators` counts those looked at."""

    cluster: Cluster
    stem: str
    themes: list[tuple[str, list[Row]]]
    authorities: list[Authority]
    indicators: int
    shown: int
    missing: list[str]

    @property
    def codes(self) -> set[str]:
        """The indicators that the table shows."""
        return {row.code for _, rows in self.themes for row in rows}


@dataclass(frozen=True)
class Known:
    """Everything that packs are chosen from, for all of London and one quarter."""

    figures: pd.DataFrame
    published: pd.DataFrame
    nearby: pd.DataFrame
    submissions: pd.DataFrame
    judgements: pd.DataFrame
    questions: pd.DataFrame
    narratives: Narratives | None


def submissions(marts: Path, quarter: Quarter) -> pd.DataFrame:
    """The returns that stand for a quarter, a row for each figure asked for, with `state_words`."""
    where = [("quarter_label", "==", quarter.label), ("is_current", "==", True)]
    rows = read_mart(marts, "mart_submission_status", _SUBMISSION, where)
    days = rows["days_late"].fillna(0).astype(int)
    words = rows["submission_state"].map(STATES).fillna("Not returned")
    late = rows["is_late"].fillna(False).astype(bool) & (days > 0)
    words = words + (" (" + days.astype("str") + " days)").where(late, "")
    figures = (
        rows["measures_returned"].astype("str") + " of " + rows["measures_asked"].astype("str")
    )
    is_in = rows["submission_state"].isin(RETURNED)
    return rows.assign(
        is_in=is_in, state_words=words + (", " + figures + " figures").where(is_in, "")
    )


def unreturned(rows: pd.DataFrame) -> pd.DataFrame:
    """new_la_code and state of the authorities without a return that counts."""
    out = rows[~rows["is_in"] & (rows["submission_state"] != "not_participating")]
    out = out.drop_duplicates("new_la_code")[["new_la_code", "state_words"]]
    return out.assign(state=out["state_words"].str.lower()).drop(columns="state_words")


def judgements(marts: Path) -> pd.DataFrame:
    """Ofsted's latest judgement of each authority and area, in words."""
    columns = ["new_la_code", "judgement_area", "grade", "grade_status", "publication_date"]
    rows = read_mart(marts, "fct_inspection", columns, [("is_current", "==", True)])
    grade = rows["grade"].fillna("").astype("str").str.replace("_", " ").str.capitalize()
    symbol = value_symbols(rows["grade_status"])
    meaning = rows["grade_status"].map(
        seed("registry/value_statuses").set_index("value_status")["label"]
    )
    told = grade.where(rows["grade_status"] == "ok", symbol + ": " + meaning.str.lower())
    days = pd.to_datetime(rows["publication_date"])
    day = days.dt.day.astype("str") + days.dt.strftime(" %b %Y")
    order = rows["judgement_area"].map({area: at for at, area in enumerate(_AREAS)})
    rows = rows.assign(told=told, day=day, order=order, area=rows["judgement_area"].map(_AREAS))
    return rows.dropna(subset="order").sort_values(["new_la_code", "order"], ignore_index=True)


def pack(cluster: Cluster, known: Known) -> Pack:
    """One cluster's pack from what is known of all of London."""
    names = seed("reference/local_authorities").set_index("new_la_code")["la_name"]
    codes = sorted(cluster.members, key=lambda code: names[code])
    own = known.figures[known.figures["new_la_code"].isin(codes)]
    shown = own[own.groupby("indicator_code")["is_exception"].transform("any")]
    nearby = known.nearby[known.nearby["comparison_group"] == cluster.code]
    nearby = nearby[nearby["group_text"] != ""].drop_duplicates("indicator_code")
    beside = nearby.set_index("indicator_code")["group_text"].to_dict()
    absent: Cell = {**dict.fromkeys(shown.columns, ""), **_absent()}
    themes: dict[str, list[Row]] = {}
    for code, part in groupby(shown.to_dict("records"), key=itemgetter("indicator_code")):
        cells = {cell["new_la_code"]: cell for cell in part}
        head = next(iter(cells.values()))
        london = max(cell["london_text"] for cell in cells.values())
        row = Row(
            code=code,
            label=head["label"],
            name=head["name"],
            unit=head["unit_words"],
            london=london or "–",
            cluster=beside.get(code, "–"),
            cells=[cells.get(la, absent) for la in codes],
        )
        themes.setdefault(head["theme"], []).append(row)
    told = [_authority(code, str(names[code]), known) for code in codes]
    return Pack(
        cluster=cluster,
        stem=cluster.code,
        themes=list(themes.items()),
        authorities=told,
        indicators=int(own["indicator_code"].nunique()),
        shown=int(shown["indicator_code"].nunique()),
        missing=[authority.name for authority in told if not authority.returned],
    )


def _absent() -> Cell:
    """The cell of an authority that has no row for an indicator: as if it had sent none."""
    status = seed("registry/value_statuses").set_index("value_status").loc["not_returned"]
    return {
        "text": status["dfe_symbol"],
        "meaning": status["label"],
        "has_value": False,
        "is_exception": False,
    }


def _authority(code: str, name: str, known: Known) -> Authority:
    own = known.figures[known.figures["new_la_code"] == code]
    sent = known.submissions[known.submissions["new_la_code"] == code]
    noted = sent[sent["comment"].fillna("").str.strip() != ""]
    graded = known.judgements[known.judgements["new_la_code"] == code]
    asked = known.questions[known.questions["new_la_code"] == code]
    yearly = known.published[known.published["new_la_code"] == code]
    flagged = own[own["is_exception"]]
    told = known.narratives
    return Authority(
        code=code,
        name=name,
        state="Not returned" if sent.empty else str(sent["state_words"].iloc[0]),
        returned=bool(sent["is_in"].any()),
        narrative="" if told is None else told.states.get(code, "Nothing asked"),
        counts={
            "exceptions": len(flagged),
            "worse": int((flagged["judgement"] == "worse").sum()),
            "better": int((flagged["judgement"] == "better").sum()),
            "worsening": int((own["course"] == "worsening").sum()),
            "improving": int((own["course"] == "improving").sum()),
        },
        comments=[
            (str(label), str(text).strip())
            for label, text in zip(noted["measure_label"], noted["comment"], strict=True)
        ],
        quotes=[] if told is None else told.quotes.get(code, []),
        exceptions=strongest(own, STRONGEST).to_dict("records"),
        published=strongest(yearly, STRONGEST).to_dict("records"),
        judgements=list(zip(graded["area"], graded["told"], graded["day"], strict=True)),
        questions=asked.to_dict("records"),
    )
