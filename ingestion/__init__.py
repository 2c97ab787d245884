"""Files in, typed and checked Parquet out.

Belongs here: contracts, readers, header matching, conforming, findings, the ledger, privacy on
landing. Does not belong here: anything that imports dagster, great_expectations, dbt or plotly, and
any comparison between authorities. Imports stay light: `liia check` must start at once.
"""
