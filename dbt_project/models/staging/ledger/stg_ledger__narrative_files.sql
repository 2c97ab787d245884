-- One row per version of a narrative's file ever received.
{{ ledger_files('narrative') }}
