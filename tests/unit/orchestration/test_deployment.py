"""The files of orchestration/deployment/: units, their commands, and the proxy before them.

Each command line is parsed by the program it starts: an option that has gone is found here.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from orchestration import cli
from orchestration import home as homes
from tests.conftest import PROJECT

UNITS = sorted((homes.DEPLOYMENT / "systemd").iterdir())
SERVICES = [path for path in UNITS if path.suffix == ".service"]
TIMERS = [path for path in UNITS if path.suffix == ".timer"]
# Where the guide puts the checkout; the environment of `make setup` is in it.
CHECKOUT = "/srv/liia/platform"
LONG = {"liia-code", "liia-webserver", "liia-daemon"}

Unit = dict[str, dict[str, list[str]]]


def read(path: Path) -> Unit:
    """systemd's form: sections, and keys that may stand several times."""
    unit: Unit = defaultdict(lambda: defaultdict(list))
    section = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            key, value = line.split("=", 1)
            unit[section][key].append(value)
    return unit


def commands(path: Path) -> list[str]:
    (line,) = read(path)["Service"]["ExecStart"]
    return line.split()


def named(path: Path) -> str:
    return path.name


def of_liia(name: str) -> Any:
    return typer.main.get_command(cli.app).commands[name]


def parsed(command: Any, arguments: list[str]) -> dict[str, Any]:
    """Its options; raises for one that the command does not know."""
    return command.make_context(command.name, list(arguments)).params


@pytest.mark.parametrize("path", SERVICES, ids=named)
def test_a_unit_starts_a_command_that_is_there_with_options_it_knows(path: Path) -> None:
    program, name, *options = commands(path)
    assert program.startswith(f"{CHECKOUT}/.venv/bin/")
    assert (Path(sys.executable).parent / Path(program).name).is_file()
    parsed(of_liia(name), options)
    with pytest.raises(Exception, match="No such option"):
        parsed(of_liia(name), [*options, "--no-such-option"])


@pytest.mark.parametrize("part", ["code", "webserver", "daemon"])
def test_a_part_listens_on_this_machine_alone_and_its_program_knows_the_options(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []

    def become(program: str, argv: list[str]) -> None:
        started.append([program, *argv[1:]])
        raise SystemExit(0)

    for name in ("LIIA_HOME", "LIIA_LANDING", "DAGSTER_HOME", "LIIA_CODE_PORT"):
        monkeypatch.setenv(name, "")  # restored, whatever the command sets
    monkeypatch.delenv("LIIA_LANDING")
    monkeypatch.setattr(cli.os, "execvp", become)
    with pytest.raises(SystemExit):
        cli.app(["serve", part, "--home", str(tmp_path)])
    ((program, *options),) = started
    assert (Path(sys.executable).parent / program).is_file()
    known = parsed(*_of_dagster(program, options))
    if part == "daemon":
        assert "host" not in known
    else:
        assert known["host"] == "127.0.0.1"
    assert (tmp_path / "dagster" / "dagster.yaml").is_file()
    # Web server and daemon are kept from the rest of the home, so they must not ask for it.
    assert (tmp_path / "raw").exists() == (part == "code")


def _of_dagster(program: str, options: list[str]) -> tuple[Any, list[str]]:
    if program == "dagster-webserver":
        from dagster_webserver.cli import dagster_webserver

        return dagster_webserver, options
    if program == "dagster-daemon":
        from dagster._daemon.cli import run_command

        assert options[0] == "run"
        return run_command, options[1:]
    from dagster._cli.api import grpc_command

    assert options[:2] == ["api", "grpc"]
    return grpc_command, options[2:]


@pytest.mark.parametrize("path", SERVICES, ids=named)
def test_a_unit_may_do_no_more_than_it_has_to(path: Path) -> None:
    unit = read(path)["Service"]
    wanted = {
        "User": "liia",
        "Group": "liia",
        "UMask": "0077",
        "NoNewPrivileges": "yes",
        "CapabilityBoundingSet": "",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "PrivateTmp": "yes",
        "PrivateDevices": "yes",
    }
    assert {key: unit[key] for key in wanted} == {key: [value] for key, value in wanted.items()}
    assert unit["EnvironmentFile"][0] == "/etc/liia/liia.env"
    assert (unit["Restart"] == ["on-failure"]) == (path.stem in LONG)
    for name in ("KEY", "PASSWORD", "SECRET", "URL"):
        assert not any(name in value for value in unit["Environment"])


@pytest.mark.parametrize("name", ["liia-webserver", "liia-daemon"])
def test_who_serves_names_sees_no_child_level_data_and_no_key(name: str) -> None:
    unit = read(homes.DEPLOYMENT / "systemd" / f"{name}.service")["Service"]
    assert unit["TemporaryFileSystem"] == ["/srv/liia/home"]
    assert unit["BindPaths"] == ["/srv/liia/home/dagster"]
    assert unit["EnvironmentFile"] == ["/etc/liia/liia.env"]


@pytest.mark.parametrize("path", TIMERS, ids=named)
def test_a_timer_has_its_service_and_makes_up_for_a_night_that_was_missed(path: Path) -> None:
    assert path.with_suffix(".service") in SERVICES
    assert read(path)["Timer"]["Persistent"] == ["true"]
    assert read(path)["Install"]["WantedBy"] == ["timers.target"]


def test_health_backup_and_purge_have_a_timer() -> None:
    assert {path.stem for path in TIMERS} == {"liia-health", "liia-backup", "liia-purge"}
    assert {path.stem for path in SERVICES} == LONG | {path.stem for path in TIMERS}


def _systemd() -> str:
    found = shutil.which("systemd-analyze")
    return found or pytest.skip("systemd-analyze is not installed (Debian: systemd)")


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    here = [(f"{CHECKOUT}/.venv/bin", str(Path(sys.executable).parent))]
    for path in UNITS:
        text = path.read_text(encoding="utf-8")
        for there, instead in here:
            text = text.replace(there, instead)
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    verify = [_systemd(), "verify", "--man=no", *map(str, sorted(tmp_path.iterdir()))]
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "liia-" in line]
    assert (done.returncode, ours) == (0, []), done.stderr
    # It finds what is wrong.
    (tmp_path / "liia-daemon.service").write_text("[Service]\nExecStart=nowhere\nRestrat=no\n")
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert "liia-daemon.service" in done.stderr


