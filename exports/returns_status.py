"""Who has returned what for a quarter, for LIIA's data team, and for each authority its own page.

Chooses and words what `mart_submission_status` and `mart_findings` say. Which submission counts,
what is late and what is wrong with a file is decided before; findings about children's lists are
no business of these pages.
"""

import json
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from exports.files import Content, releases_of
from exports.findings_words import SEVERITIES, counts, grouped
from exports.marts import is_synthetic, product_settings, read_mart, require_unique, value_symbols
from exports.pages import page
from exports.release import accepted
from ingestion.landing import LONDON
from ingestion.periods import Quarter
from ingestion.registry import seed

PRODUCT = "returns"
MARTS = ("mart_submission_status", "mart_findings")

# fmt: off
_STATUS_COLUMNS = [
    "new_la_code", "la_name", "short_code", "quarter_label", "measure_code", "measure_label",
    "theme", "submission_state", "value_status", "comment", "submission_number", "release_id",
    "file_id", "path", "sender", "received_at", "return_due", "days_late", "is_late", "is_partial",
    "measures_asked", "measures_returned", "signed_off_by", "signed_off_on", "template_version",
    "reason", "is_current",
]
_FINDING_COLUMNS = [
    "new_la_code", "file_id", "is_current", "scope", "rule_id", "severity", "message", "fix",
    "table_name", "sheet", "cell", "row_number", "column_name", "measure_code", "value",
    "expected", "suggestion", "finding_count", "first_seen_quarter", "seen_quarters",
]
# fmt: on
_SUBMISSION = [
    "new_la_code",
    "la_name",
    "short_code",
    "submission_state",
    "submission_number",
    "file_id",
    "path",
    "sender",
    "received_at",
    "return_due",
    "days_late",
    "is_late",
    "is_partial",
    "measures_asked",
    "measures_returned",
    "signed_off_by",
    "signed_off_on",
    "template_version",
    "reason",
    "is_current",
]
STATES = {
    "accepted": "Returned",
    "late": "Returned late",
    "partial": "Returned, incomplete",
    "quarantined": "Set aside",
    "not_returned": "Not returned",
    "withdrawn": "Withdrawn",
    "superseded": "Replaced by a later one",
    "not_participating": "Does not take part",
}
RETURNED = ("accepted", "late", "partial")
# Status of a value: what the matrix prints, its class, and the words for who cannot see either.
_MARKS = {
    "ok": ("✓", "ok", "returned"),
    "not_returned": ("–", "none", "not returned"),
    "not_applicable": ("n/a", "na", "not applicable"),
    "failed": ("!", "bad", "sent, but not usable"),
}
_NOT_ASKED = ("", "none", "not asked")


def returns_content(marts: Path, quarter: Quarter) -> Content:
    """`index.html`, and a page and a JSON for each authority: same marts, same bytes."""
    status = read_mart(marts, "mart_submission_status", _STATUS_COLUMNS)
    synthetic = is_synthetic(status["release_id"])
    status = status[status["quarter_label"] == quarter.label]
    current = status[status["is_current"]]
    require_unique(current, "mart_submission_status", ["new_la_code", "measure_code"])
    findings = _findings(marts, quarter)
    measures = _measures(current)
    authorities = [
        _authority(part, findings[findings["new_la_code"] == code], measures)
        for code, part in status.groupby("new_la_code")
    ]
    authorities.sort(key=lambda authority: authority["la_name"])
    shared = {
        "quarter": quarter,
        "marking": product_settings(PRODUCT)["marking"],
        "synthetic": synthetic,
        "states": STATES,
    }
    files = {
        "index.html": page(
            "returns.html.j2",
            authorities=authorities,
            headline=_headline(authorities),
            due=_day(status["return_due"].min()),
            themes=_themes(measures),
            matrix=_matrix(current, measures, [a["new_la_code"] for a in authorities]),
            sent=_sent(current, measures),
            legend=[*_MARKS.values()],
            accepted=accepted.lines(marts),
            **shared,
        )
    }
    for authority in authorities:
        short = authority["short_code"]
        files[f"{short}.html"] = page(
            "returns_authority.html.j2", authority=authority, severities=SEVERITIES, **shared
        )
        files[f"{short}.json"] = _json(authority, quarter, synthetic)
    return Content(files, releases_of(current["release_id"]))


