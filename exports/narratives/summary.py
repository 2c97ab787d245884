"""What came back from the narratives of a quarter, for directors: one page on all of London.

Counts who was asked and who answered, and groups what may be read by indicator, theme and
question. Whose words may be read is `quoting.py`'s business; what is asked, answered and which
theme it speaks of, the marts'.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from exports.marts import MartError, is_synthetic, product_settings, read_mart, require_unique
from exports.narratives.quoting import ASKED, LEAST_AUTHORITIES, quoted
from exports.pages import page
from ingestion.landing import LONDON
from ingestion.periods import Quarter
from ingestion.registry import seed

MARTS = (
    "fct_narrative",
    "mart_narrative_status",
    "mart_narrative_theme",
    "mart_submission_status",
)
PRODUCT = "narratives"
# So long a text is read on this page, and all of them together; the whole is in fct_narrative.
LONGEST = 400
ALL_TEXTS = 160_000

# fmt: off
_STATUS = [
    "new_la_code", "la_name", "quarter_label", "part", "item", "label", "theme", "direction",
    "evidence", "state", "quoting", "file_id", "received_at",
]
_ANSWERS = [
    "new_la_code", "la_name", "quarter_label", "part", "item", "field", "label", "answer",
    "answer_status", "quoting", "is_current", "is_synthetic",
]
_THEMES = [
    "new_la_code", "quarter_label", "part", "item", "label", "narrative_theme",
    "narrative_theme_label", "keywords_matched",
]
# fmt: on
_ITEM = ["new_la_code", "part", "item"]
_SIDES = {"high": ("▲", "among the highest"), "low": ("▼", "among the lowest")}


def summary_page(marts: Path, quarter: Quarter) -> str | None:
    """`summary.html` of a quarter: same marts, same bytes. None where nothing was asked for."""
    status = read_mart(marts, "mart_narrative_status", _STATUS)
    answers = read_mart(marts, "fct_narrative", _ANSWERS, [("is_current", "==", True)])
    releases = read_mart(marts, "mart_submission_status", ["release_id"])["release_id"]
    asked = status[status["quarter_label"] == quarter.label]
    if asked.empty:
        return None
    require_unique(asked, "mart_narrative_status", _ITEM)
    read = _readable(asked, answers[answers["quarter_label"] == quarter.label])
    longest = min(LONGEST, ALL_TEXTS // max(1, int(read["answer"].notna().sum())))
    read["answer"] = _shortened(read["answer"], longest)
    themes = read_mart(
        marts, "mart_narrative_theme", _THEMES, [("quarter_label", "==", quarter.label)]
    )
    returned = asked["state"] != "not_returned"
    return page(
        "narrative_summary.html.j2",
        quarter=quarter,
        marking=product_settings(PRODUCT)["marking"],
        synthetic=bool(answers["is_synthetic"].any()) or is_synthetic(releases),
        least=LEAST_AUTHORITIES,
        longest=longest,
        counts=_counts(asked),
        any_returned=bool(returned.any()),
        before=_before(status, quarter),
        authorities=_authorities(asked),
        missing=sorted(set(asked.loc[~returned, "la_name"])),
        domains=_domains(asked, read),
        domain_counts=_domain_counts(asked),
        unasked=_unasked(asked, answers[answers["quarter_label"] == quarter.label]),
        themes=_spoken_of(themes),
        keywords=_keywords(),
        questions=list(_questions(asked, read, themes)),
    )


def _readable(asked: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """What was asked for and answered, with what of it others may read."""
    answered = asked.loc[asked["state"] == "answered", [*_ITEM, "la_name", "direction"]]
    # A row of the development plan has several fields and is no answer to anything asked.
    own = answers[
        (answers["answer_status"] == "ok") & answers["part"].isin(["exception", "self_view"])
    ]
    rows = answered.merge(
        own[[*_ITEM, "answer", "quoting"]], on=_ITEM, how="left", validate="one_to_one"
    )
    if rows["answer"].isna().any():
        raise MartError("mart_narrative_status has answers that fct_narrative has not")
    rows["direction"] = rows["direction"].fillna("")
    shown = quoted(rows[[*ASKED, "la_name", "answer", "quoting"]])
    # Words without a name in an order of their own, which says nothing about whose they are.
    shown = shown.sort_values(["shown", "la_name", "answer"], na_position="last")
    return shown.assign(explained_by=rows["la_name"])


def _shortened(texts: pd.Series, longest: int) -> pd.Series:
    """Long texts cut after a whole word, and marked."""
    cut = texts.str.slice(0, longest).str.replace(r"\s+\S*$", "", regex=True) + " […]"
    return texts.mask(texts.str.len() > longest, cut)


def _counts(asked: pd.DataFrame) -> dict[str, int]:
    """The numbers of the head of the page."""
    exceptions = asked[asked["part"] == "exception"]
    questions = asked[asked["part"] == "self_view"]
    returned = asked[asked["state"] != "not_returned"]
    return {
        "authorities": asked["new_la_code"].nunique(),
        "returned": returned["new_la_code"].nunique(),
        "exceptions": len(exceptions),
        "explained": _answered(exceptions),
        "questions": len(questions),
        "answered": _answered(questions),
        "set_aside": int((asked["state"] == "set_aside").sum()),
    }


def _answered(rows: pd.DataFrame) -> int:
    return int((rows["state"] == "answered").sum())


def _before(status: pd.DataFrame, quarter: Quarter) -> tuple[str, int] | None:
    """The newest earlier quarter with narratives, and from how many authorities."""
    came = status[
        (status["state"] != "not_returned") & (status["quarter_label"] < quarter.label)
    ].groupby("quarter_label")["new_la_code"]
    counts = came.nunique()
    return None if counts.empty else (str(counts.index[-1]), int(counts.iloc[-1]))


def _authorities(asked: pd.DataFrame) -> list[dict[str, Any]]:
    """Who returned a narrative, and how much of what was asked stands in it; by name."""
    rows = []
    for name, own in asked.groupby("la_name"):
        if (own["state"] == "not_returned").any():
            continue
        exceptions, questions = (own[own["part"] == part] for part in ("exception", "self_view"))
        received = own["received_at"].max()
        local = None if pd.isna(received) else received.tz_convert(LONDON)
        rows.append(
            {
                "la_name": name,
                "received": "" if local is None else f"{local.day} {local:%b %Y}",
                "explained": (_answered(exceptions), len(exceptions)),
                "answered": (_answered(questions), len(questions)),
                "set_aside": int((own["state"] == "set_aside").sum()),
            }
        )
    return rows


def _domains(asked: pd.DataFrame, read: pd.DataFrame) -> list[tuple[str, list[dict[str, Any]]]]:
    """The exceptions by theme and indicator in the registry's order, both directions of each."""
    exceptions = asked[asked["part"] == "exception"]
    themes, codes = seed("registry/themes")["theme"], seed("registry/indicators")["indicator_code"]
    rank = exceptions["theme"].map(pd.Series(range(len(themes)), themes))
    place = exceptions["item"].map(pd.Series(range(len(codes)), codes))
    ordered = exceptions.assign(rank=rank, place=place).sort_values(["rank", "place", "direction"])
    domains: dict[str, list[dict[str, Any]]] = {}
    for (theme, item, direction), rows in ordered.groupby(
        ["theme", "item", "direction"], sort=False
    ):
        own = read[
            (read["part"] == "exception")
            & (read["item"] == item)
            & (read["direction"] == direction)
        ]
        domains.setdefault(str(theme), []).append(
            {
                "label": rows["label"].iloc[0],
                "side": _SIDES[str(direction)],
                "asked": len(rows),
                "strong": int((rows["evidence"] == "strong").sum()),
                "explained_by": sorted(own["explained_by"]),
                **_quotes(own),
            }
        )
    return list(domains.items())


