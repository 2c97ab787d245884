"""The synthetic returns: late, missing, corrected and untidy ones, with figures that agree."""

import itertools
import re
from datetime import datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from ingestion import aliases
from ingestion.contract import contract
from ingestion.labels import squeeze
from ingestion.landing import la_code
from ingestion.periods import Quarter
from ingestion.registry import indicator_set_in_force, measures_of_set, return_due
from ingestion.sample import SampleSummary, write_landing_zone
from ingestion.sample.deliveries import (
    LATE,
    MISSING_BEFORE,
    MISSING_NOW,
    OWN_MEASURE,
    OWN_WORD,
    REMEMBERED,
    RESUBMITTED,
    SET_ASIDE,
    plan,
)
from ingestion.sample.figures import (
    SOURCES,
    london_authorities,
    quarters_between,
    simulate,
)
from tests.unit.ingestion.sample.reading import LAST, Return, read_return


def test_a_return_has_the_template_layout(latest: dict[str, Return]) -> None:
    clean = latest["CAM"]
    table = contract("return").table("return_values")
    measures = measures_of_set(indicator_set_in_force(LAST.end.isoformat()))
    assert clean.path.parent.name == "CAM"
    assert clean.path.parent.parent.name == LAST.slug
    assert list(clean.cover) == list(table.cover.values())
    assert clean.cover["LA code"] == "E09000007"
    assert clean.cover["Quarter"] == "2025-26 Q2"
    assert list(clean.rows) == [c.headers[0] for c in table.columns]
    labels = dict(zip(measures["measure_code"], measures["label"], strict=True))
    assert dict(zip(clean.rows["Measure code"], clean.rows["Measure"], strict=True)) == labels
    assert len(clean.rows) == len(labels)
    assert pd.api.types.is_numeric_dtype(clean.rows["Value"])
    assert clean.rows["Comment"].isna().all()
    sheet = openpyxl.load_workbook(clean.path)["Return"]
    assert "SYNTHETIC, not real data" in sheet["A1"].value
    assert "A1:I1" in [str(merged) for merged in sheet.merged_cells.ranges]
    assert sheet.freeze_panes == f"A{clean.header_row + 1}"


def test_returns_before_the_last_four_quarters_came_in_the_first_template(tmp_path: Path) -> None:
    zone = write_landing_zone(tmp_path / "zone", quarters=6, annex_a_las=())
    camden = [read_return(path) for path in zone.paths["returns"] if path.parent.name == "CAM"]
    assert [r.cover["Template version"] for r in camden] == ["1", "1", "2", "2", "2", "2"]
    assert ["Completed by" in r.cover for r in camden] == [False, False, True, True, True, True]
    assert list(camden[0].rows)[:3] == ["Measure code", "Measure", "Timing"]


def test_some_returns_are_missing(returns: list[Return]) -> None:
    every = {
        (la, quarter.slug)
        for la in london_authorities()["short_code"]
        for quarter in (LAST.shift(-1), LAST)
    }
    missing = {(la, LAST.slug) for la in MISSING_NOW} | {(MISSING_BEFORE, LAST.shift(-1).slug)}
    assert every - {r.key for r in returns} == missing


def test_one_return_is_late_and_the_rest_arrive_in_one_to_four_weeks(
    returns: list[Return],
) -> None:
    late = set()
    for sent in returns:
        quarter = Quarter.parse(sent.sidecar["quarter"])
        received = datetime.fromisoformat(sent.sidecar["received_at"])
        assert received.utcoffset() is not None
        assert sent.path.stat().st_mtime == received.timestamp()
        if received.date() > return_due(quarter):
            late.add(sent.key)
        else:
            assert 6 <= (received.date() - quarter.end).days <= 31
    assert late == {(LATE, LAST.slug)}


def test_one_return_is_sent_again_twice_with_corrections(returns: list[Return]) -> None:
    versions = [r for r in returns if r.key == (RESUBMITTED, LAST.slug)]
    assert [r.path.name.partition("Q2")[2] for r in versions] == [
        "_SYNTHETIC.xlsx", "_v2_SYNTHETIC.xlsx", "_v3_SYNTHETIC.xlsx",
    ]  # fmt: skip
    for before, after in itertools.pairwise(versions):
        assert before.sidecar["received_at"] < after.sidecar["received_at"]
        changed = {code for code, n in before.numbers.items() if n != after.numbers[code]}
        assert 0 < len(changed) < 6


