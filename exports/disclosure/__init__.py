"""Disclosure control: what is hidden in figures that leave, and the attacker that tries it.

`protect` hides, `attack` tries; docs/disclosure.md says what is guaranteed. Belongs here: pure
functions on frames of cells (`cells.py`), fed from the registry. Does not belong here: who may
receive what, reading marts, files, Dagster.
"""

from exports.disclosure.attack import attack
from exports.disclosure.cells import cells_of, put_back
from exports.disclosure.profiles import Profile, profile
from exports.disclosure.relations import Relations, registry_relations
from exports.disclosure.secondary import DisclosureError, protect

__all__ = [
    "DisclosureError",
    "Profile",
    "Relations",
    "attack",
    "cells_of",
    "profile",
    "protect",
    "put_back",
    "registry_relations",
]
