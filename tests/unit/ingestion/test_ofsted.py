"""Ofsted's outcomes: read in any form, never guessed; what cannot be used is a finding."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ingestion import landing
from ingestion.check import check_file
from ingestion.codes import code_list
from ingestion.sources import Parsed, ofsted, published

PLACE = "published/ofsted.csv"
SIDECAR = "received_at: 2026-07-01\n"
AREAS = ["overall", "leadership", "help_and_protection", "children_in_care", "care_leavers"]
HEADER = [
    *("urn", "la_code", "region_code", "ltla23cd", "stat_neighbours", "local_authority"),
    *("overall_effectiveness_grade", "inspection_framework"),
    *("inspection_start_date", "inspection_end_date", "publication_date"),
    *("impact_of_leaders_grade", "help_and_protection_grade", "in_care_grade"),
    "care_leavers_grade",
]
GRADE_COLUMNS = [header for header in HEADER if header.endswith("_grade")]
DATE_COLUMNS = [header for header in HEADER if header.endswith("_date")]
# Camden, City of London and Barnet; Somerset under the code of its county, Cumberland under that of
# the county before it.
ROWS = """
1,202,GL,E09000007,,camden,outstanding,standard,02/03/2026,13/03/2026,05/05/26,good,good,good,good
2,201,GL,E09000001,,london corporation,good,short,09/09/2024,13/09/2024,05/11/24,good,good,good,good
3,302,GL,E09000003,,barnet,good,short,10/10/2022,14/10/2022,28/11/22,inadequate,good,good,\
inspection_pre_dates_judgement
4,933,SW,E10000027,,somerset,good,short,27/04/2026,01/05/2026,17/06/26,good,good,good,good
5,942,NW,E10000006,,cumberland,good,short,07/10/2024,11/10/2024,26/11/24,good,good,good,good
""".strip().splitlines()


def rows(**changes: str) -> list[dict[str, str]]:
    """The file's rows; `changes` are for Camden's."""
    found = [dict(zip(HEADER, next(csv.reader([row])), strict=True)) for row in ROWS]
    found[0] |= changes
    return found


def text(lines: list[dict[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return out.getvalue()


@pytest.fixture
def read(land: Callable) -> Callable[..., Parsed]:
    """What the rows, or a text, give when the file has come on 1 July 2026."""

    def parse(content: list[dict[str, str]] | str | bytes, sidecar: str = SIDECAR) -> Parsed:
        content = text(content) if isinstance(content, list) else content
        return published.parse(land(PLACE, content, sidecar))

    return parse


def judgements(parsed: Parsed) -> pd.DataFrame:
    return parsed.tables["ofsted_judgements"].set_index(["new_la_code", "judgement_area"])


def rules(parsed: Parsed, *severities: str) -> list[tuple[str, str | None]]:
    """Rule and cell of each finding, but for what is said of Cumberland's former code."""
    return [
        (f.rule_id, f.cell)
        for f in parsed.findings
        if f.cell != "D6" and (not severities or f.severity in severities)
    ]


def test_no_release_before_is_asked_for_by_the_dry_run(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text(rows()))
    assert check_file(tmp_path / "a.csv")["not_checked"] == []


def test_a_row_is_a_judgement_for_each_area(read: Callable) -> None:
    parsed = read(rows())
    assert (parsed.dataset, parsed.accepted) == ("ofsted_ilacs", True)
    assert (parsed.release, parsed.last_period) == ("2026-06-17", "2026-06-17")
    frame = judgements(parsed)
    assert len(frame) == 5 * len(AREAS)
    camden = frame.loc["E09000007"]
    assert list(camden.index) == AREAS
    assert camden["grade"].to_dict() == dict.fromkeys(AREAS, "good") | {"overall": "outstanding"}
    assert camden["grade_order"].tolist() == [1, 2, 2, 2, 2]
    leaders = camden.loc["leadership"]
    assert (leaders["row"], leaders["inspection_framework"]) == (2, "standard")
    assert [leaders[name] for name in ofsted.DATES] == [
        pd.Timestamp("2026-03-02"), pd.Timestamp("2026-03-13"), pd.Timestamp("2026-05-05"),
    ]  # fmt: skip


def test_an_inspection_before_the_judgement_has_a_status_and_no_grade(read: Callable) -> None:
    for spelling in ("inspection_pre_dates_judgement", "Inspection pre-dates judgement"):
        lines = rows()
        lines[2]["care_leavers_grade"] = spelling
        parsed = read(lines)
        cell = judgements(parsed).loc[("E09000003", "care_leavers")]
        assert cell["grade_status"] == "not_applicable"
        assert pd.isna(cell["grade"]) and pd.isna(cell["grade_order"])
        assert cell["grade_text"] == spelling
        assert rules(parsed) == []


