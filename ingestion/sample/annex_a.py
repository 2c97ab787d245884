"""Invented Annex A workbooks: child-level lists that agree with the authority's own return.

The events of one authority are drawn once, over a history long enough for every twelve-month
look-back; each workbook is a cut of that history at its extract date. Ids, dates of birth, teams
and workers are made up. Lists that the contract does not read are not written.
"""

from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path

import numpy as np
import pandas as pd
import xlsxwriter

from ingestion.contract import Table, contract
from ingestion.periods import Quarter, add_working_days, is_working_day
from ingestion.sample.figures import SOURCES, Figures, quarters_between
from ingestion.sample.files import LONDON, describe, generator, properties

EXTRACTS = 2  # workbooks are written for this many of the last quarters
# Two extracts reach back three quarters, and their counters look back four more.
_HISTORY = 7
_WINDOW = pd.DateOffset(months=6)
_YEAR = 365

_WEEKEND_WEIGHT = 0.06  # police and hospitals work at weekends, most referrers do not
_EARLY_HELP_A_YEAR = 180  # assessments per 10,000 children
_UNDECIDED_DAYS = 15  # so soon after a strategy discussion nobody has decided on a conference

# Codes and titles as Ofsted's template has them.
_SOURCE_CODES = {
    "individual": [f"{a}) 1{b}: Individual" for a, b in zip("abcd", "ABCD", strict=True)],
    "schools": ["e) 2A: Schools"],
    "education_services": ["f) 2B: Education services"],
    "health_services": [
        f"{a}) 3{b}: Health services" for a, b in zip("ghijkl", "ABCDEF", strict=True)
    ],
    "housing": ["m) 4: Housing"],
    "la_services": [
        f"{a}) 5{b}: LA services" for a, b in zip(("n", "o", "p", "p1"), "ABCD", strict=True)
    ],
    "police": ["q) 6: Police"],
    "other_legal_agency": ["r) 7: Other legal agency"],
    "other": ["s) 8: Other"],
    "anonymous": ["t) 9: Anonymous"],
    "unknown": ["u) 10: Unknown"],
}
_ETHNICITY = {
    "a) WBRI": 0.27,
    "b) WIRI": 0.01,
    "c) WIRT": 0.005,
    "d) WOTH": 0.11,
    "e) WROM": 0.01,
    "f) MWBC": 0.05,
    "g) MWBA": 0.02,
    "h) MWAS": 0.02,
    "i) MOTH": 0.045,
    "j) AIND": 0.03,
    "k) APKN": 0.035,
    "l) ABAN": 0.055,
    "m) AOTH": 0.045,
    "n) BCRB": 0.065,
    "o) BAFR": 0.13,
    "p) BOTH": 0.035,
    "q) CHNE": 0.005,
    "r) OOTH": 0.035,
    "s) REFU": 0.005,
    "s) NOBT": 0.02,
}
_GENDER = {
    "a) Male": 0.515,
    "b) Female": 0.475,
    "c) Not stated/recorded": 0.008,
    "d) Neither": 0.002,
}
_DISABILITY = {"a) Yes": 0.09, "b) No": 0.88, "c) Unknown": 0.03}
_TITLES = {
    "annex_a_list_1": "List 1: Contacts",
    "annex_a_list_2": "List 2: Early Help",
    "annex_a_list_3": "List 3: Referral",
    "annex_a_list_5": "List 5: Section 47 enquiries and Initial Child Protection Conferences",
}
_FRONT_SHEET = (
    "Annex A - Child level data",
    "SYNTHETIC: the children, dates and teams in this workbook are invented.",
)


def _earlier(
    child: np.ndarray, day: np.ndarray, of_child: np.ndarray, before: np.ndarray
) -> np.ndarray:
    """How many events (child, day) each `of_child` had in the twelve months before a day."""
    # Child and day in one sorted number: a look-back is then the distance between two positions.
    spread = 1_000_000
    events = np.sort(child * spread + day.astype("datetime64[D]").astype(int))
    end = of_child * spread + before.astype("datetime64[D]").astype(int)
    return np.searchsorted(events, end, "left") - np.searchsorted(events, end - _YEAR, "right")


