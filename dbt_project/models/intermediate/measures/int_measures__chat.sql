-- One row per measure, authority and quarter, counted from Annex A lists. A list that is missing, or
-- does not cover the whole quarter, makes its measures not_derivable: silence is not zero.
with events as (

    select
        file_id,
        'annex_a_list_1' as list_name,
        'contacts' as measure_code,
        contact_date as event_date
    from {{ ref('int_annex_a__contacts') }}
    union all
    select
        file_id,
        'annex_a_list_3' as list_name,
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
        'annex_a_list_5' as list_name,
        unnest([event, case when working_days_to_icpc <= 15 then 'icpc_within_15wd' end]) as measure_code,
        event_date
    from {{ ref('int_annex_a__s47') }}

),

-- A column that is there but holds nothing usable says nothing: it is not a list of "no" and zero.
unusable as (

    select
        file_id,
        unnest([
            case when count(is_no_further_action) = 0 then 'referrals_nfa' end,
            case when count(before_latest) = 0 then 'repeat_referrals' end
        ]) as measure_code
    from {{ ref('int_annex_a__referrals') }}
    group by file_id

),

counted as (

    select
        derivable.measure_code,
        derivable.is_proxy,
        extracts.file_id,
        extracts.new_la_code,
        extracts.quarter_label,
        extracts.quarter_end,
        extracts.release_id,
        extracts.submission_number,
        extracts.list_name,
        extracts.is_covered and unusable.measure_code is null as is_covered,
        count(events.event_date) as events_in_quarter
    from {{ ref('int_annex_a__extracts') }} as extracts
    inner join {{ ref('annex_a_measures') }} as derivable on extracts.list_name = derivable.list_name
    left join unusable
        on extracts.file_id = unusable.file_id and derivable.measure_code = unusable.measure_code
    left join events
        on
            extracts.file_id = events.file_id
            and derivable.measure_code = events.measure_code
            and events.event_date between extracts.quarter_start and extracts.quarter_end
    group by all

)

select
    measure_code,
    new_la_code,
    'quarter' as period_type,
    quarter_label as period_label,
    quarter_end as period_end,
    'chat' as source,
    release_id,
    cast(null as varchar) as release_label,
    submission_number,
    case when is_covered then cast(events_in_quarter as double) end as value,
    case when is_covered then 'ok' else 'not_derivable' end as value_status,
    true as is_current,
    is_proxy,
    cast(null as varchar) as joint_code,
    cast(null as varchar) as comment,
    file_id,
    replace(list_name, 'annex_a_list_', 'List ') as source_address
from counted