def _domain_counts(asked: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Exceptions of each theme: how many, how many explained, and of how many authorities."""
    exceptions = asked[asked["part"] == "exception"]
    return {
        str(theme): {
            "asked": len(rows),
            "explained": _answered(rows),
            "authorities": rows["new_la_code"].nunique(),
        }
        for theme, rows in exceptions.groupby("theme")
    }


def _quotes(rows: pd.DataFrame) -> dict[str, Any]:
    """What may be read of some answers, and how many there are of which nothing may."""
    named = rows[rows["shown"] == "named"]
    return {
        "named": list(zip(named["la_name"], named["answer"], strict=True)),
        "unnamed": rows.loc[rows["shown"] == "unnamed", "answer"].tolist(),
        "kept": int((rows["shown"] == "none").sum()),
    }


def _unasked(asked: pd.DataFrame, answers: pd.DataFrame) -> list[str]:
    """Indicators that were explained, though the figures as they stand are no exception."""
    explained = answers[(answers["part"] == "exception") & (answers["answer_status"] == "ok")]
    beyond = explained.merge(asked[_ITEM], on=_ITEM, how="left", indicator=True)
    beyond = beyond[beyond["_merge"] == "left_only"]
    return sorted(set(beyond["label"].fillna(beyond["item"])))


def _spoken_of(themes: pd.DataFrame) -> list[dict[str, Any]]:
    """Themes by the number of authorities that speak of them, all of the register among them.

    What fewer authorities than LEAST_AUTHORITIES say is not told apart any further.
    """
    registry = seed("registry/narrative_themes").drop_duplicates("theme")
    rows = []
    for theme, label in registry[["theme", "label"]].itertuples(index=False):
        own = themes[themes["narrative_theme"] == theme]
        count = own["new_la_code"].nunique()
        told = own if count >= LEAST_AUTHORITIES else own.iloc[:0]
        words = told["keywords_matched"].str.split(", ").explode().dropna()
        about = told[told["part"] == "exception"].groupby("label")["new_la_code"].nunique()
        many = (
            about[about >= LEAST_AUTHORITIES]
            .sort_index()
            .sort_values(ascending=False, kind="stable")
        )
        rows.append(
            {
                "label": label,
                "count": count,
                "told": count >= LEAST_AUTHORITIES,
                "words": sorted(set(words)),
                "indicators": [(str(name), int(number)) for name, number in many.items()],
                "others": int(len(about) - len(many)),
            }
        )
    return sorted(rows, key=lambda row: (-row["count"], row["label"]))


def _keywords() -> list[tuple[str, list[str]]]:
    """The register's keywords by theme, so that a reader can see what was looked for."""
    rows = seed("registry/narrative_themes").groupby("label", sort=False)["keyword"]
    return [(str(label), words.tolist()) for label, words in rows]


def _questions(
    asked: pd.DataFrame, read: pd.DataFrame, themes: pd.DataFrame
) -> Iterator[dict[str, Any]]:
    """Each question with who answered, the themes of the answers, and what may be read of them."""
    for code, question in seed("registry/narrative_questions")[["code", "question"]].itertuples(
        index=False
    ):
        mine = asked[(asked["part"] == "self_view") & (asked["item"] == code)]
        of_it = themes[(themes["part"] == "self_view") & (themes["item"] == code)]
        counts = of_it.groupby("narrative_theme_label")["new_la_code"].nunique()
        many = (
            counts[counts >= LEAST_AUTHORITIES]
            .sort_index()
            .sort_values(ascending=False, kind="stable")
        )
        yield {
            "code": code,
            "question": question,
            "asked": len(mine),
            "answered": _answered(mine),
            "themes": [(str(label), int(count)) for label, count in many.items()],
            **_quotes(read[(read["part"] == "self_view") & (read["item"] == code)]),
        }
