-- One row per child and contact date, from List 1: repeated rows count once. Child level: restricted.
select
    file_id,
    child_id,
    contact_date,
    min(source_row) as source_row
from {{ ref('stg_annex_a__contacts') }}
where contact_date is not null
group by file_id, coalesce(child_id, cast(source_row as varchar)), child_id, contact_date
