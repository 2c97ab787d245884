"""`liia explain` on small handmade marts: what it says, and what it says where there is nothing."""

import hashlib
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import pytest

from ingestion.ledger import COLUMNS, Ledger
from ingestion.registry import seed
from ingestion.store import ledger_path, write_parquet
from orchestration.explain.asked import NotThere
from orchestration.explain.document import Explanation
from orchestration.explain.gather import explain
from orchestration.explain.text import SYNTHETIC, lines
from orchestration.home import Home
from tests.conftest import PROJECT, liia
from tests.unit.exports.conftest import areas, indicators

CAMDEN, BARNET, HAVERING, ENFIELD = "E09000007", "E09000003", "E09000016", "E09000010"
ENGLAND, LONDON = "E92000001", "E12000007"
QUARTER = "2025-26 Q2"
END = pd.Timestamp("2025-09-30")
AT = pd.Timestamp("2025-10-16T15:23", tz="UTC")
PLACEMENTS, TIMELY = "cla_3plus_placements_pct", "assessments_45wd_pct"


def figure(code: str, **said: object) -> dict:
    """A row of fct_indicator: Camden's return, unless said otherwise."""
    usual = {
        "indicator_code": code, "new_la_code": CAMDEN, "period_type": "quarter",
        "period_label": QUARTER, "period_end": END, "source": "return",
        "release_id": "return-CAM-2025-26-Q2-v1", "numerator": 1.0, "denominator": 16.0,
        "value": 6.25, "value_status": "ok", "published_value": None, "is_current": True,
        "is_as_published": False, "known_from": AT, "known_until": pd.NaT, "is_proxy": False,
        "population_release": None, "population_year": None, "is_population_fallback": False,
        "joint_code": None, "n_authorities": 1, "comment": None,
    }  # fmt: skip
    return usual | said


def measure(code: str, value: float | None, address: str | None, **said: object) -> dict:
    """A row of fct_measure, likewise."""
    usual = {
        "measure_code": code, "new_la_code": CAMDEN, "period_type": "quarter",
        "period_label": QUARTER, "period_end": END, "source": "return",
        "release_id": "return-CAM-2025-26-Q2-v1", "submission_number": 1, "value": value,
        "value_status": "ok" if value is not None else "not_returned", "is_current": True,
        "is_proxy": False, "file_id": "f1", "source_address": address,
    }  # fmt: skip
    return usual | said


def submission(code: str, **said: object) -> dict:
    """A row of mart_submission_status, likewise."""
    usual = {
        "new_la_code": CAMDEN, "quarter_label": QUARTER, "measure_code": code,
        "submission_state": "accepted", "file_id": "f1", "path": "returns/Q2/CAM/cam.xlsx",
        "received_at": AT, "reason": None, "is_current": True,
    }  # fmt: skip
    return usual | said


def finding(rule: str, **said: object) -> dict:
    """A row of mart_findings, likewise."""
    usual = {
        "file_id": "f1", "rule_id": rule, "severity": "check", "message": f"What {rule} says",
        "fix": "Ask", "table_name": "return_values", "sheet": "Return", "cell": "G28",
        "row_number": 28, "column_name": "Value", "measure_code": None, "finding_count": 1,
    }  # fmt: skip
    return usual | said


RELEASE = {
    "release_id": "cla_placement_stability-2025-4405fbcb", "dataset": "cla_placement_stability",
    "release_label": "2025", "path": "published/stability.csv", "sha256": "44" * 32,
    "file_id": "p1", "received_at": AT,
}  # fmt: skip
RETURNED = [
    measure("assessments_within_45wd", 1.0, "Return!G28"),
    measure("assessments_completed", 16.0, "Re!turn!G27"),
]
SUBMITTED = [submission("assessments_within_45wd"), submission("assessments_completed")]


