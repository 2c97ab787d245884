"""An `Explanation` as text for a terminal, readable at 80 columns and fit for a file or a mail.

Lays out and words what was gathered; no colour carries meaning. A path stays on one line, so that
it can be copied.
"""

from collections.abc import Iterator
from datetime import datetime
from textwrap import wrap

from orchestration.explain.cells import number
from orchestration.explain.document import (
    Authority,
    Explanation,
    Figure,
    Finding,
    Measure,
    Place,
    Population,
    Version,
)

WIDTH = 80
SYNTHETIC = "SYNTHETIC: invented figures for a first run, of no authority and no child."
_SOURCES = {
    "return": "quarterly return",
    "chat": "ChAT / Annex A",
    "published": "published by DfE",
}
_PERIODS = {
    "quarter": "quarter ending",
    "snapshot": "at the end of the quarter,",
    "rolling_4q": "twelve months ending",
    "year": "year ending",
}
_UNITS = {
    "percent": " %",
    "rate_per_10000": " per 10,000",
    "fte": " FTE",
    "days": " days",
}
_STATES = {
    "quarantined": "set aside",
    "replaced": "another file stands in its place now",
    "withdrawn": "taken away since",
    "purged": "deleted by rule since; the counts were kept",
}
_SEVERITIES = {"block": "blocks", "check": "to check", "note": "note"}
_ROLES = {"numerator": "Above the line", "denominator": "Below the line"}


def lines(told: Explanation) -> Iterator[str]:
    """The text line by line: each figure with its formula, places, rules and earlier versions."""
    if told.synthetic:
        yield SYNTHETIC
        yield ""
    about = told.indicator
    yield from _filled(f"{told.area.name} ({told.area.code}), {told.period}")
    yield from _filled(f"{about.label} ({about.code})")
    if about.name != about.label:
        yield from _filled(about.name)
    for figure in told.figures:
        yield ""
        yield from _figure(figure, about.unit)
    yield ""
    yield "GATES BEFORE PUBLICATION"
    for gate in told.gates:
        passed = {
            True: "the published file is the one that its gate let pass",
            False: "the published file is not the one that the gate let pass last: a later run "
            "has not published yet, or the file was changed",
            None: "what its gate found is not on record here",
        }[gate.passed]
        yield from _filled(f"{gate.mart}: {passed}.", "  ")
        if gate.report:
            yield f"    {gate.report}"


def _figure(figure: Figure, unit: str) -> Iterator[str]:
    of, kind = _SOURCES[figure.source], _PERIODS[figure.period_type]
    yield from _filled(f"{of}, {kind} {_day(figure.period_end)}".upper())
    shown = "No value" if figure.shown is None else f"{figure.shown}{_UNITS.get(unit, '')}"
    unrounded = "" if figure.value is None else f" (unrounded {figure.value!r})"
    yield from _filled(f"{shown}{unrounded}", "  ")
    status = "ok" if figure.value_status == "ok" else figure.status
    yield from _filled(f"Status: {status}.", "  ")
    yield from _filled(f"{_standing(figure)}.", "  ")
    for remark in _remarks(figure):
        yield from _filled(f"{remark}.", "  ")
    yield from _headed("How it is made", [figure.formula])
    numbers = {file.file_id: at for at, file in enumerate(figure.files, start=1)}
    for role, title in _ROLES.items():
        measures = [measure for measure in figure.measures if measure.role == role]
        if measures:
            yield f"  {title}"
        for measure in measures:
            yield from _measure(measure, numbers)
    if any(place.rule for measure in figure.measures for place in measure.places):
        yield "  The rules in full: docs/figures.md, “Figures from Annex A”"
    if figure.authorities:
        yield from _authorities(figure.authorities)
    if figure.files:
        yield from _files(figure)
    if not figure.authorities:
        yield from _rules(figure, numbers)
    if figure.earlier:
        yield "  Earlier versions, not in force"
        for version in figure.earlier:
            yield from _version(version, unit)


