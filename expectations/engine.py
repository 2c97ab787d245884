"""Great Expectations, which tells nobody outside that it was used. Takes seconds to import."""

import os

os.environ.setdefault("GX_ANALYTICS_ENABLED", "False")

from ingestion.kept import for_good

# Reads the environment as it is imported.
with for_good():
    import great_expectations as gx

__all__ = ["gx"]
