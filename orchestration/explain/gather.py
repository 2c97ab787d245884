"""From a mart's row back to its measures, the authorities pooled, the formula and the versions.

Computes no figure: the numbers are the marts', and the sums of what was pooled. Where a measure's
value stands, and what rules found, have modules of their own.
"""

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from exports.marts import is_synthetic, read_mart
from exports.rounding import fixed, rounded_value
from ingestion.periods import Quarter
from ingestion.registry import seed
from ingestion.whole import sha256_of
from orchestration.explain import cells
from orchestration.explain.asked import (
    SOURCES,
    NotThere,
    area_asked,
    indicator_asked,
    labels_asked,
    what_there_is,
)
from orchestration.explain.document import (
    Area,
    Authority,
    Explanation,
    Figure,
    Gate,
    Indicator,
    Measure,
    Place,
    Population,
    Version,
)
from orchestration.explain.findings import findings_of, rules_of
from orchestration.explain.places import Places
from orchestration.home import Home

Row = Mapping[Any, Any]

_PERIOD_TYPES = ("quarter", "snapshot", "rolling_4q", "year")
# Flows and caseloads of a quarter meet in one indicator.
_IN_QUARTER = ("quarter", "snapshot")

# fmt: off
_INDICATOR = [
    "indicator_code", "label", "name", "unit", "multiplier", "population_band",
    "denominator_factor", "decimals",
]
_AREA = ["new_la_code", "old_la_code", "la_name", "is_london", "region_code", "inner_outer_code"]
_FIGURE = [
    "indicator_code", "new_la_code", "period_type", "period_label", "period_end", "source",
    "release_id", "numerator", "denominator", "value", "value_status", "published_value",
    "is_current", "is_as_published", "known_from", "known_until", "is_proxy",
    "population_release", "population_year", "is_population_fallback", "joint_code",
    "n_authorities", "comment",
]
_MEASURE = [
    "measure_code", "new_la_code", "period_type", "period_label", "period_end", "source",
    "release_id", "submission_number", "value", "value_status", "is_current", "is_proxy",
    "file_id", "source_address",
]
# fmt: on


def explain(
    home: Home, la: str, indicator: str, period: str, source: str | None = None
) -> Explanation:
    """All figures of an indicator, area and period; NotThere says what there is instead."""
    if source is not None and source not in SOURCES:
        raise NotThere(f"--source takes one of {', '.join(SOURCES)}, not {source!r}.")
    areas = read_mart(home.marts, "dim_local_authority", _AREA)
    indicators = read_mart(home.marts, "dim_indicator", _INDICATOR)
    area, code = area_asked(la, areas), indicator_asked(indicator, indicators)
    everywhere = read_mart(home.marts, "fct_indicator", _FIGURE, [("indicator_code", "==", code)])
    here = everywhere[everywhere["new_la_code"] == area]
    found = here[here["period_label"].isin(labels_asked(period, here))]
    if source is not None:
        found = found[found["source"] == source]
    name = str(areas.set_index("new_la_code")["la_name"][area])
    if found.empty:
        there = what_there_is(here)
        raise NotThere(
            f"There is no figure of {code} for {name} in {period}"
            f"{f' from source {source}' if source else ''}. "
            f"{f'There is {there}' if there else 'There is none for any period'}."
        )
    about = indicators[indicators["indicator_code"] == code].iloc[0]
    gather = _Gather(home, about, areas, everywhere)
    kinds = {(of, kind): part for (of, kind), part in found.groupby(["source", "period_type"])}
    return Explanation(
        indicator=Indicator(code, str(about["label"]), str(about["name"]), str(about["unit"])),
        area=Area(area, name),
        period=str(found["period_label"].iloc[0]),
        # A home takes one kind only: what is synthetic elsewhere is so here.
        synthetic=is_synthetic(everywhere["release_id"]),
        gates=[_gate(home, mart) for mart in ("fct_indicator", "fct_measure")],
        figures=[
            gather.figure(kinds[of, kind])
            for of in SOURCES
            for kind in _PERIOD_TYPES
            if (of, kind) in kinds
        ],
    )


