"""What notices say, and that nothing confidential can be in one: marked marts give no mark."""

import json
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest

from exports.marts import MartError
from exports.notices.blocked import Block, blocked
from exports.notices.missing import missing
from exports.notices.notice import Kind, Notice, notice
from exports.notices.published import published
from exports.release import egress
from exports.release.accepted import NAME as ACCEPTED
from exports.release.writing import _REFUSALS, Places, release
from ingestion.landing import LONDON
from ingestion.periods import Quarter
from tests.unit.exports.conftest import all_sources, statuses, write
from tests.unit.exports.release.registers import Registers, made_up_registers

__all__ = ["made_up_registers"]

Q2 = Quarter(2025, 2)
DUE = date(2025, 10, 28)
MARK = "Zzyzx"
FIGURE = 987654.0


def named(said: Notice | None) -> list[str]:
    assert said is not None
    return [line[2:] for line in said.text.splitlines() if line.startswith("- ")]


@pytest.fixture
def marts(tmp_path: Path) -> Path:
    return write(tmp_path / "marts", all_sources())


@pytest.fixture
def places(marts: Path, tmp_path: Path) -> Places:
    return Places(marts, tmp_path / "outputs", tmp_path / "registers")


def test_who_has_not_returned_is_named_and_who_was_set_aside(marts: Path) -> None:
    said = missing(marts, Q2, date(2025, 11, 7), synthetic=False)
    current = statuses().query("is_current").drop_duplicates("new_la_code")
    states = current.set_index("la_name")["submission_state"]
    awaited = sorted(states[states == "not_returned"].index)
    set_aside = sorted(states[states == "quarantined"].index)
    assert awaited and set_aside
    assert named(said) == [*awaited, *set_aside]
    assert said is not None
    assert said.subject == f"LIIA 2025-26 Q2: {len(awaited + set_aside)} returns still needed"
    assert "were due on 28 October 2025, 10 days ago." in said.text
    assert "SYNTHETIC" not in said.subject
    assert "Bromley" not in said.text  # does not take part


@pytest.mark.parametrize(
    ("on", "says"),
    [
        (date(2025, 10, 27), "are due on 28 October 2025, in 1 day."),
        (DUE, "are due on 28 October 2025, today."),
        (date(2025, 10, 29), "were due on 28 October 2025, 1 day ago."),
    ],
)
def test_days_are_counted_from_the_due_date(on: date, says: str, marts: Path) -> None:
    said = missing(marts, Q2, on, synthetic=False)
    assert said is not None and says in said.text


def test_a_quarter_nobody_returned_for_names_all_who_take_part(marts: Path) -> None:
    assert len(named(missing(marts, Quarter(2025, 1), DUE, synthetic=False))) == 33


def test_all_returned_is_nothing_to_tell(marts: Path) -> None:
    statuses().assign(submission_state="accepted").to_parquet(
        marts / "mart_submission_status.parquet"
    )
    assert missing(marts, Q2, DUE, synthetic=False) is None


def test_without_marts_nobody_is_called_missing(tmp_path: Path) -> None:
    with pytest.raises(MartError):
        missing(tmp_path, Q2, DUE, synthetic=False)


def test_published_names_products_recipients_and_folders(places: Places) -> None:
    now = datetime(2026, 1, 15, tzinfo=LONDON)
    release("dfe", Q2, places, "first", now)
    release("rug", Q2, places, "second", now)
    said = published(places, Q2, synthetic=True)
    assert said is not None
    assert said.subject == "SYNTHETIC: LIIA 2025-26 Q2: 2 products published"
    assert "For Department for Education: released, not delivered" in said.text
    assert "Where: outputs/2025-26-Q2/rug, below" in said.text
    line = egress.last_of(places.log, "dfe", Q2.label)
    assert line is not None
    given = {"recipients": [{"recipient": "dfe"}], "files": {}, "address": f"/home/{MARK}"}
    told = {"kind": egress.DELIVERED, "release": line["line"], "run_id": "third", **given}
    egress.append(places.log, {"product": "dfe", "quarter": Q2.label, **told})
    of_run = published(places, Q2, synthetic=False, run_id="third")
    assert of_run is not None
    assert of_run.subject == "LIIA 2025-26 Q2: 1 product published"
    assert "For Department for Education: delivered" in of_run.text
    assert MARK not in of_run.text
    assert published(places, Q2, synthetic=False, run_id="fourth") is None
    assert published(places, Quarter(2025, 1), synthetic=False) is None


