-- One row per child and period of care, from List 8, with whether the child counts by it on the quarter's
-- last day: once, by the period that began last. A series of short breaks (V3, V4) is no care for any of
-- the figures, as in DfE's. A period without a start is known by its end, and counts for nothing else. Child
-- level: restricted.
with listed as (

    select
        *,
        -- X1 says that care has not ended, whatever the date of the episode beside it.
        case when coalesce(care_end_reason, '') != 'not_ceased' then care_end_date end as ended_on
    from {{ ref('stg_annex_a__children_in_care') }}
    where coalesce(legal_status, '') != 'short_term_break'

),

periods as (

    select
        file_id,
        {{ child_or_row() }} as child_id,
        coalesce(care_start_date, ended_on) as known_by,
        max(care_start_date) as care_start_date,
        max(ended_on) as care_end_date,
        bool_or(care_end_reason = 'adopted') as is_adopted,
        bool_or(is_uasc) as is_uasc,
        max(birth_month) as birth_month,
        max(age_at_extract) as age_at_extract,
        max(placements_last_12_months) as placements,
        max(placement_start_date) as placement_start_date,
        max(last_health_date) as last_health_date,
        max(last_dental_date) as last_dental_date
    from listed
    where coalesce(care_start_date, ended_on) is not null
    group by 1, 2, 3

),

placed as (

    select
        periods.*,
        extracts.quarter_end,
        coalesce(
            {{ open_on('extracts.quarter_end', 'care_start_date', 'care_end_date') }}, false
        ) as is_open,
        {{ age_on('extracts.quarter_end', 'birth_month', 'age_at_extract') }} as age
    from periods
    inner join {{ ref('int_annex_a__extracts') }} as extracts
        on periods.file_id = extracts.file_id and extracts.list_name = 'annex_a_list_8'

)

select
    file_id,
    child_id,
    care_start_date,
    care_end_date,
    quarter_end,
    coalesce(is_adopted, false) as is_adopted,
    {{ counts_as_open('care_start_date') }} as is_open,
    coalesce(is_uasc, false) as is_uasc,
    coalesce(placements >= 3, false) as has_three_placements,
    coalesce(care_start_date <= quarter_end - interval 12 month, false) as is_twelve_months,
    -- What was done after the quarter hides what was done before: it is taken to have been in time.
    coalesce(
        last_health_date >= quarter_end - case when age < 5 then interval 6 month else interval 12 month end,
        false
    ) as is_health_checked,
    coalesce(last_dental_date >= quarter_end - interval 12 month, false) as is_dental_checked,
    coalesce(care_start_date <= quarter_end - interval 30 month and age < 16, false) as is_long_under_16,
    coalesce(placement_start_date <= quarter_end - interval 24 month, false) as is_two_years_placed
from placed
