"""Who gets which notice, from `notices.yml` of the home, and through what, from the environment.

Addresses stand in the file; server, password and webhook never do. Both are read strictly: a slip
is an error that names the entry and no secret.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from exports.notices.notice import Kind
from exports.settings_file import mapping

WEBHOOK = "LIIA_NOTICES_WEBHOOK"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})*")
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_ROLE = re.compile(r"[a-z][a-z0-9_]{0,40}")
_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_LOCAL = ("127.0.0.1", "localhost", "::1")


class SettingsError(Exception):
    """The settings cannot be used as they stand; the message holds no secret."""


@dataclass(frozen=True)
class Role:
    """Some people by what they do, and the kinds of notice they get."""

    name: str
    to: tuple[str, ...]
    kinds: frozenset[Kind]


@dataclass(frozen=True)
class Server:
    """The mail server. With `starttls` and `tls` its certificate is checked; never less."""

    host: str
    port: int
    security: str
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Settings:
    roles: tuple[Role, ...]
    server: Server | None
    webhook: str | None = field(repr=False)
    webhook_kinds: frozenset[Kind]


def read(file: Path, environment: Mapping[str, str]) -> Settings | None:
    """The settings; None where there is no file, and so nobody to tell. SettingsError."""
    if not file.exists():
        return None
    content = mapping(file, "the sections email and webhook", SettingsError)
    unknown = content.keys() - {"email", "webhook"}
    if unknown:
        raise SettingsError(
            f"{file}: {_shown(min(map(str, unknown)))} is neither email nor webhook."
        )
    roles = tuple(_roles(file, content.get("email") or {}))
    kinds = _kinds(file, "webhook", content.get("webhook") or [])
    server = _server(environment) if roles else None
    return Settings(roles, server, _webhook(environment) if kinds else None, kinds)


def _roles(file: Path, section: object) -> Iterator[Role]:
    if not isinstance(section, dict):
        raise SettingsError(f"{file}: write under email one line for each role.")
    for name, entry in section.items():
        if not isinstance(name, str) or not _ROLE.fullmatch(name):
            raise SettingsError(
                f"{file}: {_shown(name)} is no role; write it like data_team, and no person's name."
            )
        if not isinstance(entry, dict) or entry.keys() != {"to", "notices"}:
            raise SettingsError(f"{file}: {name} needs `to` and `notices`, and nothing else.")
        to = entry["to"]
        if not isinstance(to, list) or not to:
            raise SettingsError(f"{file}: {name}: `to` is a list of addresses.")
        for place, address in enumerate(to, start=1):
            if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
                raise SettingsError(
                    f"{file}: address {place} of {name} is not one like data@example.org; a bare "
                    "address, without a name."
                )
        yield Role(name, tuple(dict.fromkeys(to)), _kinds(file, name, entry["notices"]))


def _kinds(file: Path, whose: str, entry: object) -> frozenset[Kind]:
    known = {str(kind): kind for kind in Kind}
    if not isinstance(entry, list) or not all(isinstance(k, str) and k in known for k in entry):
        raise SettingsError(f"{file}: {whose}: give a list of {', '.join(known)}.")
    return frozenset(known[kind] for kind in entry)


def _server(environment: Mapping[str, str]) -> Server:
    host, sender = environment.get("LIIA_SMTP_HOST", ""), environment.get("LIIA_SMTP_FROM", "")
    if not _HOST.fullmatch(host):
        raise SettingsError("LIIA_SMTP_HOST does not name a mail server, and roles have addresses.")
    if not _ADDRESS.fullmatch(sender):
        raise SettingsError("LIIA_SMTP_FROM is not an address like data@example.org.")
    security = environment.get("LIIA_SMTP_SECURITY", "starttls")
    if security not in _PORTS:
        raise SettingsError(f"LIIA_SMTP_SECURITY is one of {', '.join(_PORTS)}.")
    port = environment.get("LIIA_SMTP_PORT", str(_PORTS[security]))
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise SettingsError("LIIA_SMTP_PORT is not a port, like 587.")
    user, password = (environment.get(f"LIIA_SMTP_{name}", "") for name in ("USER", "PASSWORD"))
    if bool(user) != bool(password):
        raise SettingsError("LIIA_SMTP_USER and LIIA_SMTP_PASSWORD go together.")
    if user and security == "none":
        raise SettingsError("LIIA_SMTP_SECURITY is none: a password is not sent in the clear.")
    return Server(host, int(port), security, sender, user, password)


def _webhook(environment: Mapping[str, str]) -> str:
    address = environment.get(WEBHOOK, "")
    if not address:
        raise SettingsError(f"{WEBHOOK} is not set, and webhook has notices.")
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    plain_sign = address.isascii() and address.isprintable() and " " not in address
    if not host or not plain_sign or parts.scheme not in ("http", "https"):
        raise SettingsError(f"{WEBHOOK} is not an address like https://host/path.")
    if parts.scheme == "http" and host not in _LOCAL:
        raise SettingsError(f"{WEBHOOK} is not https: the address itself is a secret.")
    if parts.username or parts.password:
        raise SettingsError(f"{WEBHOOK} holds a user before an @; only host, path and query go.")
    return address


def _shown(value: object) -> str:
    """What was written where a name belongs: quoted short, as it may be something else."""
    return ascii(value)[:40]
