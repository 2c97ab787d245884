"""Who may be given which product, and whose figures may be in it: from the registers alone.

One decision for each recipient, with a reason in plain words. Nothing is written here, and what a
missing row means is always no. The registers are seeds: recipients, authorisations,
agreement_versions and participation.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from exports.marts import current_set
from ingestion.periods import Quarter
from ingestion.region import REGION
from ingestion.registry import participates, seed

# From this many days before its end an authorisation is said to end.
NOTICE = 60
# On which basis each kind of recipient may be given anything. Appendix B ends "No data sharing will
# take place without the authorisation of the LCIIB"; other departments get figures by agreement.
_PARTIES = ("mou", "lciib", "aldcs", "la_permission")
_BASES = {
    **dict.fromkeys(("london_las", "lscb", "dfe", "d2i", "adcs"), _PARTIES),
    "government": ("lciib", "aldcs"),
    "appendix_b": ("lciib",),
}
_REGISTER = "dbt_project/seeds/reference/authorisations.csv"

Row = Mapping[str, str]
_NO_ROW: Row = {"authorisation": "", "basis": "", "reference": ""}


class RegisterError(Exception):
    """A register cannot be read as it stands; the message names the row and what to write."""


class State(StrEnum):
    """How an authorisation stands; only `present` lets anything out."""

    PRESENT = "present"
    EXPIRED = "expired"
    NOT_YET = "not yet in force"
    OUT_OF_SCOPE = "out of scope"
    ABSENT = "absent"
    NOT_LISTED = "recipient not listed"
    LAPSED = "recipient lapsed"
    WRONG_GRAIN = "wrong grain"
    WRONG_BASIS = "wrong basis"
    NO_AGREEMENT = "no agreement in force"


@dataclass(frozen=True)
class Decision:
    """Whether one recipient may be given a product of a quarter, on a day, and why."""

    product_id: str
    recipient: str
    name: str
    state: State
    reason: str
    authorisation: str = ""
    basis: str = ""
    reference: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        return self.state is State.PRESENT


@dataclass(frozen=True)
class Authorities:
    """The London authorities whose figures may be in a product, and those left out of it."""

    permitted: frozenset[str]
    left_out: Mapping[str, str]  # code to name

    @property
    def total(self) -> int:
        return len(self.permitted) + len(self.left_out)


def product(product_id: str) -> Row:
    """The product's row of the registry; RegisterError where there is none."""
    rows = [row for row in _rows("registry/products") if row["product_id"] == product_id]
    if not rows:
        raise RegisterError(f"{product_id!r} is not a product of seeds/registry/products.csv.")
    return rows[0]


def decide(product_id: str, quarter: Quarter, on: date) -> list[Decision]:
    """A decision for each recipient of the register, and each that only an authorisation names."""
    chosen = product(product_id)
    listed = {row["recipient"]: row for row in _rows("reference/recipients")}
    rows = [row for row in _rows("reference/authorisations") if row["product_id"] == product_id]
    named = dict.fromkeys([*listed, *(row["recipient"] for row in rows)])
    return [
        _decision(chosen, quarter, on, name, listed.get(name), _of(rows, name)) for name in named
    ]


def authorities_for(product_id: str, quarter: Quarter, on: date) -> Authorities:
    """Who may be in the product: it takes part at the quarter's end and on the day of release.

    Both days count: a quarter from before an authority joined is not shared with hindsight, and
    from the day it opts out nothing of it is shared anew, of whatever quarter.
    """
    activity = product(product_id)["activity"]
    las = {
        row["new_la_code"]: row["la_name"]
        for row in _rows("reference/local_authorities")
        if row["is_london"] == "true"
    }
    days = {quarter.end.isoformat(), on.isoformat()}
    out = {
        code: name
        for code, name in las.items()
        if activity and not all(participates(code, day, activity) for day in days)
    }
    return Authorities(frozenset(las.keys() - out.keys()), out)


def agreement_on(on: date) -> Row | None:
    """The version of the MoU in force on a day."""
    versions = _rows("reference/agreement_versions")
    return next((row for row in versions if _in_force(row, on)), None)


