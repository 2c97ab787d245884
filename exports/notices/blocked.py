"""What stopped in a run and why, in fixed sentences: no message of an error is passed on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from exports.notices.notice import Kind, Notice, notice
from ingestion.periods import Quarter
from ingestion.registry import seed


@dataclass(frozen=True)
class Block:
    """One thing that stopped. `cause` is one of the template's; `what` a table, product or step.

    rules: id of each rule that does not hold, and why it is asked, as the contract has it.
    """

    cause: str
    what: str
    rules: tuple[tuple[str, str], ...] = ()


def blocked(
    quarter: Quarter, blocks: Sequence[Block], published: bool, run_id: str, synthetic: bool
) -> Notice | None:
    """None where nothing stopped. `published`: whether the run got as far as its marts."""
    if not blocks:
        return None
    titles = seed("registry/products").set_index("product_id")["title"]
    named = [replace(block, what=titles.get(block.what, block.what)) for block in blocks]
    said = {"blocks": named, "published": published, "run_id": run_id}
    return notice(Kind.BLOCKED, quarter, synthetic, **said)
