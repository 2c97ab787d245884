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
    printed.published_value,
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
left join {{ ref('int_published__rates') }} as printed
    on
        judged.indicator_code = printed.indicator_code
        and judged.release_id = printed.release_id
        and judged.period_label = printed.period_label
        and judged.new_la_code = printed.new_la_code
