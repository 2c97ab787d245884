"""The products that can be written, and what makes each one's content.

A product is added by a row in `products.csv`, its module, and its line here. Content is bytes, not
files: only the release gate puts them anywhere.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from exports import adcs, appendix_b, d2i, dfe, lscb, returns_status, riia_set, rug
from exports.disclosure import profile
from exports.files import Content
from exports.marts import product_settings
from exports.narratives import content as narratives
from exports.packs import content as packs
from exports.release.audience import Audience
from exports.reports import content as reports
from ingestion.periods import Quarter


@dataclass(frozen=True)
class Product:
    """One output: what it is called, and the marts it reads.

    columns: of a product that is a table, each column's label.
    origins: the `mart.column`s that each of these is made of.
    """

    product_id: str
    title: str
    description: str
    marts: tuple[str, ...]
    columns: Mapping[str, str]
    origins: Mapping[str, tuple[str, ...]]


class CannotLeaveOut(Exception):
    """An authority must not be in a product that shows all of them."""


class CannotHide(Exception):
    """Small counts are to be hidden in a product that shows figures as they are."""


def _of_all(
    make: Callable[[Path, Quarter], Content],
) -> Callable[[Path, Quarter, Audience], Content]:
    """A product that always shows every authority, and every figure as it is.

    It is not made where one may not be in it, nor under a profile that hides: nobody should think
    that it hides anything.
    """

    def made(marts: Path, quarter: Quarter, audience: Audience) -> Content:
        if audience.authorities.left_out:
            names = ", ".join(sorted(audience.authorities.left_out.values()))
            raise CannotLeaveOut(
                f"The product shows every authority and cannot leave out {names}. Clear its "
                "activity in products.csv, or teach its module to leave authorities out."
            )
        rules = profile(product_settings(audience.product_id)["release_profile"])
        if rules.threshold is not None or not rules.la_level:
            raise CannotHide(
                f"Its release profile {rules.profile_id} hides figures, and the product shows them "
                "as they are. Give it another profile in products.csv, or teach its module to take "
                "its figures from exports/protected.py."
            )
        return make(marts, quarter)

    return made


_CONTENT = {
    dfe.PRODUCT: (dfe.MARTS, dfe.dfe_content),
    d2i.PRODUCT: (d2i.MARTS, d2i.d2i_content),
    adcs.PRODUCT: (adcs.MARTS, adcs.adcs_content),
    lscb.PRODUCT: (lscb.MARTS, lscb.lscb_content),
    appendix_b.PRODUCT: (appendix_b.MARTS, appendix_b.appendix_b_content),
    returns_status.PRODUCT: (returns_status.MARTS, _of_all(returns_status.returns_content)),
    rug.PRODUCT: (rug.MARTS, _of_all(rug.rug_content)),
    packs.PRODUCT: (packs.MARTS, _of_all(packs.packs_content)),
    narratives.PRODUCT: (narratives.MARTS, _of_all(narratives.narratives_content)),
    reports.PRODUCT: (reports.MARTS, _of_all(reports.reports_content)),
}


def _product(product_id: str) -> Product:
    settings = product_settings(product_id)
    marts, _ = _CONTENT[product_id]
    known = d2i.ORIGINS if product_id == d2i.PRODUCT else riia_set.ORIGINS
    rows = riia_set.columns_of(product_id)
    columns = dict(zip(rows["column_name"], rows["label"], strict=True))
    origins = {name: known.get(name, ()) for name in columns}
    return Product(product_id, settings["title"], settings["description"], marts, columns, origins)


PRODUCTS: dict[str, Product] = {product_id: _product(product_id) for product_id in _CONTENT}


def content(marts: Path, quarter: Quarter, audience: Audience) -> Content:
    """What a product of a quarter holds, for whom it is made and with nobody else's figures."""
    _, make = _CONTENT[audience.product_id]
    return make(marts, quarter, audience)
