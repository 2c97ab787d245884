"""The rules between marts: each is broken once on a copy of a good run, and speaks up."""

import os
from pathlib import Path

import dagster as dg
import duckdb
import pandas as pd
import pytest

from expectations import across, gate
from expectations.contracts import marts
from tests.conftest import Run

CAMDEN, CITY = "E09000007", "E09000001"


@pytest.fixture
def home(synthetic_run: Run, tmp_path: Path) -> Path:
    """Staged marts and raw tables of the good run, to be changed."""
    for source, target in (("warehouse/published", "staged"), ("raw", "raw")):
        (tmp_path / target).mkdir()
        for path in (synthetic_run.home / source).glob("*.parquet"):
            os.link(path, tmp_path / target / path.name)
    return tmp_path


def change(home: Path, table: str, query: str) -> None:
    """Replace a table by a query over it, as `t`; raw ones are named raw/<name>."""
    path = home / (table if "/" in table else f"staged/{table}")
    path = path.with_name(f"{path.name}.parquet")
    with duckdb.connect() as connection:
        connection.from_parquet(str(path)).create_view("t")
        beside = path.with_suffix(".new")
        connection.execute(f"copy ({query}) to '{beside}' (format parquet)")
    beside.replace(path)


def drop(home: Path, table: str, rows: str) -> None:
    change(home, table, f"from t where not coalesce({rows}, false)")


def broken(home: Path) -> dict[str, pd.DataFrame]:
    rows = across.broken(home / "staged", home / "raw")
    return dict(iter(rows.groupby("rule_id")))


def severity(rule_id: str) -> str:
    return next(rule.severity for rule in across.rules() if rule.id == rule_id)


def test_a_good_run_breaks_no_rule(home: Path) -> None:
    outcomes = gate.check_across(home / "staged", home / "raw", home / "docs")
    assert {mart: outcome.failures for mart, outcome in outcomes.items() if outcome.failures} == {}
    assert set(outcomes) == set(marts())
    assert sum(o.evaluated.total() for o in outcomes.values()) == len(across.rules())


NOW = "period_label = '2025-26 Q2' and source = 'return'"
CLA = f"indicator_code = 'cla' and new_la_code = '{CAMDEN}' and {NOW}"


def put(where: str, column: str, value: str) -> str:
    return f"from t select * replace (if({where}, {value}, {column}) as {column})"


def doubled(code: str) -> str:
    """The looked-after figures of a quarter once more, under another code."""
    again = f"select * replace ('again' as {code}) from t where {code} = 'cla' and {NOW}"  # noqa: S608
    return f"from t union all by name {again}"


