"""A run tells what it has to tell, once, to those who asked; and never fails for it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.dagster_run import DagsterRun
from rich.console import Console

from exports.notices.notice import Kind
from exports.release import egress
from ingestion.periods import Quarter
from orchestration.home import Home
from orchestration.lib import QUARTERS
from orchestration.notices import command, runs, telling
from tests import mail_server
from tests.conftest import liia
from tests.unit.exports.release.registers import Registers, made_up_registers
from tests.unit.orchestration.test_releases import home as _home
from tests.unit.orchestration.test_releases import lapse, run_quarter

__all__ = ["made_up_registers"]

home = _home
MARK, FIGURE = "Zzyzx", "987654"
SETTINGS = "email: {data_team: {to: [data@liia.example], notices: [missing, blocked, published]}}"


@pytest.fixture
def post_office(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[mail_server.MailServer]:
    """A mail server, and settings by which all notices go to the data team through it."""
    with mail_server.serving() as server:
        home.notices.write_text(SETTINGS, encoding="utf-8")
        for name, value in {
            "HOST": "localhost",
            "PORT": str(server.port),
            "SECURITY": "none",
            "FROM": "platform@liia.example",
        }.items():
            monkeypatch.setenv(f"LIIA_SMTP_{name}", value)
        yield server


def letters(office: mail_server.MailServer) -> dict[str, str]:
    return {str(m["Subject"]): m.get_content().replace("\r\n", "\n") for m in office.taken}


def failing(key: str, check: str, **metadata: object) -> dg.AssetCheckResult:
    """A check that blocks, with what nobody may be told in its description and metadata."""
    row = dg.TableRecord({"where": MARK, "found": FIGURE})
    told = {"failing_rows": dg.MetadataValue.table([row])} | metadata
    return dg.AssetCheckResult(
        asset_key=dg.AssetKey(key.split("/")),
        check_name=check,
        passed=False,
        description=f"{MARK}: E09000007 {FIGURE}",
        metadata=told,
    )


def job(*results: dg.AssetCheckResult, breaks: bool = False) -> dg.JobDefinition:
    """A job of the quarter's name in which the marts are published and these checks fail."""

    @dg.asset(key=["published", "marts"], partitions_def=QUARTERS)
    def marts() -> None:
        if breaks:
            raise ValueError(f"{MARK}: {FIGURE}")

    def check(result: dg.AssetCheckResult) -> dg.AssetChecksDefinition:
        spec = dg.AssetCheckSpec(result.check_name, asset=result.asset_key, blocking=True)

        @dg.multi_asset_check(name=f"check_{result.asset_key.path[-1]}", specs=[spec])
        def checks() -> Iterator[dg.AssetCheckResult]:
            yield result

        return checks

    everything = dg.AssetSelection.all() | dg.AssetSelection.all_asset_checks()
    return dg.Definitions(
        assets=[marts],
        asset_checks=[check(result) for result in results],
        jobs=[dg.define_asset_job("quarter", everything)],
    ).resolve_job_def("quarter")


@pytest.fixture
def ran(home: Home) -> Iterator[Callable[..., tuple[dg.DagsterInstance, str]]]:
    """Runs a job and returns instance and run id."""
    with dg.DagsterInstance.ephemeral() as instance:

        def run(of: dg.JobDefinition, **options: object) -> tuple[dg.DagsterInstance, str]:
            done = of.execute_in_process(
                instance=instance, partition_key="2025-07-01", raise_on_error=False, **options
            )
            return instance, done.run_id

        yield run


def test_what_blocked_is_told_by_rule_and_never_by_row(
    home: Home, post_office: mail_server.MailServer, ran: Callable
) -> None:
    rules = [{"rule": "fct_measure.value.not_negative", "why": "counts are never negative"}]
    instance, run_id = ran(
        job(
            failing("marts/fct_measure", "gate", rules=rules),
            failing("staging/stg_return__values", "not_null_stg_return__values_file_id"),
            failing("outputs/dfe", "release", cause="disclosure"),
        )
    )
    told = telling.after_run(home, instance, run_id)
    said = letters(post_office)["LIIA 2025-26 Q2: not all was published"]
    assert "Table fct_measure\n" in said
    assert "- fct_measure.value.not_negative: counts are never negative" in said
    assert "not_null_stg_return__values_file_id" in said
    assert "DfE quarterly CSV\n  Refused: small counts in it could not be protected." in said
    assert "This step broke off" not in said  # that a check's step failed is not told beside it
    everything = said + "".join(line.text for line in told)
    assert MARK not in everything and FIGURE not in everything
    assert str(home.root) not in said


def test_a_broken_log_does_not_keep_the_others_from_being_sent(
    home: Home, post_office: mail_server.MailServer, ran: Callable
) -> None:
    home.registers.mkdir()
    (home.registers / egress.NAME).write_text("what was this\n", encoding="utf-8")
    instance, run_id = ran(job(failing("outputs/dfe", "release", cause="log")))
    told = telling.after_run(home, instance, run_id)
    assert [line.warning for line in told] == [True, False, False]
    assert told[0].text.startswith("published: not sent. The egress log ")
    blocked, missing = letters(post_office)
    assert blocked == "LIIA 2025-26 Q2: not all was published"
    assert "still needed" in missing


