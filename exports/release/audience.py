"""Whom a product is made for: what its module needs to know of the release, and nothing of writing.

Read by the modules of products; put together by `writing.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from exports.release.given import Given, Publication
from exports.release.register import Authorities, Decision


@dataclass(frozen=True)
class Audience:
    """The recipients who may have a product, whose figures may be in it, and what they had."""

    product_id: str
    decisions: Sequence[Decision]
    authorities: Authorities
    given: Given

    @property
    def recipients(self) -> list[str]:
        return [decision.recipient for decision in self.decisions]

    def had(self) -> list[Publication]:
        """What any of the recipients was given before, oldest first."""
        return self.given.to(self.recipients)
