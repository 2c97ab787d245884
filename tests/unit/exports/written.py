"""A product's content laid into a folder, as the release gate does once it has decided."""

from collections.abc import Collection
from pathlib import Path

from exports.dfe import dfe_content
from exports.files import Content, lay_beside
from exports.release.audience import Audience
from exports.release.given import Given
from exports.release.register import Authorities, Decision, State
from exports.returns_status import returns_content
from exports.rug import rug_content
from ingestion.periods import Quarter
from ingestion.registry import seed
from ingestion.whole import put_in_place


def authorities(without: Collection[str] = ()) -> Authorities:
    """All 33, less those to be left out."""
    las = seed("reference/local_authorities").query("is_london == 'true'")
    names = dict(zip(las["new_la_code"], las["la_name"], strict=True))
    return Authorities(
        frozenset(names.keys() - set(without)), {code: names[code] for code in without}
    )


def audience(product_id: str, given: Path, without: Collection[str] = ()) -> Audience:
    """Whoever the product's own authorisations name, with nothing given before but what is kept."""
    decisions = [
        Decision(product_id, row.recipient, row.recipient, State.PRESENT, "", row.authorisation)
        for row in seed("reference/authorisations").itertuples()
        if row.product_id == product_id
    ]
    return Audience(product_id, decisions, authorities(without), Given(given))


def write_dfe(
    marts: Path, quarter: Quarter, dest: Path, without: Collection[str] = ()
) -> list[Path]:
    """The long pair, then the wide one."""
    content = dfe_content(marts, quarter, audience("dfe", dest / ".given", without))
    return _written(content, dest)


def write_rug(marts: Path, quarter: Quarter, dest: Path) -> list[Path]:
    return _written(rug_content(marts, quarter), dest)


def write_returns(marts: Path, quarter: Quarter, dest: Path) -> list[Path]:
    return _written(returns_content(marts, quarter), dest)


def _written(content: Content, dest: Path) -> list[Path]:
    lay_beside(dest, content.files)
    put_in_place(dest)
    return [dest / name for name in content.files]
