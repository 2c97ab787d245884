"""The products that can be written, so that orchestration makes one asset of each.

A product is added by a row in `products.csv`, its writer, and its line here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from exports import dfe, returns_status, rug
from exports.marts import product_settings
from ingestion.periods import Quarter


@dataclass(frozen=True)
class Product:
    """One output: what it is called, the marts it reads, and the function that writes it."""

    product_id: str
    title: str
    description: str
    marts: tuple[str, ...]
    write: Callable[[Path, Quarter, Path], list[Path]]


_WRITERS = {
    dfe.PRODUCT: (dfe.MARTS, dfe.write_dfe),
    returns_status.PRODUCT: (returns_status.MARTS, returns_status.write_returns),
    rug.PRODUCT: (rug.MARTS, rug.write_rug),
}


def _product(product_id: str) -> Product:
    settings = product_settings(product_id)
    marts, write = _WRITERS[product_id]
    return Product(product_id, settings["title"], settings["description"], marts, write)


PRODUCTS: dict[str, Product] = {product_id: _product(product_id) for product_id in _WRITERS}