class _Gather:
    """What the marts say of one indicator, read once."""

    def __init__(
        self, home: Home, about: pd.Series, areas: pd.DataFrame, figures: pd.DataFrame
    ) -> None:
        self.home, self.about, self.areas, self.figures = home, about, areas, figures
        self.code = str(about["indicator_code"])
        terms = seed("registry/indicator_terms")
        terms = terms[terms["indicator_code"] == self.code].sort_values("role", ascending=False)
        # Numerators first.
        self.terms = terms.merge(seed("registry/measures"), on="measure_code").to_dict("records")
        codes = sorted({term["measure_code"] for term in self.terms})
        wanted = [("measure_code", "in", codes)]
        self.measures = read_mart(home.marts, "fct_measure", _MEASURE, wanted)
        self.places = Places(home, codes)
        self.statuses = seed("registry/value_statuses").set_index("value_status")

    def figure(self, versions: pd.DataFrame) -> Figure:
        """The version in force, else the newest, and the others behind it, newest first."""
        versions = versions.sort_values(["is_current", "known_from"], na_position="first")
        row, *earlier = reversed(versions.to_dict("records"))
        source = str(row["source"])
        authorities = self._authorities(row) if _is_pooled(row) else []
        measures = self._pooled(row, authorities) if _is_pooled(row) else self._measures(row)
        population = self._population(row)
        names = self.areas.set_index("new_la_code")["la_name"]
        sharing = (cells.text(row["joint_code"]) or "").split(" / ")
        return Figure(
            source=source,
            period_type=str(row["period_type"]),
            period_label=str(row["period_label"]),
            period_end=str(pd.Timestamp(row["period_end"]).date()),
            release_id=str(row["release_id"]),
            is_current=bool(row["is_current"]),
            known_from=cells.moment(row["known_from"]),
            known_until=cells.moment(row["known_until"]),
            value=cells.decimal(row["value"]),
            shown=self._shown(row),
            value_status=str(row["value_status"]),
            status=self._why(row),
            published_value=cells.decimal(row["published_value"]),
            numerator=cells.decimal(row["numerator"]),
            denominator=cells.decimal(row["denominator"]),
            multiplier=int(self.about["multiplier"]),
            population=population,
            formula=self._formula(row, measures, population),
            is_proxy=bool(row["is_proxy"]),
            joint_with=[str(names.get(c, c)) for c in sharing if c and c != row["new_la_code"]],
            n_authorities=int(row["n_authorities"]),
            comment=cells.text(row["comment"]),
            measures=measures,
            files=self.places.files(source, measures),
            authorities=authorities,
            rules=rules_of(source, measures),
            findings=findings_of(self.home, source, self.code, measures),
            earlier=[self._version(old) for old in earlier],
        )

    def _version(self, row: Row) -> Version:
        return Version(
            release_id=str(row["release_id"]),
            population_release=cells.text(row["population_release"]),
            value=cells.decimal(row["value"]),
            shown=self._shown(row),
            value_status=str(row["value_status"]),
            status=self._why(row),
            known_from=cells.moment(row["known_from"]),
            known_until=cells.moment(row["known_until"]),
            is_as_published=bool(row["is_as_published"]),
        )

    def _words(self, status: str) -> str:
        row = self.statuses.loc[status]
        meaning = str(row["meaning"])
        return f"{row['label']}: {meaning[0].lower()}{meaning[1:]}"

    def _why(self, row: Row) -> str:
        """The status of an indicator's value in words."""
        status = str(row["value_status"])
        if status == "failed" and pd.notna(row["numerator"]) and pd.notna(row["denominator"]):
            label = self.statuses.loc[status]["label"]
            return f"{label}: a part is larger than its whole, here or in a quarter of it"
        return self._words(status)

    def _shown(self, row: Row) -> str | None:
        """The value as reports print it: the registry's decimals, half up, exact."""
        names = ("value", "numerator", "denominator")
        value, above, below = (pd.Series([row[name]], dtype=float) for name in names)
        decimals = int(self.about["decimals"])
        rounded = rounded_value(value, above, below, int(self.about["multiplier"]), decimals)
        return str(fixed(rounded, decimals).iloc[0]) or None

    def _population(self, row: Row) -> Population | None:
        band = cells.text(self.about["population_band"])
        if band is None:
            return None
        release, year = cells.text(row["population_release"]), cells.whole(row["population_year"])
        path = self.places.population_file(release)
        return Population(band, release, year, bool(row["is_population_fallback"]), path)

    # --- measures ---

    def _measures(self, row: Row) -> list[Measure]:
        same = self._of_period(row)
        same = same[
            (same["new_la_code"] == row["new_la_code"]) & (same["release_id"] == row["release_id"])
        ]
        given = {part["measure_code"]: part for part in same.to_dict("records")}
        measures: list[Measure] = []
        for term in self.terms:
            code = term["measure_code"]
            own = given.get(code)
            if self._is_base(row, term, own):
                measures.append(self._base(row, term, measures))
            elif own is None:
                measures.append(self._termed(term, None, "not_derivable", []))
            else:
                parts = [own]
                if row["period_type"] == "rolling_4q" and row["source"] == "return":
                    parts = self._four_quarters(row, code)
                places = [self.places.of(p, self._words(p["value_status"])) for p in parts]
                value, status = cells.decimal(own["value"]), str(own["value_status"])
                proxy = bool(own["is_proxy"])
                measures.append(self._termed(term, value, status, places, is_proxy=proxy))
        return measures

    def _of_period(self, row: Row) -> pd.DataFrame:
        kind = str(row["period_type"])
        return self.measures[
            (self.measures["source"] == row["source"])
            & (self.measures["period_label"] == row["period_label"])
            & self.measures["period_type"].isin(_IN_QUARTER if kind in _IN_QUARTER else [kind])
        ]

    def _four_quarters(self, row: Row, measure: str) -> list[Row]:
        """The quarters that a rolling year is the sum of, first to last."""
        last = Quarter.parse(str(row["period_label"]))
        rows = self.measures[
            (self.measures["new_la_code"] == row["new_la_code"])
            & (self.measures["measure_code"] == measure)
            & (self.measures["source"] == row["source"])
            & (self.measures["period_type"] == "quarter")
            & self.measures["is_current"]
            & self.measures["period_label"].isin([last.shift(-n).label for n in range(4)])
        ]
        return list(rows.sort_values("period_end").to_dict("records"))

    def _is_base(self, row: Row, term: dict, own: Row | None) -> bool:
        """Whether the file gives this denominator only as the base of its own figures.

        A base is no row of fct_measure. The registry names those of DfE's files and of the lists;
        of values of ChAT only the number tells.
        """
        if term["role"] != "denominator" or pd.isna(row["denominator"]):
            return False
        if row["source"] == "published":
            return bool(self.places.columns(str(row["release_id"]), term["measure_code"], "base"))
        alone = sum(other["role"] == "denominator" for other in self.terms) == 1
        if row["source"] != "chat" or not alone or cells.text(self.about["denominator_factor"]):
            return False
        bases = seed("registry/annex_a_measures").query("use == 'base'")["measure_code"]
        if own is None or term["measure_code"] in set(bases):
            return True
        return bool(own["value"] != row["denominator"])

    def _base(self, row: Row, term: dict, above: list[Measure]) -> Measure:
        value, status = cells.decimal(row["denominator"]), "ok"
        beside = [place for measure in above for place in measure.places][:1]
        code, words = term["measure_code"], self._words(status)
        places = [self.places.of_base(place, code, value, words) for place in beside]
        return self._termed(term, value, status, places, is_base=True)

    def _termed(
        self,
        term: dict,
        value: float | None,
        status: str,
        places: list[Place],
        *,
        is_proxy: bool = False,
        is_base: bool = False,
    ) -> Measure:
        return Measure(
            role=term["role"],
            code=term["measure_code"],
            label=term["label"],
            definition=term["definition"],
            value=value,
            value_status=status,
            status=self._words(status),
            is_proxy=is_proxy,
            is_base=is_base,
            places=places,
        )

    # --- figures pooled from authorities ---

    def _authorities(self, row: Row) -> list[Authority]:
        """Every authority of the area, those behind the figure first."""
        members = self.areas[self.areas["is_london"]]
        within = (members[["region_code", "inner_outer_code"]] == row["new_la_code"]).any(axis=1)
        rows = self.figures[
            (self.figures["source"] == row["source"])
            & (self.figures["period_type"] == row["period_type"])
            & (self.figures["period_label"] == row["period_label"])
            & self.figures["is_current"]
        ].to_dict("records")
        given = {part["new_la_code"]: part for part in rows}
        paths = self.places.paths(str(row["period_label"]))
        found = []
        for code, name in members.loc[within, ["new_la_code", "la_name"]].itertuples(index=False):
            one = given.get(code)
            if one is None:
                four = row["period_type"] == "rolling_4q"
                why = "No figure: fewer than four quarters that have one" if four else "No figure"
                found.append(Authority(code, name, False, None, None, None, why, None, None))
                continue
            found.append(
                Authority(
                    code=code,
                    name=name,
                    behind=_is_behind(row, one),
                    numerator=cells.decimal(one["numerator"]),
                    denominator=cells.decimal(one["denominator"]),
                    value=cells.decimal(one["value"]),
                    status=self._why(one),
                    release_id=cells.text(one["release_id"]),
                    path=paths.get(code),
                )
            )
        return sorted(found, key=lambda authority: (not authority.behind, authority.name))

    def _pooled(self, row: Row, authorities: list[Authority]) -> list[Measure]:
        """Each measure's sum over the authorities behind the figure."""
        rows = self._of_period(row)
        behind = [authority.code for authority in authorities if authority.behind]
        rows = rows[rows["new_la_code"].isin(behind) & rows["is_current"]]
        # FTE are sums of decimals: the noise of doubles is no part of them.
        sums = rows.groupby("measure_code")["value"].sum().round(6)
        return [
            self._termed(term, cells.decimal(sums.get(term["measure_code"])), "ok", [])
            for term in self.terms
        ]

    # --- the formula in words ---

    def _formula(self, row: Row, measures: list[Measure], population: Population | None) -> str:
        above = _summed([m for m in measures if m.role == "numerator"], _is_pooled(row))
        parts = [m for m in measures if m.role == "denominator"]
        multiplier = int(self.about["multiplier"])
        formula = above if multiplier == 1 else f"{multiplier:,} x {above}"
        if parts:
            formula += f" / {self._below(row, parts)}"
        elif population is not None and pd.notna(row["denominator"]):
            people = cells.number(row["denominator"])
            formula += f" / population aged {population.band} {people}"
        elif population is not None:
            missing = "" if population.release else " (not loaded)"
            formula += f" / population aged {population.band}{missing}"
        if pd.isna(row["value"]):
            label = str(self.statuses.loc[row["value_status"], "label"]).lower()
            return f"{formula} = no value ({label})"
        # A count alone is its own value.
        alone = len(measures) == 1 and formula == above
        return formula if alone else f"{formula} = {cells.number(row['value'])}"

    def _below(self, row: Row, parts: list[Measure]) -> str:
        below = _summed(parts, _is_pooled(row))
        factor = cells.text(self.about["denominator_factor"])
        if factor is None:
            return below
        words, total = factor.replace("_", " "), sum(part.value or 0 for part in parts)
        if pd.notna(row["denominator"]) and total:
            # Of one period, so the same for every authority of a pooled figure.
            words = f"{cells.number(row['denominator'] / total)} {words}"
        return f"({below} x {words})"


