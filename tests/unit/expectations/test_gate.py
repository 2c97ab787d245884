"""The gates: what must hold blocks, what is odd warns, and nothing child-level is quoted."""

from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from expectations import across, frames, gate, validation
from expectations.addresses import examples
from expectations.contracts import marts
from expectations.suites import Rule, mart_suite, raw_suite
from ingestion.pipeline import SOURCES, schema_of, tables_of
from ingestion.store import write_parquet


def table(name: str, rows: list[dict], folder: Path) -> Path:
    path = folder / f"{name}.parquet"
    write_parquet(pa.Table.from_pylist(rows, schema=schema_of(name)), path)
    return path


ARROW = {
    "varchar": (pa.string(), "a"),
    "double": (pa.float64(), 1.0),
    "integer": (pa.int32(), 1),
    "boolean": (pa.bool_(), True),
    "date": (pa.date32(), date(2025, 6, 30)),
    "timestamp with time zone": (pa.timestamp("us", "UTC"), pd.Timestamp("2025-06-30", tz="UTC")),
}


def mart(name: str, rows: list[dict], folder: Path) -> Path:
    """A mart of these rows: what they leave out is as plain as the contract allows."""
    plain = {
        column.name: (column.accepted or (ARROW[column.data_type][1],))[0]
        if column.required
        else None
        for column in marts()[name]
    }
    schema = pa.schema([(column.name, ARROW[column.data_type][0]) for column in marts()[name]])
    path = folder / f"{name}.parquet"
    write_parquet(pa.Table.from_pylist([plain | row for row in rows], schema=schema), path)
    return path


def failed(outcome: gate.Outcome) -> dict[str, str]:
    return {failure.rule_id: failure.severity for failure in outcome.failures}


RETURN = {
    "file_id": "f",
    "measure_code": "cla",
    "value": 12.0,
    "value_status": "ok",
    "row": 10,
    "sheet": "Return",
    "cell": "E10",
}
PUBLISHED = {
    "file_id": "f",
    "dataset": "csww",
    "column_name": "agency_fte",
    "time_period": "2024",
    "geographic_level": "National",
    "value_status": "ok",
    "value": 1.0,
    "row": 2,
}


def test_a_good_return_passes(tmp_path: Path) -> None:
    path = table("return_values", [RETURN, RETURN | {"measure_code": "cin"}], tmp_path)
    outcome = gate.check_raw("return_values", path, tmp_path / "docs")
    assert outcome.failures == []
    assert outcome.evaluated["critical"] >= 5


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"file_id": None}, "return_values.file_id.present"),
        ({"measure_code": "typo"}, "return_values.measure_code.known"),
        ({"value_status": "fine"}, "return_values.value_status.known"),
        ({"value": -1.0}, "return.value.not_negative"),
    ],
)
def test_a_broken_return_row_blocks(tmp_path: Path, change: dict, rule: str) -> None:
    path = table("return_values", [RETURN, RETURN | {"measure_code": "cin"} | change], tmp_path)
    assert failed(gate.check_raw("return_values", path, tmp_path / "docs")) == {rule: "critical"}


def test_the_same_measure_twice_in_one_file_blocks_but_not_in_two(tmp_path: Path) -> None:
    twice = table("return_values", [RETURN, RETURN], tmp_path)
    assert list(failed(gate.check_raw("return_values", twice, tmp_path / "docs")).values()) == [
        "critical"
    ]
    two = table("return_values", [RETURN, RETURN | {"file_id": "g"}], tmp_path)
    assert failed(gate.check_raw("return_values", two, tmp_path / "docs")) == {}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"geographic_level": "Ward"}, "published_values.geographic_level.known"),
        ({"time_period": "23/24"}, "published_values.time_period.form"),
        ({"dataset": None}, "published_values.dataset.present"),
    ],
)
def test_a_published_row_without_its_place_blocks(tmp_path: Path, change: dict, rule: str) -> None:
    path = table("published_values", [PUBLISHED | change], tmp_path)
    assert failed(gate.check_raw("published_values", path, tmp_path / "docs")) == {rule: "critical"}


