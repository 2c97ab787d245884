"""The registry's relations, and the public profile with exact totals."""

from dataclasses import replace

import pytest

from exports.disclosure.profiles import profile
from exports.disclosure.relations import registry_relations


@pytest.fixture(scope="session")
def relations():
    return registry_relations()


@pytest.fixture(scope="session")
def public():
    """The public profile with exact totals: what a total gives away then shows."""
    return replace(profile("public"), total_rounding=1)
