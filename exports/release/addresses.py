"""Where each recipient's products are delivered: the file `delivery.yml` of a home, read strictly.

Addresses only. What gives access comes from the environment or the cloud's own chain of
credentials, and an address that carries it is refused. Nothing is sent or decided here.
"""

import re
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

from exports.settings_file import mapping
from ingestion.registry import seed

# A name and a password before an @, or a signature after a ?: also where the secret holds a slash.
_SECRET = re.compile(r":(?!//)[^@]*@|\?|#")


class AddressError(Exception):
    """`delivery.yml` cannot be used as it stands; the message names the entry, never a secret."""


def addresses(file: Path) -> dict[str, dict[str, str]]:
    """By product, the address of each recipient that has one; nothing where there is no file.

    An entry is `recipient: address`, for all products, or `recipient: {product: address}`.
    """
    if not file.exists():
        return {}
    found: dict[str, dict[str, str]] = {}
    for recipient, product_id, address in _entries(file):
        found.setdefault(product_id, {})[recipient] = address
    for of_product in found.values():
        for (one, address), (other, inside) in permutations(of_product.items(), 2):
            if f"{inside}/".startswith(f"{address}/"):
                raise AddressError(
                    f"{file}: {one} could read what is for {other}: their addresses are the same "
                    "or one lies in the other. Give each a folder of its own."
                )
    return found


def _entries(file: Path) -> Iterator[tuple[str, str, str]]:
    recipients = set(seed("reference/recipients")["recipient"])
    products = list(seed("registry/products")["product_id"])
    for recipient, value in mapping(
        file, "one line for each recipient, `recipient: address`", AddressError
    ).items():
        if recipient not in recipients:
            raise AddressError(f"{file}: {recipient!r} is not a recipient of recipients.csv.")
        named = value if isinstance(value, dict) else dict.fromkeys(products, value)
        for product_id, address in named.items():
            if product_id not in products:
                raise AddressError(
                    f"{file}: {recipient}: {product_id!r} is not a product of products.csv."
                )
            yield recipient, product_id, _checked(file, recipient, address)


def _checked(file: Path, recipient: str, address: object) -> str:
    if not isinstance(address, str) or not address.strip():
        raise AddressError(f"{file}: {recipient} has no address; write a folder like s3://name/in.")
    if _SECRET.search(address):
        raise AddressError(
            f"{file}: the address of {recipient} holds a password or a signature (user:password@, "
            "?…, #…). Take it out, change it where it is valid, and put it into the environment, "
            "where the library of the store looks for it."
        )
    if "::" in address or ("://" not in address and not Path(address).is_absolute()):
        raise AddressError(
            f"{file}: the address of {recipient}, {address}, is neither a whole path like "
            "/mnt/share/dfe nor one like s3://name/in."
        )
    return address.strip().rstrip("/")
