"""What was published of a quarter, for whom and where, by the egress log."""

from collections.abc import Sequence
from typing import Any

from exports.notices.notice import Kind, Notice, notice
from exports.release import egress
from exports.release.accepted import accepted
from exports.release.writing import Places
from ingestion.periods import Quarter
from ingestion.registry import seed


def published(
    places: Places, quarter: Quarter, synthetic: bool, run_id: str | None = None
) -> Notice | None:
    """All that stands released, or what one run released or delivered; None where that is nothing.

    LogBroken where the log is not as it was written.
    """
    if egress.verify(places.log).problems:
        raise egress.LogBroken(f"The egress log {places.log} is not as it was written.")
    lines = [entry for entry in egress.lines(places.log) if entry["quarter"] == quarter.label]
    asked = [entry["product"] for entry in lines if run_id in (None, entry["run_id"])]
    products = [_product(product_id, lines, quarter) for product_id in sorted(set(asked))]
    if not products:
        return None
    return notice(
        Kind.PUBLISHED, quarter, synthetic, products=products, accepted=accepted(places.marts)
    )


def _product(product_id: str, lines: Sequence[egress.Entry], quarter: Quarter) -> dict[str, Any]:
    """Title, recipients and folder; of an address nothing is told, as it may name a person."""
    titles = seed("registry/products").set_index("product_id")["title"]
    names = seed("reference/recipients").set_index("recipient")["name"]
    mine = [entry for entry in lines if entry["product"] == product_id]
    standing = [entry for entry in mine if "kind" not in entry][-1]
    arrived = {
        entry["recipients"][0]["recipient"]
        for entry in mine
        if entry.get("kind") == egress.DELIVERED and entry["release"] == standing["line"]
    }
    given = [one["recipient"] for one in standing["recipients"]]
    return {
        "title": titles.get(product_id, product_id),
        "delivered": [names.get(one, one) for one in given if one in arrived],
        "waiting": [names.get(one, one) for one in given if one not in arrived],
        "folder": f"outputs/{quarter.slug}/{product_id}",
    }
