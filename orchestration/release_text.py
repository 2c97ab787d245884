"""`liia releases` on a screen: who would be given what, and what the egress log says was.

Words only: the release gate has decided, and wrote the log.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from exports.catalogue import PRODUCTS
from exports.release import egress
from exports.release.register import State
from exports.release.writing import Ruling, rule
from ingestion.periods import Quarter


def ruling_lines(quarter: Quarter, on: date) -> tuple[list[str], bool]:
    """For each product who would be given it and who not; whether none would be refused."""
    rulings = [rule(product_id, quarter, on) for product_id in PRODUCTS]
    lines = [f"{quarter.label}, released on {on}:"]
    for ruling in rulings:
        lines += _of_product(ruling)
    # An agreement stands under all of them: what is to be seen to is said once.
    notices = dict.fromkeys(warning for ruling in rulings for warning in ruling.warnings)
    lines += ["", *(f"notice: {notice}" for notice in notices)] if notices else []
    return lines, not any(ruling.refusal and not ruling.quiet for ruling in rulings)


def _of_product(ruling: Ruling) -> Iterator[str]:
    authorities = ruling.authorities
    yield ""
    yield (
        f"{ruling.product_id}: {PRODUCTS[ruling.product_id].title}, "
        f"{len(authorities.permitted)} of {authorities.total} authorities"
    )
    if authorities.left_out:
        yield f"  left out  {', '.join(sorted(authorities.left_out.values()))}"
    for decision in ruling.allowed:
        yield f"  yes       {decision.name}: {decision.reason}"
    for decision in ruling.decisions:
        if not decision.allowed and decision.state is not State.ABSENT:
            yield f"  no        {decision.name} ({decision.state}): {decision.reason}"
    if any(decision.state is State.ABSENT for decision in ruling.decisions):
        yield "  no        everybody else on the register: no authorisation"
    if ruling.quiet:
        yield "  not made  it is made on request, and no authorisation stands"
    elif ruling.refusal:
        yield f"  REFUSED   {ruling.refusal}"


def log_lines(registers: Path, quarter: Quarter | None) -> tuple[list[str], bool]:
    """The lines of the egress log, of one quarter or all, and whether the log is as written."""
    log = registers / egress.NAME
    found = egress.verify(log)
    lines = [
        _entry(entry)
        for entry in egress.lines(log)
        if quarter is None or entry["quarter"] == quarter.label
    ]
    lines += [f"PROBLEM: {problem}" for problem in found.problems]
    if found.half_written:
        lines.append("The last line was cut short by a crash; the next release takes it away.")
    if found.problems:
        lines.append(f"{log} is not as it was written: see docs/release.md.")
    elif found.lines:
        lines.append(
            f"{found.lines} in all, none changed or missing; the last is {found.last_hash}"
        )
    else:
        lines.append(f"Nothing has been released from this home yet ({log}).")
    return lines, not found.problems


def _entry(entry: egress.Entry) -> str:
    recipients = ", ".join(
        f"{given['recipient']} ({given['authorisation']}: {given['reference']})"
        for given in entry["recipients"]
    )
    files = f"{len(entry['files'])} file{'s' * (len(entry['files']) != 1)}"
    where = ""
    if entry.get("kind") == egress.DELIVERED:
        where = f", delivered at {entry['address']}, as released by line {entry['release']}"
    return (
        f"{entry['line']}  {entry['at']}  {entry['product']} {entry['quarter']}, {files}, to "
        f"{recipients}{where}; run {entry['run_id']}"
    )
