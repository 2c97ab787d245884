"""Who gets which notice is read strictly, and no slip lets a secret out."""

from pathlib import Path

import pytest

from exports.notices.notice import Kind
from orchestration.notices.settings import SettingsError, read

SECRET = "s3cret"  # noqa: S105 - made up
GOOD = """\
email:
  data_team: {to: [data@liia.example, second@liia.example], notices: [missing, blocked]}
  board: {to: [board@liia.example], notices: [published]}
webhook: [blocked]
"""
ENVIRONMENT = {
    "LIIA_SMTP_HOST": "mail.liia.example",
    "LIIA_SMTP_FROM": "platform@liia.example",
    "LIIA_SMTP_USER": "platform",
    "LIIA_SMTP_PASSWORD": SECRET,
    "LIIA_NOTICES_WEBHOOK": f"https://hooks.example.org/{SECRET}",
}


def test_no_file_is_nobody_to_tell(tmp_path: Path) -> None:
    assert read(tmp_path / "notices.yml", ENVIRONMENT) is None


def test_roles_kinds_and_server(tmp_path: Path) -> None:
    file = tmp_path / "notices.yml"
    file.write_text(GOOD, encoding="utf-8")
    settings = read(file, ENVIRONMENT)
    assert settings is not None and settings.server is not None
    data_team, board = settings.roles
    assert data_team.to == ("data@liia.example", "second@liia.example")
    assert data_team.kinds == {Kind.MISSING, Kind.BLOCKED}
    assert board.kinds == {Kind.PUBLISHED}
    assert settings.webhook_kinds == {Kind.BLOCKED}
    assert (settings.server.port, settings.server.security) == (587, "starttls")
    assert SECRET not in repr(settings)


def test_only_what_is_used_has_to_be_set(tmp_path: Path) -> None:
    file = tmp_path / "notices.yml"
    file.write_text("webhook: [blocked]", encoding="utf-8")
    hook = {"LIIA_NOTICES_WEBHOOK": "http://127.0.0.1:8000/x"}
    settings = read(file, hook)
    assert settings is not None
    assert (settings.server, settings.webhook) == (None, hook["LIIA_NOTICES_WEBHOOK"])


def role(to: str, notices: str = "[missing]", name: str = "team") -> str:
    return f"email: {{{name}: {{to: {to}, notices: {notices}}}}}"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (role("data@liia.example"), "`to` is a list"),
        (role("[]"), "`to` is a list"),
        (role('["data@liia.example\\nBcc: all@example.org"]'), "address 1 of team is not one like"),
        (role('["data@liia.example\\n"]'), "address 1 of team is not one like"),
        (role('["A Lead <a.lead@liia.example>"]'), "a bare address, without a name"),
        (role("[a@b.example, 'x@y,z@w']"), "address 2 of team"),
        (role("['-oX@-x']"), "address 1"),
        (role("[1]"), "address 1"),
        (role("[a@b.example]", "[all]"), "give a list of missing, blocked, published"),
        (role("[a@b.example]", "missing"), "give a list of missing"),
        (role("[a@b.example]", name="'Ann Other'"), "is no role"),
        ("email: {team: {to: [a@b.example]}}", "needs `to` and `notices`"),
        ("email: [a@b.example]", "one line for each role"),
        (f"webhook: https://hooks.example.org/{SECRET}", "webhook: give a list"),
        (f"password: {SECRET}", "'password' is neither email nor webhook"),
        (f"email: {{{SECRET}", "this is not YAML"),
        ("- a", "write the sections"),
    ],
)
def test_a_slip_in_the_file_is_named(content: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "notices.yml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError) as raised:
        read(file, ENVIRONMENT)
    assert says in str(raised.value)
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("LIIA_SMTP_HOST", "", "LIIA_SMTP_HOST does not name a mail server"),
        ("LIIA_SMTP_HOST", f"mail.example.org/{SECRET}", "LIIA_SMTP_HOST does not name"),
        ("LIIA_SMTP_FROM", "a@b.example\r\nBcc: c@d.example", "LIIA_SMTP_FROM is not an address"),
        ("LIIA_SMTP_PORT", "mail", "LIIA_SMTP_PORT is not a port"),
        ("LIIA_SMTP_PORT", "0", "LIIA_SMTP_PORT is not a port"),
        ("LIIA_SMTP_SECURITY", "ssl", "one of starttls, tls, none"),
        ("LIIA_SMTP_SECURITY", "none", "a password is not sent in the clear"),
        ("LIIA_SMTP_PASSWORD", "", "go together"),
        ("LIIA_NOTICES_WEBHOOK", "", "LIIA_NOTICES_WEBHOOK is not set"),
        ("LIIA_NOTICES_WEBHOOK", f"http://hooks.example.org/{SECRET}", "is not https"),
        ("LIIA_NOTICES_WEBHOOK", f"https://a:{SECRET}@hooks.example.org", "a user before an @"),
        ("LIIA_NOTICES_WEBHOOK", f"https://[{SECRET}", "is not an address like"),
        ("LIIA_NOTICES_WEBHOOK", f"file:///{SECRET}", "is not an address like"),
        ("LIIA_NOTICES_WEBHOOK", f"https://h/\r\n{SECRET}", "is not an address like"),
    ],
)
def test_a_slip_in_the_environment_is_named_without_its_value(
    name: str, value: str, says: str, tmp_path: Path
) -> None:
    file = tmp_path / "notices.yml"
    file.write_text(GOOD, encoding="utf-8")
    with pytest.raises(SettingsError) as raised:
        read(file, ENVIRONMENT | {name: value})
    assert says in str(raised.value)
    assert SECRET not in str(raised.value)
