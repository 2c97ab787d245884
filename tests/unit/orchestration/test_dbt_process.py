"""dbt waits for its command, does it once, and is gone when there is none."""

from pathlib import Path

from orchestration import dbt_process
from tests.conftest import left_behind


def version(folder: Path) -> tuple[int, bytes]:
    process = dbt_process.run(["--version"], {}, folder)
    said = process.stdout.read() if process.stdout else b""
    return process.wait(), said


def test_the_one_that_waits_does_it_and_another_begins_for_the_next(tmp_path: Path) -> None:
    with dbt_process.waiting():
        (first,) = dbt_process._waiting
        with dbt_process.waiting():
            assert dbt_process._waiting == [first]
        code, said = version(tmp_path)
        assert first.returncode == code == 0
        assert b"installed" in said
        code, said = version(tmp_path)
        assert code == 0
        assert b"installed" in said


def test_one_without_a_command_ends(tmp_path: Path) -> None:
    with dbt_process.waiting():
        (process,) = dbt_process._waiting
    assert process.returncode == 0
    assert version(tmp_path)[0] == 0


def test_one_that_has_died_says_so_by_its_code(tmp_path: Path) -> None:
    with dbt_process.waiting():
        (process,) = dbt_process._waiting
        process.kill()
        process.wait()
        assert version(tmp_path)[0] != 0


def test_it_ends_with_the_process_that_began_it() -> None:
    code = (
        "import time; from orchestration import dbt_process\n"
        "with dbt_process.waiting():\n"
        "    print(dbt_process._waiting[0].pid, flush=True)\n"
        "    time.sleep(60)\n"
    )
    assert left_behind(code, 1) == set()
