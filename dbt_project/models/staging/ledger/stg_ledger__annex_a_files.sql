-- One row per version of a Annex A or ChAT file ever received.
{{ ledger_files('annex_a') }}