def _findings(marts: Path, quarter: Quarter) -> pd.DataFrame:
    """The findings on returns of the quarter, worst first, under the names of the check's JSON."""
    frame = read_mart(
        marts,
        "mart_findings",
        _FINDING_COLUMNS,
        [("source", "==", "return"), ("quarter_label", "==", quarter.label)],
    )
    labels = seed("registry/measures").set_index("measure_code")["label"]
    seen = pd.to_numeric(frame["seen_quarters"], errors="coerce").fillna(1)
    before = frame["first_seen_quarter"].fillna(quarter.label) != quarter.label
    since = "also in " + frame["first_seen_quarter"].astype("str")
    often = "since " + frame["first_seen_quarter"].astype("str")
    often = often + ", in " + seen.astype(int).astype("str") + " quarters"
    frame = frame.assign(
        measure=frame["measure_code"].map(labels),
        also=since.mask(seen > 2, often).where(before),
        order=frame["severity"].map({name: at for at, name in enumerate(SEVERITIES)}),
    )
    keys = ["order", "scope", "rule_id", "sheet", "row_number", "cell", "measure", "message"]
    frame = frame.sort_values([*keys, "value", "expected"], ignore_index=True)
    return frame.rename(
        columns={
            "table_name": "table",
            "row_number": "row",
            "column_name": "column",
            "finding_count": "count",
        }
    )


def _measures(current: pd.DataFrame) -> pd.DataFrame:
    """The measures of the matrix: themes together, both in the registry's order."""
    registry = seed("registry/measures")["measure_code"]
    rank = pd.Series(range(len(registry)), registry)
    measures = current.drop_duplicates("measure_code")[["measure_code", "measure_label", "theme"]]
    measures = measures.assign(rank=measures["measure_code"].map(rank))
    measures["theme_rank"] = measures.groupby("theme")["rank"].transform("min")
    return measures.sort_values(["theme_rank", "rank"], ignore_index=True)


def _themes(measures: pd.DataFrame) -> list[tuple[str, list[str]]]:
    return [
        (str(theme), part["measure_label"].tolist())
        for theme, part in measures.groupby("theme", sort=False)
    ]


def _matrix(
    current: pd.DataFrame, measures: pd.DataFrame, codes: list[str]
) -> dict[str, list[tuple[str, str, str]]]:
    """What each authority's row of the matrix prints, in the order of the measures."""
    other = value_symbols(current["value_status"])
    names = seed("registry/value_statuses").set_index("value_status")["label"].str.lower()
    marks = {
        status: _MARKS.get(status, (symbol, "na", names[status]))
        for status, symbol in zip(current["value_status"], other, strict=True)
    }
    wide = current.pivot_table("value_status", "new_la_code", "measure_code", "first")
    wide = wide.reindex(index=codes, columns=measures["measure_code"])
    return {
        str(code): [marks.get(status, _NOT_ASKED) for status in row]
        for code, row in zip(wide.index, wide.to_numpy(), strict=True)
    }


def _sent(current: pd.DataFrame, measures: pd.DataFrame) -> list[int]:
    """How many authorities gave a figure for each measure."""
    given = current[current["value_status"] == "ok"].groupby("measure_code").size()
    return given.reindex(measures["measure_code"], fill_value=0).tolist()


