-- One row per current Annex A extract and list: the quarter it is for, and whether the list can
-- speak for the whole of it. Lists look back six months from the extract date (Ofsted's scope), so a
-- quarter is covered when it ended on or before that date and began no more than six months before.
with extracts as (

    select * from {{ ref('stg_ledger__files') }}
    where source_name = 'annex_a' and is_current

)

select
    extracts.file_id,
    extracts.new_la_code,
    extracts.release_id,
    extracts.submission_number,
    extracts.extract_date,
    calendar.quarter_label,
    calendar.quarter_start,
    calendar.quarter_end,
    lists.list_name,
    coalesce(
        {{ text_list_has('extracts.table_names', 'lists.list_name') }}
        and calendar.quarter_end <= extracts.extract_date
        and calendar.quarter_start >= extracts.extract_date - interval 6 month,
        false
    ) as is_covered
from extracts
inner join {{ ref('quarters') }} as calendar on extracts.quarter_label = calendar.quarter_label
cross join (
    values ('annex_a_list_1'), ('annex_a_list_3'), ('annex_a_list_5')
) as lists (list_name)
