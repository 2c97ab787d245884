"""The words of a narrative form, the same in Word and in Excel."""

from collections.abc import Mapping

from exports.narratives.asked import Asked, Asking
from ingestion import narrative_form as form
from ingestion.periods import Quarter
from ingestion.region import REGION

EXCEPTIONS = "1. Your exceptions"
SELF_VIEW = "2. How you see yourselves"
PLAN = "3. Development plan"
SHARING = "4. May others read your answers?"
HOW_TO = (
    "Write in the yellow cells only, and leave the small reference beside each as it is: it tells "
    "which question your answer belongs to.",
    "Write about services, never about a child or family: no names, dates of birth, NHS or pupil "
    "numbers, full postcodes or e-mail addresses. An answer that holds one is set aside unread.",
)
SHARING_WHY = (
    f"{REGION.alliance}’s team reads all answers. Choose whether other authorities may read yours: "
    "with your name, without it, or not at all. If you choose nothing, they may not."
)
_WHAT = (
    f"Figures of yours that stand in {REGION}’s highest or lowest fifth, the strongest evidence"
    " first. High or low alone is neither good nor bad; where more or less of it is better, it is"
    " said."
)
_CHART = (
    f" Each line runs from {REGION}’s lowest to its highest figure: dots are authorities, the"
    f" diamond is you, the upright bar is {REGION}."
)


def title(asked: Asked, quarter: Quarter) -> str:
    return f"{asked.la_name}: narrative for {quarter.label}"


def cover(asked: Asked, quarter: Quarter) -> list[tuple[str, str]]:
    return [
        ("Authority", f"{asked.la_name} ({asked.short_code})"),
        ("Quarter", quarter.label),
        (form.VERSION_LABEL, form.VERSION),
    ]


def about_exceptions(asked: Asked, quarter: Quarter, charts: bool) -> str:
    if asked.exceptions:
        return _WHAT + (_CHART if charts else "")
    if asked.returned:
        return f"Your return for {quarter.label} shows no exception: there is nothing to explain."
    return (
        f"{REGION.alliance} holds no usable return of yours for {quarter.label}, so there are no "
        "exceptions to explain. The questions below are asked all the same."
    )


def facts(one: Asking) -> str:
    """An exception's figures in a sentence each."""
    return f"{one.figure} {one.period}; {REGION} {one.london or 'not known'}. {comparison(one)}"


def comparison(one: Asking) -> str:
    """The same without the two figures."""
    return (
        f"{first(one.rank)}. {one.direction}; {one.significance}. "
        f"An exception in {one.persistence}. Evidence: {one.evidence}."
    )


def first(words: str) -> str:
    return words[:1].upper() + words[1:]


def chart_in_words(one: Asking) -> str:
    """What a chart shows, for who does not see it."""
    strip = one.strip
    return (
        f"{one.label}: {REGION}’s authorities from {strip.lowest_text} to {strip.highest_text}; "
        f"yours {one.figure}, {REGION} {one.london or 'not known'}."
    )


def previous_plan(previous: Mapping[tuple[str, str, str], str]) -> str:
    """Last quarter's plan, a line for each row that had anything in it."""
    rows: dict[str, list[str]] = {}
    for (part, item, _), words in previous.items():
        if part == "plan" and words:
            rows.setdefault(item, []).append(words)
    lines = [f"{item}. " + "; ".join(dict.fromkeys(rows[item])) for item in sorted(rows, key=int)]
    return "\n" + "\n".join(lines) if lines else ""
