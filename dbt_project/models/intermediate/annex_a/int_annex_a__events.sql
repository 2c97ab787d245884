-- One row per row of a list and measure that it counts for: on which day, and how much it adds. What is
-- open on the quarter's last day counts on that day. A measure of use `base` is only a denominator.
-- Child level: restricted.
with flows as (

    select
        file_id,
        'contacts' as measure_code,
        contact_date as event_date
    from {{ ref('int_annex_a__contacts') }}
    union all
    select
        file_id,
        unnest([
            'referrals',
            'referrals_source_' || referral_source,
            case when is_repeat then 'repeat_referrals' end,
            case when is_no_further_action then 'referrals_nfa' end
        ]) as measure_code,
        referral_date as event_date
    from {{ ref('int_annex_a__referrals') }}
    union all
    select
        file_id,
        'assessments_started' as measure_code,
        assessment_start_date as event_date
    from {{ ref('int_annex_a__assessments') }}
    union all
    -- By completion and not by start: one that began late in the quarter has had no time to end.
    select
        file_id,
        unnest([
            'assessments_completed',
            case when working_days <= 45 then 'assessments_within_45wd' end
        ]) as measure_code,
        authorisation_date as event_date
    from {{ ref('int_annex_a__assessments') }}
    union all
    select
        file_id,
        unnest([event, case when working_days_to_icpc <= 15 then 'icpc_within_15wd' end]) as measure_code,
        event_date
    from {{ ref('int_annex_a__s47') }}
    union all
    select
        file_id,
        unnest(['cpp_started', case when is_repeat then 'cpp_repeat_ever' end]) as measure_code,
        plan_start_date as event_date
    from {{ ref('int_annex_a__protection_plans') }}
    union all
    select
        file_id,
        unnest(['cpp_ended', case when was_two_years then 'cpp_2yr_ended' end]) as measure_code,
        plan_end_date as event_date
    from {{ ref('int_annex_a__protection_plans') }}
    union all
    select
        file_id,
        'cla_started' as measure_code,
        care_start_date as event_date
    from {{ ref('int_annex_a__care_periods') }}
    union all
    select
        file_id,
        unnest(['cla_ceased', case when is_adopted then 'cla_ceased_adopted' end]) as measure_code,
        care_end_date as event_date
    from {{ ref('int_annex_a__care_periods') }}

),

stocks as (

    select
        file_id,
        unnest(['cin', case when has_need_plan then 'cin_plans' end]) as measure_code,
        quarter_end as event_date
    from {{ ref('int_annex_a__children_in_need') }}
    where is_open
    union all
    select
        file_id,
        unnest([
            'cpp',
            case when is_two_years_open then 'cpp_2yr_open' end,
            case when is_three_months_open then 'cpp_3m_open' end,
            case when is_three_months_open and is_reviewed then 'cpp_reviewed' end
        ]) as measure_code,
        quarter_end as event_date
    from {{ ref('int_annex_a__protection_plans') }}
    where is_open
    union all
    select
        file_id,
        unnest([
            'cla',
            case when is_uasc then 'uasc' end,
            case when has_three_placements then 'cla_3plus_placements' end,
            case when is_long_under_16 then 'cla_2_5y_under16' end,
            case when is_long_under_16 and is_two_years_placed then 'cla_stable' end,
            case when is_twelve_months then 'cla_12m' end,
            case when is_twelve_months and is_health_checked then 'cla_health_checked' end,
            case when is_twelve_months and is_dental_checked then 'cla_dental_checked' end
        ]) as measure_code,
        quarter_end as event_date
    from {{ ref('int_annex_a__care_periods') }}
    where is_open
    union all
    select
        file_id,
        unnest(['care_leavers', case when is_uasc then 'uasc_care_leavers' end]) as measure_code,
        quarter_end as event_date
    from {{ ref('int_annex_a__care_leavers') }}
    union all
    select
        file_id,
        unnest([
            'cl_19_21',
            case when is_in_touch then 'cl_in_touch_19_21' end,
            case when is_in_accommodation_base then 'cl_19_21_accommodation_base' end,
            case when is_in_accommodation_base and is_suitable then 'cl_suitable_19_21' end,
            case when is_in_activity_base then 'cl_19_21_activity_base' end,
            case when is_in_activity_base and is_in_eet then 'cl_eet_19_21' end
        ]) as measure_code,
        quarter_end as event_date
    from {{ ref('int_annex_a__care_leavers') }}
    where is_19_to_21

),

counts as (

    select * from flows
    union all
    select * from stocks

)

select
    file_id,
    measure_code,
    false as is_base,
    event_date,
    1 as amount
from counts
where measure_code is not null and event_date is not null
union all
select
    file_id,
    unnest(['adopt_' || timing || '_children', 'adopt_' || timing || '_days_sum']) as measure_code,
    false as is_base,
    event_date,
    unnest([1, days]) as amount
from {{ ref('int_annex_a__adoptions') }}
union all
-- Without an enquiry in the list (a child who moved in with a plan) nothing can be timed: such a
-- conference is one, and is not in the base of those held in time.
select
    file_id,
    'icpc' as measure_code,
    true as is_base,
    event_date,
    1 as amount
from {{ ref('int_annex_a__s47') }}
where is_after_enquiry
