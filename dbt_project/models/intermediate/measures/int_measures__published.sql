-- One row per measure, area, period and release of DfE's published statistics. A measure that adds
-- several columns or categories has a value only where every part has one, for the same authorities. What
-- the parts are may differ from release to release.
-- A file also gives the denominators of its own figures (is_base), which are no figures themselves:
-- another file's are.
with mapped as (

    select
        files.file_id,
        mapping.measure_code,
        mapping.column_name,
        coalesce(mapping.filter_key, '') as filter_key,
        mapping.use,
        count(*) over (partition by files.file_id, mapping.measure_code) as parts
    from {{ ref('published_measures') }} as mapping
    inner join {{ ref('stg_ledger__published_files') }} as files
        on
            mapping.dataset = files.dataset
            and (mapping.first_release is null or mapping.first_release <= files.release_label)
            and (mapping.last_release is null or mapping.last_release >= files.release_label)

),

summed as (

    select
        mapped.measure_code,
        mapped.use = 'base' as is_base,
        published.new_la_code,
        published.dataset,
        published.file_id,
        published.time_period,
        published.year_end,
        max(published.joint_code) as joint_code,
        count(*) = max(mapped.parts)
        and min(coalesce(published.joint_code, '')) = max(coalesce(published.joint_code, '')) as is_whole,
        {{ value_at_max('published.value_status', 'statuses.severity_order') }} as worst_status,
        {{ exact_sum('published.value') }} as value_sum,
        {{ joined_texts('published.column_name', ' + ') }}
        || ', line ' || min(published.source_row) as source_address
    from {{ ref('int_published__values') }} as published
    inner join mapped
        on
            published.file_id = mapped.file_id
            and published.column_name = mapped.column_name
            and published.filter_key = mapped.filter_key
    inner join {{ ref('value_statuses') }} as statuses on published.value_status = statuses.value_status
    group by all

),

judged as (

    select
        *,
        case
            when worst_status = 'ok' and not is_whole then 'not_derivable'
            else worst_status
        end as value_status
    from summed

)

select
    judged.measure_code,
    judged.new_la_code,
    'year' as period_type,
    judged.time_period as period_label,
    {{ year_end_date(
        "(cast(left(judged.time_period, 4) as integer) + case when length(judged.time_period) = 6 then 1 else 0 end)",
        "judged.year_end"
    ) }} as period_end,
    'published' as source,
    files.release_id,
    files.release_label,
    files.submission_number,
    case when judged.value_status = 'ok' then judged.value_sum end as value,
    judged.value_status,
    row_number() over (
        partition by judged.measure_code, judged.dataset, judged.new_la_code, judged.time_period
        order by files.is_current desc, files.submission_number desc
    ) = 1 as is_current,
    judged.is_base,
    judged.dataset,
    false as is_proxy,
    judged.joint_code,
    cast(null as varchar) as comment,
    judged.file_id,
    judged.source_address
from judged
inner join {{ ref('stg_ledger__published_files') }} as files on judged.file_id = files.file_id
