-- One row per child and episode of need, from List 6, with whether the child counts by it on the quarter's
-- last day: once, by the episode that began last. Child level: restricted.
with episodes as (

    select
        file_id,
        {{ child_or_row() }} as child_id,
        cin_start_date,
        max(cin_closure_date) as cin_closure_date,
        max(case_status) as case_status
    from {{ ref('stg_annex_a__children_in_need') }}
    where cin_start_date is not null
    group by 1, 2, 3

),

placed as (

    select
        episodes.*,
        extracts.quarter_end,
        {{ open_on('extracts.quarter_end', 'cin_start_date', 'cin_closure_date') }} as is_open
    from episodes
    inner join {{ ref('int_annex_a__extracts') }} as extracts
        on episodes.file_id = extracts.file_id and extracts.list_name = 'annex_a_list_6'

)

select
    file_id,
    child_id,
    cin_start_date,
    quarter_end,
    {{ counts_as_open('cin_start_date') }} as is_open,
    coalesce(case_status = 'need_plan', false) as has_need_plan
from placed
