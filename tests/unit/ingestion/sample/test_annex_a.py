"""The synthetic Annex A workbooks: what is counted from them is what the return says."""

import hashlib
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from ingestion.contract import NotBefore, NotFuture, NotNull, Unique, contract
from ingestion.periods import working_days
from ingestion.sample.annex_a import bench_workbook, write_annex_a
from ingestion.sample.figures import Figures
from tests.unit.ingestion.sample.reading import LAST, SEED, sidecar

Lists = dict[int, pd.DataFrame]
START, END = pd.Timestamp(LAST.start), pd.Timestamp(LAST.end)
YES = "a) Yes"
# Canonical codes that rules between lists speak of, as Ofsted words them.
ISSUED = {
    "looked_after": ["a) Looked after child"],
    "protection_plan": ["b) Child Protection plan"],
    "open_assessment": ["d) Open assessment"],
    "yes": [YES],
    "eligible": ["d) Eligible child"],
    "adopted": [
        "a) E11: Adopted - application unopposed",
        "b) E12: Adopted - consent dispensed",
    ],
}


def annex_a(path: Path, version: str = "2024") -> Lists:
    """The lists by number, with the contract's names; empty cells are missing."""
    book = CalamineWorkbook.from_path(path)
    lists = {}
    for number, table in enumerate(contract("annex_a").tables, 1):
        name = next(n for n in book.sheet_names if n.replace("_", " ") == f"List {number}")
        rows = book.get_sheet_by_name(name).to_python()
        columns = [c for c in table.columns if c.since is None or c.since <= version]
        headers = [c.headers[0] for c in columns]
        assert headers in rows[:2], name
        frame = pd.DataFrame(rows[rows.index(headers) + 1 :], columns=[c.name for c in columns])
        frame = frame.mask(frame == "")
        for column in columns:
            if column.type == "date":
                frame[column.name] = pd.to_datetime(frame[column.name])
            elif column.type == "integer":
                frame[column.name] = pd.to_numeric(frame[column.name])
        lists[number] = frame
    return lists


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, figures: Figures) -> dict[str, Path]:
    """The last quarter's workbooks at full size: two authorities in the layout of 2024."""
    root = tmp_path_factory.mktemp("full")
    paths = write_annex_a(root, figures, ["GRE", "NEW"], [LAST], scale=1.0, seed=SEED)
    return {sidecar(path)["la"]: path for path in paths}


