-- One row per indicator, area, period, source, release and population release: numerator,
-- denominator and the unrounded value. Unsuppressed: do not publish from here.
with components as (

    select
        *,
        cast(1 as bigint) as n_authorities
    from {{ ref('int_indicators__components') }}
    union all by name
    select * from {{ ref('int_indicators__pooled') }}

),

published_rates as (

    select
        mapping.indicator_code,
        files.release_id,
        published.time_period,
        published.new_la_code,
        published.value
    from {{ ref('int_published__values') }} as published
    inner join {{ ref('published_indicators') }} as mapping
        on
            published.dataset = mapping.dataset
            and published.column_name = mapping.column_name
            and published.filter_key = coalesce(mapping.filter_key, '')
    inner join {{ ref('stg_ledger__files') }} as files on published.file_id = files.file_id

),

judged as (

    select
        components.*,
        case
            when numerator_order.severity_order >= denominator_order.severity_order
                then components.numerator_status
            else components.denominator_status
        end as worst_status,
        components.unit in ('count', 'fte') as is_plain
    from components
    inner join {{ ref('value_statuses') }} as numerator_order
        on components.numerator_status = numerator_order.value_status
    inner join {{ ref('value_statuses') }} as denominator_order
        on components.denominator_status = denominator_order.value_status

)

select
    judged.indicator_code,
    judged.new_la_code,
    judged.period_type,
    judged.period_label,
    judged.period_end,
    judged.source,
    judged.release_id,
    judged.numerator,
    case when not judged.is_plain then judged.denominator end as denominator,
    case
        when judged.worst_status != 'ok' or judged.is_impossible then null
        when judged.is_plain then judged.numerator
        else {{ ratio('judged.numerator', 'judged.denominator', 'judged.multiplier') }}
    end as value,
    case
        when judged.worst_status = 'ok' and judged.is_impossible then 'failed'
        when judged.worst_status = 'ok' and judged.denominator = 0 then 'not_applicable'
        else judged.worst_status
    end as value_status,
    published_rates.value as published_value,
    judged.unit,
    judged.is_current,
    judged.is_as_published,
    judged.known_from,
    judged.known_until,
    judged.is_proxy,
    judged.population_release,
    cast(judged.population_year as integer) as population_year,
    judged.is_population_fallback,
    judged.joint_code,
    cast(judged.n_authorities as integer) as n_authorities,
    judged.comment
from judged
left join published_rates
    on
        judged.indicator_code = published_rates.indicator_code
        and judged.release_id = published_rates.release_id
        and judged.period_label = published_rates.time_period
        and judged.new_la_code = published_rates.new_la_code