def test_an_authority_has_todays_code_whatever_code_the_file_has(read: Callable) -> None:
    """Somerset's number has two codes; Cumberland's row has the code of Cumbria, which it left."""
    parsed = read(rows())
    assert {"E06000066", "E06000063"} <= set(parsed.tables["ofsted_judgements"]["new_la_code"])
    (finding,) = parsed.findings
    assert (finding.rule_id, finding.severity) == ("ofsted.authority.disagrees", "note")
    assert (finding.cell, finding.value) == ("D6", "E10000006")


def test_order_of_columns_byte_order_mark_encoding_and_workbook_change_nothing(
    read: Callable, land: Callable
) -> None:
    plain = text(rows())
    turned = text([dict(reversed(line.items())) for line in rows()])
    base = judgements(read(plain))
    forms = (turned, plain.encode("utf-8-sig"), plain.encode("utf-16"), plain.replace("\n", "\r\n"))
    for content in forms:
        pd.testing.assert_frame_equal(judgements(read(content)), base)
    book = [HEADER, *(list(line.values()) for line in rows())]
    for row in book[1:]:
        for place in (8, 9):
            row[place] = datetime.strptime(row[place], "%d/%m/%Y").replace(tzinfo=None)  # noqa: DTZ007
    parsed = published.parse(land("published/o.xlsx", {"Overview": book}, SIDECAR))
    pd.testing.assert_frame_equal(judgements(parsed), base)


@pytest.mark.parametrize(
    "spelling",
    ["Requires improvement to be good", "Requires Improvement", " requires  improvement ",
     "requires_improvement", "REQUIRES IMPROVEMENT TO BE GOOD"],
)  # fmt: skip
def test_a_grade_is_read_in_any_spelling(read: Callable, spelling: str) -> None:
    parsed = read(rows(impact_of_leaders_grade=spelling))
    leaders = judgements(parsed).loc[("E09000007", "leadership")]
    assert (leaders["grade"], leaders["grade_order"]) == ("requires_improvement", 3)
    assert rules(parsed) == []


def test_an_unknown_grade_has_failed_and_the_others_stand(read: Callable) -> None:
    parsed = read(rows(impact_of_leaders_grade="goodish"))
    (finding,) = [f for f in parsed.findings if f.cell == "L2"]
    assert (finding.rule_id, finding.value) == ("ofsted_judgements.leadership.type", "goodish")
    assert (finding.expected, finding.suggestion) == (
        "one of: outstanding; good; requires_improvement; inadequate", "good",
    )  # fmt: skip
    camden = judgements(parsed).loc["E09000007"]
    assert camden.loc["leadership", "grade_status"] == "failed"
    assert pd.isna(camden.loc["leadership", "grade"])
    assert camden["grade_status"].tolist().count("ok") == 4


def test_no_grade_is_not_available(read: Callable) -> None:
    parsed = read(rows(overall_effectiveness_grade=""))
    assert rules(parsed) == [("ofsted.grade.missing", "G2")]
    assert judgements(parsed).loc[("E09000007", "overall"), "grade_status"] == "x"


@pytest.mark.parametrize(
    ("column", "value", "rule", "cell"),
    [
        ("publication_date", "05/17/26", "ofsted_judgements.publication_date.type", "K2"),
        ("publication_date", "May 2026", "ofsted_judgements.publication_date.type", "K2"),
        ("publication_date", "", "ofsted.date.missing", "K2"),
        ("publication_date", "05/05/62", "ofsted.date.outside", "K2"),
        ("publication_date", "05/05/2062", "ofsted.date.outside", "K2"),
        ("publication_date", "05/03/26", "ofsted.dates.published", "K2"),
        ("inspection_end_date", "03/01/2026", "ofsted.dates.inspection", "J2"),
        ("inspection_start_date", "03/12/2026", "ofsted.dates.inspection", "J2"),
        ("la_code", "", "ofsted.authority.unknown", "B2"),
        ("la_code", "999", "ofsted.authority.unknown", "B2"),
        ("la_code", "302", "ofsted.authority.disagrees", "B2"),
        ("la_code", "201", "ofsted.authority.disagrees", "B2"),
    ],
)
def test_a_row_that_cannot_be_used_is_left_out_alone(
    read: Callable, column: str, value: str, rule: str, cell: str
) -> None:
    """Day first, always: what is no date that way, or puts dates out of order, is asked about."""
    parsed = read(rows(**{column: value}))
    assert (rule, cell) in rules(parsed, "check")
    expected = judgements(read(rows())).drop("E09000007", level="new_la_code")
    pd.testing.assert_frame_equal(judgements(parsed), expected)
    assert parsed.accepted


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("inspection_start_date", "", "ofsted.date.missing"),
        ("inspection_end_date", "03/13/2026", "ofsted_judgements.inspection_end_date.type"),
        ("inspection_start_date", "02/03/1966", "ofsted.date.outside"),
    ],
)
def test_without_a_date_of_the_inspection_its_judgements_stand(
    read: Callable, column: str, value: str, rule: str
) -> None:
    parsed = read(rows(**{column: value}))
    assert [name for name, _ in rules(parsed)] == [rule]
    camden = judgements(parsed).loc["E09000007"]
    assert camden[column].isna().all()
    assert camden["grade_status"].eq("ok").all()