def test_a_log_that_was_changed_tells_of_nothing(places: Places) -> None:
    release("dfe", Q2, places, "first", datetime(2026, 1, 15, tzinfo=LONDON))
    places.log.write_bytes(places.log.read_bytes().replace(b"mou_dfe", b"mou_d2i"))
    with pytest.raises(egress.LogBroken):
        published(places, Q2, synthetic=False)


def test_every_cause_of_a_refusal_has_its_sentence() -> None:
    causes = [*_REFUSALS.values(), "refused", "gate", "test", "step", "interrupted", "delivery"]
    rules = (("fct_measure.value.not_negative", "counts are never negative"), ("not_null_x", ""))
    blocks = [Block(cause, "dfe", rules) for cause in causes]
    said = blocked(Q2, blocks, published=True, run_id="run 1", synthetic=False)
    assert said is not None
    assert said.text.count("DfE quarterly CSV") == len(causes)
    assert "- fct_measure.value.not_negative: counts are never negative\n  - not_null_x\n" in (
        said.text
    )
    assert said.subject == "LIIA 2025-26 Q2: not all was published"
    assert blocked(Q2, [], published=True, run_id="run 1", synthetic=False) is None


def test_no_value_breaks_a_line() -> None:
    name = "Bexley\r\nBcc: all@example.org\u2028\u202e"
    context = {"awaited": [name], "set_aside": [], "due": DUE, "days": 1}
    said = notice(Kind.MISSING, Q2, False, **context)
    assert "- Bexley Bcc: all@example.org\n" in said.text
    assert "\n" not in said.subject


def test_marked_marts_and_registers_give_no_mark(places: Places, registers: Registers) -> None:
    """Every text that could hold a person's words or a path, and every figure."""
    registers.change("reference/authorisations", "product_id == 'dfe'", reference=MARK)
    frame = statuses()
    told = {"new_la_code", "la_name", "quarter_label", "submission_state"}
    for column in frame.columns.difference(list(told)):
        if pd.api.types.is_string_dtype(frame[column]):
            frame[column] = f"{MARK} {column}"
        elif pd.api.types.is_float_dtype(frame[column]):
            frame[column] = FIGURE
    assert (frame.astype(str).apply(lambda c: c.str.contains(MARK))).any().sum() > 8
    frame.to_parquet(places.marts / "mart_submission_status.parquet")
    waiver = {
        "waiver_id": "W1",
        "rule_id": "fct_measure.value.not_negative",
        "valid_to": "2026-01-31",
    }
    words = dict.fromkeys(("new_la_code", "quarter_label", "reason", "reference"), MARK)
    (places.marts / ACCEPTED).write_text(json.dumps([waiver | words]), encoding="utf-8")
    release("dfe", Q2, places, "run", datetime(2026, 1, 15, tzinfo=LONDON))
    assert MARK in places.log.read_text(encoding="utf-8")
    for said in (
        missing(places.marts, Q2, DUE, synthetic=False),
        published(places, Q2, synthetic=False),
    ):
        assert said is not None
        assert MARK not in said.subject + said.text
        assert str(FIGURE)[:6] not in said.subject + said.text
        assert str(places.outputs) not in said.text
    assert "\n- fct_measure.value.not_negative: waiver W1, until 2026-01-31\n" in said.text
