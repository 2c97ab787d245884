-- One row per child and child protection plan, from List 7, with whether the child counts by it on the
-- quarter's last day: once, by the plan that began last. One without a start is known by its end, and counts
-- for nothing else. Child level: restricted.
with plans as (

    select
        file_id,
        {{ child_or_row() }} as child_id,
        coalesce(plan_start_date, plan_end_date) as known_by,
        max(plan_start_date) as plan_start_date,
        max(plan_end_date) as plan_end_date,
        max(latest_review_date) as latest_review_date,
        max(previous_plans) as previous_plans
    from {{ ref('stg_annex_a__protection_plans') }}
    where coalesce(plan_start_date, plan_end_date) is not null
    group by 1, 2, 3

),

placed as (

    select
        plans.*,
        extracts.quarter_end,
        coalesce(
            {{ open_on('extracts.quarter_end', 'plan_start_date', 'plan_end_date') }}, false
        ) as is_open
    from plans
    inner join {{ ref('int_annex_a__extracts') }} as extracts
        on plans.file_id = extracts.file_id and extracts.list_name = 'annex_a_list_7'

)

select
    file_id,
    child_id,
    plan_start_date,
    plan_end_date,
    quarter_end,
    coalesce(previous_plans >= 1, false) as is_repeat,
    {{ counts_as_open('plan_start_date') }} as is_open,
    -- Two years or more: DfE counts more than 729 days.
    coalesce({{ days_from('plan_start_date', 'quarter_end') }} > 729, false) as is_two_years_open,
    coalesce({{ days_from('plan_start_date', 'plan_end_date') }} > 729, false) as was_two_years,
    coalesce(plan_start_date <= quarter_end - interval 3 month, false) as is_three_months_open,
    -- The list has the latest review only: one in the last six months stands for all of them. A review
    -- after the quarter hides the one before it, which then is taken to have been on time.
    coalesce(
        latest_review_date >= quarter_end - interval 6 month and latest_review_date >= plan_start_date,
        false
    ) as is_reviewed
from placed