def _standing(figure: Figure) -> str:
    if figure.release_id == "none":
        return "In force; no submission stands behind it"
    force = "In force" if figure.is_current else "Not in force"
    since = f" since {_moment(figure.known_from)}" if figure.known_from else ""
    return f"{force}{since}, from {figure.release_id}"


def _remarks(figure: Figure) -> Iterator[str]:
    if figure.n_authorities > 1 or figure.authorities:
        missing = [one for one in figure.authorities if not one.behind]
        yield (
            f"Pooled: sum over sum of the {figure.n_authorities} authorities that gave all of it; "
            f"{len(missing)} missing"
        )
    if figure.is_proxy:
        yield "A proxy: it rests on a rule that only approximates the definition"
    if figure.joint_with:
        yield f"One figure, shared with {' and '.join(figure.joint_with)}"
    if figure.published_value is not None:
        yield f"DfE itself prints {number(figure.published_value)}"
    if figure.population is not None:
        yield from _population(figure.population)
    if figure.comment:
        yield f"Comment: {figure.comment.rstrip('.')}"


def _population(used: Population) -> Iterator[str]:
    if used.release is None:
        yield f"No population aged {used.band} is loaded for this area and year"
        return
    why = ", the newest there is, since the wanted year is not there" if used.is_fallback else ""
    yield (
        f"Population: aged {used.band}, mid-{used.year}{why}, release {used.release} of the "
        + (
            f"estimates ({used.path}; what it lacks is from the reference data)"
            if used.path
            else "estimates (reference data)"
        )
    )


def _measure(measure: Measure, numbers: dict[str, int]) -> Iterator[str]:
    value = f"({measure.status})" if measure.value is None else number(measure.value)
    yield from _filled(f"{measure.code} {value}", "    ")
    yield from _filled(measure.definition, "      ")
    if measure.is_base:
        yield from _filled(
            "Given only as what the file’s other figures are a share of: no row of fct_measure.",
            "      ",
        )
    if measure.is_proxy:
        yield from _filled("A proxy: counted by a rule that only approximates it.", "      ")
    for place in measure.places:
        period = f"{place.period_label}: " if len(measure.places) > 1 else ""
        figure = period and f"{'no value' if place.value is None else number(place.value)}, "
        yield from _filled(f"{period}{figure}{_where(place, numbers)}", "      ")
        if place.rule:
            yield from _filled(f"{place.rule}.", "        ")


def _where(place: Place, numbers: dict[str, int]) -> str:
    file = f" of file [{numbers[place.file_id]}]" if place.file_id in numbers else ""
    if place.note:
        return f"{place.note}{file and f' (file [{numbers[str(place.file_id)]}])'}"
    if place.cell:
        return f"sheet {place.sheet}, cell {place.cell}{file}"
    if place.annex_a_list:
        return f"counted from {place.annex_a_list}{file}"
    if place.columns:
        line = f"line {place.row}" if place.row else "line not kept in the marts"
        filters = list(dict.fromkeys(column.filter for column in place.columns if column.filter))
        if len(filters) > 1:
            line = f"lines from {place.row} on"
        heads = list(dict.fromkeys(" or ".join(column.headers) for column in place.columns))
        columns = f"column{'s' * (len(heads) > 1)} {' + '.join(heads)}"
        only = f", where {' + '.join(filters)}" if filters else ""
        return f"{line}, {columns}{file}{only}"
    if place.row:
        return f"{place.sheet} row {place.row}{file}"
    return f"place not known{file}"


def _authorities(told: list[Authority]) -> Iterator[str]:
    yield "  Authorities behind it"
    for one in told:
        if one.behind:
            ratio = "" if one.denominator is None else f" / {number(one.denominator)}"
            above = "" if one.numerator is None else number(one.numerator)
            yield from _filled(f"{one.name}: {above}{ratio}, {one.release_id}", "    ")
    missing = [one for one in told if not one.behind]
    if missing:
        yield "  Missing"
        for one in missing:
            yield from _filled(f"{one.name}: {one.status}", "    ")
    yield from _filled("File and cell of each: liia explain --la with its code.", "  ")


