"""Great Expectations gates, built from contracts and the registry; the only importer of GX.

Belongs here: turning rules that stand elsewhere into expectations, running them, and saying what
failed. Does not belong here: rules of its own about a column (contracts), formulas (registry), or
anything of Dagster. GX takes six seconds to import, so it is imported inside functions.
"""
