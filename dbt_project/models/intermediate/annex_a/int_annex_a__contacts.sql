-- One row per child and contact date, from List 1: repeated rows count once. Child level: restricted.
select distinct
    file_id,
    {{ child_or_row() }} as child_id,
    contact_date
from {{ ref('stg_annex_a__contacts') }}
where contact_date is not null