def test_dates_are_day_first_in_either_style(read: Callable) -> None:
    for written in ("06/05/26", "06/05/2026", "2026-05-06", "6 May 2026", "06-May-26"):
        frame = judgements(read(rows(publication_date=written)))
        assert set(frame.loc["E09000007", "publication_date"]) == {pd.Timestamp("2026-05-06")}


def test_a_row_used_is_still_asked_about_where_its_name_is_anothers(read: Callable) -> None:
    parsed = read(rows(local_authority="barnet"))
    assert rules(parsed) == [("ofsted.authority.disagrees", "F2")]
    assert len(judgements(parsed)) == 25


def test_number_alone_tells_the_authority_where_the_file_has_no_more(read: Callable) -> None:
    bare = [
        {k: v for k, v in line.items() if k not in ("ltla23cd", "local_authority")}
        for line in rows()
    ]
    parsed = read(bare)
    assert [(f.rule_id, f.severity) for f in parsed.findings] == [("headers.missing", "check")] * 2
    pd.testing.assert_frame_equal(
        judgements(parsed).drop(columns="la_name"), judgements(read(rows())).drop(columns="la_name")
    )


def test_an_equal_row_counts_once_and_rows_at_odds_not_at_all(read: Callable) -> None:
    base = judgements(read(rows()))
    twice = read([*rows(), rows(care_leavers_grade="Good")[0]])
    assert rules(twice) == [("ofsted.row.twice", "B7")]
    pd.testing.assert_frame_equal(judgements(twice), base)
    for change in ({"care_leavers_grade": "inadequate"}, {"publication_date": "06/05/26"}):
        odd = read([*rows(), rows(**change)[0]])
        assert rules(odd) == [("ofsted.row.twice", "B2"), ("ofsted.row.twice", "B7")]
        pd.testing.assert_frame_equal(judgements(odd), base.drop("E09000007", level="new_la_code"))


def test_an_earlier_inspection_of_the_same_authority_is_one_of_its_own(read: Callable) -> None:
    earlier = rows(
        inspection_start_date="04/04/2022",
        inspection_end_date="08/04/2022",
        publication_date="25/05/22",
    )[0]
    parsed = read([*rows(), earlier])
    assert rules(parsed) == []
    assert len(judgements(parsed).loc["E09000007"]) == 2 * len(AREAS)


@pytest.mark.parametrize("missing", ["la_code", *DATE_COLUMNS, "impact_of_leaders_grade"])
def test_a_file_without_a_key_column_is_set_aside_naming_it(read: Callable, missing: str) -> None:
    parsed = read([{k: v for k, v in line.items() if k != missing} for line in rows()])
    (finding,) = [f for f in parsed.findings if f.severity == "block"]
    assert (finding.rule_id, finding.column) == ("headers.missing", missing)
    assert (parsed.dataset, parsed.tables) == ("ofsted_ilacs", {})


def test_a_missing_optional_column_and_an_extra_one_are_said_and_stop_nothing(
    read: Callable,
) -> None:
    lines = [{k: v for k, v in line.items() if k != "in_care_grade"} for line in rows()]
    parsed = read([line | {"inspector_name": "somebody"} for line in lines])
    said = {(f.rule_id, f.column) for f in parsed.findings if f.rule_id.startswith("headers.")}
    assert said == {("headers.missing", "in_care_grade"), ("headers.unknown", "inspector_name")}
    frame = judgements(parsed)
    assert "children_in_care" not in frame.index.get_level_values("judgement_area")
    assert "inspector_name" not in frame
    assert len(frame) == 5 * 4


@pytest.mark.parametrize(
    "lines", [[], [dict(line, publication_date="soon") for line in rows()]], ids=["none", "bad"]
)
def test_a_file_of_which_no_row_can_be_used_is_set_aside(read: Callable, lines: list) -> None:
    parsed = read(lines or ",".join(HEADER) + "\n")
    assert "ofsted.rows.none" in {f.rule_id for f in parsed.findings if f.severity == "block"}
    assert parsed.tables == {}


def test_the_sidecar_may_say_the_day_a_file_speaks_of(read: Callable) -> None:
    assert read(rows(), SIDECAR + "release: 2026-06-30\n").release == "2026-06-30"
    parsed = read(rows(), SIDECAR + "release: '2026'\n")
    assert parsed.release == "2026-06-17"
    assert rules(parsed) == [("sidecar.unusable", None)]


