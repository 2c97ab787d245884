"""Delivery: what was released is put where its recipient reads it, whole or not at all.

The release gate decides again on the day. What goes is what the egress log says was released, and
each delivery is a line of that log. Nothing is made here, and a release is never undone.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from exports.release import egress
from exports.release.addresses import AddressError, addresses
from exports.release.register import Decision, RegisterError, State
from exports.release.sending import NotSent, Target
from exports.release.writing import MANIFEST, README, Places, Ruling, ground, rule
from ingestion.lock import alone_in
from ingestion.periods import Quarter
from ingestion.whole import put_right

POINTER = "latest.json"


class NotDeliverable(Exception):
    """A product cannot be delivered to anybody as it stands; the message says what to do."""


class Outcome(StrEnum):
    """What became of a delivery; in the last two nothing changed for the recipient."""

    DELIVERED = "delivered"
    STANDS = "there already"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True)
class Delivery:
    """One product for one recipient: where to, what became of it, and why where it did not go."""

    product_id: str
    name: str
    address: str
    outcome: Outcome
    reason: str = ""

    @property
    def done(self) -> bool:
        return self.outcome in (Outcome.DELIVERED, Outcome.STANDS)


@dataclass(frozen=True)
class _Standing:
    """A released product as it lies in outputs: files, manifest, and its line of the log."""

    files: Mapping[str, bytes] = field(repr=False)
    manifest: Mapping[str, Any]
    line: egress.Entry

    def released_to(self, recipient: str) -> Mapping[str, Any] | None:
        released: Iterable[Mapping[str, Any]] = self.line["recipients"]
        return next((one for one in released if one["recipient"] == recipient), None)

    def for_one(self, recipient: str) -> dict[str, bytes]:
        """The files a recipient may see, with a manifest that speaks of no others."""
        of_one = {
            one["recipient"]: one["files"] for one in self.line["recipients"] if "files" in one
        }
        of_others = {n for whose, names in of_one.items() if whose != recipient for n in names}
        files = {name: data for name, data in self.files.items() if name not in of_others}
        manifest = dict(self.manifest)
        if of_one:
            named = [r for r in self.manifest["recipients"] if r["recipient"] == recipient]
            told = {name: self.manifest["files"][name] for name in files}
            manifest |= {"recipients": named, "files": told}
        return {**files, MANIFEST: (json.dumps(manifest, indent=2) + "\n").encode("utf-8")}


@dataclass(frozen=True)
class _Run:
    quarter: Quarter
    log: Path
    run_id: str
    now: datetime
    target: Callable[[str], Target]


def deliver(
    product_id: str,
    quarter: Quarter,
    places: Places,
    address_file: Path,
    run_id: str,
    now: datetime,
    target: Callable[[str], Target] = Target,
) -> list[Delivery]:
    """Deliver a released product of a quarter to each recipient that has an address for it.

    Empty where nobody has. NotDeliverable where nothing can go to anybody; what befalls one
    recipient holds up no other.
    """
    try:
        to = addresses(address_file).get(product_id, {})
        if not to:
            return []
        ruling = rule(product_id, quarter, now.date())
        run = _Run(quarter, places.log, run_id, now, target)
        places.registers.mkdir(parents=True, exist_ok=True, mode=0o700)
        with alone_in(places.registers, "release", wait=True):
            standing = _standing(product_id, quarter, places)
            awaited = [d for d in ruling.allowed if d.recipient in to]
            if standing is None and awaited and not ruling.on_request:
                raise NotDeliverable(
                    f"{product_id} of {quarter.label} has not been released. Run the quarter: liia "
                    f"run --quarter {quarter.slug}"
                )
            return [
                _delivery(decision, ruling, standing, to[decision.recipient], run)
                for decision in ruling.decisions
                if standing and decision.recipient in to and _concerns(decision, standing)
            ]
    except (AddressError, RegisterError) as error:
        raise NotDeliverable(f"Nothing of {product_id} was delivered. {error}") from error


def _concerns(decision: Decision, standing: _Standing) -> bool:
    """Whether there is anything to say of a recipient: files for it, or a row that names it."""
    if standing.released_to(decision.recipient) is None:
        return bool(standing.files) and decision.state is not State.ABSENT
    return not standing.for_one(decision.recipient).keys() <= {README, MANIFEST}


def _delivery(
    decision: Decision, ruling: Ruling, standing: _Standing, address: str, run: _Run
) -> Delivery:
    def became(outcome: Outcome, reason: str = "") -> Delivery:
        return Delivery(ruling.product_id, decision.name, address, outcome, reason)

    why_not = _why_not(decision, ruling, standing)
    if why_not:
        return became(Outcome.REFUSED, why_not)
    try:
        new = _send(decision, standing, address, run)
    except (NotSent, egress.LogBroken) as error:
        again = f"liia deliver --quarter {run.quarter.slug} --product {ruling.product_id}"
        said = f"{error} What is read there is as it was. Once that is seen to: {again}"
        return became(Outcome.FAILED, said)
    return became(Outcome.DELIVERED if new else Outcome.STANDS)


def _why_not(decision: Decision, ruling: Ruling, standing: _Standing) -> str:
    """Why what was released must not go to the recipient today; '' where it may."""
    if not decision.allowed:
        return decision.reason
    if ruling.refusal:
        return ruling.refusal
    again = "Run the quarter again, which makes it anew."
    before = standing.released_to(decision.recipient)
    if before is None or before["authorisation"] != decision.authorisation:
        was = f"made under {before['authorisation']}" if before else "not made for it"
        return (
            f"{decision.name} may have it under {decision.authorisation}, and what lies in outputs "
            f"was {was}. {again}"
        )
    newly_out = ruling.authorities.left_out.keys() - set(standing.line["left_out"])
    if newly_out:
        names = ", ".join(sorted(ruling.authorities.left_out[code] for code in newly_out))
        return f"Since it was released this has been opted out of: {names}. {again}"
    return ""


def _send(decision: Decision, standing: _Standing, address: str, run: _Run) -> bool:
    """Files first, each read back; then the line of the log; last the pointer that readers follow.

    Whether anything had to be sent.
    """
    files = standing.for_one(decision.recipient)
    whole = hashlib.sha256(files[MANIFEST]).hexdigest()
    above, folder = f"{decision.product_id}/{run.quarter.slug}", whole[:12]
    target = run.target(address)
    new = [target.put(f"{above}/{folder}/{name}", content) for name, content in files.items()]
    delivered = {
        "kind": egress.DELIVERED,
        "product": decision.product_id,
        "quarter": run.quarter.label,
        "files": _hashes(files),
        "recipients": [{"recipient": decision.recipient, **ground(decision)}],
        "address": f"{address}/{above}/{folder}",
        "release": standing.line["line"],
    }
    if any(new) or not _logged(run.log, delivered):
        at = run.now.isoformat(timespec="seconds")
        egress.append(run.log, {**delivered, "run_id": run.run_id, "at": at})
    pointer = {
        "product": decision.product_id,
        "quarter": run.quarter.label,
        "manifest": f"{folder}/{MANIFEST}",
        "sha256": whole,
    }
    text = json.dumps(pointer, indent=2) + "\n"
    return target.replace(f"{above}/{POINTER}", text.encode("utf-8")) or any(new)


def _logged(log: Path, delivered: Mapping[str, Any]) -> bool:
    """Whether the newest delivery of the product to the recipient is this one."""

    def whose(entry: Mapping[str, Any]) -> tuple[Any, ...]:
        return *map(entry.get, ("kind", "product", "quarter")), entry["recipients"][0]["recipient"]

    of_it = (entry for entry in reversed(egress.lines(log)) if whose(entry) == whose(delivered))
    last = next(of_it, {})
    return all(last.get(key) == value for key, value in delivered.items())


def _standing(product_id: str, quarter: Quarter, places: Places) -> _Standing | None:
    """What was released last, held against the log; None where nothing was."""
    folder = places.folder(product_id, quarter)
    put_right(folder)
    if not (folder / MANIFEST).is_file():
        return None
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    manifest = files.pop(MANIFEST)
    found = egress.verify(places.log)
    if found.problems:
        raise NotDeliverable(
            f"Nothing is delivered until the egress log {places.log} holds: "
            f"{'; '.join(found.problems)}. Put it back from a copy (docs/release.md)."
        )
    line = egress.last_of(places.log, product_id, quarter.label)
    told = _parsed(manifest)
    if told is not None and told.get("files", {}).keys() == files.keys():
        if not files:
            return _Standing({}, told, {"recipients": []})
        if line is not None and line["files"] == _hashes(files):
            return _Standing(files, told, line)
    raise NotDeliverable(
        f"{folder} is not what the egress log says was released. Run the quarter again: liia run "
        f"--quarter {quarter.slug}"
    )


def _parsed(manifest: bytes) -> dict[str, Any] | None:
    try:
        told = json.loads(manifest)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _hashes(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
