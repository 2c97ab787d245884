"""What a failed gate shows in the UI, and that nothing after it runs: a real run of one return."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest

from expectations import gate, suites
from ingestion import side_by_side
from orchestration.home import Home
from orchestration.passed import GateNotPassed
from tests.unit.ingestion.builders import return_rows, write_book

LANDED = "returns/2025-26-Q2/CAM/return.xlsx"
RULE = suites.Rule(
    "return_values.value.small",
    "ExpectColumnValuesToBeBetween",
    {"column": "value", "max_value": 100},
    why="only small figures are asked for here",
    fix="Ask its sender.",
)


@dataclass(frozen=True)
class Ran:
    result: dg.ExecuteInProcessResult
    blocks: list
    other: dg.ExecuteInProcessResult
    home: Home

    def metadata(self, check_name: str) -> dict[str, dg.MetadataValue]:
        (check,) = [
            one
            for one in self.result.get_asset_check_evaluations()
            if (one.asset_key.path[-1], one.check_name) == ("return_values", check_name)
        ]
        return dict(check.metadata)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """Returns are read, and one figure of Camden's, 110 referrals, breaks a rule that must hold."""
    folder = tmp_path_factory.mktemp("blocked")
    place = Home(folder / "home", folder / "landing")
    write_book(place.landing / LANDED, {"Return": return_rows()})
    own = suites.raw_suite
    with pytest.MonkeyPatch.context() as patch, dg.DagsterInstance.ephemeral() as instance:
        for name, value in {
            "LIIA_HOME": place.root,
            "LIIA_LANDING": place.landing,
            "DAGSTER_HOME": place.dagster,
        }.items():
            patch.setenv(name, str(value))
        # In this process alone the rule stands.
        patch.setattr(side_by_side, "_processors", lambda: 1)
        patch.setattr(
            gate, "raw_suite", lambda name: own(name) + [RULE] * (name == "return_values")
        )
        from orchestration.definitions import build
        from orchestration.notices import runs

        definitions = build()
        result, other = (
            definitions.resolve_job_def(job).execute_in_process(
                instance=instance, partition_key="2025-07-01", raise_on_error=False
            )
            for job in ("returns_in", "narratives_in")
        )
        blocks, _ = runs.blocks(instance, result.dagster_run)
        yield Ran(result, blocks, other, place)


def test_nothing_after_a_raw_table_that_fails_its_gate_runs(ran: Ran) -> None:
    steps = {event.step_key for event in ran.result.all_events if event.is_step_start}
    assert steps == {"ingest_return", "raw_gate_return"}
    made = {e.asset_key.path[0] for e in ran.result.all_events if e.is_step_materialization}
    assert made == {"raw"}
    assert not ran.result.success


def test_a_run_about_another_source_does_not_build_on_it_either(ran: Ran) -> None:
    steps = {event.step_key for event in ran.other.all_events if event.is_step_start}
    assert steps == {"ingest_narrative", "raw_gate_narrative", "transform"}
    (failed,) = [event for event in ran.other.all_events if event.is_step_failure]
    assert failed.step_key == "transform"
    said = failed.step_failure_data.error.cause.message
    assert f"return_values: {RULE.rule_id}" in said
    assert "run the whole quarter once they do" in said
    assert not ran.home.warehouse.exists()


def test_its_check_names_rule_rows_and_the_cells_they_came_from(ran: Ran) -> None:
    told = ran.metadata("gate")
    (rule,) = told["failing_rules"].records
    assert rule.data == {
        "rule": RULE.rule_id,
        "severity": "critical",
        "why": RULE.why,
        "rows": "1",
        "what_to_do": "Ask its sender.",
        "waiver": "",
    }
    row = told["failing_rows"].records[0].data
    assert row["rule"] == RULE.rule_id
    assert row["where"].startswith(f"{LANDED}, sheet Return, cell ")
    assert row["where"].endswith(", referrals")
    assert row["found"] == "110"


def test_its_check_leads_to_page_contract_and_runbook(ran: Ran) -> None:
    told = ran.metadata("gate")
    assert Path(told["data_docs"].path).is_file()
    for name, line in {
        "contract": "- name: return_values",
        "runbook": "## When a run is blocked",
    }.items():
        path, number = told[name].path.rsplit(":", 1)
        assert Path(path).read_text("utf-8").splitlines()[int(number) - 1].strip() == line


def test_a_check_that_holds_has_no_tables(ran: Ran) -> None:
    assert not {"failing_rules", "failing_rows"} & ran.metadata("plausible").keys()


def test_a_notice_is_told_the_rule_and_no_row(ran: Ran) -> None:
    (block,) = ran.blocks
    assert (block.cause, block.what) == ("gate", "Table return_values")
    assert block.rules == ((RULE.rule_id, RULE.why),)


def test_a_mart_that_the_run_has_not_built_holds_it_up_all_the_same() -> None:
    from orchestration.defs.gates import require_the_rest

    failure = gate.Failure("dim_period.all_there", "critical", "why", "text")
    outcomes = {"dim_period": gate.Outcome([failure]), "fct_measure": gate.Outcome()}
    require_the_rest({dg.AssetKey(["marts", "dim_period"])}, outcomes)
    with pytest.raises(GateNotPassed, match=r"dim_period: dim_period\.all_there.*whole quarter"):
        require_the_rest({dg.AssetKey(["marts", "fct_measure"])}, outcomes)
