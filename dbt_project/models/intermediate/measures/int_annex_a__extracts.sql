-- One row per authority, quarter and Annex A list: the newest extract that holds the list (they may come
-- in one workbook or in several files), and whether it can speak for the whole quarter. Lists look back
-- six months from the extract date (Ofsted's scope), so a quarter is covered when it ended on or before
-- that date and began no more than six months before.
with lists as (

    select distinct list_name from {{ ref('annex_a_measures') }}

),

candidates as (

    select
        extracts.*,
        lists.list_name,
        {{ text_list_has('extracts.table_names', 'lists.list_name') }} as holds_list
    from {{ ref('stg_ledger__files') }} as extracts
    cross join lists
    where extracts.source_name = 'annex_a' and extracts.state = 'accepted'

),

extracts as (

    select *
    from candidates
    qualify row_number() over (
        partition by new_la_code, quarter_label, list_name
        order by holds_list desc, submission_number desc
    ) = 1

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
    extracts.list_name,
    coalesce(
        extracts.holds_list
        and calendar.quarter_end <= extracts.extract_date
        and calendar.quarter_start >= extracts.extract_date - interval 6 month,
        false
    ) as is_covered
from extracts
inner join {{ ref('quarters') }} as calendar on extracts.quarter_label = calendar.quarter_label
