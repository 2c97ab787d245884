"""`liia deliver`: what was released of a quarter to its addresses, told line by line."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console

from exports.release import delivery
from exports.release.writing import Places
from ingestion.landing import LONDON
from ingestion.periods import Quarter
from orchestration.home import Home


def deliver(place: Home, quarter: Quarter, products: Sequence[str], console: Console) -> int:
    """Deliver the products; returns 0, or 1 where one did not get to somebody."""
    places = Places(place.marts, place.outputs, place.registers)
    lines, sound = [], True
    for product_id in products:
        try:
            done = delivery.deliver(
                product_id, quarter, places, place.addresses, "liia deliver", datetime.now(LONDON)
            )
        except delivery.NotDeliverable as error:
            lines.append(str(error))
            sound = False
            continue
        for one in done:
            told = f"{one.product_id} to {one.name}, {one.outcome}: "
            lines.append(told + (one.reason or one.address))
            sound = sound and one.done
    nobody = f"Nobody has an address in {place.addresses} for what is asked."
    for line in lines or [nobody]:
        console.print(line, markup=False, soft_wrap=True)
    return 0 if sound else 1
