"""The one way a product is written: decided, whole or not at all, with its manifest, and logged.

Dagster, the command, a second run and a backfill all come through `release`. A product's own module
makes bytes and has no way to write them.
"""

import csv
import hashlib
import io
import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from exports import catalogue
from exports.disclosure import DisclosureError
from exports.files import Content, as_bytes, lay_beside
from exports.release import egress, register
from exports.release import given as given_before
from exports.release.accepted import accepted
from exports.release.audience import Audience
from exports.release.given import Given
from exports.release.readme import NAME as README
from exports.release.readme import readme
from exports.release.register import Authorities, Decision, RegisterError, State
from exports.release.screened import NotStandard, screened
from ingestion.lock import alone_in
from ingestion.periods import Quarter
from ingestion.whole import put_in_place, put_right

MANIFEST = "manifest.json"


class ReleaseRefused(Exception):
    """The product may be given to nobody as it stands; the message says why and what to do.

    cause: one word for why, of those in `_REFUSALS`; a message may quote figures, this does not.
    """

    def __init__(self, message: str, cause: str) -> None:
        super().__init__(message)
        self.cause = cause


@dataclass(frozen=True)
class Places:
    """Where marts are read, outputs written, and the egress log kept."""

    marts: Path
    outputs: Path
    registers: Path

    def folder(self, product_id: str, quarter: Quarter) -> Path:
        return self.outputs / quarter.slug / product_id

    @property
    def log(self) -> Path:
        return self.registers / egress.NAME


@dataclass(frozen=True)
class Ruling:
    """What the registers say of a product of a quarter on a day, for everybody at once."""

    product_id: str
    decisions: tuple[Decision, ...]
    authorities: Authorities
    on_request: bool

    @property
    def allowed(self) -> list[Decision]:
        return [decision for decision in self.decisions if decision.allowed]

    @property
    def refusal(self) -> str:
        """Why the product is not written; '' where it is."""
        if not self.allowed:
            reasons = [d.reason for d in self.decisions if d.state is not State.ABSENT]
            nobody = [
                f"No recipient has an authorisation for {self.product_id}. Enter the decision in "
                "dbt_project/seeds/reference/authorisations.csv."
            ]
            return " ".join(reasons or nobody)
        if not self.authorities.permitted:
            return (
                f"No authority takes part in what {self.product_id} shares, so there is nothing to "
                "release. See participation.csv."
            )
        return ""

    @property
    def quiet(self) -> bool:
        """Whether nobody asks for it: made on request, and no authorisation stands."""
        return self.on_request and not self.allowed

    @property
    def warnings(self) -> list[str]:
        """What will end or is overdue under what may be given, each said once."""
        return list(dict.fromkeys(w for decision in self.allowed for w in decision.warnings))

    @property
    def notices(self) -> list[str]:
        """What somebody should know although the product is written."""
        kept_from = [
            f"Not for {decision.name}: {decision.reason}"
            for decision in self.decisions
            if not decision.allowed and decision.state is not State.ABSENT
        ]
        return [*kept_from, *self.warnings]


@dataclass(frozen=True)
class Released:
    """A product that was written: where, for whom, and the line of the log that says so.

    left_out: what it should hold as well and could not be made on this machine.
    """

    ruling: Ruling
    files: tuple[Path, ...]
    logged: egress.Entry | None
    left_out: tuple[str, ...] = ()

    @property
    def notices(self) -> list[str]:
        """What somebody should see to although the product was written."""
        return [*self.ruling.notices, *(f"Left out: {one}." for one in self.left_out)]


# What stands in the way of a release and is somebody's to put right, and the word for it.
_REFUSALS: dict[type[Exception], str] = {
    RegisterError: "registers",
    catalogue.CannotLeaveOut: "left_out",
    catalogue.CannotHide: "disclosure",
    DisclosureError: "disclosure",
    NotStandard: "standard",
    egress.LogBroken: "log",
}


def rule(product_id: str, quarter: Quarter, on: date) -> Ruling:
    """What `release` would go by; nothing is written."""
    on_request = register.product(product_id)["on_request"] == "true"
    decisions = register.decide(product_id, quarter, on)
    authorities = register.authorities_for(product_id, quarter, on)
    return Ruling(product_id, tuple(decisions), authorities, on_request)


def release(
    product_id: str, quarter: Quarter, places: Places, run_id: str, now: datetime
) -> Released | None:
    """Write a product of a quarter for those who may have it, and log it.

    None where a product made on request is asked for by nobody. ReleaseRefused where nobody may be
    given it: nothing new is written then, and what was rightly given before stays.
    """
    dest = places.folder(product_id, quarter)
    dest.parent.mkdir(parents=True, exist_ok=True)
    places.registers.mkdir(parents=True, exist_ok=True, mode=0o700)
    with alone_in(places.registers, "release", wait=True):
        put_right(dest)
        try:
            return _release(product_id, quarter, places, run_id, now)
        except tuple(_REFUSALS) as error:
            put_right(dest)
            cause = next(word for kind, word in _REFUSALS.items() if isinstance(error, kind))
            raise ReleaseRefused(str(error), cause) from error