class _History:
    """One authority's events over the history: contacts, early help, referrals and enquiries."""

    def __init__(self, figures: Figures, la: str, last: Quarter, scale: float, seed: int) -> None:
        self.rng = generator(seed, "annex a", la)
        # The quarter after the last is drawn too: an extract is made some days into it.
        self.quarters = quarters_between(last.shift(1 - _HISTORY), last.shift(1))
        self.returned = pd.DataFrame([figures.at(q, la) for q in self.quarters])
        self.scale = scale
        days = pd.date_range(self.quarters[0].start, self.quarters[-1].end)
        working = np.array([is_working_day(day.date()) for day in days])
        self.weights = pd.Series(np.where(working, 1, _WEEKEND_WEIGHT), index=days)
        self.bank_holidays = days[~working & (days.day_of_week < 5)].to_numpy("datetime64[D]")
        mix = self.returned[[f"referrals_source_{name}" for name in SOURCES]].sum().to_numpy()
        self.sources = [code for name in SOURCES for code in _SOURCE_CODES[name]]
        codes_of = np.array([len(_SOURCE_CODES[name]) for name in SOURCES])
        self.source_weights = np.repeat(mix / mix.sum() / codes_of, codes_of)

        self.referrals = self._referrals()
        self.contacts = self._contacts()
        self.enquiries = self._enquiries()
        population = figures.authorities.set_index("short_code")["population"].to_dict()[la]
        self.early_help = self._early_help(_EARLY_HELP_A_YEAR / 4 * population / 10_000)
        self.children = self._children()

    def _counts(self, measure: str) -> np.ndarray:
        """What the return says, give or take what is corrected between two looks at a system."""
        near = self.rng.normal(1, 0.008, len(self.quarters))
        return np.rint(self.returned[measure].to_numpy() * near * self.scale).astype(int)

    def _dates(self, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Event dates in order, and the index of the quarter of each."""
        dates = []
        for quarter, count in zip(self.quarters, counts, strict=True):
            first, last = pd.Timestamp(quarter.start), pd.Timestamp(quarter.end)
            weights = self.weights[(self.weights.index >= first) & (self.weights.index <= last)]
            dates.append(self.rng.choice(weights.index, count, p=weights / weights.sum()))
        within = np.repeat(np.arange(len(self.quarters)), counts)
        return np.concatenate([np.sort(part) for part in dates]).astype("datetime64[s]"), within

    def _pick(self, events: np.ndarray, dates: np.ndarray, days: int) -> np.ndarray:
        """For each date, the position of some event in the days before; -1 where there is none."""
        first = np.searchsorted(events, dates - np.timedelta64(days, "D"), "right")
        count = np.searchsorted(events, dates, "left") - first
        chosen = first + (self.rng.random(len(dates)) * count).astype(int)
        return np.where(count > 0, chosen, -1)

    def _staff(self, count: int) -> dict[str, np.ndarray]:
        teams = np.array([f"SYNTHETIC Team {n}" for n in range(1, 9)])
        workers = np.array([f"SYNTHETIC Worker {n}" for n in range(1, 61)])
        return {"team": self.rng.choice(teams, count), "worker": self.rng.choice(workers, count)}

    def _referrals(self) -> pd.DataFrame:
        # Everything else hangs on a referral, so a thinned history keeps at least one.
        dates, quarter = self._dates(self._counts("referrals").clip(min=1))
        again = self._counts("repeat_referrals")
        before = self._pick(dates, dates, _YEAR)
        turn = pd.Series(self.rng.random(len(dates))).groupby(quarter).rank().to_numpy()
        repeat = (turn <= again[quarter]) & (before >= 0)
        child = np.where(repeat, before, np.arange(len(dates)))
        # A repeat points to an earlier referral, itself perhaps a repeat: follow to the first.
        while (child != child[child]).any():
            child = child[child]
        nfa = (self.returned["referrals_nfa"] / self.returned["referrals"]).to_numpy()
        return pd.DataFrame(
            {
                "child": pd.factorize(child)[0],
                "referral_date": dates,
                "referral_source": self.rng.choice(self.sources, len(dates), p=self.source_weights),
                "no_further_action": np.where(
                    self.rng.random(len(dates)) < nfa[quarter], "a) Yes", "b) No"
                ),
                **self._staff(len(dates)),
            }
        )

    def _contacts(self) -> pd.DataFrame:
        """Every referral's contact, and those that went no further."""
        made = np.bincount(
            self._quarter_of(self.referrals["referral_date"]), minlength=_HISTORY + 1
        )
        dates, _ = self._dates(np.maximum(self._counts("contacts") - made, 0))
        known = self._pick(self.referrals["referral_date"].to_numpy(), dates, _YEAR)
        known = np.where(self.rng.random(len(dates)) < 0.2, known, -1)
        new = self.referrals["child"].max() + 1 + np.arange(len(dates))
        others = pd.DataFrame(
            {
                "child": np.where(known >= 0, self.referrals["child"].to_numpy()[known], new),
                "contact_date": dates,
                "contact_source": self.rng.choice(self.sources, len(dates), p=self.source_weights),
            }
        )
        referred = self.referrals[["child", "referral_date", "referral_source"]]
        both = pd.concat([referred.set_axis(others.columns, axis=1), others])
        return both.sort_values("contact_date", kind="stable").reset_index(drop=True)

    def _quarter_of(self, dates: pd.Series) -> np.ndarray:
        starts = np.array([q.start for q in self.quarters], dtype="datetime64[s]")
        return np.searchsorted(starts, dates.to_numpy(), "right") - 1

    def _enquiries(self) -> pd.DataFrame:
        """Section 47 enquiries; the return's number of conferences is held in each quarter."""
        dates, quarter = self._dates(self._counts("s47"))
        size = len(dates)
        timely = (self.returned["icpc_within_15wd"] / self.returned["icpc"]).fillna(0).to_numpy()
        wait = np.where(
            self.rng.random(size) < timely[quarter],
            15 - self.rng.binomial(12, 0.2, size),
            15 + self.rng.geometric(0.12, size),
        )
        # A discussion at the weekend counts from the Friday before, as elapsed working days do.
        discussed = dates.astype("datetime64[D]")
        ends = np.busday_offset(discussed, wait, roll="backward", holidays=self.bank_holidays)
        held = pd.Series(ends.astype("datetime64[s]"))
        in_quarter, prompt = self._quarter_of(held), wait <= 15
        chosen = np.zeros(size, dtype=bool)
        for index, count in enumerate(self._counts("icpc")):
            on_time = round(count * timely[index])
            for wanted, kind in ((on_time, prompt), (count - on_time, ~prompt)):
                possible = np.flatnonzero((in_quarter == index) & kind)
                picked = self.rng.choice(possible, min(wanted, len(possible)), replace=False)
                chosen[picked] = True
        plans = self.returned["cpp_started"].sum() / self.returned["icpc"].sum()
        referred = self._pick(self.referrals["referral_date"].to_numpy(), dates, 60).clip(min=0)
        return pd.DataFrame(
            {
                "child": self.referrals["child"].to_numpy()[referred],
                "s47_start_date": dates,
                "icpc_date": held.where(chosen),
                "plan": np.where(self.rng.random(size) < plans, "a) Yes", "b) No"),
                **self._staff(size),
            }
        )

    def _early_help(self, a_quarter: float) -> pd.DataFrame:
        dates, _ = self._dates(self.rng.poisson(a_quarter * self.scale, len(self.quarters)))
        first = self.contacts["child"].max() + 1
        ends = np.busday_offset(
            dates.astype("datetime64[D]"),
            self.rng.integers(10, 55, len(dates)),
            roll="backward",
            holidays=self.bank_holidays,
        )
        places = [
            f"SYNTHETIC {kind} {n}" for kind in ("School", "Early Help Team") for n in range(1, 9)
        ]
        return pd.DataFrame(
            {
                "child": first + np.arange(len(dates)),
                "assessment_start_date": dates,
                "assessment_end_date": ends.astype("datetime64[s]"),
                "organisation": self.rng.choice(places, len(dates)),
            }
        )

    def _children(self) -> pd.DataFrame:
        """One row per child, whose age when first seen is between birth and 17."""
        events = pd.concat(
            [
                self.contacts.set_index("child")["contact_date"],
                self.early_help.set_index("child")["assessment_start_date"],
            ]
        )
        seen = events.groupby(level="child").min()
        size = len(seen)

        def drawn(shares: dict[str, float]) -> np.ndarray:
            weights = np.array(list(shares.values()))
            return self.rng.choice(list(shares), size, p=weights / weights.sum())

        age_days = pd.to_timedelta(self.rng.integers(0, 17 * 365, size), unit="D")
        return pd.DataFrame(
            {
                "child_id": self.rng.choice(9_000_000, size, replace=False) + 1_000_000,
                "gender": drawn(_GENDER),
                "ethnicity": drawn(_ETHNICITY),
                "birth_date": seen - age_days,
                "disability": drawn(_DISABILITY),
            },
            index=seen.index,
        )

    def cut(self, extract: date) -> dict[str, pd.DataFrame]:
        """The lists as they stand on an extract date, by table name of the contract."""
        now = pd.Timestamp(extract)
        opens = now - _WINDOW

        def within(events: pd.DataFrame, column: str) -> pd.DataFrame:
            return events[(events[column] > opens) & (events[column] <= now)]

        help_ = self.early_help
        current = (help_["assessment_start_date"] <= now) & (help_["assessment_end_date"] > opens)
        help_ = help_[current]
        ended = help_["assessment_end_date"]
        lists = {
            "annex_a_list_1": within(self.contacts, "contact_date"),
            "annex_a_list_2": help_.assign(assessment_end_date=ended.where(ended <= now)),
            "annex_a_list_3": self._referral_list(within(self.referrals, "referral_date")),
            "annex_a_list_5": self._enquiry_list(within(self.enquiries, "s47_start_date"), now),
        }
        return {name: self._with_children(rows, now) for name, rows in lists.items()}

    def _referral_list(self, rows: pd.DataFrame) -> pd.DataFrame:
        earlier = _earlier(
            self.referrals["child"].to_numpy(),
            self.referrals["referral_date"].to_numpy(),
            rows["child"].to_numpy(),
            rows["referral_date"].to_numpy(),
        )
        # Systems carry one counter per child, as of the latest referral, onto every row.
        counter = pd.Series(earlier, index=rows.index).groupby(rows["child"]).transform("last")
        return rows.assign(referrals_last_12_months=counter)

    def _enquiry_list(self, rows: pd.DataFrame, now: pd.Timestamp) -> pd.DataFrame:
        started = rows["s47_start_date"]
        planned = rows["icpc_date"].notna()
        held = rows["icpc_date"] <= now
        decided = planned | (started <= now - pd.Timedelta(days=_UNDECIDED_DAYS))
        unnecessary = pd.Series(np.where(planned, "b) No", "a) Yes"), index=rows.index)
        events, conferences = self.enquiries, self.enquiries.dropna(subset="icpc_date")
        child, day = rows["child"].to_numpy(), started.to_numpy()
        return rows.assign(
            icpc_unnecessary=unnecessary.where(decided),
            icpc_date=rows["icpc_date"].where(held),
            icpc_led_to_plan=rows["plan"].where(held),
            s47_last_12_months=_earlier(
                events["child"].to_numpy(), events["s47_start_date"].to_numpy(), child, day
            ),
            icpcs_last_12_months=_earlier(
                conferences["child"].to_numpy(), conferences["icpc_date"].to_numpy(), child, day
            ),
        )

    def _with_children(self, rows: pd.DataFrame, now: pd.Timestamp) -> pd.DataFrame:
        rows = rows.join(self.children, on="child")
        born = rows["birth_date"].dt
        to_come = born.month * 100 + born.day > now.month * 100 + now.day
        return rows.assign(age_years=now.year - born.year - to_come)


def _write_list(
    book: xlsxwriter.Workbook, table: Table, rows: pd.DataFrame, sheet_name: str, title: str | None
) -> None:
    sheet = book.add_worksheet(sheet_name)
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "dd/mm/yyyy"})
    sheet.set_column(0, len(table.columns) - 1, 18)
    top = 0
    if title is not None:
        sheet.merge_range(0, 0, 0, len(table.columns) - 1, title, bold)
        top = 1
    writers, columns = [], []
    for index, column in enumerate(table.columns):
        sheet.write_string(top, index, column.headers[0], bold)
        values = rows[column.name]
        if column.type == "date":  # serial numbers at once: half the time of writing dates
            values = (values - pd.Timestamp("1899-12-30")).dt.days
        number = pd.api.types.is_numeric_dtype(values)
        writers.append(sheet.write_number if number else sheet.write_string)
        columns.append(values.astype(object).where(values.notna(), None).tolist())
    formats = [day if column.type == "date" else None for column in table.columns]
    for row, cells in enumerate(zip(*columns, strict=True), start=top + 1):
        for index, cell in enumerate(cells):
            if cell is not None:
                writers[index](row, index, cell, formats[index])


