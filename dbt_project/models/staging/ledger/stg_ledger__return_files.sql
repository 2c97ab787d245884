-- One row per version of a return's file ever received.
{{ ledger_files('return') }}
