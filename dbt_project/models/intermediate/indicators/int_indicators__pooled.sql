-- One row per indicator, quarter and area (London, Inner, Outer) of the returns: the sum of
-- numerators over the sum of denominators, over the authorities that sent both. Averages of
-- percentages are never taken. n_authorities says how many stand behind it.
with components as (

    select
        *,
        bool_or(denominator_status = 'ok') over (
            partition by indicator_code, period_type, period_label
        ) as has_denominators
    from {{ ref('int_indicators__components') }}
    where
        source = 'return'
        and is_current
        and numerator_status = 'ok'
        and not is_impossible

),

areas as (

    select
        new_la_code,
        region_code as area_code
    from {{ ref('local_authorities') }}
    where is_london
    union all
    select
        new_la_code,
        inner_outer_code as area_code
    from {{ ref('local_authorities') }}
    where is_london and inner_outer_code is not null

)

select
    components.indicator_code,
    areas.area_code as new_la_code,
    components.period_type,
    components.period_label,
    components.period_end,
    components.source,
    case when bool_or(components.release_id like 'SYNTHETIC%') then 'SYNTHETIC-' else '' end || 'pooled'
        as release_id,
    components.unit,
    components.multiplier,
    {{ exact_sum('components.numerator') }} as numerator,
    'ok' as numerator_status,
    {{ exact_sum('components.denominator') }} as denominator,
    case when components.has_denominators then 'ok' else 'not_derivable' end as denominator_status,
    max(components.population_release) as population_release,
    max(components.population_year) as population_year,
    bool_or(components.is_population_fallback) as is_population_fallback,
    true as is_current,
    false as is_as_published,
    max(components.known_from) as known_from,
    cast(null as timestamptz) as known_until,
    bool_or(components.is_proxy) as is_proxy,
    cast(null as varchar) as joint_code,
    cast(null as varchar) as comment,
    false as is_impossible,
    count(*) as n_authorities
from components
inner join areas on components.new_la_code = areas.new_la_code
-- Where no population is loaded for anybody, the counts still add up.
where components.denominator_status = 'ok' or not components.has_denominators
group by all