def _files(figure: Figure) -> Iterator[str]:
    submissions = {
        place.file_id: place
        for measure in figure.measures
        for place in measure.places
        if place.release_id != "none"
    }
    yield "  Files, below the landing zone"
    for at, file in enumerate(figure.files, start=1):
        yield f"    [{at}] {file.path or 'path not known here: no ledger, and no mart holds it'}"
        facts = []
        place = submissions.get(file.file_id)
        if place is not None:
            which = {"return": "submission", "chat": "extract", "published": "release"}
            facts.append(f"{which[figure.source]} {place.submission_number} ({place.release_id})")
        if file.extract_date:
            facts.append(f"extracted {_day(file.extract_date)}")
        facts.append(
            f"received {_moment(file.received_at)}" if file.received_at else "receipt not known"
        )
        facts.append(
            f"sha256 {file.sha256[:12]}…"
            if file.sha256
            else "sha256 not known here: it stands in the ledger, which is not at hand"
        )
        if file.state in _STATES:
            facts.append(_STATES[file.state])
        yield from _filled(", ".join(facts), "        ")


def _rules(figure: Figure, numbers: dict[str, int]) -> Iterator[str]:
    if not numbers:
        return
    yield "  Rules"
    if figure.rules:
        asked = ", ".join(dict.fromkeys(rule.rule_id for rule in figure.rules))
        yield from _filled(f"Asked: {asked}", "    ")
    elif figure.source == "published":
        yield from _filled(
            "Asked: whether the file differs from the release before it, and whether what DfE "
            "prints is what its counts give",
            "    ",
        )
    listed = dict.fromkeys(finding.about for finding in figure.findings)
    lists = any(place.annex_a_list for m in figure.measures for place in m.places)
    codes = dict.fromkeys(measure.code for measure in figure.measures)
    quiet = [code for code in codes if code not in listed]
    if not figure.findings:
        yield "    No finding."
        return
    for about in listed:
        yield f"    {'The file as a whole' if about == 'file' else about}:"
        for finding in (found for found in figure.findings if found.about == about):
            yield from _finding(finding, numbers)
    if quiet and not lists:
        yield from _filled(f"{', '.join(quiet)}: no finding.", "    ")


def _finding(finding: Finding, numbers: dict[str, int]) -> Iterator[str]:
    place = " ".join(part for part in (finding.sheet, finding.cell) if part)
    where = f" at {place}" if place else ""
    many = f" ({finding.count:,} places)" if finding.count > 1 else ""
    yield from _filled(
        f"{finding.rule_id} ({_SEVERITIES[finding.severity]}){where} of file "
        f"[{numbers[finding.file_id]}]: {finding.message}{many}",
        "      ",
    )


def _version(version: Version, unit: str) -> Iterator[str]:
    value = f"{version.shown}{_UNITS.get(unit, '')}" if version.shown else version.status
    release = version.population_release
    people = f", population release {release}" if release else ""
    if version.known_from is None:
        when = "was never the newest known"
    else:
        until = f" to {_moment(version.known_until)}" if version.known_until else ""
        when = f"in force from {_moment(version.known_from)}{until}"
    first = "; as first published" if version.is_as_published else ""
    yield from _filled(f"{value}: {version.release_id}{people}; {when}{first}", "    ")


def _headed(title: str, body: list[str]) -> Iterator[str]:
    yield f"  {title}"
    for words in body:
        yield from _filled(words, "    ")


def _filled(words: str, lead: str = "") -> list[str]:
    """Wrapped to the width; further lines stand under the first."""
    return wrap(
        " ".join(words.split()),
        WIDTH,
        initial_indent=lead,
        subsequent_indent=f"{lead}  ",
        break_on_hyphens=False,
        break_long_words=False,
    )


def _day(iso: str) -> str:
    day = datetime.fromisoformat(iso)
    return f"{day.day} {day:%b %Y}"


def _moment(iso: str | None) -> str:
    return "" if iso is None else f"{_day(iso)}, {datetime.fromisoformat(iso):%H:%M}"
