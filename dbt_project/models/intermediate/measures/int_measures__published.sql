-- One row per measure, area, period and release of DfE's published statistics. A measure that adds
-- several columns has a value only where every part has one. A joint row ("E09000021 / E09000027")
-- gives one row to each authority, with joint_code saying that the figure is shared.
with parts as (

    select
        mapping.measure_code,
        published.*,
        case published.geographic_level
            when 'National' then 'E92000001'
            when 'Regional' then published.region_code
            else published.new_la_code
        end as area_code
    from {{ ref('stg_published__values') }} as published
    inner join {{ ref('published_measures') }} as mapping
        on
            published.dataset = mapping.dataset
            and published.column_name = mapping.column_name
            and published.filter_key = coalesce(mapping.filter_key, '')

),

located as (

    select
        parts.* exclude (area_code),
        {{ split_rows('area_code', ' / ') }} as la_code,
        case when parts.area_code like '% / %' then parts.area_code end as joint_code
    from parts

),

summed as (

    select
        located.measure_code,
        coalesce(changes.new_la_code, located.la_code) as new_la_code,
        located.file_id,
        located.time_period,
        located.year_end,
        located.joint_code,
        {{ value_at_max('located.value_status', 'statuses.severity_order') }} as value_status,
        {{ exact_sum('located.value') }} as value_sum,
        {{ joined_text("located.column_name", "located.column_name") }}
        || ', line ' || min(located.source_row) as source_address
    from located
    inner join {{ ref('value_statuses') }} as statuses on located.value_status = statuses.value_status
    left join {{ ref('la_code_changes') }} as changes on located.la_code = changes.la_code
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