def _decision(
    chosen: Row, quarter: Quarter, on: date, recipient: str, listed: Row | None, rows: list[Row]
) -> Decision:
    product_id = chosen["product_id"]
    name = listed["name"] if listed else recipient

    def said(state: State, reason: str, row: Row = _NO_ROW) -> Decision:
        ground = (row["authorisation"], row["basis"], row["reference"])
        return Decision(product_id, recipient, name, state, reason, *ground)

    if not rows:
        return said(State.ABSENT, _absent(name, product_id, listed))
    if listed is None:
        return said(
            State.NOT_LISTED,
            f"{recipient} has an authorisation, but is not on the register of recipients. Enter it "
            "in recipients.csv, with the grain it may be given.",
            rows[-1],
        )
    if not _in_force(listed, on):
        return said(
            State.LAPSED,
            f"{name} is on the register of recipients {_span(listed)}, and this is {_day(on)}. "
            "Correct its row in recipients.csv if it is still to be given anything.",
            rows[-1],
        )
    agreement = agreement_on(on)
    if agreement is None:
        return said(
            State.NO_AGREEMENT,
            f"No version of the MoU is in force on {_day(on)}, and every release rests on it. "
            "Enter the version that is in agreement_versions.csv.",
            rows[-1],
        )
    if chosen["grain"] != "aggregate" and listed["grain"] != "la":
        return said(
            State.WRONG_GRAIN,
            f"{name} may be given figures of {REGION} as a whole ({listed['mou_clause']}), and "
            f"{product_id} has rows of authorities. Give it a product of aggregate grain.",
            rows[-1],
        )

    judged = [(row, *_judged(row, listed, chosen, quarter, on)) for row in rows]
    standing = [row for row, state, _ in judged if state is State.PRESENT]
    if not standing:
        # Of several that do not hold, the one that comes nearest says the most.
        order = [State.OUT_OF_SCOPE, State.NOT_YET, State.EXPIRED, State.WRONG_BASIS]
        row, state, reason = min(judged, key=lambda one: order.index(one[1]))
        return said(state, reason, row)
    row = max(standing, key=lambda one: one["valid_to"] or "9999-12-31")
    decision = said(State.PRESENT, f"{row['reference']} ({row['authorisation']})", row)
    warnings = [
        *_ending(row, rows, listed, chosen, quarter, on),
        *_assumed(row),
        *_review_due(agreement, on),
    ]
    return replace(decision, warnings=tuple(warnings))


def _judged(row: Row, listed: Row, chosen: Row, quarter: Quarter, on: date) -> tuple[State, str]:
    """How one authorisation stands, and what to do where it does not hold."""
    name, which = listed["name"], f"Authorisation {row['authorisation']} of {listed['name']}"
    needed = _BASES.get(listed["kind"], ())
    if chosen["indicators"] == "authorised":
        # An extract is Appendix B's whoever it is for.
        needed = _BASES["appendix_b"]
    if row["basis"] not in needed:
        return State.WRONG_BASIS, (
            f"{which} rests on {row['basis']!r}, and {name} needs {_or(needed)} "
            f"({listed['mou_clause']} of the MoU). Enter that decision in {_REGISTER}."
        )
    first, last = _first_day(row), _date(row, "valid_to")
    if last and on > last:
        return State.EXPIRED, (
            f"{which} ended on {_day(last)}. If it has been renewed, enter the renewal as a new "
            f"row of {_REGISTER}."
        )
    if on < first:
        return State.NOT_YET, (
            f"{which} begins on {_day(first)}, and this is {_day(on)}. Release it from that day."
        )
    outside = _outside(row, chosen, quarter)
    if outside:
        return State.OUT_OF_SCOPE, (
            f"{which} {outside}. Ask for one that covers it and enter it in {_REGISTER}."
        )
    return State.PRESENT, ""


