-- One row per indicator and column that a release gave another header than the one before, where the
-- indicator is taken from that column's file.
with files as (

    select
        *,
        lag(file_id) over (partition by dataset order by submission_number) as file_id_before,
        lag(release_id) over (partition by dataset order by submission_number) as release_id_before
    from {{ ref('stg_ledger__published_files') }}
    where state in ('accepted', 'replaced')

),

-- The dataset that an indicator is taken from: a percentage has both its parts from one file.
taken as (

    select distinct
        terms.indicator_code,
        mapping.dataset
    from {{ ref('indicator_terms') }} as terms
    inner join {{ ref('published_measures') }} as mapping
        on terms.measure_code = mapping.measure_code and mapping.use = 'figure'
    where terms.role = 'numerator'

)

select distinct
    terms.indicator_code,
    files.release_id_before as release_before,
    files.release_id as release_after,
    files.received_at as restated_at,
    files.is_current as is_latest,
    older.header as column_before,
    newer.header as column_after
from files
inner join {{ ref('stg_published__columns') }} as newer on files.file_id = newer.file_id
inner join {{ ref('stg_published__columns') }} as older
    on files.file_id_before = older.file_id and newer.column_name = older.column_name
inner join {{ ref('published_measures') }} as mapping
    on files.dataset = mapping.dataset and newer.column_name = mapping.column_name
inner join {{ ref('indicator_terms') }} as terms on mapping.measure_code = terms.measure_code
inner join taken on terms.indicator_code = taken.indicator_code and files.dataset = taken.dataset
where newer.header != older.header