OFSTED = {
    "file_id": "f",
    "row": 2,
    "new_la_code": "E09000007",
    "judgement_area": "leadership",
    "grade": "good",
    "grade_status": "ok",
    "inspection_start_date": pd.Timestamp("2025-06-02"),
    "inspection_end_date": pd.Timestamp("2025-06-13"),
    "publication_date": pd.Timestamp("2025-07-25"),
}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, {}),
        ({"grade": "fair"}, {"ofsted_judgements.grade.known": "critical"}),
        ({"grade_status": "c"}, {"ofsted_judgements.grade_status.known": "critical"}),
        ({"new_la_code": None}, {"ofsted_judgements.new_la_code.present": "critical"}),
        (
            {"inspection_start_date": pd.Timestamp("2025-06-20")},
            {"ofsted.dates.inspection": "warning"},
        ),
    ],
)
def test_a_judgement_that_cannot_be_is_seen(tmp_path: Path, change: dict, found: dict) -> None:
    path = table("ofsted_judgements", [OFSTED, OFSTED | {"file_id": "g"} | change], tmp_path)
    assert failed(gate.check_raw("ofsted_judgements", path, tmp_path / "docs")) == found


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, {}),
        ({"publication_date": date(2025, 1, 5)}, {"fct_inspection.dates.ordered": "critical"}),
        ({"grade": "fair"}, {"fct_inspection.grade.known": "critical"}),
    ],
)
def test_a_mart_of_judgements_blocks_on_the_impossible(
    tmp_path: Path, change: dict, found: dict
) -> None:
    row = {
        "grade": "good",
        "publication_date": date(2025, 7, 25),
        "inspection_end_date": date(2025, 6, 13),
    }
    path = mart("fct_inspection", [row | change], tmp_path)
    assert failed(gate.check_mart("fct_inspection", path, tmp_path / "docs")) == found


def test_an_empty_table_of_any_source_passes(tmp_path: Path) -> None:
    """A quarter without returns, or without Annex A, is no reason to stop."""
    for source in SOURCES:
        for name in tables_of(source):
            path = table(name, [], tmp_path)
            assert failed(gate.check_raw(name, path, tmp_path / "docs")) == {}, name


def test_child_level_findings_and_docs_quote_nothing(tmp_path: Path) -> None:
    rows = [
        {
            "file_id": "f",
            "row": 2,
            "child_id": "MARKED-CHILD",
            "age_years": 21_436,
            "contact_date": pd.Timestamp("2025-07-01"),
        }
    ]
    docs = tmp_path / "docs"
    outcome = gate.check_raw("annex_a_list_1", table("annex_a_list_1", rows, tmp_path), docs)
    assert failed(outcome) == {"annex_a.age.plausible": "warning"}
    assert [(failure.rows, failure.examples) for failure in outcome.failures] == [(1, ())]
    text = " ".join(failure.text for failure in outcome.failures)
    pages = [path.read_text(errors="ignore") for path in docs.rglob("*.html")]
    assert pages
    for content in [text, *pages]:
        assert "MARKED-CHILD" not in content
        assert "21436" not in content
        assert "21,436" not in content


def indicator(**change: object) -> dict:
    row = {
        "indicator_code": "repeat_referrals_pct",
        "new_la_code": "E09000007",
        "source": "return",
        "value": 18.0,
        "value_status": "ok",
        "unit": "percent",
    }
    return row | change


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, {}),
        ({"value": None, "value_status": "c"}, {}),
        (
            {"value": 100.5},
            {
                "fct_indicator.percent.in_range": "critical",
                "fct_indicator.repeat_referrals_pct.plausible": "warning",
            },
        ),
        (
            {"indicator_code": "cla", "unit": "rate_per_10000", "value": 900.0},
            {"fct_indicator.cla.plausible": "warning"},
        ),
        # A figure for England is no outlier among authorities.
        (
            {
                "indicator_code": "sw_establishment",
                "unit": "fte",
                "value": 40000.0,
                "new_la_code": "E92000001",
            },
            {},
        ),
        ({"source": "guess"}, {"fct_indicator.source.known": "critical"}),
        ({"value_status": None}, {"fct_indicator.required.present": "critical"}),
    ],
)
def test_marts_block_on_the_impossible_and_warn_on_the_odd(
    tmp_path: Path, change: dict, found: dict
) -> None:
    path = mart("fct_indicator", [indicator(), indicator(**change)], tmp_path)
    assert failed(gate.check_mart("fct_indicator", path, tmp_path / "docs")) == found


def test_a_state_that_nobody_knows_blocks(tmp_path: Path) -> None:
    path = mart("mart_submission_status", [{}, {"submission_state": "lost"}], tmp_path)
    assert failed(gate.check_mart("mart_submission_status", path, tmp_path / "docs")) == {
        "mart_submission_status.submission_state.known": "critical"
    }


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"severity": "bad"}, "mart_findings.severity.known"),
        ({"source": "guess"}, "mart_findings.source.known"),
        ({"message": None}, "mart_findings.required.present"),
    ],
)
def test_a_finding_that_says_nothing_blocks(tmp_path: Path, change: dict, rule: str) -> None:
    path = mart("mart_findings", [{}, change], tmp_path)
    assert failed(gate.check_mart("mart_findings", path, tmp_path / "docs")) == {rule: "critical"}


