-- One row per measure, area, period and release of DfE's published statistics. A measure that adds
-- several columns has a value only where every part has one.
with summed as (

    select
        mapping.measure_code,
        published.new_la_code,
        published.file_id,
        published.time_period,
        published.year_end,
        published.joint_code,
        {{ value_at_max('published.value_status', 'statuses.severity_order') }} as value_status,
        {{ exact_sum('published.value') }} as value_sum,
        {{ joined_text("published.column_name", "published.column_name") }}
        || ', line ' || min(published.source_row) as source_address
    from {{ ref('int_published__values') }} as published
    inner join {{ ref('published_measures') }} as mapping
        on
            published.dataset = mapping.dataset
            and published.column_name = mapping.column_name
            and published.filter_key = coalesce(mapping.filter_key, '')
    inner join {{ ref('value_statuses') }} as statuses on published.value_status = statuses.value_status
    group by all

)

select
    summed.measure_code,
    summed.new_la_code,
    'year' as period_type,
    summed.time_period as period_label,
    {{ year_end_date(
        "(cast(left(summed.time_period, 4) as integer) + case when length(summed.time_period) = 6 then 1 else 0 end)",
        "summed.year_end"
    ) }} as period_end,
    'published' as source,
    files.release_id,
    files.release_label,
    files.submission_number,
    case when summed.value_status = 'ok' then summed.value_sum end as value,
    summed.value_status,
    row_number() over (
        partition by summed.measure_code, summed.new_la_code, summed.time_period
        order by files.submission_number desc
    ) = 1 as is_current,
    false as is_proxy,
    summed.joint_code,
    cast(null as varchar) as comment,
    summed.file_id,
    summed.source_address
from summed
inner join {{ ref('stg_ledger__files') }} as files on summed.file_id = files.file_id