def _outside(row: Row, chosen: Row, quarter: Quarter) -> str:
    """What of the product the authorisation does not cover; '' where it covers all."""
    first, last = _quarter(row, "quarters_from"), _quarter(row, "quarters_to")
    if first and quarter < first:
        return f"covers quarters from {first.label}, not {quarter.label}"
    if last and quarter > last:
        return f"covers quarters to {last.label}, not {quarter.label}"
    if not row["indicator_set"]:
        return "" if chosen["indicators"] != "authorised" else "names no indicator set"
    members = _rows("registry/indicator_set_members")
    covered = {m["indicator_code"] for m in members if m["set_id"] == row["indicator_set"]}
    if chosen["indicators"] == "authorised":
        held = covered
    elif chosen["indicators"] == "riia":
        held = set(current_set(quarter)["indicator_code"])
    else:
        held = {one["indicator_code"] for one in _rows("registry/indicators")}
    beyond = len(held - covered)
    if not beyond:
        return ""
    return (
        f"covers the indicators of {row['indicator_set']}, and {beyond} of the {len(held)} in "
        f"{chosen['product_id']} are not among them"
    )


def _absent(name: str, product_id: str, listed: Row | None) -> str:
    needed = _BASES.get(listed["kind"], ()) if listed else ()
    on_basis = f" on the basis {' or '.join(needed)}" if needed and "mou" not in needed else ""
    return (
        f"{name} has no authorisation for {product_id}. If there is a decision{on_basis}, enter it "
        f"in {_REGISTER}."
    )


def _or(needed: tuple[str, ...]) -> str:
    return " or ".join(needed) or "a kind in recipients.csv that is known"


def _ending(
    row: Row, rows: Iterable[Row], listed: Row, chosen: Row, quarter: Quarter, on: date
) -> list[str]:
    """That what the release rests on ends soon, where nothing follows it."""
    last = _date(row, "valid_to")
    if last and last - on <= timedelta(days=NOTICE):
        after = last + timedelta(days=1)
        if not any(_judged(r, listed, chosen, quarter, after)[0] is State.PRESENT for r in rows):
            return [
                f"Authorisation {row['authorisation']} of {listed['name']} ends on {_day(last)}, "
                f"in {(last - on).days} days. Ask for its renewal."
            ]
    return []


def _assumed(row: Row) -> list[str]:
    if row["status"] == "confirmed":
        return []
    return [f"Authorisation {row['authorisation']} is assumed: have it confirmed."]


def _review_due(agreement: Row, on: date) -> list[str]:
    due = _date(agreement, "review_after")
    if not due or on <= due:
        return []
    return [
        f"The MoU was to be reviewed after {_day(due)}. Enter its new version or review date in "
        "agreement_versions.csv."
    ]


def _rows(name: str) -> list[Row]:
    return [{str(k): str(v) for k, v in row.items()} for row in seed(name).to_dict("records")]


def _of(rows: list[Row], recipient: str) -> list[Row]:
    return [row for row in rows if row["recipient"] == recipient]


def _in_force(row: Row, on: date) -> bool:
    last = _date(row, "valid_to")
    return _first_day(row) <= on and (last is None or on <= last)


def _first_day(row: Row) -> date:
    first = _date(row, "valid_from")
    if first is None:
        raise RegisterError(f"{_subject(row)}: valid_from is empty; write its first day.")
    return first


def _date(row: Row, column: str) -> date | None:
    try:
        return date.fromisoformat(row[column]) if row[column] else None
    except ValueError:
        raise RegisterError(
            f"{_subject(row)}: {column} is {row[column]!r}; write a day like 2026-03-31."
        ) from None


def _quarter(row: Row, column: str) -> Quarter | None:
    try:
        return Quarter.parse(row[column]) if row[column] else None
    except ValueError as error:
        raise RegisterError(f"{_subject(row)}: {column}: {error}.") from None


def _subject(row: Row) -> str:
    return next(
        f"{kind} {row[kind]}" for kind in ("authorisation", "recipient", "agreement") if kind in row
    )


def _span(row: Row) -> str:
    first, last = _date(row, "valid_from"), _date(row, "valid_to")
    parts = [f"{word} {_day(day)}" for word, day in (("from", first), ("to", last)) if day]
    return " ".join(parts)


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