RECONCILED = {
    "base_source": "return",
    "compared_source": "published",
    "size_class": "large",
    "likely_reason": "unexplained",
    "explanation": "No known reason.",
}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        # A small difference, or none, needs no reason.
        ({"size_class": "small", "likely_reason": None, "explanation": None}, None),
        ({"size_class": "none", "likely_reason": None, "explanation": None}, None),
        ({"size_class": None, "likely_reason": "coverage"}, None),
        ({"size_class": None, "explanation": None}, "explanation.present"),
        ({"explanation": None}, "explanation.present"),
        ({"size_class": "huge"}, "size_class.known"),
        ({"likely_reason": "weather"}, "likely_reason.known"),
        ({"base_source": "published"}, "base_source.known"),
        ({"compared_source": "return"}, "compared_source.known"),
        ({"new_la_code": None}, "required.present"),
    ],
)
def test_a_difference_of_no_known_size_or_reason_blocks(
    tmp_path: Path, change: dict, rule: str | None
) -> None:
    path = mart("fct_reconciliation", [RECONCILED, RECONCILED | change], tmp_path)
    found = failed(gate.check_mart("fct_reconciliation", path, tmp_path / "docs"))
    assert found == ({f"fct_reconciliation.{rule}": "critical"} if rule else {})


def test_no_findings_at_all_is_fine(tmp_path: Path) -> None:
    path = mart("mart_findings", [], tmp_path)
    assert failed(gate.check_mart("mart_findings", path, tmp_path / "docs")) == {}


@pytest.mark.parametrize("name", marts())
def test_every_mart_has_a_suite_that_can_fail(name: str, tmp_path: Path) -> None:
    """The contract's promises are asked of the file that is published, of each mart there is."""
    fine = RECONCILED if name == "fct_reconciliation" else {}
    good = mart(name, [fine], tmp_path / "good")
    assert not gate.check_mart(name, good, tmp_path / "docs").blocks
    columns = [column.name for column in marts()[name] if column.required]
    empty = mart(name, [fine | {column: None} for column in columns], tmp_path / "bad")
    outcome = gate.check_mart(name, empty, tmp_path / "docs")
    (failure,) = (f for f in outcome.blocking if f.rule_id == f"{name}.required.present")
    assert failure.rows == len(columns)
    assert [example.found for example in failure.examples] == columns[:5]
    assert frames.of_mart(name, empty)[frames.EMPTY].tolist() == columns


def test_what_the_contract_does_not_accept_blocks_in_every_column(tmp_path: Path) -> None:
    for name, columns in marts().items():
        bounded = [column for column in columns if column.accepted]
        if not bounded:
            continue
        wrong = {c.name: "guess" if c.data_type == "varchar" else 99 for c in bounded}
        found = failed(
            gate.check_mart(name, mart(name, [wrong], tmp_path / name), tmp_path / "docs")
        )
        for column in bounded:
            assert found[f"{name}.{column.name}.known"] == "critical"


def test_a_column_that_is_gone_is_said_and_no_traceback(tmp_path: Path) -> None:
    path = mart("fct_measure", [{}], tmp_path)
    write_parquet(pd.read_parquet(path).drop(columns="source"), path)
    empty, unasked = gate.check_mart("fct_measure", path, tmp_path / "docs").blocking
    assert empty.rule_id == "fct_measure.required.present"
    assert [example.found for example in empty.examples] == ["source"]
    assert unasked.rule_id == "fct_measure.source.known"
    assert '"source"' in unasked.text
    assert "tell an engineer" in unasked.text


def test_a_failure_names_rule_rows_figures_and_what_to_do(tmp_path: Path) -> None:
    rows = [indicator(period_label=f"2025-26 Q{n % 4 + 1}", value=101.0 + n) for n in range(7)]
    path = mart("fct_indicator", rows, tmp_path)
    outcome = gate.check_mart("fct_indicator", path, tmp_path / "docs")
    (text,) = (f.text for f in outcome.failures if f.rule_id == "fct_indicator.percent.in_range")
    assert text.startswith("fct_indicator.percent.in_range: a part cannot exceed its whole (7 rows")
    assert "repeat_referrals_pct, E09000007, 2025-26 Q1" in text
    assert text.count("E09000007") == 5
    assert text.endswith("Take its file, by release_id, and compare.")