@pytest.fixture(scope="module", params=["GRE", "NEW"])
def la(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def lists(written: dict[str, Path], la: str) -> Lists:
    return annex_a(written[la])


@pytest.fixture(scope="module")
def extract(written: dict[str, Path], la: str) -> pd.Timestamp:
    return pd.Timestamp(date.fromisoformat(sidecar(written[la])["extract_date"]))


@pytest.fixture(scope="module")
def value(figures: Figures, la: str) -> dict[str, float]:
    return figures.at(LAST, la)


def in_quarter(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    return rows[rows[column].between(START, END)]


def at_end(rows: pd.DataFrame, start: str, end: str) -> pd.DataFrame:
    return rows[(rows[start] <= END) & ~(rows[end] <= END)]


def elapsed(rows: pd.DataFrame, first: str, last: str) -> pd.Series:
    """Elapsed working days: the first day is day 0."""
    pairs = zip(rows[first].dt.date, rows[last].dt.date, strict=True)
    return pd.Series([working_days(*pair) - 1 for pair in pairs])


def test_flows_counted_from_the_lists_are_near_the_return(lists: Lists, value: dict) -> None:
    authorised = in_quarter(lists[4], "authorisation_date")
    held = in_quarter(lists[5], "icpc_date")
    plans = in_quarter(lists[7], "plan_start_date")
    flows = {
        "contacts": in_quarter(lists[1], "contact_date"),
        "referrals": in_quarter(lists[3], "referral_date"),
        "assessments_started": in_quarter(lists[4], "assessment_start_date"),
        "assessments_completed": authorised,
        "s47": in_quarter(lists[5], "s47_start_date"),
        "icpc": held,
        "cpp_started": plans,
        "cpp_ended": in_quarter(lists[7], "plan_end_date"),
        "cpp_repeat_ever": plans[plans["previous_plans"] >= 1],
        "cla_started": in_quarter(lists[8], "care_start_date"),
        "cla_ceased": in_quarter(lists[8], "care_end_date"),
    }
    for measure, rows in flows.items():
        # One or two of a few dozen are always corrected.
        assert len(rows) == pytest.approx(value[measure], rel=0.05, abs=2), measure
    on_time = elapsed(authorised, "assessment_start_date", "authorisation_date") <= 45
    wanted = value["assessments_within_45wd"] / value["assessments_completed"]
    assert on_time.mean() == pytest.approx(wanted, abs=0.03)
    on_time = elapsed(held, "s47_start_date", "icpc_date") <= 15
    assert on_time.mean() == pytest.approx(value["icpc_within_15wd"] / value["icpc"], abs=0.06)


def test_stocks_counted_from_the_lists_are_near_the_return(lists: Lists, value: dict) -> None:
    need = at_end(lists[6], "cin_start_date", "cin_closure_date")
    care = at_end(lists[8], "care_start_date", "care_end_date")
    leavers = lists[9][lists[9]["eligibility"] != "d) Eligible child"]
    stocks = {
        "cin": need,
        "cpp": at_end(lists[7], "plan_start_date", "plan_end_date"),
        "cla": care,
        "uasc": care[care["uasc"] == YES],
        "care_leavers": leavers,
        "uasc_care_leavers": leavers[leavers["uasc"] == YES],
    }
    for measure, rows in stocks.items():
        assert len(rows) == pytest.approx(value[measure], rel=0.03, abs=2), measure
    # The status is that of the extract date, some days on.
    planned = (need["case_status"] == "c) Child in need plan").sum()
    assert planned == pytest.approx(value["cin_plans"], rel=0.08)


def test_what_no_return_says_is_of_the_order_of_the_published_figures(lists: Lists) -> None:
    plans = at_end(lists[7], "plan_start_date", "plan_end_date")
    lasting = plans[plans["plan_start_date"] < END - pd.DateOffset(months=3)]
    care = at_end(lists[8], "care_start_date", "care_end_date")
    year = care[care["care_start_date"] <= END - pd.DateOffset(months=12)]
    long = care[care["care_start_date"] <= END - pd.DateOffset(months=30)]
    long = long[long["age_years"] < 16]
    leavers = lists[9][lists[9]["age_years"].between(19, 21)]
    a_year_ago, stable = END - pd.DateOffset(months=12), END - pd.DateOffset(months=24)
    shares = {
        "two years on a plan": ((END - plans["plan_start_date"]).dt.days > 729, 0.0, 0.12),
        "reviewed": (lasting["latest_review_date"] > END - pd.DateOffset(months=6), 0.85, 1.0),
        "three placements": (care["placements_last_12_months"] >= 3, 0.04, 0.18),
        "stable": (long["placement_start_date"] <= stable, 0.5, 0.86),
        "health": (year["last_health_date"] > a_year_ago, 0.8, 0.97),
        "dental": (year["last_dental_date"] > a_year_ago, 0.7, 0.95),
        "suitable": (leavers["suitability"] == "a) Suitable", 0.72, 0.96),
        "activity": (leavers["activity"].str[0].isin(["F", "P"]), 0.43, 0.75),
        "in touch": (leavers["in_touch"] == YES, 0.85, 0.99),
    }
    for name, (holds, low, high) in shares.items():
        assert low <= holds.mean() <= high, name
    adopted = lists[10].dropna(subset="adoption_order_date")
    to_placement = (adopted["placed_date"] - adopted["entered_care_date"]).dt.days
    to_match = (adopted["matched_date"] - adopted["placement_order_date"]).dt.days
    assert 300 < to_placement.mean() < 700
    assert 80 < to_match.mean() < 300


def test_no_row_breaks_a_rule_of_the_contract(lists: Lists, extract: pd.Timestamp) -> None:
    for number, table in enumerate(contract("annex_a").tables, 1):
        rows = lists[number]
        unborn = rows["age_years"] == -1 if "age_years" in rows else rows.index < 0
        for rule in table.rules:
            if isinstance(rule, Unique):
                broken = rows.duplicated(rule.columns)
            elif isinstance(rule, NotNull):
                broken = rows[rule.column].isna()
            elif isinstance(rule, NotFuture):
                broken = (rows[rule.column] > extract) & ~(rule.unborn & unborn)
            elif isinstance(rule, NotBefore):
                broken = (rows[rule.column] < rows[rule.other]) & ~(rule.unborn & unborn)
            else:
                broken = ~rows[rule.column].dropna().between(rule.min, rule.max)
            assert not broken.any(), rule.id


def test_no_list_breaks_a_rule_between_lists(lists: Lists) -> None:
    names = {table.name: lists[n] for n, table in enumerate(contract("annex_a").tables, 1)}
    for rule in contract("annex_a").list_rules:
        if rule.kind == "same":
            everywhere = [rows for rows in lists.values() if rule.column in rows]
            pairs = pd.concat([rows[["child_id", rule.column]] for rows in everywhere])
            assert pairs.drop_duplicates()["child_id"].is_unique, rule.id
            continue
        rows = names[rule.table]
        for column, codes in rule.where.items():
            issued = [word for code in codes if code for word in ISSUED[code]]
            rows = rows[rows[column].isin(issued) | (rows[column].isna() & (None in codes))]
        assert len(rows), rule.id
        assert rows["child_id"].isin(names[rule.other]["child_id"]).all(), rule.id


def test_the_case_status_is_the_first_that_applies(lists: Lists) -> None:
    def open_on(number: int, end: str) -> pd.Series:
        rows = lists[number]
        return need["child_id"].isin(rows.loc[rows[end].isna(), "child_id"])

    need = lists[6]
    closed, status = need["cin_closure_date"].notna(), need["case_status"]
    care, plan = open_on(8, "care_end_date"), open_on(7, "plan_end_date")
    assert (care & plan).any()
    assert (status[closed] == "e) Closed episode").all()
    assert need.loc[closed, "closure_reason"].notna().all()
    assert need.loc[~closed, "closure_reason"].isna().all()
    assert (status[care] == "a) Looked after child").all()
    assert (status[plan & ~care] == "b) Child Protection plan").all()
    alone = open_on(4, "authorisation_date") & ~care & ~plan
    assert status[alone].isin(["c) Child in need plan", "d) Open assessment"]).all()
    assert set(status[status.notna() & ~closed]) == {
        "a) Looked after child",
        "b) Child Protection plan",
        "c) Child in need plan",
        "d) Open assessment",
    }


def test_each_list_has_the_scope_of_the_guidance(lists: Lists, extract: pd.Timestamp) -> None:
    assert 1 <= (extract - END).days <= 9
    opens = extract - pd.DateOffset(months=6)
    for number, column in ((1, "contact_date"), (3, "referral_date"), (5, "s47_start_date")):
        dates = lists[number][column]
        assert opens < dates.min()
        assert (extract - dates.max()).days < 7
        assert (dates.dt.day_of_week >= 5).mean() < 0.06
    for number, column in (
        (2, "assessment_end_date"),
        (4, "authorisation_date"),
        (6, "cin_closure_date"),
        (7, "plan_end_date"),
        (8, "care_end_date"),
    ):
        dates = lists[number][column]
        assert opens < dates.min() < opens + pd.Timedelta(days=21), number
        assert dates.max() <= extract, number
        assert dates.isna().any(), number
    year = extract - pd.DateOffset(months=12)
    for number, columns in (
        (10, ["adoption_order_date", "reversal_date"]),
        (11, ["adoption_order_date", "leaving_date"]),
    ):
        over = lists[number][columns]
        assert over.notna().any(axis=None), number
        assert not (over <= year).any(axis=None), number
    for number in (6, 7, 8, 9):
        assert lists[number]["child_id"].is_unique, number


def test_ages_follow_from_dates_of_birth_and_some_are_not_born(
    lists: Lists, extract: pd.Timestamp
) -> None:
    for number in range(1, 11):
        rows, limit = lists[number], (15, 25) if number == 9 else (-1, 18)
        assert rows["age_years"].between(*limit).all(), number
        born = rows[rows["age_years"] >= 0]
        years = (extract - born["birth_date"]).dt.days / 365.25
        assert ((years - born["age_years"]).between(-0.01, 1.01)).all(), number
    unborn = lists[1][lists[1]["age_years"] == -1]
    assert unborn["birth_date"].isna().any()
    assert (unborn["birth_date"].dropna() > extract).any()
    assert (lists[8].loc[lists[8]["care_end_date"].isna(), "age_years"] < 18).all()
    came_of_age = lists[8]["care_end_reason"].str.contains("independent living", na=False)
    known = lists[9]["child_id"]
    assert lists[8].loc[came_of_age, "child_id"].isin(known).mean() > 0.9


def test_a_child_is_the_same_child_on_every_row_and_list(lists: Lists) -> None:
    traits = ["child_id", "gender", "ethnicity", "disability"]
    children = pd.concat(lists[number].reindex(columns=traits) for number in range(1, 11))
    known = children.groupby("child_id").nunique()
    assert (known <= 1).all(axis=None)
    families = lists[10]["family_id"].dropna()
    assert len(families)
    assert families.isin(lists[11]["family_id"]).all()
    assert lists[11]["family_id"].duplicated().any()  # couples


def test_counters_tell_of_what_lies_before_the_file(lists: Lists, value: dict) -> None:
    rows = lists[3].sort_values("referral_date", kind="stable")
    latest_date = rows.groupby("child_id")["referral_date"].transform("max")
    earlier = (rows["referral_date"] < latest_date).groupby(rows["child_id"]).sum()
    latest = rows.groupby("child_id").tail(1).set_index("child_id")
    counter = latest["referrals_last_12_months"]
    assert (counter >= earlier.reindex(counter.index)).all()
    # Most repeats follow a referral from before the file: the counter knows, the file does not.
    assert (counter > earlier.reindex(counter.index)).any()
    repeat = value["repeat_referrals"] / value["referrals"]
    assert (counter >= 1).mean() == pytest.approx(repeat, abs=0.05)
    # One counter per child, as of its latest row, on every row.
    for number, column in (
        (3, "referrals_last_12_months"),
        (5, "s47_last_12_months"),
        (5, "icpcs_last_12_months"),
    ):
        counters = lists[number][["child_id", column]].drop_duplicates()
        assert counters["child_id"].is_unique, column
        assert (lists[number][column] > 0).any()


def test_the_columns_of_a_row_agree(lists: Lists) -> None:
    open_ = lists[4]["authorisation_date"].isna()
    assert lists[4].loc[open_, "needs_support"].isna().all()
    assert lists[4].loc[~open_, "needs_support"].notna().all()
    care = lists[8]
    assert care.loc[care["care_end_date"].isna(), "care_end_reason"].isna().all()
    settled = care["placement_start_date"] == care["care_start_date"]
    assert (care.loc[settled, "placements_last_12_months"] == 1).all()
    assert (care.loc[~settled, "placements_last_12_months"] >= 1).all()
    assert care.loc[care["missing_episodes"] == 0, "interview_offered"].isna().all()
    silent = lists[9]["in_touch"] != YES
    assert lists[9].loc[silent, ["accommodation", "suitability", "activity"]].isna().all(axis=None)
    enquiries = lists[5].dropna(subset="icpc_date")
    assert (enquiries["icpc_unnecessary"] == "b) No").all()


def test_nobody_and_no_place_in_the_workbooks_can_be_real(lists: Lists) -> None:
    for number, rows in lists.items():
        for column in ("team", "worker", "personal_adviser", "organisation", "placement_la"):
            if column in rows:
                assert rows[column].str.startswith("SYNTHETIC").all(), (number, column)
    postcodes = lists[8]["placement_postcode"]
    assert postcodes.notna().all()
    assert postcodes.str.fullmatch(r"ZZ\d{1,2} \d[A-Z]{2}").all()
    urns = lists[8]["placement_urn"].dropna()
    assert len(urns)
    assert urns.str.fullmatch(r"SC000\d{3}").all()


def test_authorities_write_different_layouts(tmp_path: Path, figures: Figures) -> None:
    las = ["CAM", "GRE", "HOU", "NEW"]
    paths = write_annex_a(tmp_path, figures, las, [LAST], scale=0.02, seed=SEED)
    books = [CalamineWorkbook.from_path(path) for path in paths]
    assert [book.sheet_names[-1] for book in books] == ["List_11", "List 11"] * 2
    assert ["Front_Sheet" in book.sheet_names for book in books] == [True, True, False, False]
    tops = [book.get_sheet_by_name(book.sheet_names[-9]).to_python()[0][0] for book in books]
    assert tops == ["List 3: Referrals"] * 2 + ["Child Unique ID"] * 2
    old = annex_a(paths[2], version="2019")
    assert len(old[9].columns) == 13
    assert "uasc" not in old[9] and "uasc" in old[8]


def test_two_extracts_of_an_authority_tell_of_the_same_children(
    tmp_path: Path, figures: Figures
) -> None:
    quarters = [LAST.shift(-1), LAST]
    first, second = (
        annex_a(path) for path in write_annex_a(tmp_path, figures, ["SUT"], quarters, 1.0, SEED)
    )
    before = first[8][first[8]["care_end_date"].isna()].set_index("child_id")["care_start_date"]
    after = second[8].set_index("child_id")["care_start_date"]
    both = before.index.intersection(after.index)
    # Some come back after the six months, as another period of care: here nobody does.
    assert len(both) == len(before)
    assert (before[both] == after[both]).all()
    assert first[9]["child_id"].isin(second[9]["child_id"]).mean() > 0.9


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path, figures: Figures) -> None:
    def digest(name: str, seed: int) -> str:
        [path] = write_annex_a(tmp_path / name, figures, ["CAM"], [LAST], scale=0.1, seed=seed)
        return hashlib.sha256(path.read_bytes()).hexdigest()

    assert digest("one", SEED) == digest("two", SEED) != digest("three", SEED + 1)


def test_the_smallest_authority_can_be_thinned_to_almost_nothing(
    tmp_path: Path, figures: Figures
) -> None:
    [path] = write_annex_a(tmp_path, figures, ["CIT"], [LAST], scale=0.01, seed=SEED)
    assert len(annex_a(path)[3]) < 10


def test_the_workbook_of_the_benchmark_has_the_rows_asked_for(tmp_path: Path) -> None:
    lists = annex_a(bench_workbook(tmp_path / "bench.xlsx", rows=3_000, seed=SEED))
    assert sum(map(len, lists.values())) == 3_000
    assert all(len(rows) for rows in lists.values())
    assert len(lists[1]) > len(lists[6]) > len(lists[3]) > len(lists[8])
    assert lists[1]["child_id"].nunique() > 0.8 * len(lists[1])