def _write_workbook(
    path: Path, lists: dict[str, pd.DataFrame], underscore: bool, template: bool, created: datetime
) -> None:
    """`template` is Ofsted's form with a front sheet and a title above the headers."""
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        book.set_properties(properties("Annex A - SYNTHETIC, not real data", created))
        if template:
            front = book.add_worksheet("Front_Sheet")
            for row, line in enumerate(_FRONT_SHEET):
                front.write_string(row, 0, line)
        for table in contract("annex_a").tables:
            name = next(s for s in table.sheets if ("_" in s) == underscore)
            title = _TITLES[table.name] if template else None
            _write_list(book, table, lists[table.name], name, title)


def write_annex_a(
    root: Path,
    figures: Figures,
    las: Sequence[str],
    quarters: list[Quarter],
    scale: float,
    seed: int,
) -> list[Path]:
    """Workbooks of the last quarters in `quarters`, with sidecars, under `root`.

    `scale` thins the events; below 1 the lists no longer add up to the returns.
    """
    paths = []
    for position, la in enumerate(las):
        history = _History(figures, la, quarters[-1], scale, seed)
        for quarter in quarters[-EXTRACTS:]:
            rng = generator(seed, "extract", la, quarter.slug)
            extract = add_working_days(quarter.end, int(rng.integers(2, 5)))
            arrival = add_working_days(extract, int(rng.integers(1, 6)))
            received = datetime.combine(arrival, time(int(rng.integers(9, 17)), 15, tzinfo=LONDON))
            path = root / quarter.slug / la / "annex_a_SYNTHETIC.xlsx"
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_workbook(
                path,
                history.cut(extract),
                underscore=position % 2 == 0,
                template=position // 2 % 2 == 0,
                created=received,
            )
            describe(
                path,
                received,
                la=la,
                quarter=quarter.slug,
                extract_date=extract.isoformat(),
                received_at=received.isoformat(),
            )
            paths.append(path)
    return paths