def put(home: Home, **frames: list[dict]) -> Home:
    """Publish handmade marts, all seven that are read; those not named have no row of ours."""
    usual = {
        "fct_indicator": [figure(TIMELY)],
        "fct_measure": RETURNED,
        "dim_release": [RELEASE],
        "mart_submission_status": SUBMITTED,
        "mart_findings": [finding("x", file_id="another")],
    }
    tables = {name: pd.DataFrame(rows) for name, rows in (usual | frames).items()}
    tables["dim_local_authority"] = areas()
    tables["dim_indicator"] = indicators()
    for name, frame in tables.items():
        write_parquet(frame, home.marts / f"{name}.parquet")
    return home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home", tmp_path / "landing")


def said(told: Explanation) -> str:
    """The text on one line, as a reader takes it in."""
    return " ".join(" ".join(lines(told)).split())


def asked(home: Home, indicator: str = TIMELY, la: str = "CAM", period: str = QUARTER) -> str:
    return said(explain(home, la, indicator, period))


# --- what was asked for ---


@pytest.mark.parametrize("la", ["CAM", "cam", "E09000007", "e09000007", "202", "camden", "Camden "])
@pytest.mark.parametrize("period", [QUARTER, "2025-26-Q2", "Q2 2025/26", "2025-07-01"])
def test_an_authority_and_a_quarter_may_be_written_in_every_usual_way(
    home: Home, la: str, period: str
) -> None:
    told = explain(put(home), la, TIMELY.upper(), period)
    assert (told.area.code, told.indicator.code, told.period) == (CAMDEN, TIMELY, QUARTER)


@pytest.mark.parametrize(
    ("la", "code"),
    [
        ("London", LONDON),
        ("inner london", "E13000001"),
        ("England", ENGLAND),
        ("E12000007", LONDON),
        ("City of London", "E09000001"),
        ("Leeds", "E08000035"),
        ("E06000048", "E06000057"),  # Northumberland's code before 2013
    ],
)
def test_areas_and_authorities_elsewhere_are_known_too(home: Home, la: str, code: str) -> None:
    put(home, fct_indicator=[figure(TIMELY, new_la_code=code)])
    assert explain(home, la, TIMELY, QUARTER).area.code == code


@pytest.mark.parametrize(
    ("label", "end", "written"),
    [
        ("202324", "2024-03-31", ["202324", "2023-24", "2023/24", "2023/2024", "2023–24"]),
        ("2024", "2024-03-31", ["2024", "2023-24", "202324"]),
        ("2024", "2024-09-30", ["2024"]),
    ],
)
def test_a_year_may_be_written_as_dfe_does_or_as_a_financial_year(
    home: Home, label: str, end: str, written: list[str]
) -> None:
    year = {"period_label": label, "period_end": pd.Timestamp(end), "period_type": "year"}
    put(home, fct_indicator=[figure(TIMELY, source="published", **year)])
    for period in written:
        assert explain(home, "CAM", TIMELY, period).period == label
    if end.endswith("09-30"):
        with pytest.raises(NotThere, match="There is published: 2024"):
            explain(home, "CAM", TIMELY, "2023-24")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"la": "Camdem"}, "'Camdem' is not an authority or area; .* Did you mean Camden?"),
        ({"la": "zzz"}, "'zzz' is not an authority or area; write it like CAM, .* England.$"),
        ({"indicator": "assesments_45wd"}, f"Did you mean {TIMELY}"),
        ({"indicator": "initial contacts"}, "Did you mean contacts"),
        ({"indicator": "zzz"}, "'zzz' is not an indicator. All of them: liia sql"),
        ({"period": "lately"}, "'lately' is not a period; write a quarter like 2025-26 Q2"),
        ({"period": "2023-25"}, "'2023-25' is not a period"),
        ({"source": "dfe"}, "--source takes one of return, chat, published, not 'dfe'"),
        (
            {"period": "2026-27 Q1"},
            f"no figure of {TIMELY} for Camden in 2026-27 Q1. There is return: {QUARTER}; chat: ",
        ),
        (
            {"source": "published"},
            f"no figure of {TIMELY} for Camden in {QUARTER} from source published. There is ret",
        ),
        ({"la": "Barnet"}, f"for Barnet in {QUARTER}. There is none for any period"),
    ],
)
def test_what_means_nothing_or_is_not_there_is_a_sentence(
    home: Home, wrong: dict, says: str
) -> None:
    put(home, fct_indicator=[figure(TIMELY), figure(TIMELY, source="chat")])
    right = {"la": "CAM", "indicator": TIMELY, "period": QUARTER}
    with pytest.raises(NotThere, match=says):
        explain(home, **(right | wrong))