def test_one_return_has_the_wrong_cover(latest: dict[str, Return]) -> None:
    assert latest[SET_ASIDE].cover["Quarter"] == LAST.shift(-1).label
    assert latest[SET_ASIDE].sidecar["quarter"] == LAST.slug


def test_one_return_has_a_word_of_its_own_that_is_remembered(
    zone: SampleSummary, latest: dict[str, Return]
) -> None:
    assert OWN_WORD in set(latest[REMEMBERED].rows["Measure"])
    remembered = aliases.load(zone.root)
    assert remembered.findings == []
    code = la_code(REMEMBERED)
    assert remembered.of(code).measures == {squeeze(OWN_WORD): OWN_MEASURE}


def test_the_untidy_cells_are_there(latest: dict[str, Return]) -> None:
    def cell(la: str, code: str, column: str = "Value") -> object:
        return latest[la].rows.set_index("Measure code").loc[code, column]

    assert cell("BRO", "contacts", "Measure") == "Inital contacts"
    assert {"Valeu", "Comments"} <= set(latest["ENF"].rows)
    assert re.fullmatch(r"\d,\d{3}", cell("CRO", "referrals"))
    assert cell("KUT", "sw_agency_fte") == "n/a"
    assert cell("KUT", "sw_agency_fte", "Comment")
    assert pd.isna(cell("LEW", "assessments_started"))
    assert cell("LEW", "assessments_started", "Comment") == "System migration"
    assert latest["SOU"].header_row == latest["CAM"].header_row + 2
    below = openpyxl.load_workbook(latest["TOW"].path)["Return"].iter_rows(values_only=True)
    assert any(str(row[0]).startswith("Notes:") for row in below)


def test_the_figures_of_a_return_agree_with_each_other(returns: list[Return]) -> None:
    at_most = [
        ("repeat_referrals", "referrals"),
        ("referrals", "contacts"),
        ("assessments_within_45wd", "assessments_completed"),
        ("icpc_within_15wd", "icpc"),
        ("icpc", "s47"),
        ("cpp_repeat_2yr", "cpp_repeat_ever"),
        ("cpp_repeat_ever", "cpp_started"),
        ("uasc", "cla"),
        ("uasc_care_leavers", "care_leavers"),
        ("cin_plans", "cin"),
    ]
    for sent in returns:
        value = sent.numbers
        wrong = [pair for pair in at_most if value[pair[0]] > value[pair[1]]]
        assert wrong == [], sent.path.name
        assert all(number >= 0 for number in value.values() if number == number)
        assert sum(value[f"referrals_source_{name}"] for name in SOURCES) == value["referrals"]
        assert value["cpp"] + value["cla"] <= value["cin"]
        posts = value["sw_in_post_fte"] + value["sw_vacancies_fte"]
        assert value["sw_establishment_fte"] == pytest.approx(posts)


def test_stocks_follow_from_flows_and_the_previous_quarter(returns: list[Return]) -> None:
    sent = {r.key: r for r in returns}
    checked = 0
    for (la, quarter), now in sent.items():
        before = sent.get((la, Quarter.parse(quarter).shift(-1).slug))
        if before is None:
            continue
        for stock, started, ended in (
            ("cla", "cla_started", "cla_ceased"),
            ("cpp", "cpp_started", "cpp_ended"),
        ):
            new = now.numbers
            assert new[stock] == before.numbers[stock] + new[started] - new[ended]
        shown = now.rows.set_index(now.codes)["Previous quarter"].dropna().to_dict()
        assert shown == {c: v for c, v in before.numbers.items() if v == v}
        checked += 1
    assert checked == 30
    bexley = sent[MISSING_BEFORE, LAST.slug]
    assert bexley.rows["Previous quarter"].isna().all()


def test_a_quarter_does_not_depend_on_how_many_are_asked_for() -> None:
    longer, shorter = simulate(LAST, seed=1).frame, simulate(LAST.shift(-3), seed=1).frame
    pd.testing.assert_frame_equal(longer.loc[shorter.index], shorter)
    las = list(london_authorities()["short_code"])
    eight = plan(las, quarters_between(LAST.shift(-7), LAST), seed=1)
    four = plan(las, quarters_between(LAST.shift(-3), LAST), seed=1)
    assert [d for d in eight if d.quarter == LAST] == [d for d in four if d.quarter == LAST]