def test_every_rule_has_an_id_of_its_own_and_a_reason() -> None:
    suites = [raw_suite(name) for source in SOURCES for name in tables_of(source)]
    suites += [mart_suite(name) for name in marts()]
    for suite in suites:
        ids = [rule.rule_id for rule in suite]
        assert len(ids) == len(set(ids))
        assert all(rule.why for rule in suite)
    ids = [rule.id for rule in across.rules()]
    assert len(ids) == len(set(ids))
    for rule in across.rules():
        assert rule.mart in marts()
        assert rule.severity in ("critical", "warning")
        assert rule.why
        assert rule.fix


class Cell:
    """A cell that whoever compares it is told of, as libraries do of what they cannot convert."""

    def __ge__(self, other: object) -> bool:
        raise ValueError("could not convert 'MARKED-CHILD'")


@pytest.mark.parametrize("quote", [True, False], ids=["figures", "children"])
def test_a_rule_on_a_child_that_could_not_be_asked_quotes_no_cell(
    quote: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the failure nor the page nor the log passes on what the error says."""
    rule = next(
        one for one in raw_suite("annex_a_list_1") if one.rule_id == "annex_a.age.plausible"
    )
    frame = pd.DataFrame({"age_years": [Cell(), 30]})
    (result,) = validation.validate("a_table", frame, [rule], tmp_path, quote)
    outcome = gate.Outcome()
    outcome.add(rule, result, frame, None)
    (failure,) = outcome.failures
    pages = [page.read_text(errors="ignore") for page in tmp_path.rglob("*.html")]
    said = [failure.text, caplog.text, *pages]
    assert any("MARKED-CHILD" in one for one in said) is quote
    assert failure.text.endswith("(it could not be asked)") is not quote
    assert failure.rows is None


def test_a_suite_of_children_that_breaks_off_says_so_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks_off(*_: object) -> None:
        raise ValueError("could not convert 'MARKED-CHILD'")

    monkeypatch.setattr(validation, "_checkpoint", breaks_off)
    path = table("annex_a_list_1", [], tmp_path)
    with pytest.raises(validation.NotValidated) as told:
        gate.check_raw("annex_a_list_1", path, tmp_path / "docs")
    assert str(told.value) == "The rules of annex_a_list_1 could not be asked (ValueError)."
    assert told.value.__suppress_context__


def test_a_failure_leads_to_file_sheet_and_cell_of_the_landing_file(tmp_path: Path) -> None:
    rows = [RETURN | {"value": -float(n), "row": n, "cell": f"E{n}"} for n in range(1, 8)]
    files = pd.DataFrame({"file_id": ["f"], "path": ["returns/2025-26-Q2/CAM/return.xlsx"]})
    write_parquet(files, tmp_path / "return_files.parquet")
    outcome = gate.check_raw(
        "return_values", table("return_values", rows, tmp_path), tmp_path / "docs"
    )
    failure = next(one for one in outcome.failures if one.rule_id == "return.value.not_negative")
    assert failure.rows == 7
    assert len(failure.examples) == 5
    first = failure.examples[0]
    assert first.where == "returns/2025-26-Q2/CAM/return.xlsx, sheet Return, cell E1, cla"
    assert first.found == "-1"


def test_a_failure_of_a_published_line_leads_to_its_row(tmp_path: Path) -> None:
    files = pd.DataFrame({"file_id": ["f"], "path": ["published/csww.csv"]})
    write_parquet(files, tmp_path / "published_files.parquet")
    path = table("published_values", [PUBLISHED | {"time_period": "23/24"}], tmp_path)
    (failure,) = gate.check_raw("published_values", path, tmp_path / "docs").failures
    (example,) = failure.examples
    assert (example.where, example.found) == ("published/csww.csv, row 2, agency_fte", "23/24")


def test_of_what_people_wrote_rows_are_counted_and_not_shown(tmp_path: Path) -> None:
    """Of narratives as of children's lists."""
    rows = [{"file_id": "f", "part": "MARKED-WORDS", "answer": "MARKED-WORDS"}]
    path = table("narratives", rows, tmp_path)
    outcome = gate.check_raw("narratives", path, tmp_path / "docs")
    found = {failure.rule_id: failure for failure in outcome.failures}
    assert found["narratives.part.known"].rows == 1
    assert all(not failure.examples for failure in outcome.failures)
    pages = [page.read_text(errors="ignore") for page in (tmp_path / "docs").rglob("*.html")]
    assert not any("MARKED-WORDS" in said for said in [*pages, *(f.text for f in found.values())])


def test_a_number_with_many_digits_is_written_as_a_person_writes_it() -> None:
    rows = pd.DataFrame({"indicator_code": ["cin"], "value": [3293.978748524203]})
    rule = Rule("r", "ExpectColumnValuesToBeBetween", {"column": "value"})
    (example,) = examples(rule, rows, pd.Series(dtype="string"))
    assert example.text == "cin: 3293.978749"