def test_other_published_files_are_not_taken_for_ofsteds() -> None:
    assert ofsted.recognises(HEADER)
    assert not ofsted.recognises(["urn", "la_code", "region_code", "publication_date"])
    assert not ofsted.recognises(["time_period", "geographic_level", "la_name", "Referrals"])
    assert not ofsted.recognises([])


# --- damage to one cell ---


def day_first(written: str) -> datetime | None:
    """A date in one of the file's two styles, read apart from the platform."""
    for style in ("%d/%m/%y", "%d/%m/%Y"):
        try:
            return datetime.strptime(written.strip(), style).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


SCOPED = HealthCheck.function_scoped_fixture
BASE = rows()
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=20)
DAYS = st.dates(datetime(2012, 1, 1).date(), datetime(2028, 1, 1).date())  # noqa: DTZ001


@st.composite
def damage(draw: st.DrawFn) -> tuple[int, str, str]:
    """A row, a column and what comes to stand there."""
    row, column = draw(st.integers(0, len(BASE) - 1)), draw(st.sampled_from(HEADER))
    cell = BASE[row][column]
    replacement = draw(
        st.one_of(
            WORDS,
            st.sampled_from([line[column] for line in BASE]),
            st.sampled_from([cell.upper(), f" {cell.title()} ", cell[1:], cell[:-1], cell * 2, ""]),
            DAYS.map(lambda day: day.strftime("%d/%m/%Y")),
            DAYS.map(lambda day: day.strftime("%m/%d/%y")),
        )
    )
    return row, column, replacement


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(damaged=damage())
@example(damaged=(0, "la_code", "302"))
@example(damaged=(0, "publication_date", "05/03/26"))
def test_damage_to_one_cell_is_read_right_or_found_and_touches_no_other_authority(
    tmp_path: Path, damaged: tuple[int, str, str]
) -> None:
    row, column, written = damaged
    folder = tmp_path / "published"
    folder.mkdir(exist_ok=True)

    def parse(lines: list[dict[str, str]]) -> tuple[Parsed, pd.DataFrame]:
        (folder / "o.csv").write_text(text(lines), encoding="utf-8")
        (folder / "o.csv.yml").write_text(SIDECAR, encoding="utf-8")
        parsed = published.parse(landing.landed(folder / "o.csv", tmp_path, "published"))
        return parsed, parsed.tables["ofsted_judgements"]

    _, base = parse(BASE)
    lines = [dict(line) for line in BASE]
    lines[row][column] = written
    parsed, after = parse(lines)
    own = base.loc[base["row"] == row + 2, "new_la_code"].iloc[0]
    others_before, others = (
        frame[frame["new_la_code"] != own].reset_index(drop=True) for frame in (base, after)
    )
    pd.testing.assert_frame_equal(others, others_before)

    found = {f.cell for f in parsed.findings if f.row == row + 2 and f.cell != "D6"}
    used, was = (
        frame[frame["new_la_code"] == own].drop(columns="grade_text").reset_index(drop=True)
        for frame in (after, base)
    )
    if found or used.drop(columns="la_name").equals(was.drop(columns="la_name")):
        return
    assert len(used) == len(AREAS), "a row vanished without a finding"
    if column in DATE_COLUMNS:
        assert set(used[column]) == {pd.Timestamp(day_first(written)).tz_localize(None)}
    elif column in GRADE_COLUMNS:
        changed = used[
            used["grade"].ne(was["grade"]) | used["grade_status"].ne(was["grade_status"])
        ]
        (grade,) = changed["grade"].fillna("")
        plain = "_".join(written.lower().split())
        assert grade == plain or (grade == "" and "pre_dates" in plain)
        assert grade in {"", *code_list("ofsted_grade")}
    else:
        assert column == "inspection_framework"
        assert set(used[column].fillna("")) == {written.strip()}


@pytest.mark.parametrize("damage", [("good,good", "good"), ("short", "short, later")])
def test_a_row_whose_grades_stand_under_other_headings_sets_the_file_aside(
    read: Callable, damage: tuple[str, str]
) -> None:
    """A grade of another judgement reads as well as the right one."""
    lines = text(rows()).splitlines()
    lines[2] = lines[2].replace(*damage, 1)
    parsed = read("\n".join(lines))
    assert ("published.row.ragged", "A3") in rules(parsed, "block")


@pytest.mark.parametrize("name", GRADE_COLUMNS)
def test_a_judgement_that_stands_twice_in_the_header_sets_the_file_aside(
    read: Callable, name: str
) -> None:
    header, *lines = text(rows()).splitlines()
    parsed = read("\n".join([f"{header},{name}", *(f"{line},inadequate" for line in lines)]))
    assert rules(parsed, "block") == [("headers.duplicate", "P1")]