@pytest.mark.parametrize("path", TIMERS, ids=named)
def test_systemd_knows_when(path: Path) -> None:
    (when,) = read(path)["Timer"]["OnCalendar"]
    done = subprocess.run([_systemd(), "calendar", when], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_workspace_is_the_code_location_on_this_machine() -> None:
    workspace = yaml.safe_load((homes.DEPLOYMENT / "workspace.yaml").read_text(encoding="utf-8"))
    (location,) = workspace["load_from"]
    assert location["grpc_server"] == {
        "host": "127.0.0.1",
        "port": {"env": "LIIA_CODE_PORT"},
        "location_name": "liia",
    }


def test_nobody_reaches_the_ui_but_through_the_sign_on() -> None:
    nginx = (homes.DEPLOYMENT / "proxy" / "nginx.conf").read_text(encoding="utf-8")
    sign_on = tomllib.loads((homes.DEPLOYMENT / "proxy" / "oauth2-proxy.cfg").read_text("utf-8"))
    assert re.findall(r"proxy_pass (\S+);", nginx) == [f"http://{sign_on['http_address']}"]
    assert sign_on["http_address"].startswith("127.0.0.1:")
    port = parsed(of_liia("serve"), ["webserver"])["port"]
    assert sign_on["upstreams"] == [f"http://127.0.0.1:{port}/"]
    assert sign_on["allowed_groups"] and sign_on["cookie_secure"]
    assert not [name for name in sign_on if "secret" in name]
    assert not [name for name in sign_on if name.startswith("skip_")]


def test_nginx_takes_its_file(tmp_path: Path) -> None:
    nginx = shutil.which("nginx") or pytest.skip("nginx is not installed")
    text = (homes.DEPLOYMENT / "proxy" / "nginx.conf").read_text(encoding="utf-8")
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=liia", "-days", "1"]
    openssl = shutil.which("openssl") or pytest.skip("openssl is not installed")
    subprocess.run(
        [
            openssl,
            *made,
            "-keyout",
            str(tmp_path / "privkey.pem"),
            "-out",
            str(tmp_path / "fullchain.pem"),
        ],
        check=True,
        capture_output=True,
    )
    text = text.replace("/etc/ssl/liia", str(tmp_path))
    (tmp_path / "nginx.conf").write_text(f"events {{}}\nhttp {{\n{text}\n}}\n", encoding="utf-8")
    done = subprocess.run(
        [nginx, "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_guide_names_every_file() -> None:
    guide = (PROJECT / "docs" / "deployment.md").read_text(encoding="utf-8")
    files = [path for path in homes.DEPLOYMENT.rglob("*") if path.is_file()]
    assert [path.name for path in files if path.name not in guide] == []