def _release(
    product_id: str, quarter: Quarter, places: Places, run_id: str, now: datetime
) -> Released | None:
    dest = places.folder(product_id, quarter)
    ruling = rule(product_id, quarter, now.date())
    if ruling.quiet:
        return None
    if ruling.refusal:
        raise ReleaseRefused(_refused(ruling, quarter, dest), "registers")
    given = Given(places.registers / given_before.FOLDER)
    audience = Audience(product_id, ruling.allowed, ruling.authorities, given)
    content = catalogue.content(places.marts, quarter, audience)
    screened(content)
    manifest = _manifest(ruling, quarter, now.date(), content)
    files = dict(content.files)
    failures = accepted(places.marts)
    if failures:
        manifest["accepted_failures"] = failures
    if files:  # a quarter with nothing in it needs no page about it
        files[README] = readme(manifest)
        manifest["files"][README] = _described(README, files[README])
    files[MANIFEST] = json.dumps(manifest, indent=2) + "\n"
    lay_beside(dest, files)
    # The line comes first: nothing may lie there that no line speaks of.
    logged = _log(places.log, ruling, quarter, manifest, run_id, now)
    for recipient, publication in content.publications.items():
        given.keep(recipient, publication)
    put_in_place(dest)
    written = tuple(dest / name for name in files)
    return Released(ruling, written, logged, content.left_out)


def _refused(ruling: Ruling, quarter: Quarter, dest: Path) -> str:
    stands = " What was released before stands unchanged." if dest.exists() else ""
    return (
        f"{ruling.product_id} of {quarter.label} was not written: {ruling.refusal} Then run the "
        f"quarter again.{stands}"
    )


def _manifest(ruling: Ruling, quarter: Quarter, on: date, content: Content) -> dict[str, Any]:
    """What the folder holds and on which ground; no time, so that the same figures are the same."""
    product = register.product(ruling.product_id)
    agreement = register.agreement_on(on)
    return {
        "product": ruling.product_id,
        "title": product["title"],
        "marking": product["marking"],
        "quarter": quarter.label,
        "grain": product["grain"],
        "release_profile": product["release_profile"],
        "agreement": f"{agreement['agreement']} {agreement['version']}" if agreement else None,
        "recipients": [
            {"recipient": d.recipient, "name": d.name, **ground(d)} for d in ruling.allowed
        ],
        "authorities": {
            "included": len(ruling.authorities.permitted),
            "of": ruling.authorities.total,
            "left_out": sorted(ruling.authorities.left_out.values()),
        },
        "releases": list(content.releases),
        "files": {
            name: _described(name, content.files[name])
            | ({"only_for": content.only_for[name]} if name in content.only_for else {})
            for name in sorted(content.files)
        },
    }


def ground(decision: Decision) -> dict[str, str]:
    """What a recipient is given something on, as manifest and log say it."""
    return {
        "authorisation": decision.authorisation,
        "basis": decision.basis,
        "reference": decision.reference,
    }


def _own(recipient: str, files: dict[str, Any]) -> dict[str, list[str]]:
    """The files that are for this recipient alone; nothing where all files are for all."""
    if not any("only_for" in described for described in files.values()):
        return {}
    return {"files": [name for name, one in files.items() if one.get("only_for") == recipient]}


def _described(name: str, content: str | bytes) -> dict[str, Any]:
    data = as_bytes(content)
    described: dict[str, Any] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    if name.endswith(".csv"):
        records = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
        described["rows"] = max(sum(1 for _ in records) - 1, 0)
    elif name.endswith(".parquet"):
        described["rows"] = pq.read_metadata(pa.BufferReader(data)).num_rows
    return described


def _log(
    log: Path,
    ruling: Ruling,
    quarter: Quarter,
    manifest: dict[str, Any],
    run_id: str,
    now: datetime,
) -> egress.Entry | None:
    """The line of this release; the standing one where the same was released to the same before."""
    given = {
        "product": ruling.product_id,
        "quarter": quarter.label,
        "files": {name: described["sha256"] for name, described in manifest["files"].items()},
        "recipients": [
            {"recipient": d.recipient, **ground(d), **_own(d.recipient, manifest["files"])}
            for d in ruling.allowed
        ],
        "left_out": sorted(ruling.authorities.left_out),
    }
    if not given["files"]:
        return None  # the quarter has nothing in it, and nothing is given to anybody
    standing = egress.last_of(log, ruling.product_id, quarter.label)
    if standing and all(standing.get(key) == value for key, value in given.items()):
        return standing
    return egress.append(log, {**given, "run_id": run_id, "at": now.isoformat(timespec="seconds")})
