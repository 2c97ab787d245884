-- One row per file version ever received, over all sources. A model on one source asks for the ledger
-- of its own: a file of another then changes nothing for it.
select * from {{ ref('stg_ledger__published_files') }}
union all by name
select * from {{ ref('stg_ledger__return_files') }}
union all by name
select * from {{ ref('stg_ledger__annex_a_files') }}
union all by name
select * from {{ ref('stg_ledger__narrative_files') }}
