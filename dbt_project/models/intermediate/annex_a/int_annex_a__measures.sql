-- One row per measure and file, counted from Annex A lists; icpc has a second one that is only the base of
-- its timeliness. What cannot be derived has no value: silence is not zero.
with counted as (

    select
        derivable.measure_code,
        derivable.is_base,
        derivable.counted_over,
        derivable.file_id,
        derivable.new_la_code,
        derivable.quarter_label,
        derivable.quarter_end,
        derivable.list_name,
        derivable.is_derivable,
        derivable.is_proxy,
        coalesce(sum(events.amount), 0) as amount
    from {{ ref('int_annex_a__derivable') }} as derivable
    left join {{ ref('int_annex_a__events') }} as events
        on
            derivable.file_id = events.file_id
            and derivable.measure_code = events.measure_code
            and derivable.is_base = events.is_base
            and events.event_date between derivable.counted_from and derivable.counted_to
    group by all

)

select
    measure_code,
    new_la_code,
    {{ period_type_counted('counted_over') }} as period_type,
    quarter_label as period_label,
    quarter_end as period_end,
    case when is_derivable then cast(amount as double) end as value,
    case when is_derivable then 'ok' else 'not_derivable' end as value_status,
    is_proxy,
    is_base,
    file_id,
    {{ list_label('list_name') }} as source_address
from counted