def _is_pooled(row: Row) -> bool:
    return str(row["release_id"]).endswith("pooled")


def _is_behind(pooled: Row, one: Row) -> bool:
    """Whether the model that pools has taken an authority in: it gave both sides, or, where nobody
    has a denominator (a population that is not loaded), the count."""
    counted = bool(pd.notna(one["numerator"]))
    if pooled["value_status"] == "not_derivable":
        return counted
    # Nothing of nothing adds up too.
    none = one["value_status"] == "not_applicable" and one["denominator"] == 0
    return counted and bool(one["value_status"] == "ok" or none)


def _summed(measures: list[Measure], pooled: bool) -> str:
    terms = [
        f"{'sum of ' if pooled else ''}{m.code} "
        f"{f'({m.value_status})' if m.value is None else cells.number(m.value)}"
        for m in measures
    ]
    return f"({' + '.join(terms)})" if len(terms) > 1 else terms[0]


def _gate(home: Home, mart: str) -> Gate:
    """Whether the published file is the one that its gate let pass, by what the gate noted."""
    report = home.data_docs / mart / "index.html"
    try:
        noted = json.loads(home.gate_record.read_text(encoding="utf-8")).get(mart)
    except (OSError, ValueError):  # not of this home, or for the owner alone
        noted = None
    passed = None
    if noted is not None:
        passed = sha256_of(home.marts / f"{mart}.parquet") == noted
    return Gate(mart, passed, str(report) if report.is_file() else None)
