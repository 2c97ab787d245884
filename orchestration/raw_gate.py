"""The gate on the raw tables of a source: what dbt may build on.

`judge` is what its checks tell of. `require` is for the dbt step, whatever run it is in: views of
dbt read all raw tables as they lie there, those of sources that the run is not about too.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from expectations import gate
from ingestion.landing import LONDON
from ingestion.pipeline import SOURCES, raw_path, tables_of
from orchestration import passed, publish
from orchestration.home import Home
from orchestration.passed import GateNotPassed


def judge(source: str, home: Home) -> dict[str, gate.Outcome]:
    """Hold the raw tables of a source against their rules, and note what came of it."""
    files, today = _files(source, home), datetime.now(LONDON).date()
    outcomes = gate.check_all_raw(files, home.data_docs, today)
    waivers = [waiver for outcome in outcomes.values() for waiver in outcome.waivers]
    publish.accept(home, f"raw_{source}", waivers)
    # A waiver is of a day: what passed under one is judged again by whoever asks next.
    if waivers or any(outcome.blocks for outcome in outcomes.values()):
        passed.forget(home.raw_gate_record(source))
    else:
        passed.note(home.raw_gate_record(source), files)
    return outcomes


def require(home: Home, say: Callable[[str], object]) -> None:
    """See to it that all raw tables have passed; those that changed since are judged again.

    Raises GateNotPassed where a table does not hold, or is not there.
    """
    for source in SOURCES:
        files = _files(source, home)
        if passed.holds(home.raw_gate_record(source), files):
            continue
        missing = [path.name for path in files.values() if not path.exists()]
        if missing:
            raise GateNotPassed(
                f"{', '.join(missing)} is not in {home.raw}: run the whole quarter, which reads all"
                " sources"
            )
        say(f"The raw tables of source {source} are judged first: no gate let them pass as is.")
        blocking = {
            table: [failure.rule_id for failure in outcome.blocking]
            for table, outcome in judge(source, home).items()
            if outcome.blocks
        }
        if blocking:
            told = "; ".join(f"{table}: {', '.join(rules)}" for table, rules in blocking.items())
            raise GateNotPassed(
                f"Raw tables do not hold ({told}), and dbt builds on all of them. The checks of "
                f"raw_gate_{source} and data_docs/ say where; run the whole quarter once they do"
            )


def _files(source: str, home: Home) -> dict[str, Path]:
    return {table: raw_path(home.root, table) for table in tables_of(source)}
