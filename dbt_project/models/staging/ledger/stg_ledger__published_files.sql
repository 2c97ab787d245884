-- One row per version of a published file ever received.
{{ ledger_files('published') }}
