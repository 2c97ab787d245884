"""What `liia explain --json` prints: an `Explanation`, under the names of its fields.

Every key is always there: null, or an empty list, where there is nothing to say. Points in time are
London's. Nothing here is of a child: of Annex A stand lists, rules and counts.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Column:
    """A column of a published file; `filter` says which lines of it, '' for all."""

    name: str
    headers: list[str]
    filter: str


@dataclass(frozen=True)
class Place:
    """Where a measure's value of one period stands.

    `sheet` and `cell` are a return's, `columns` and `row` those of a file of DfE's (the first row
    where several are summed), `sheet` and `row` those of a file with values of ChAT; `annex_a_list`
    and `rule` tell what was counted and how. `note` says why there is no place.
    """

    period_label: str
    value: float | None
    value_status: str
    status: str
    release_id: str
    submission_number: int | None = None
    file_id: str | None = None
    sheet: str | None = None
    cell: str | None = None
    row: int | None = None
    columns: list[Column] = field(default_factory=list)
    annex_a_list: str | None = None
    rule: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Measure:
    """A term of the formula. `role` is numerator or denominator.

    `is_base`: the file gives it only as what its other figures are a share of; it is then no
    figure of its own, and stands in no row of fct_measure.
    """

    role: str
    code: str
    label: str
    definition: str
    value: float | None
    value_status: str
    status: str
    is_proxy: bool
    is_base: bool
    places: list[Place]


@dataclass(frozen=True)
class File:
    """A file as it was received; `path` is below the landing zone. None: not known here."""

    file_id: str
    path: str | None
    sha256: str | None
    received_at: str | None
    extract_date: str | None
    state: str | None


@dataclass(frozen=True)
class Authority:
    """An authority of a pooled figure: behind it, or missing, and then `status` says why."""

    code: str
    name: str
    behind: bool
    numerator: float | None
    denominator: float | None
    value: float | None
    status: str
    release_id: str | None
    path: str | None


@dataclass(frozen=True)
class Rule:
    """A rule that is asked of the files; `source` is a contract's table, or history."""

    source: str
    rule_id: str
    title: str


@dataclass(frozen=True)
class Finding:
    """What a rule found. `about` is a measure, the indicator, a list, or file for all of it."""

    about: str
    rule_id: str
    severity: str
    message: str
    fix: str | None
    sheet: str | None
    cell: str | None
    row: int | None
    count: int
    file_id: str


@dataclass(frozen=True)
class Version:
    """The same figure as another submission, release or population gives it; not in force."""

    release_id: str
    population_release: str | None
    value: float | None
    shown: str | None
    value_status: str
    status: str
    known_from: str | None
    known_until: str | None
    is_as_published: bool


@dataclass(frozen=True)
class Population:
    """The denominator of a rate; `is_fallback` where the wanted mid-year was not there.

    `path` is a landed file of the release: what it does not have comes from the reference data, as
    all does where there is none.
    """

    band: str
    release: str | None
    year: int | None
    is_fallback: bool
    path: str | None


@dataclass(frozen=True)
class Figure:
    """A value in one source and period type, with all that stands behind it.

    `value` is unrounded, `shown` as reports print it, `published_value` as DfE does.
    """

    source: str
    period_type: str
    period_label: str
    period_end: str
    release_id: str
    is_current: bool
    known_from: str | None
    known_until: str | None
    value: float | None
    shown: str | None
    value_status: str
    status: str
    published_value: float | None
    numerator: float | None
    denominator: float | None
    multiplier: int
    population: Population | None
    formula: str
    is_proxy: bool
    joint_with: list[str]
    n_authorities: int
    comment: str | None
    measures: list[Measure]
    files: list[File]
    authorities: list[Authority]
    rules: list[Rule]
    findings: list[Finding]
    earlier: list[Version]


@dataclass(frozen=True)
class Gate:
    """Whether a mart is the one that its gate let pass (null: not recorded), and the report."""

    mart: str
    passed: bool | None
    report: str | None


@dataclass(frozen=True)
class Indicator:
    code: str
    label: str
    name: str
    unit: str


@dataclass(frozen=True)
class Area:
    code: str
    name: str


@dataclass(frozen=True)
class Explanation:
    """All figures of one indicator, area and period; `synthetic` where they are invented."""

    indicator: Indicator
    area: Area
    period: str
    synthetic: bool
    gates: list[Gate]
    figures: list[Figure]