# What a run has from the start, by who tells of it: `liia run` says so itself.
TAGS = {telling.BY_SENSOR: {}, telling.BY_COMMAND: {telling.TOLD_BY: telling.BY_COMMAND}}


@pytest.mark.parametrize("by", TAGS)
def test_a_run_that_is_begun_again_is_told_of_too(by: str) -> None:
    """Dagster gives it its parent's tags, also the one that says who told of the parent."""
    with dg.DagsterInstance.ephemeral() as instance:
        first = DagsterRun(job_name="quarter", tags=TAGS[by])
        instance.add_run(first)
        assert telling.claim(instance, first.run_id, by) == (by == telling.BY_SENSOR)
        tags = instance.get_run_by_id(first.run_id).tags
        of = {"parent_run_id": first.run_id, "root_run_id": first.run_id}
        again = DagsterRun(job_name="quarter", tags=tags, **of)
        instance.add_run(again)
        assert telling.claim(instance, again.run_id, telling.BY_SENSOR)
        assert not telling.claim(instance, again.run_id, telling.BY_SENSOR)


def test_of_a_step_that_breaks_only_its_name_is_told(
    home: Home, post_office: mail_server.MailServer, ran: Callable
) -> None:
    instance, run_id = ran(job(breaks=True))
    assert [line.text for line in telling.after_run(home, instance, run_id)] == [
        "blocked to data_team by e-mail: sent"
    ]
    ((subject, said),) = letters(post_office).items()
    assert subject == "LIIA 2025-26 Q2: the run is blocked"
    assert "Publishing marts\n  This step broke off." in said
    assert MARK not in said


