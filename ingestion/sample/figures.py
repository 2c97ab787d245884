"""The invented figures behind the synthetic landing zone: one row for each quarter and authority.

Levels and spreads follow the published London ranges, so that outliers, ranks and rates look like
the real ones; which authority stands where is chance. Returns, published files and Annex A extracts
are all written from these rows, so that reconciling them makes sense. No file is written here.

Each measure has its own random stream, drawn quarter by quarter, so a quarter's figures do not
depend on how many quarters or which measures are asked for.
"""

from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from ingestion.periods import Quarter, working_days
from ingestion.registry import seed as read_seed
from ingestion.sample.files import generator

# The workforce year to 30 September 2017 opens the published files.
FIRST = Quarter(2016, 3)
# Levels are those of 2024; trends run both ways from there.
REFERENCE_YEAR = 2024.0

SOURCES = {  # share of London's referrals, by the source groups of DfE's table C5
    "individual": 0.058,
    "schools": 0.226,
    "education_services": 0.013,
    "health_services": 0.173,
    "housing": 0.012,
    "la_services": 0.133,
    "police": 0.300,
    "other_legal_agency": 0.029,
    "other": 0.045,
    "anonymous": 0.006,
    "unknown": 0.005,
}

_FRONT_DOOR_SEASON = (1.04, 0.92, 1.05, 0.99)  # Q1 to Q4: schools refer little in the summer
_EHC_SEASON = (1.06, 0.84, 1.03, 1.07)
_ABSENCE_SEASON = (0.92, 0.90, 1.10, 1.08)
_NO_SEASON = (1.0, 1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Figures:
    """`frame` is indexed by (year, number, la), with a column for each measure."""

    frame: pd.DataFrame
    authorities: pd.DataFrame

    def at(self, quarter: Quarter, la: str) -> dict[str, float]:
        row = cast(pd.Series, self.frame.xs((quarter.year, quarter.number, la)))
        return {str(measure): float(value) for measure, value in row.items()}


def quarters_between(first: Quarter, last: Quarter) -> list[Quarter]:
    count = (last.year - first.year) * 4 + last.number - first.number + 1
    return [first.shift(offset) for offset in range(count)]


def london_authorities() -> pd.DataFrame:
    """The alliance's authorities in order of their GSS code, with their newest 0-17 population."""
    las = read_seed("reference/local_authorities")
    las = las[las["is_london"] == "true"].sort_values("new_la_code")
    people = read_seed("reference/populations")
    people = people[(people["age_band"] == "0-17") & (people["value_status"] == "ok")]
    people = people.sort_values(["population_release", "mid_year"]).groupby("area_code").last()
    population = las["new_la_code"].map(people["population"]).astype(int)
    return las.assign(population=population).reset_index(drop=True)


class _Simulation:
    """Quarter-by-authority arrays; every method draws from the stream of the name it is given."""

    def __init__(self, seed: int, quarters: list[Quarter], population: np.ndarray) -> None:
        self.seed = seed
        self.quarters = quarters
        self.people = population / 10_000
        self.shape = (len(quarters), len(population))
        self.years = np.array([q.year + q.number / 4 for q in quarters])[:, None] - REFERENCE_YEAR
        self.need = self.path("need", spread=0.15)

    def rng(self, name: str) -> np.random.Generator:
        return generator(self.seed, "figures", name)

    def path(
        self, name: str, spread: float, drift: float = 0.0, wobble: float = 0.04
    ) -> np.ndarray:
        """How far an authority lies from London's level: its own place, slow drift, slow wobble."""
        rng = self.rng(f"{name}/path")
        place = rng.normal(0, spread, self.shape[1])
        trend = rng.normal(drift, 0.01, self.shape[1]) * self.years
        noise = pd.DataFrame(rng.normal(0, wobble, self.shape)).ewm(span=4).mean().to_numpy()
        return place + trend + noise

    def season(self, factors: tuple[float, ...]) -> np.ndarray:
        return np.array([factors[q.number - 1] for q in self.quarters])[:, None]

    def share(self, name: str, typical: float, spread: float, drift: float = 0.0) -> np.ndarray:
        logit = np.log(typical / (1 - typical)) + self.path(name, spread, drift)
        return 1 / (1 + np.exp(-logit))

    def flow(
        self, name: str, level: np.ndarray, season: tuple[float, ...] = _NO_SEASON
    ) -> np.ndarray:
        """Events in a quarter, from a level in events per 10,000 children a year."""
        return self.rng(name).poisson(level * self.people / 4 * self.season(season))

    def part(self, name: str, whole: np.ndarray, share: np.ndarray) -> np.ndarray:
        return self.rng(name).binomial(whole, share)

    def stock(self, name: str, started: np.ndarray, leaving: np.ndarray) -> tuple[np.ndarray, ...]:
        """Open cases at quarter end and cases ended, from starts and the share that leaves."""
        rng = self.rng(name)
        held = np.rint(started[:4].mean(axis=0) / leaving[0]).astype(int)
        opened, ended = np.empty_like(started), np.empty_like(started)
        for index, arrivals in enumerate(started):
            ended[index] = rng.binomial(held, leaving[index])
            held = held + arrivals - ended[index]
            opened[index] = held
        return opened, ended


def _whole(values: np.ndarray) -> np.ndarray:
    return np.rint(values).astype(int)


def _front_door(sim: _Simulation) -> dict[str, np.ndarray]:
    level = 552 * np.exp(sim.need + sim.path("referrals", 0.16))
    referrals = sim.flow("referrals", level, _FRONT_DOOR_SEASON)
    # A referral starts as a contact; most contacts go no further.
    other_contacts = 1250 * np.exp(sim.need + sim.path("contacts", 0.25, drift=0.03))
    mix = sim.rng("sources/mix").dirichlet(60 * np.array(list(SOURCES.values())), sim.shape[1])
    by_source = sim.rng("sources").multinomial(referrals, mix)
    started = 0.98 * level * np.exp(sim.path("assessments_started", 0.05))
    completed = 0.97 * level * np.exp(sim.path("assessments_completed", 0.05))
    assessed = sim.flow("assessments_completed", completed)
    return {
        "contacts": referrals + sim.flow("contacts", other_contacts, _FRONT_DOOR_SEASON),
        "referrals": referrals,
        **{f"referrals_source_{name}": by_source[..., i] for i, name in enumerate(SOURCES)},
        "repeat_referrals": sim.part(
            "repeat_referrals", referrals, sim.share("repeat_referrals", 0.183, 0.22)
        ),
        "referrals_nfa": sim.part("referrals_nfa", referrals, sim.share("nfa", 0.075, 0.7)),
        "assessments_started": sim.flow("assessments_started", started, _FRONT_DOOR_SEASON),
        "assessments_completed": assessed,
        "assessments_within_45wd": sim.part(
            "assessments_within_45wd", assessed, sim.share("within_45wd", 0.89, 0.7)
        ),
    }


def _protection(sim: _Simulation) -> dict[str, np.ndarray]:
    s47 = sim.flow("s47", 187 * np.exp(sim.need + sim.path("s47", 0.14)))
    icpc = sim.part("icpc", s47, sim.share("icpc", 0.295, 0.25))
    started = sim.part("cpp_started", icpc, sim.share("cpp_started", 0.79, 0.3))
    repeat = sim.part("cpp_repeat_ever", started, sim.share("cpp_repeat_ever", 0.184, 0.25))
    leaving = sim.share("cpp_leaving", 0.29, 0.2)
    opened, ended = sim.stock("cpp", started, leaving)
    return {
        "s47": s47,
        "icpc": icpc,
        "icpc_within_15wd": sim.part(
            "icpc_within_15wd", icpc, sim.share("icpc_within_15wd", 0.81, 0.5)
        ),
        "cpp": opened,
        "cpp_started": started,
        "cpp_ended": ended,
        "cpp_repeat_ever": repeat,
        "cpp_repeat_2yr": sim.part("cpp_repeat_2yr", repeat, sim.share("cpp_repeat_2yr", 0.4, 0.2)),
    }


def _care(sim: _Simulation) -> dict[str, np.ndarray]:
    leaving = sim.share("cla_leaving", 0.118, 0.18)
    # The level of the stock sets the starts: what comes in is what leaves when the level holds.
    level = 48 * np.exp(sim.need + sim.path("cla", 0.22))
    started = sim.flow("cla_started", 4 * level * leaving)
    opened, ceased = sim.stock("cla", started, leaving)
    care_leavers = _whole(56 * sim.people * np.exp(sim.path("care_leavers", 0.25, 0.02, 0.01)))
    return {
        "cla": opened,
        "cla_started": started,
        "cla_ceased": ceased,
        # Of a stock the share moves, not each child's chance: a draw would jump every quarter.
        "uasc": _whole(opened * sim.share("uasc", 0.115, 0.5)),
        "care_leavers": care_leavers,
        "uasc_care_leavers": _whole(care_leavers * sim.share("uasc_care_leavers", 0.27, 0.35)),
    }


def _need(sim: _Simulation, cpp: np.ndarray, cla: np.ndarray) -> dict[str, np.ndarray]:
    others = _whole(280 * sim.people * np.exp(sim.need + sim.path("cin", 0.25, wobble=0.02)))
    return {
        "cin": cpp + cla + others,
        "cin_plans": _whole(others * sim.share("cin_plans", 0.36, 0.25)),
    }


def _education(sim: _Simulation) -> dict[str, np.ndarray]:
    requests = sim.flow(
        "ehc_requests", 112 * np.exp(sim.path("ehc_requests", 0.25, 0.05)), _EHC_SEASON
    )
    assessments = sim.part("ehc_assessments", requests, sim.share("ehc_assessments", 0.71, 0.25))
    return {
        "ehe": _whole(66 * sim.people * np.exp(sim.path("ehe", 0.3, 0.06, 0.02))),
        "ehc_requests": requests,
        "ehc_assessments": assessments,
        "ehc_plans_issued": sim.part("ehc_plans", assessments, sim.share("ehc_plans", 0.93, 0.2)),
        "ehc_plans_open": _whole(510 * sim.people * np.exp(sim.path("ehc_open", 0.2, 0.07, 0.005))),
    }


def _workforce(sim: _Simulation) -> dict[str, np.ndarray]:
    # The smallest authority still needs a team: six posts stand before the first child.
    in_post = (6 + 31 * sim.people * np.exp(sim.path("sw_in_post", 0.14, 0.01, 0.01))).round(1)
    vacancy = sim.share("sw_vacancy", 0.18, 0.4)
    vacancies = (in_post * vacancy / (1 - vacancy)).round(1)
    days = np.array([working_days(q.start, q.end) for q in sim.quarters])[:, None]
    absence = 0.028 * np.exp(sim.path("sw_absence", 0.3)) * sim.season(_ABSENCE_SEASON)
    return {
        "sw_in_post_fte": in_post,
        "sw_vacancies_fte": vacancies,
        "sw_establishment_fte": (in_post + vacancies).round(1),
        "sw_agency_fte": (vacancies * np.exp(sim.path("sw_agency", 0.25) - 0.12)).round(1),
        "sw_days_lost": np.rint(2 * in_post * days * absence) / 2,  # half days count
    }


def simulate(last: Quarter, seed: int) -> Figures:
    """Every measure for every authority and quarter from `FIRST` to `last`."""
    authorities = london_authorities()
    quarters = quarters_between(FIRST, last)
    sim = _Simulation(seed, quarters, authorities["population"].to_numpy())
    values = _front_door(sim) | _protection(sim) | _care(sim) | _education(sim) | _workforce(sim)
    values |= _need(sim, values["cpp"], values["cla"])
    index = pd.MultiIndex.from_tuples(
        [(q.year, q.number, la) for q in quarters for la in authorities["short_code"]],
        names=["year", "number", "la"],
    )
    frame = pd.DataFrame({name: grid.ravel() for name, grid in values.items()}, index=index)
    return Figures(frame, authorities)