def test_the_command_says_so_in_exit_codes(home: Home) -> None:
    wanted = ["explain", "--la", "CAM", "--indicator", TIMELY, "--period", QUARTER]
    wanted += ["--home", home.root]
    before = liia(*wanted)
    assert before.returncode == 1
    assert "yet; run: liia run --quarter 2025-26-Q2" in before.stderr.replace("\n", " ")
    put(home)
    assert liia(*wanted).returncode == 0
    done = liia(*wanted, "--source", "chat")
    assert (done.returncode, done.stdout) == (2, "")
    assert "There is return: 2025-26 Q2" in done.stderr
    (home.marts / "mart_findings.parquet").unlink()
    done = liia(*wanted)
    assert done.returncode == 1
    assert "mart_findings.parquet is missing. Build the marts first" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_command_starts_without_the_heavy_libraries(home: Home) -> None:
    put(home)
    wanted = ["explain", "--la", "CAM", "--indicator", TIMELY, "--period", QUARTER]
    probe = (
        "import sys\nfrom orchestration.cli import app\n"
        f"app({[*wanted, '--home', str(home.root)]!r}, standalone_mode=False)\n"
        "heavy = {'dagster', 'dbt', 'great_expectations', 'duckdb', 'jinja2', 'openpyxl'}\n"
        "heavy &= set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


# --- the figure and what it is made of ---


def test_a_returned_figure_goes_back_to_file_sheet_and_cell(home: Home) -> None:
    text = asked(put(home))
    assert "Camden (E09000007), 2025-26 Q2 Assessments within 45 days" in text
    assert "QUARTERLY RETURN, QUARTER ENDING 30 SEP 2025" in text
    # Half up, exact: 6.25 is 6.3.
    assert "6.3 % (unrounded 6.25)" in text
    assert "100 x assessments_within_45wd 1 / assessments_completed 16 = 6.25" in text
    assert "sheet Return, cell G28 of file [1]" in text
    assert "sheet Re!turn, cell G27 of file [1]" in text
    assert "[1] returns/Q2/CAM/cam.xlsx submission 1 (return-CAM-2025-26-Q2-v1)" in text
    assert "received 16 Oct 2025, 16:23" in text


def test_no_line_is_too_wide_but_a_path(home: Home) -> None:
    told = explain(put(home), "CAM", TIMELY, QUARTER)
    wide = [line for line in lines(told) if len(line) > 80]
    assert all("/" in line and " " not in line.strip().removeprefix("[1] ") for line in wide)


def test_what_no_mart_holds_is_from_the_ledger_or_said_not_to_be_there(home: Home) -> None:
    assert "sha256 not known here: it stands in the ledger" in asked(put(home))
    row = dict.fromkeys(COLUMNS) | {
        "file_id": "f1", "source": "return", "path": "returns/Q2/CAM/cam.xlsx",
        "sha256": "ab" * 32, "state": "withdrawn", "size": 1, "is_current": True,
        "is_synthetic": False, "received_at": AT, "first_seen_at": AT,
    }  # fmt: skip
    path = ledger_path(home.root, "return")
    write_parquet(pd.DataFrame([row]), path)
    assert not Ledger(path).read().empty
    assert "sha256 abababababab…, taken away since" in asked(home)


def test_a_ledger_that_an_analyst_may_not_read_is_no_error(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_ledger: Ledger) -> pd.DataFrame:
        raise PermissionError

    monkeypatch.setattr(Ledger, "read", refuse)
    assert "sha256 not known here" in asked(put(home))


def test_a_synthetic_figure_says_so_and_a_real_one_does_not(home: Home) -> None:
    assert SYNTHETIC not in asked(put(home))
    # Havering has sent nothing; the home is synthetic by what others sent.
    none = {"value": None, "numerator": None, "value_status": "not_returned"}
    rows = [
        figure(TIMELY, release_id="SYNTHETIC-return-CAM-2025-26-Q2-v1"),
        figure(TIMELY, new_la_code=HAVERING, release_id="none", **none),
    ]
    told = explain(put(home, fct_indicator=rows), "HAV", TIMELY, QUARTER)
    assert told.synthetic
    assert next(lines(told)) == SYNTHETIC


def test_a_count_is_shown_without_a_fraction_of_itself(home: Home) -> None:
    row = figure("care_leavers", numerator=191.0, denominator=None, value=191.0)
    put(
        home,
        fct_indicator=[row | {"period_type": "snapshot"}],
        fct_measure=[measure("care_leavers", 191.0, "Return!G43", period_type="snapshot")],
    )
    told = explain(home, "CAM", "care_leavers", QUARTER)
    assert told.figures[0].formula == "care_leavers 191"
    assert told.figures[0].shown == "191"


def test_a_rate_names_its_population_and_that_it_is_not_the_wanted_year(home: Home) -> None:
    row = figure(
        "referrals", numerator=649.0, denominator=51454.0, value=126.13207913864811,
        population_release="2025", population_year=2024, is_population_fallback=True,
    )  # fmt: skip
    put(home, fct_indicator=[row], fct_measure=[measure("referrals", 649.0, "Return!G13")])
    text = asked(home, "referrals")
    assert "10,000 x referrals 649 / population aged 0-17 51,454 = 126.1321" in text
    assert "mid-2024, the newest there is, since the wanted year is not there" in text
    assert "release 2025 of the estimates (reference data)" in text


def test_a_population_that_is_not_loaded_is_said(home: Home) -> None:
    row = figure("ehe", numerator=338.0, denominator=None, value=None, value_status="not_derivable")
    put(home, fct_indicator=[row], fct_measure=[measure("ehe", 338.0, "Return!G46")])
    text = asked(home, "ehe")
    assert "ehe 338 / population aged 5-16 (not loaded) = no value (not derivable)" in text
    assert "No population aged 5-16 is loaded" in text


def test_a_factor_of_the_denominator_is_put_in(home: Home) -> None:
    row = figure("sw_absence_rate", numerator=578.0, denominator=97.6 * 253, value=2.34)
    rows = [measure("sw_days_lost", 578.0, "Return!G50")]
    rows += [measure("sw_in_post_fte", 97.6, "Return!G47", period_type="snapshot")]
    put(home, fct_indicator=[row], fct_measure=rows)
    text = asked(home, "sw_absence_rate")
    assert "100 x sw_days_lost 578 / (sw_in_post_fte 97.6 x 253 working days) = 2.34" in text


def test_several_terms_are_summed_in_words(home: Home) -> None:
    row = figure("sw_agency_rate", numerator=20.0, denominator=100.0, value=20.0)
    rows = [measure("sw_agency_fte", 20.0, "Return!G48"), measure("sw_in_post_fte", 80.0, "R!G47")]
    put(home, fct_indicator=[row], fct_measure=rows)
    wanted = "100 x sw_agency_fte 20 / (sw_agency_fte 20 + sw_in_post_fte 80) = 20"
    assert wanted in asked(home, "sw_agency_rate")


def test_a_part_above_its_whole_is_named_as_the_reason(home: Home) -> None:
    row = figure(TIMELY, numerator=17.0, value=None, value_status="failed")
    text = asked(put(home, fct_indicator=[row]))
    assert "No value" in text
    assert "Failed validation: a part is larger than its whole" in text


def test_what_was_not_sent_says_so_and_needs_no_file(home: Home) -> None:
    nothing = {"release_id": "none", "value_status": "not_returned"}
    put(
        home,
        fct_indicator=[figure(TIMELY, numerator=None, denominator=None, value=None, **nothing)],
        fct_measure=[row | nothing | {"value": None, "file_id": None, "source_address": None}
                     for row in RETURNED],
        mart_submission_status=[
            row | {"submission_state": "not_returned", "file_id": None, "path": None}
            for row in SUBMITTED
        ],
    )  # fmt: skip
    told = explain(home, "CAM", TIMELY, QUARTER)
    text = said(told)
    assert "Not returned: the authority has not sent this figure" in text
    assert "assessments_within_45wd (not_returned)" in text
    assert "Submission not returned" in text
    assert told.figures[0].files == []


def test_a_file_that_was_set_aside_is_named_with_its_reason(home: Home) -> None:
    failed = {"release_id": "none", "value_status": "failed"}
    aside = {"submission_state": "quarantined", "reason": "It has a password", "file_id": "q1"}
    put(
        home,
        fct_indicator=[figure(TIMELY, numerator=None, denominator=None, value=None, **failed)],
        fct_measure=[row | failed | {"value": None, "file_id": None, "source_address": None}
                     for row in RETURNED],
        mart_submission_status=[row | aside for row in SUBMITTED],
        mart_findings=[finding("file.encrypted", file_id="q1", severity="block", sheet=None,
                               cell=None, column_name=None)],
    )  # fmt: skip
    text = asked(home)
    assert "Submission quarantined: It has a password (file [1])" in text
    assert "[1] returns/Q2/CAM/cam.xlsx" in text
    assert "file.encrypted (blocks) of file [1]" in text


def test_rolling_quarters_name_each_quarters_file(home: Home) -> None:
    labels = ["2024-25 Q3", "2024-25 Q4", "2025-26 Q1", QUARTER]
    quarters = [
        measure(
            "contacts", 10.0 + at, f"Return!G{at}", period_label=label, file_id=f"f{at}",
            period_end=END - pd.DateOffset(months=3 * (3 - at)), release_id=f"return-{at}",
        )
        for at, label in enumerate(labels)
    ]  # fmt: skip
    older = quarters[0] | {"is_current": False, "value": 99.0, "release_id": "return-old"}
    summed = measure("contacts", 46.0, "sum of four quarters", period_type="rolling_4q")
    row = figure("contacts", period_type="rolling_4q", numerator=46.0, denominator=None, value=None)
    put(home, fct_indicator=[row], fct_measure=[summed, older, *quarters])
    (told,) = explain(home, "CAM", "contacts", QUARTER).figures
    (term,) = told.measures
    assert [(p.period_label, p.value, p.cell) for p in term.places] == [
        (label, 10.0 + at, f"G{at}") for at, label in enumerate(labels)
    ]
    assert term.value == sum(p.value for p in term.places if p.value) == 46.0


def test_every_kind_of_period_under_a_label_is_told(home: Home) -> None:
    rows = [figure(TIMELY, period_type=kind) for kind in ("rolling_4q", "quarter")]
    rows.append(figure(TIMELY, source="chat", is_proxy=True))
    told = explain(put(home, fct_indicator=rows), "CAM", TIMELY, QUARTER)
    kinds = [(one.source, one.period_type) for one in told.figures]
    assert kinds == [("return", "quarter"), ("return", "rolling_4q"), ("chat", "quarter")]
    assert "A proxy: it rests on a rule" in said(told)
    only = explain(home, "CAM", TIMELY, QUARTER, "chat")
    assert [one.source for one in only.figures] == ["chat"]


# --- published, ChAT ---


def test_a_base_of_dfes_is_told_by_column_and_that_no_mart_has_its_line(home: Home) -> None:
    year = {"period_type": "year", "period_label": "2025", "source": "published",
            "release_id": RELEASE["release_id"]}  # fmt: skip
    row = figure(PLACEMENTS, numerator=23.0, denominator=211.0, value=10.9005, **year)
    rows = [measure("cla_3plus_placements", 23.0, "children_count, line 61", file_id="p1", **year)]
    put(home, fct_indicator=[row | {"published_value": 11.0}], fct_measure=rows)
    told = explain(home, "CAM", PLACEMENTS, "2025")
    above, below = told.figures[0].measures
    assert (above.places[0].row, below.places[0].row) == (61, None)
    assert (below.value, below.is_base) == (211.0, True)
    text = said(told)
    assert "DfE itself prints 11" in text
    assert "line 61, column children_count of file [1], where cla_group=CLA on 31 March" in text
    assert "line not kept in the marts, column children_count" in text
    assert "placement_stability=Total children" in text
    assert "[1] published/stability.csv release 1" in text


def test_annex_a_tells_list_and_rule_and_never_a_row(home: Home) -> None:
    chat = {"source": "chat", "release_id": "annex_a-CAM-2025-26-Q2-v1"}
    rows = [row | chat | {"source_address": "List 4", "file_id": "a1"} for row in RETURNED]
    at = {"file_id": "a1", "sheet": "List_4", "measure_code": None, "column_name": "Start"}
    found = [
        finding("annex_a.x", table_name="annex_a_list_4", cell=f"F{n}", row_number=n, **at)
        for n in (814, 815)
    ]
    found.append(finding("annex_a.other", table_name="annex_a_list_8", cell="F7", **at))
    put(home, fct_indicator=[figure(TIMELY, **chat)], fct_measure=rows, mart_findings=found)
    told = explain(home, "CAM", TIMELY, QUARTER)
    text = said(told)
    assert "counted from List 4 of file [1]" in text
    assert "List 4: Assessments. Counted: what happened in the quarter. Reads child_id," in text
    assert "annex_a.x (to check) of file [1]: What annex_a.x says (2 places)" in text
    assert "path not known here: no ledger, and no mart holds it" in text
    for kept_out in ("814", "815", "List_4", "annex_a.other"):
        assert kept_out not in text + json.dumps(asdict(told))


def test_values_of_chat_tell_their_row_and_a_base_by_its_number(home: Home) -> None:
    """The pair on the value's own row counts, not another row's figure of the same name."""
    chat = {"source": "chat", "release_id": "annex_a-CAM-2025-26-Q2-v1", "file_id": "a1"}
    rows = [
        measure("assessments_within_45wd", 1.0, "values row 7", **chat),
        measure("assessments_completed", 20.0, "values row 9", **chat),
    ]
    row = figure(TIMELY, source="chat", release_id=chat["release_id"])
    told = explain(put(home, fct_indicator=[row], fct_measure=rows), "CAM", TIMELY, QUARTER)
    above, below = told.figures[0].measures
    assert (above.is_base, above.places[0].sheet, above.places[0].row) == (False, "values", 7)
    assert (below.is_base, below.value, below.places[0].row) == (True, 16.0, 7)
    assert "values row 7 of file [1]" in said(told)


# --- pooled ---


def pooled(home: Home, status: str = "ok", denominator: float | None = 48.0) -> Explanation:
    """London over Camden and Barnet; Enfield lacks a side, Havering sent nothing."""
    none = {"numerator": None, "denominator": None, "value": None}
    rows = [
        figure(TIMELY),
        figure(TIMELY, new_la_code=BARNET, numerator=5.0, denominator=32.0, value=15.6),
        figure(TIMELY, new_la_code=ENFIELD, numerator=9.0, denominator=None, value=None,
               value_status="not_applicable"),
        figure(TIMELY, new_la_code=HAVERING, release_id="none", value_status="not_returned",
               **none),
        figure(TIMELY, new_la_code=LONDON, release_id="pooled", numerator=6.0, n_authorities=2,
               denominator=denominator, value=12.5, value_status=status),
    ]  # fmt: skip
    if status != "ok":
        rows = [row | {"denominator": None, "value": None, "value_status": status}
                if row["numerator"] else row for row in rows]  # fmt: skip
    barnet = {"new_la_code": BARNET, "release_id": "return-BAR-2025-26-Q2-v1"}
    sent = [measure("assessments_within_45wd", 5.0, "Return!G28", **barnet),
            measure("assessments_completed", 32.0, "Return!G27", **barnet)]  # fmt: skip
    put(home, fct_indicator=rows, fct_measure=[*RETURNED, *sent])
    return explain(home, "London", TIMELY, QUARTER)


def test_a_pooled_figure_names_who_is_behind_it_and_who_is_missing_and_why(home: Home) -> None:
    told = pooled(home)
    text = said(told)
    assert "sum of assessments_within_45wd 6 / sum of assessments_completed 48 = 12.5" in text
    assert "Pooled: sum over sum of the 2 authorities" in text
    (one,) = told.figures
    assert [authority.name for authority in one.authorities if authority.behind] == [
        "Barnet", "Camden",
    ]  # fmt: skip
    missing = {authority.name: authority.status for authority in one.authorities[2:]}
    assert len(missing) == 31
    assert missing["Havering"].startswith("Not returned")
    assert missing["Enfield"].startswith("Not applicable")
    assert missing["Bexley"] == "No figure"


def test_where_nobody_has_a_denominator_the_counts_are_behind_it(home: Home) -> None:
    (one,) = pooled(home, "not_derivable", None).figures
    behind = {authority.name for authority in one.authorities if authority.behind}
    assert behind == {"Barnet", "Camden", "Enfield"}


# --- rules, versions, gates ---


def test_findings_are_those_of_the_measures_and_of_the_file_as_a_whole(home: Home) -> None:
    found = [
        finding("history.unusual", measure_code="assessments_completed", cell="G27"),
        finding("headers.fuzzy", severity="note", cell="G4"),
        finding("return.zero_unlikely", measure_code="cla"),
        finding("of.another.file", file_id="f2"),
    ]
    told = explain(put(home, mart_findings=found), "CAM", TIMELY, QUARTER)
    about = [(one.about, one.rule_id, one.cell) for one in told.figures[0].findings]
    assert about == [
        ("assessments_completed", "history.unusual", "G27"),
        ("file", "headers.fuzzy", "G4"),
    ]
    text = said(told)
    assert "history.unusual (to check) at Return G27 of file [1]: What history.unusual" in text
    assert "assessments_within_45wd: no finding" in text
    assert "Asked: return.value.not_negative," in text
    assert {"history.copied"} <= {rule.rule_id for rule in told.figures[0].rules}


def test_without_a_finding_that_is_said(home: Home) -> None:
    assert "No finding." in asked(put(home))


def test_a_finding_on_another_column_of_dfes_file_is_not_told(home: Home) -> None:
    release = RELEASE | {"release_id": "csww-2025-8aae69e8", "dataset": "csww"}
    year = {"period_type": "year", "period_label": "2025", "source": "published",
            "release_id": release["release_id"], "file_id": "p1"}  # fmt: skip
    rows = [measure("sw_agency_fte", 20.0, "agency_fte, line 11", **year),
            measure("sw_in_post_fte", 80.0, "inpost_fte, line 11", **year)]  # fmt: skip
    row = figure("sw_agency_rate", **{k: v for k, v in year.items() if k != "file_id"})
    at = {"file_id": "p1", "table_name": "csww", "sheet": None, "row_number": None}
    found = [
        finding("drift.column.renamed", column_name="social_worker_fte", **at),
        finding("published.rate.differs", column_name="agency_rate_fte", **at),
        finding("drift.period.gained", column_name="time_period", **at),
        finding("drift.column.gained", column_name="starters_fte", **at),
    ]
    put(home, fct_indicator=[row], fct_measure=rows, dim_release=[release], mart_findings=found)
    (one,) = explain(home, "CAM", "sw_agency_rate", "2025").figures
    assert {(told.about, told.rule_id) for told in one.findings} == {
        ("sw_in_post_fte", "drift.column.renamed"),
        ("sw_agency_rate", "published.rate.differs"),
        ("file", "drift.period.gained"),
    }


def test_earlier_versions_are_told_newest_first_and_as_not_in_force(home: Home) -> None:
    later = AT + pd.Timedelta(days=5)
    old = {"is_current": False, "numerator": 2.0, "value": 12.5}
    rows = [
        figure(TIMELY, release_id="return-CAM-2025-26-Q2-v1", known_until=later, **old),
        figure(TIMELY, release_id="return-CAM-2025-26-Q2-v0", known_from=pd.NaT, **old),
        figure(TIMELY, release_id="return-CAM-2025-26-Q2-v2", known_from=later),
    ]
    v1 = [row | {"value": 7.0, "file_id": "f0", "is_current": False} for row in RETURNED]
    v2 = [row | {"release_id": "return-CAM-2025-26-Q2-v2"} for row in RETURNED]
    told = explain(put(home, fct_indicator=rows, fct_measure=[*v2, *v1]), "CAM", TIMELY, QUARTER)
    (one,) = told.figures
    assert one.release_id.endswith("v2")
    assert [part.value for part in one.measures] == [1.0, 16.0]
    assert [version.release_id[-2:] for version in one.earlier] == ["v1", "v0"]
    text = said(told)
    assert "Earlier versions, not in force 12.5 %: return-CAM-2025-26-Q2-v1; in force from" in text
    assert "16 Oct 2025, 16:23 to 21 Oct 2025, 16:23" in text
    assert "v0; was never the newest known" in text


def test_a_gate_is_said_to_be_passed_only_where_that_is_on_record(home: Home) -> None:
    put(home)
    assert "fct_measure: what its gate found is not on record here" in asked(home)
    noted = {
        "fct_indicator": hashlib.sha256(
            (home.marts / "fct_indicator.parquet").read_bytes()
        ).hexdigest(),
        "fct_measure": "another",
    }
    home.staged_marts.mkdir(parents=True)
    home.gate_record.write_text(json.dumps(noted))
    text = asked(home)
    assert "fct_indicator: the published file is the one that its gate let pass" in text
    assert "fct_measure: the published file is not the one" in text


def test_the_json_is_stable_and_says_null_where_there_is_nothing(home: Home) -> None:
    put(home)
    done = liia("explain", "--la", "CAM", "--indicator", TIMELY, "--period", QUARTER,
                "--home", home.root, "--json")  # fmt: skip
    told = json.loads(done.stdout)
    assert list(told) == ["indicator", "area", "period", "synthetic", "gates", "figures"]
    (one,) = told["figures"]
    for key in ("value", "shown", "status", "formula", "measures", "files", "authorities",
                "rules", "findings", "earlier", "population"):  # fmt: skip
        assert key in one
    assert (one["value"], one["shown"], one["population"]) == (6.25, "6.3", None)
    place = one["measures"][0]["places"][0]
    assert (place["sheet"], place["cell"], place["row"]) == ("Return", "G28", None)
    assert one["files"][0]["sha256"] is None


def test_every_status_of_the_registry_has_words(home: Home) -> None:
    for status in seed("registry/value_statuses")["value_status"]:
        value = 6.25 if status == "ok" else None
        row = figure(TIMELY, value=value, value_status=status, numerator=None)
        assert "None" not in asked(put(home, fct_indicator=[row]))