def test_a_refused_product_is_told_of_and_the_home_is_named_synthetic(
    home: Home,
    post_office: mail_server.MailServer,
    registers: Registers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (home.root / "landing_kind").write_text("synthetic")
    lapse(registers)
    code, said = run_quarter(home, monkeypatch, "dfe")
    assert code == 1
    assert said.rstrip().endswith("blocked to data_team by e-mail: sent")
    ((subject, text),) = letters(post_office).items()
    assert subject == "SYNTHETIC: LIIA 2025-26 Q2: the run is blocked"
    assert "DfE quarterly CSV\n  Refused: the registers let nobody have it" in text


def test_what_a_run_published_is_told_once_and_who_is_missing_with_it(
    home: Home, post_office: mail_server.MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "_MARTS", dg.AssetKey(["outputs", "rug"]))  # marts are given here
    code, _ = run_quarter(home, monkeypatch, "rug")
    assert code == 0
    awaited, published = letters(post_office).items()
    assert "still needed" in awaited[0] and "- Bexley\n" in awaited[1]
    assert published[0] == "LIIA 2025-26 Q2: 1 product published"
    assert "Tartan rug\n  For The 33 London authorities: released" in published[1]
    run_quarter(home, monkeypatch, "rug")
    assert [m["Subject"] for m in post_office.taken[2:]] == [awaited[0]]


def test_without_settings_nothing_is_sent_and_that_is_said_once(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = run_quarter(home, monkeypatch, "rug")
    assert code == 0
    assert said.count(f"No notices are sent: there is no {home.notices}.") == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"LIIA_SMTP_PORT": "1"}, "blocked to data_team by e-mail: not sent: localhost cannot be"),
        ({"LIIA_SMTP_HOST": ""}, "No notices were sent. LIIA_SMTP_HOST does not name"),
        ({"LIIA_SMTP_USER": "\udcff", "LIIA_SMTP_PASSWORD": MARK}, "is not sent in the clear"),
    ],
)
def test_a_failure_to_send_is_a_warning_of_the_run_and_no_more(
    change: dict[str, str],
    says: str,
    home: Home,
    post_office: mail_server.MailServer,
    ran: Callable,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in change.items():
        monkeypatch.setenv(name, value)
    instance, run_id = ran(job(breaks=True))
    (told,) = telling.after_run(home, instance, run_id, lambda _: None)
    assert told.warning
    assert says in told.text
    assert MARK not in told.text
    events = [entry.dagster_event for entry in instance.all_logs(run_id)]
    assert f"Notices: {told.text}" in {event.message for event in events if event}


def test_a_fault_of_ours_does_not_fail_a_run(
    home: Home, ran: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(MARK)

    instance, run_id = ran(job())
    monkeypatch.setattr(telling, "settings_of", broken)
    assert [line.text for line in telling.after_run(home, instance, run_id)] == [
        "Notices broke off: RuntimeError."
    ]


def sensors() -> dict[str, dg.RunStatusSensorDefinition]:
    from orchestration.defs.notices import SENSORS

    return {sensor.name: sensor for sensor in SENSORS}


@pytest.mark.parametrize(("by_command", "letters_sent"), [(False, 1), (True, 0)])
def test_the_sensor_tells_of_a_run_of_the_ui_once_and_of_liia_run_never(
    by_command: bool,
    letters_sent: int,
    home: Home,
    post_office: mail_server.MailServer,
    ran: Callable,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LIIA_HOME", str(home.root))
    monkeypatch.setenv("LIIA_LANDING", str(home.landing))
    tags = {telling.TOLD_BY: telling.BY_COMMAND} if by_command else {}
    instance, run_id = ran(job(breaks=True), tags=tags)
    run = instance.get_run_by_id(run_id)
    (failure,) = (
        entry.dagster_event
        for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
    )
    for _ in range(2):
        context = dg.build_run_status_sensor_context(
            "notices_after_failure",
            dagster_event=failure,
            dagster_instance=instance,
            dagster_run=run,
        )
        sensors()["notices_after_failure"](context)
    assert len(post_office.taken) == letters_sent


def test_the_sensors_wait_for_no_run_that_has_the_home() -> None:
    # To ask for the resource is to wait for the home: within a sensor Dagster enters it.
    assert [sensor.required_resource_keys for sensor in sensors().values()] == [set(), set()]


def test_sensors_are_on_and_watch_every_job(definitions: dg.Definitions) -> None:
    found = sensors()
    assert set(found) == {"notices_after_success", "notices_after_failure"}
    jobs = set(definitions.get_repository_def().job_names) - {"__ASSET_JOB"}
    for sensor in found.values():
        assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
        assert {one.name for one in sensor._monitored_jobs} == jobs


def test_a_run_that_a_file_started_tells_what_it_did_and_reminds_nobody(
    home: Home, post_office: mail_server.MailServer, ran: Callable
) -> None:
    refused = job(failing("outputs/dfe", "release", cause="disclosure"))
    for tags in ({}, {runs.SOURCE: "return"}):
        telling.after_run(home, *ran(refused, tags=tags))
    whole, reminder, landed = [str(message["Subject"]) for message in post_office.taken]
    assert "still needed" in reminder
    assert landed == whole == "LIIA 2025-26 Q2: not all was published"


def test_a_run_of_several_quarters_is_told_of_for_the_last() -> None:
    tags = {runs.FIRST: "2025-01-01", runs.LAST: "2025-07-01"}
    assert runs.quarter_of(DagsterRun("landed_return", tags=tags)) == Quarter(2025, 2)
    assert runs.quarter_of(DagsterRun("quarter")) is None


def test_the_last_run_of_a_quarter_can_be_told_of_again(home: Home, ran: Callable) -> None:
    instance, _ = ran(job())
    _, run_id = ran(job(breaks=True))
    found = runs.last_of(instance, Quarter(2025, 2))
    assert found is not None and found.run_id == run_id
    assert runs.last_of(instance, Quarter(2025, 1)) is None


def asked(home: Home, kind: Kind, dry_run: bool = False) -> tuple[int, str]:
    console = Console(record=True, width=1000)
    code = command.notify(home, Quarter(2025, 2), kind, dry_run, console)
    return code, console.export_text()


def test_the_command_prints_sends_and_says_what_did_not_go(
    home: Home, post_office: mail_server.MailServer
) -> None:
    code, said = asked(home, Kind.MISSING, dry_run=True)
    assert code == 0
    assert said.startswith("To data_team: data@liia.example\nSubject: LIIA 2025-26 Q2: ")
    assert "- Bexley\n" in said
    assert post_office.taken == []
    assert asked(home, Kind.MISSING) == (0, "missing to data_team by e-mail: sent\n")
    assert len(post_office.taken) == 1
    post_office.told["MAIL"] = ["550 no"]
    why = "missing to data_team by e-mail: not sent: localhost answers 550\n"
    assert asked(home, Kind.MISSING) == (1, why)
    for kind in (Kind.PUBLISHED, Kind.BLOCKED):
        assert asked(home, kind) == (0, f"2025-26 Q2: nothing to tell ({kind}).\n")
    home.notices.unlink()
    assert asked(home, Kind.MISSING, dry_run=True)[1].startswith("To nobody: see ")
    why = f"Nobody gets it: {home.notices} names nobody for missing.\n"
    assert asked(home, Kind.MISSING) == (1, why)


def test_without_marts_the_command_says_what_to_run(tmp_path: Path) -> None:
    code, said = asked(Home(tmp_path / "none", tmp_path / "landing"), Kind.MISSING, dry_run=True)
    assert code == 1
    assert "liia run --quarter" in said


def test_a_slip_in_the_settings_is_wrong_usage_and_quotes_nothing(home: Home) -> None:
    home.notices.write_text(f"email: {{{MARK}", encoding="utf-8")
    done = liia("notify", "--quarter", "2025-26-Q2", "--what", "missing", "--home", home.root)
    assert done.returncode == 2
    assert "this is not YAML" in done.stderr
    assert MARK not in done.stderr + done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--quarter", "Q2", "--what", "missing"], "is not a quarter"),
        (["--quarter", "2025-26-Q2", "--what", "all"], "--what takes one of missing, blocked"),
    ],
)
def test_notify_says_what_is_wrong_with_its_options(arguments: list[str], says: str) -> None:
    done = liia("notify", *arguments)
    assert done.returncode == 2
    assert says in done.stderr