# What is broken, by which statement, and which rule sees it for whom. "-" drops the rows.
BREAKS = {
    # Nothing is lost on the way.
    "an answer of a return": (
        ("fct_measure", "-", f"measure_code = 'cla' and new_la_code = '{CAMDEN}' and {NOW}"),
        "fct_measure.returned.kept", "critical", "Camden",
    ),
    "a year of a published file": (
        ("fct_measure", "-", "measure_code = 'cla' and period_label = '2023'"),
        "fct_measure.published.kept", "critical", "Barking and Dagenham",
    ),
    "a rolling year": (
        ("fct_measure", "-", f"period_type = 'rolling_4q' and new_la_code = '{CAMDEN}'"),
        "fct_measure.rolling.kept", "critical", "Camden",
    ),
    "an authority's indicator": (
        ("fct_indicator", "-", CLA), "fct_indicator.measures.kept", "critical", "Camden",
    ),
    "an authority of a published percentage": (
        (
            "fct_indicator", "-",
            f"indicator_code = 'cpp_repeat_ever_pct' and new_la_code = '{CAMDEN}'"
            " and source = 'published' and period_label = '2023'",
        ),
        "fct_indicator.measures.kept", "critical", "Camden",
    ),
    "a comparison": (
        (
            "fct_comparison", "-",
            f"indicator_code = 'cla' and new_la_code = '{CAMDEN}' and {NOW}",
        ),
        "fct_comparison.figures.kept", "critical", "Camden",
    ),
    "an authority's state": (
        ("mart_submission_status", "-", f"new_la_code = '{CITY}' and quarter_label = '2025-26 Q2'"),
        "mart_submission_status.all.there", "critical", "City of London",
    ),
    "a measure's state": (
        (
            "mart_submission_status", "-",
            f"new_la_code = '{CITY}' and quarter_label = '2025-26 Q2' and measure_code = 'cla'",
        ),
        "mart_submission_status.all.there", "critical", "City of London",
    ),
    "a cell of the rug": (
        ("mart_tartan_rug", "-", CLA), "mart_tartan_rug.figures.kept", "critical", "Camden",
    ),
    "an authority's cell of the rug": (
        ("mart_tartan_rug", "-", CLA), "mart_tartan_rug.all.there", "critical", "London",
    ),
    # A figure is the same wherever it stands.
    "another numerator": (
        ("fct_indicator", put(CLA, "numerator", "numerator + 1")),
        "fct_indicator.numerator.rejoins", "critical", "Camden",
    ),
    "another value": (
        ("fct_indicator", put(CLA, "value", "value * 1.00001")),
        "fct_indicator.value.recomputes", "critical", "Camden",
    ),
    "another sum for London": (
        ("fct_indicator", put(CLA.replace(CAMDEN, "E13000001"), "numerator", "numerator + 1")),
        "fct_indicator.london.pools", "critical", "Inner London",
    ),
    "London outside its authorities": (
        ("fct_indicator", put(CLA.replace(CAMDEN, "E12000007"), "value", "99999")),
        "fct_indicator.london.between", "critical", "London",
    ),
    "another figure reconciled": (
        (
            "fct_reconciliation",
            put(
                f"indicator_code = 'cla' and new_la_code = '{CAMDEN}'",
                "published_value", "published_value + 1",
            ),
        ),
        "fct_reconciliation.figures.rejoin", "critical", "Camden",
    ),
    # What does not fit together was sent so.
    "parts of a return": (
        (
            "fct_measure",
            put(
                f"measure_code = 'referrals_source_police' and new_la_code = '{CAMDEN}' and {NOW}",
                "value", "value + 1",
            ),
        ),
        "fct_measure.parts.add_up", "warning", "Camden",
    ),
    "parts of a published percentage": (
        (
            "fct_indicator",
            put(
                "indicator_code = 'referral_source_police_pct' and new_la_code = 'E92000001'"
                " and period_label = '2023'",
                "value", "value + 1",
            ),
        ),
        "fct_indicator.parts.make_100", "warning", "England",
    ),
    "a conversion": (
        (
            "fct_reconciliation",
            "from t select * replace ('large' as size_class, 500 as difference)"
            " where indicator_code = 'cla'",
        ),
        "fct_reconciliation.conversion.holds", "warning", "London",
    ),
    # Row counts.
    "a whole quarter": (
        ("fct_measure", "-", "source = 'return' and period_label = '2025-26 Q1'"),
        "fct_measure.rows.short", "critical", "London",
    ),
    "one measure of one authority": (
        ("fct_measure", "-", f"measure_code = 'cla' and new_la_code = '{CITY}' and {NOW}"),
        "fct_measure.rows.short", "critical", "London",
    ),
    "a whole year of a dataset": (
        ("fct_indicator", "-", "source = 'published' and period_label = '2022'"),
        "fct_indicator.rows.short", "critical", "London",
    ),
    "all that a list gives": (
        ("fct_measure", "-", f"source_address = 'List 8' and new_la_code = '{CAMDEN}'"),
        "fct_measure.rows.short", "critical", "London",
    ),
    "rows twice": (
        ("fct_measure", doubled("measure_code")),
        "fct_measure.rows.more", "warning", "London",
    ),
    "a dataset that nobody reviewed": (
        (
            "dim_release",
            "from t select * replace (if(dataset = 'cla_numbers', 'new', dataset) as dataset)",
        ),
        "fct_measure.rows.more", "warning", "London",
    ),
    "indicators twice": (
        ("fct_indicator", doubled("indicator_code")),
        "fct_indicator.rows.more", "warning", "London",
    ),
    "an authority that DfE left out": (
        (
            "raw/published_values", "-",
            f"dataset = 'cla_numbers' and time_period = '2023' and new_la_code = '{CITY}'",
        ),
        "fct_measure.periods.given", "warning", "London",
    ),
    "a column": (
        ("fct_measure", "from t select * exclude (comment)"),
        "fct_measure.columns.contracted", "critical", "",
    ),
    "a type": (
        ("mart_restatement", "from t select * replace (value_before::text as value_before)"),
        "mart_restatement.columns.contracted", "critical", "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BREAKS)
def test_a_rule_speaks_when_it_is_broken(home: Path, case: str) -> None:
    (table, *how), rule_id, level, area = BREAKS[case]
    if how[0] == "-":
        drop(home, table, how[1])
    else:
        change(home, table, how[0])
    rows = broken(home)[rule_id]
    assert area in set(rows["area"].fillna(""))
    assert severity(rule_id) == level


def test_a_value_read_off_chat_is_not_lost(home: Path) -> None:
    """The synthetic lists give no such value: one is said to have been read."""
    files = pd.read_parquet(home / "raw" / "annex_a_files.parquet")
    file_id = files.loc[files["new_la_code"] == CAMDEN, "file_id"].iloc[0]
    row = (
        f"'{file_id}' as file_id, '2025-26-Q2' as quarter, 'ehe' as measure_code, false as is_base"
    )
    change(home, "raw/chat_values", f"from t union all by name select {row}")
    assert severity("fct_measure.chat.kept") == "critical"
    assert broken(home)["fct_measure.chat.kept"]["subject"].tolist() == ["chat ehe"]


def test_every_rule_is_broken_once() -> None:
    broken_once = {rule_id for _, rule_id, *_ in BREAKS.values()} | {"fct_measure.chat.kept"}
    # What is asked of each mart is asked alike.
    assert broken_once == {
        rule.id
        for rule in across.rules()
        if ".columns." not in rule.id or rule.mart in ("fct_measure", "mart_restatement")
    }


def take_out(home: Path, rows: str) -> None:
    """Rows of the file of children looked after, from what was read and from all marts."""
    drop(home, "raw/published_values", f"dataset = 'cla_numbers' and {rows}")
    rows = rows.replace("time_period", "period_label")
    for mart in ("fct_measure", "fct_indicator", "fct_comparison", "mart_tartan_rug"):
        drop(home, mart, f"release_id like '%cla_numbers%' and {rows}")
    rows = rows.replace("period_label", "published_period")
    drop(home, "fct_reconciliation", f"published_release_id like '%cla_numbers%' and {rows}")


@pytest.mark.parametrize(
    ("what", "rows"),
    [
        ("all that was read of a file", "true"),
        ("a year between others", "time_period = '2023'"),
        ("the last year", "time_period = '2025'"),
    ],
)
def test_a_file_that_counts_and_has_no_rows_blocks(home: Path, what: str, rows: str) -> None:
    """Whole years missing everywhere are seen all the same: by the file, and by its other years."""
    take_out(home, rows)
    assert {"fct_measure.rows.short", "fct_indicator.rows.short"} <= set(broken(home)), what


def test_what_the_file_left_out_is_no_loss_of_ours(home: Path) -> None:
    """An authority that DfE has no line for is a warning, as it is when the file is read."""
    take_out(home, f"time_period = '2025' and new_la_code = '{CITY}'")
    assert set(broken(home)) == {"fct_measure.periods.given"}


def test_a_landing_zone_without_returns_breaks_no_rule(home: Path) -> None:
    for mart in ("fct_measure", "fct_indicator", "fct_comparison", "mart_tartan_rug"):
        drop(home, mart, "source = 'return'")
    for table in (
        "fct_reconciliation",
        "mart_submission_status",
        "raw/return_values",
        "raw/return_files",
    ):
        drop(home, table, "true")
    assert broken(home) == {}


def test_a_landing_zone_with_one_published_file_breaks_no_rule(home: Path) -> None:
    for table in ("dim_release", "raw/published_files", "raw/published_values"):
        drop(home, table, "dataset != 'ehc_requests'")
    for mart in ("fct_measure", "fct_indicator", "fct_comparison", "mart_tartan_rug"):
        drop(home, mart, "source = 'published' and release_id not like '%ehc_requests%'")
    drop(home, "fct_reconciliation", "published_status is not null")
    assert broken(home) == {}


def test_a_quarter_between_others_for_which_nobody_sent_a_return_is_asked_about(home: Path) -> None:
    label = "'2025-26 Q1'"
    for mart in ("fct_measure", "fct_indicator", "fct_comparison", "mart_tartan_rug"):
        # A rolling year over the gap was never made.
        rolled = f"period_type = 'rolling_4q' and period_label > {label}"
        drop(home, mart, f"source = 'return' and (period_label = {label} or {rolled})")
    drop(home, "mart_submission_status", f"quarter_label = {label}")
    drop(home, "fct_reconciliation", "true")
    drop(home, "raw/return_files", "quarter = '2025-26-Q1'")
    rows = broken(home)
    assert rows.keys() == {"fct_measure.periods.given"}
    assert rows["fct_measure.periods.given"]["period"].tolist() == ["2025-26 Q1"]


def test_a_failure_says_rule_rows_examples_and_what_to_do(home: Path) -> None:
    drop(home, "fct_comparison", f"source = 'return' and new_la_code = '{CAMDEN}'")
    outcomes = gate.check_across(home / "staged", home / "raw", home / "docs")
    (failure,) = outcomes["fct_comparison"].failures
    assert failure.severity == "critical"
    assert failure.text.startswith(
        "fct_comparison.figures.kept: every figure of a London authority"
    )
    assert failure.text.count("Camden") == 5
    assert "rows: return " in failure.text
    assert "no row against a row; …)" in failure.text
    assert failure.text.endswith("tell an engineer.")
    page = gate.docs_page(home / "docs", gate.ACROSS)
    assert "across_marts" in page.read_text(encoding="utf-8")


def test_a_mart_that_is_not_there_is_said_and_no_traceback(home: Path) -> None:
    (home / "staged" / "fct_comparison.parquet").unlink()
    rows = broken(home)
    assert "fct_comparison" in rows["fct_comparison.figures.kept"]["subject"].iloc[0]
    assert rows["fct_comparison.figures.kept"]["found"].tolist() == ["no answer"]


def test_checks_in_dagster_lead_to_their_data_docs(synthetic_run: Run) -> None:
    with dg.DagsterInstance.from_config(str(synthetic_run.home / "dagster")) as instance:
        for path in (["marts", "fct_indicator"], ["marts", "dim_period"], ["raw", "return_values"]):
            key = dg.AssetCheckKey(dg.AssetKey(path), "gate")
            events = instance.get_event_records(
                dg.EventRecordsFilter(dg.DagsterEventType.ASSET_CHECK_EVALUATION), limit=1_000
            )
            checks = [e.event_log_entry.dagster_event.asset_check_evaluation_data for e in events]
            metadata = next(c.metadata for c in checks if c.asset_check_key == key)
            page = Path(metadata["data_docs"].path)
            assert page.is_file()
            assert page.parent.name == path[-1]
            if path[0] == "marts":
                assert Path(metadata["data_docs_across_marts"].path).is_file()


def test_a_broken_rule_between_marts_holds_all_of_them_back(home: Path) -> None:
    from orchestration import publish
    from orchestration.defs.gates import marts_gate
    from orchestration.home import Home
    from orchestration.resources import Platform

    place = Home(home, home / "landing")
    place.prepare()
    for path in (home / "staged").glob("*.parquet"):
        path.rename(place.staged_marts / path.name)
    publish.let_pass(place)
    drop(home, "warehouse/published/fct_comparison", f"new_la_code = '{CAMDEN}'")

    check = marts_gate()
    job = dg.define_asset_job("gate", selection=dg.AssetSelection.checks(check))
    platform = Platform(root=str(place.root), landing=str(place.landing))
    definitions = dg.Definitions(asset_checks=[check], jobs=[job], resources={"platform": platform})
    result = definitions.resolve_job_def("gate").execute_in_process(raise_on_error=False)
    failed = [e for e in result.get_asset_check_evaluations() if not e.passed]
    assert [(e.asset_key.path[-1], e.check_name) for e in failed] == [("fct_comparison", "gate")]
    assert "fct_comparison.figures.kept" in failed[0].description
    with pytest.raises(publish.GateNotPassed):
        publish.publish(place)