def _headline(authorities: Sequence[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Number, words and class of each headline count; what is zero and good to be is left in."""
    states = [authority["state"] for authority in authorities]
    returned = [a for a in authorities if a["state"] in RETURNED]
    absent = states.count("not_participating")
    found = [
        (f"{len(returned)} of {len(states) - absent}", "returned", "accepted"),
        (str(sum(a["now"]["is_late"] for a in returned)), "of them late", "late"),
        (str(sum(a["now"]["is_partial"] for a in returned)), "of them incomplete", "partial"),
        (str(states.count("quarantined")), "set aside, to be put right", "quarantined"),
        (str(states.count("not_returned")), "not returned", "not_returned"),
    ]
    if absent:
        found.append((str(absent), "do not take part", "not_participating"))
    return found


def _authority(
    rows: pd.DataFrame, findings: pd.DataFrame, measures: pd.DataFrame
) -> dict[str, Any]:
    """Everything that the two pages say about one authority."""
    submissions = rows.drop_duplicates(["file_id", "is_current"])[_SUBMISSION]
    submissions = submissions.sort_values(
        ["is_current", "received_at", "file_id"], ascending=False, na_position="last"
    )
    told = [_submission(row) for row in submissions.to_dict("records")]
    now = told[0]
    of_now = (findings["file_id"] == now["file_id"]) & findings["file_id"].notna()
    history = (findings["scope"] == "history") & findings["is_current"].fillna(False).astype(bool)
    own = _records(findings[of_now | history])
    aside = [
        {"submission": one, "findings": found, "groups": grouped(found)}
        for one in told[1:]
        if one["state"] == "quarantined"
        for found in [_records(findings[findings["file_id"] == one["file_id"]])]
    ]
    return {
        "new_la_code": now["new_la_code"],
        "la_name": now["la_name"],
        "short_code": now["short_code"],
        "state": now["state"],
        "now": now,
        "history": [one for one in told[1:] if one["file_id"]],
        "findings": own,
        "counts": counts(own),
        "groups": grouped(own),
        "aside": aside,
        "missing": _missing(rows[rows["is_current"]], measures),
    }


def _submission(row: Mapping[Hashable, Any]) -> dict[str, Any]:
    """A submission in plain values: None for what is not there, dates as people write them."""
    plain: dict[str, Any] = {
        str(key): None if pd.isna(value) else value for key, value in row.items()
    }
    state = str(plain.pop("submission_state"))
    received = plain.pop("received_at")
    local = None if received is None else pd.Timestamp(received).tz_convert(LONDON)
    tags = [state]
    if state == "late" and plain["is_partial"]:
        tags.append("partial")
    return plain | {
        "state": state,
        "tags": tags,
        "received": "" if local is None else f"{_day(local)}, {local:%H:%M}",
        "received_at": None if local is None else local.isoformat(),
        "signed_off_on": _day(plain["signed_off_on"]),
        "return_due": _day(plain["return_due"]),
        **{
            key: None if plain[key] is None else int(plain[key])
            for key in ("submission_number", "days_late", "measures_asked", "measures_returned")
        },
        **{key: bool(plain[key]) for key in ("is_late", "is_partial", "is_current")},
    }


def _missing(current: pd.DataFrame, measures: pd.DataFrame) -> list[dict[str, str]]:
    """The figures that are not there, with the reason and the authority's comment."""
    names = seed("registry/value_statuses").set_index("value_status")["label"]
    lost = measures[["measure_code"]].merge(
        current[current["value_status"] != "ok"], on="measure_code"
    )
    return [
        {
            "measure_code": row["measure_code"],
            "measure": row["measure_label"],
            "status": row["value_status"],
            "why": names.get(row["value_status"], row["value_status"]),
            "comment": "" if pd.isna(row["comment"]) else str(row["comment"]).strip(),
        }
        for row in lost.to_dict("records")
    ]


def _records(findings: pd.DataFrame) -> list[dict[str, Any]]:
    """Findings as the check's JSON has them, with what only the pipeline knows."""
    keys = ["rule_id", "severity", "table", "sheet", "cell", "row", "column", "measure_code"]
    keys += ["measure", "value", "expected", "suggestion", "message", "count", "fix", "scope"]
    keys += ["also"]
    plain = findings[keys].astype(object).where(findings[keys].notna(), None)
    records = [{str(key): value for key, value in row.items()} for row in plain.to_dict("records")]
    for record in records:
        for key in ("row", "count"):
            record[key] = None if record[key] is None else int(record[key])
    return records


def _day(day: Any) -> str:  # noqa: ANN401 - a date, a Timestamp or nothing
    """A date as people write it: 27 October 2025; '' for none."""
    if day is None or pd.isna(day):
        return ""
    return f"{day.day} {day:%b %Y}"


def _json(authority: dict[str, Any], quarter: Quarter, synthetic: bool) -> str:
    """The authority's page for programs; the same findings as `liia check --json` gives."""
    now = {key: value for key, value in authority["now"].items() if key not in ("tags", "received")}
    content = {
        "quarter": quarter.label,
        "new_la_code": authority["new_la_code"],
        "la_name": authority["la_name"],
        "synthetic": synthetic,
        "state": authority["state"],
        "submission": now,
        "findings": authority["findings"],
        "figures_without_a_value": authority["missing"],
        "set_aside": [
            {"path": part["submission"]["path"], "findings": part["findings"]}
            for part in authority["aside"]
        ],
    }
    return json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n"
