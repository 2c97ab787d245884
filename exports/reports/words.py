"""What the figures of a report say in plain English: one sentence for each kind of fact.

Words only. A number in a sentence comes printed from the facts; nothing is judged that the marts
do not judge.
"""

from datetime import date
from typing import Any

from exports.charts.series import SIGNALS
from exports.figures import ordinal
from ingestion.region import REGION
from ingestion.registry import seed

Record = dict[str, Any]

_UNITS = {
    "percent": "%",
    "rate_per_10000": " per 10,000",
    "fte": " full-time equivalents",
    "days": " days",
}
UNIT_NAMES = {
    "percent": "per cent",
    "rate_per_10000": "rate per 10,000 population",
    "fte": "full-time equivalents",
    "days": "days",
    "count": "number",
    "number": "number; no rate, because the population is not loaded",
}
# The kinds of headline, as mart_headline has them.
KINDS = {"improving": "Improving", "concern": "Of concern", "unusual": "Unusual"}
EVIDENCE = {
    "strong": "beyond chance, and seen again",
    "some": "beyond chance, or seen again, not both",
    "weak": "neither beyond chance nor seen again",
}
_FIFTHS = {
    1: "lowest fifth",
    2: "second lowest fifth",
    3: "middle fifth",
    4: "second highest fifth",
    5: "highest fifth",
}
_TESTED = {
    "higher": "significantly higher",
    "lower": "significantly lower",
    "not_different": "no significant difference",
    "not_tested": "not tested",
}
_SIZES = {
    "none": "the same",
    "small": "small difference",
    "moderate": "moderate difference",
    "large": "large difference",
}


def number(text: str) -> str:
    """A printed number with commas at thousands; symbols stay as they are."""
    whole, point, rest = text.partition(".")
    return f"{int(whole):,}{point}{rest}" if whole.isdigit() and len(whole) > 3 else text


def measured(text: str, unit: str) -> str:
    """A printed number with its unit: 92.8%, 178.6 per 10,000."""
    return number(text) + _UNITS.get(unit, "")


def beside(text: str, unit: str) -> str:
    """A printed number where the unit is said above it; a percentage keeps its sign."""
    return number(text) + ("%" if unit == "percent" else "")


def unit_beside(unit: str) -> str:
    """What `beside` left out, to stand next to it."""
    return "" if unit == "percent" else _UNITS.get(unit, "").strip()


def day(when: date) -> str:
    return f"{when.day} {when:%B %Y}"


def period(cell: Record) -> str:
    """When a figure is of, so that it can stand in a sentence after it."""
    end = day(cell["period_end"])
    if cell["period_type"] == "quarter":
        return f"in the quarter to {end}"
    return f"on {end}" if cell["period_type"] == "snapshot" else f"published for the year to {end}"


def status(value_status: str) -> str:
    """The meaning of a value that is not there, as it stands in the registry."""
    labels = seed("registry/value_statuses").set_index("value_status")["label"]
    return str(labels[value_status]).lower()


def parts(cell: Record) -> str:
    """Numerator and denominator behind a figure; '' where the number is itself the count."""
    if not cell["usable"] or not cell["numerator"]:
        return ""
    above = number(cell["numerator"])
    if cell["display_unit"] == "percent" and cell["denominator"]:
        return f"{above} of {number(cell['denominator'])}"
    if cell["display_unit"] == "rate_per_10000" and cell["denominator"]:
        return f"{above}; population {number(cell['denominator'])}"
    if cell["display_unit"] == "days" and cell["denominator"]:
        return f"{above} days over {number(cell['denominator'])}"
    return ""


def rank(group: Record | None) -> str:
    """Like `4th highest of 29`, from the nearer end; '' where nothing is ranked."""
    if group is None or group["rank"] is None or group["rank_from_lowest"] is None:
        return ""
    top, bottom, n = int(group["rank"]), int(group["rank_from_lowest"]), int(group["n"])
    place, end = (top, "highest") if top <= bottom else (bottom, "lowest")
    # Ranks from both ends count everybody once, and themselves twice; what is left are equals.
    shared = "joint " if top + bottom <= n else ""
    nth = "" if place == 1 else f"{ordinal(place)} "
    return f"{shared}{nth}{end} of {n}"


def fifth(cell: Record) -> str:
    """Which fifth of London, and whether that is the better end; '' where there is none."""
    if not cell["usable"] or cell["band"] is None:
        return ""
    band = int(cell["band"])
    if band in (1, 5) and cell["polarity"] in ("high", "low"):
        better = (band == 5) == (cell["polarity"] == "high")
        return f"{_FIFTHS[band]} ({'better' if better else 'worse'} end)"
    return _FIFTHS[band]


def significance(value: str | None) -> str:
    return _TESTED.get(value or "not_tested", "")


def change(moved: str, unit: str) -> str:
    """A printed difference with its sign: −24.1, +0.6 points, 0.0."""
    sign = "−" if moved.startswith("-") else "" if not moved.strip("0.") else "+"
    return f"{sign}{number(moved.lstrip('-'))}{' points' if unit == 'percent' else ''}"


def signal(value: str | None) -> str:
    return SIGNALS.get(value or "", "")


def direction(found: Record) -> str:
    """High or low, and better or worse where there is a better."""
    side = "▲ high" if found["direction"] == "high" else "▼ low"
    judged = found["judgement"]
    return f"{side}, {judged}" if judged in ("better", "worse") else side


def persistence(found: Record) -> str:
    """In how many of the periods in which it could be compared; others say nothing either way."""
    seen, compared = int(found["periods_flagged"]), int(found["periods_compared"])
    return f"in {seen} of {compared} periods compared" if compared > 1 else "compared once"


def base(found: Record) -> str:
    return (
        "Rests on few cases: one more or less moves it visibly." if found["is_small_base"] else ""
    )


def exception(found: Record) -> str:
    """The exception as one sentence: direction, significance, persistence, evidence, base."""
    side = "highest" if found["direction"] == "high" else "lowest"
    judged = f", the {found['judgement']} end" if found["judgement"] in ("better", "worse") else ""
    chance = {
        "higher": f"significantly above {REGION}",
        "lower": f"significantly below {REGION}",
        "not_tested": "not tested against chance",
    }.get(found["significance"], f"not significantly different from {REGION}")
    return (
        f"Among the {side} fifth of {REGION}{judged}; {chance}; {persistence(found)}. "
        f"Evidence: {found['evidence']}. {base(found)}"
    ).strip()


def size(row: Record) -> str:
    """How far two sources lie apart, in the classes of the registry."""
    return _SIZES.get(row["size_class"] or "", "not comparable")
