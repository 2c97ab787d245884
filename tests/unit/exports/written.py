"""A product's content laid into a folder, as the release gate does once it has decided."""

from collections.abc import Collection
from pathlib import Path

from exports.dfe import dfe_content
from exports.files import Content, lay_beside, put_in_place
from exports.release.register import Authorities
from exports.returns_status import returns_content
from exports.rug import rug_content
from ingestion.periods import Quarter
from ingestion.registry import seed


def authorities(without: Collection[str] = ()) -> Authorities:
    """All 33, less those to be left out."""
    las = seed("reference/local_authorities").query("is_london == 'true'")
    names = dict(zip(las["new_la_code"], las["la_name"], strict=True))
    return Authorities(
        frozenset(names.keys() - set(without)), {code: names[code] for code in without}
    )


def write_dfe(
    marts: Path, quarter: Quarter, dest: Path, without: Collection[str] = ()
) -> list[Path]:
    return _written(dfe_content(marts, quarter, authorities(without)), dest)


def write_rug(marts: Path, quarter: Quarter, dest: Path) -> list[Path]:
    return _written(rug_content(marts, quarter), dest)


def write_returns(marts: Path, quarter: Quarter, dest: Path) -> list[Path]:
    return _written(returns_content(marts, quarter), dest)


def _written(content: Content, dest: Path) -> list[Path]:
    lay_beside(dest, content.files)
    put_in_place(dest)
    return [dest / name for name in content.files]
