"""A known failure that is accepted warns instead of blocking: no longer, no wider, no other."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from expectations import across, gate
from tests.unit.expectations.test_gate import RETURN, mart, table
from tests.unit.exports.release.registers import Registers, made_up_registers

__all__ = ["made_up_registers"]

TODAY = date(2026, 1, 15)
RULE = "return.value.not_negative"
CAMDEN, BARNET = "E09000007", "E09000003"


def waive(registers: Registers, rule_id: str = RULE, **values: str) -> None:
    usual = {
        "waiver_id": "W1",
        "rule_id": rule_id,
        "reason": "Its system writes credits as negatives.",
        "accepted_by": "data_governance_lead",
        "valid_from": "2026-01-01",
        "valid_to": "2026-01-31",
        "reference": "DG 4/2026",
    }
    registers.add("reference/waivers", **(usual | values))


def returned(tmp_path: Path, on: date | None = TODAY) -> gate.Outcome:
    path = table(
        "return_values", [RETURN, RETURN | {"measure_code": "cin", "value": -1.0}], tmp_path
    )
    return gate.check_raw("return_values", path, tmp_path / "docs", on)


def only(outcome: gate.Outcome, rule_id: str) -> gate.Failure:
    (failure,) = (one for one in outcome.failures if one.rule_id == rule_id)
    return failure


def test_an_accepted_failure_warns_and_says_until_when_and_why(
    registers: Registers, tmp_path: Path
) -> None:
    assert returned(tmp_path).blocks
    waive(registers)
    outcome = returned(tmp_path)
    assert not outcome.blocks
    failure = only(outcome, RULE)
    assert failure.severity == "warning"
    assert failure.text.startswith(
        "accepted until 31 January 2026 because Its system writes credits as negatives "
        f"(W1, data_governance_lead, DG 4/2026): {RULE}: "
    )
    assert [waiver.waiver_id for waiver in outcome.waivers] == ["W1"]
    assert returned(tmp_path, on=None).blocks


@pytest.mark.parametrize("day", ["2026-01-01", "2026-01-31"])
def test_its_first_and_last_day_count(day: str, registers: Registers, tmp_path: Path) -> None:
    waive(registers)
    assert not returned(tmp_path, date.fromisoformat(day)).blocks


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"valid_to": "2026-01-14"}, "W1 of waivers.csv ended on 2026-01-14."),
        ({"valid_from": "2026-01-16"}, "W1 of waivers.csv begins on 2026-01-16."),
        ({"valid_to": ""}, "W1 of waivers.csv is malformed: it has no valid_to."),
        ({"reason": " "}, "is malformed: it has no reason."),
        ({"waiver_id": ""}, "a row without an id of waivers.csv is malformed: it has no waiver_id"),
        ({"valid_to": "31/01/2026"}, "valid_to '31/01/2026' is not a day like 2026-03-31."),
        ({"valid_to": "2025-12-31"}, "it ends before it begins."),
        ({"accepted_by": "A. Lead"}, "accepted_by is a role like data_governance_lead"),
        ({"new_la_code": "Camden"}, "'Camden' is no authority's code."),
        ({"quarter_label": "2025-26-Q2"}, "'2025-26-Q2' is no quarter like 2025-26 Q2."),
        ({"new_la_code": CAMDEN}, "W1 of waivers.csv is for part of these rows only."),
    ],
)
def test_what_is_over_malformed_or_too_narrow_blocks_and_is_named(
    values: dict[str, str], says: str, registers: Registers, tmp_path: Path
) -> None:
    waive(registers, **values)
    outcome = returned(tmp_path)
    assert outcome.blocks
    assert says in only(outcome, RULE).text
    assert outcome.waivers == []


def test_one_id_given_twice_accepts_nothing(registers: Registers, tmp_path: Path) -> None:
    waive(registers)
    waive(registers, rule_id="return_values.file_id.present")
    outcome = returned(tmp_path)
    assert outcome.blocks
    assert "its id stands there twice" in only(outcome, RULE).text


def test_a_rule_that_could_not_be_asked_is_no_known_failure(
    registers: Registers, tmp_path: Path
) -> None:
    waive(registers)
    path = table("return_values", [RETURN], tmp_path)
    pd.read_parquet(path).drop(columns="value").to_parquet(path)
    outcome = gate.check_raw("return_values", path, tmp_path / "docs", TODAY)
    assert only(outcome, RULE).severity == "critical"
    assert outcome.waivers == []


def test_another_rule_still_blocks(registers: Registers, tmp_path: Path) -> None:
    waive(registers, rule_id="return_values.file_id.present")
    assert returned(tmp_path).blocks


MEASURE = {"source": "return", "period_type": "quarter", "period_label": "2025-26 Q2"}
NEGATIVE = "fct_measure.value.not_negative"


@pytest.mark.parametrize(
    ("scopes", "blocks"),
    [
        ([{}], False),
        ([{"new_la_code": CAMDEN}], True),
        ([{"new_la_code": CAMDEN}, {"new_la_code": BARNET}], False),
        ([{"new_la_code": CAMDEN}, {"new_la_code": BARNET, "quarter_label": "2025-26 Q1"}], True),
        ([{"quarter_label": "2025-26 Q2"}], False),
        ([{"quarter_label": "2025-26 Q1"}], True),
        ([{"new_la_code": CAMDEN}, {"new_la_code": BARNET, "valid_to": "2026-01-02"}], True),
    ],
)
def test_a_waiver_covers_its_authority_and_quarter_and_no_more(
    scopes: list[dict[str, str]], blocks: bool, registers: Registers, tmp_path: Path
) -> None:
    for number, scope in enumerate(scopes):
        waive(registers, NEGATIVE, waiver_id=f"W{number}", **scope)
    rows = [
        MEASURE | {"measure_code": code, "new_la_code": la, "value": value}
        for la, value in ((CAMDEN, -1.0), (BARNET, -2.0), ("E09000004", 3.0))
        for code in ("cla", "cin")
    ]
    outcome = gate.check_mart("fct_measure", mart("fct_measure", rows, tmp_path), tmp_path, TODAY)
    failure = only(outcome, NEGATIVE)
    assert (failure.severity == "critical") is blocks
    assert {waiver.waiver_id for waiver in failure.waivers} == (
        set() if blocks else {f"W{number}" for number in range(len(scopes))}
    )


def broken_for(*las: str) -> list[dict]:
    values = dict.fromkeys((CAMDEN, BARNET), 1.0) | dict.fromkeys(las, -1.0)
    return [
        MEASURE | {"measure_code": "cla", "new_la_code": la, "value": values[la]} for la in values
    ]


def used(rows: list[dict], folder: Path) -> list[str]:
    outcome = gate.check_mart("fct_measure", mart("fct_measure", rows, folder), folder, TODAY)
    return [waiver.waiver_id for waiver in only(outcome, NEGATIVE).waivers]


def test_only_waivers_that_are_needed_are_named(registers: Registers, tmp_path: Path) -> None:
    """Not one whose rows are all in order, nor one for any row beside one for the row."""
    waive(registers, NEGATIVE, waiver_id="ANY")
    waive(registers, NEGATIVE, waiver_id="CAMDEN", new_la_code=CAMDEN)
    waive(registers, NEGATIVE, waiver_id="BARNET", new_la_code=BARNET)
    waive(registers, NEGATIVE, waiver_id="BOTH", quarter_label="2025-26 Q2")
    assert used(broken_for(CAMDEN), tmp_path) == ["CAMDEN"]
    assert used(broken_for(CAMDEN, BARNET), tmp_path) == ["CAMDEN", "BARNET"]
    unnamed = MEASURE | {"period_label": "2025-26 Q1", "new_la_code": "E09000004", "value": -1.0}
    assert used([*broken_for(), unnamed], tmp_path) == ["ANY"]


def test_a_waiver_of_a_quarter_is_not_for_the_rolling_year_that_ends_with_it(
    registers: Registers, tmp_path: Path
) -> None:
    waive(registers, NEGATIVE, quarter_label="2025-26 Q2")
    rows = broken_for(CAMDEN)
    assert used(rows, tmp_path) == ["W1"]
    assert used([row | {"period_type": "snapshot"} for row in rows], tmp_path) == ["W1"]
    assert used([*rows, rows[0] | {"period_type": "rolling_4q"}], tmp_path) == []


@pytest.mark.parametrize(
    ("period", "blocks"),
    [
        ("2025-26 Q2 (quarter)", False),
        ("2025-26 Q2", False),
        ("2025-26 Q1 (quarter)", True),
        ("2025-26 Q2 (rolling_4q)", True),
    ],
)
def test_a_rule_between_marts_is_accepted_for_one_authority(
    period: str,
    blocks: bool,
    registers: Registers,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rule = next(one for one in across.rules() if one.severity == "critical")
    waive(registers, rule.id, new_la_code=CAMDEN, quarter_label="2025-26 Q2")
    row = [rule.id, "return cla", "Camden", period, "1", "2"]
    broken = pd.DataFrame([row], columns=across.COLUMNS).astype("string")
    monkeypatch.setattr(across, "broken", lambda *_: broken)
    outcome = gate.check_across(tmp_path, tmp_path, tmp_path / "docs", TODAY)[rule.mart]
    assert outcome.blocks is blocks
    if not blocks:
        assert only(outcome, rule.id).text.startswith("accepted until 31 January 2026 because")
