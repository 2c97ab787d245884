-- One row per current figure of an authority: what a comparison needs of it. point_id numbers what is
-- compared with each other: one indicator, period and source. A number of children or posts says how
-- large an authority is, not how it fares: is_comparable is false.
with figures as (

    select
        indicators.* exclude (unit),
        registry.unit,
        registry.multiplier,
        registry.interval_method,
        registry.unit not in ('count', 'fte') as is_comparable,
        indicators.value_status = 'ok'
        and registry.unit not in ('count', 'fte')
        and registry.interval_method != 'none' as is_testable
    from {{ ref('fct_indicator') }} as indicators
    inner join {{ ref('indicators') }} as registry on indicators.indicator_code = registry.indicator_code
    inner join {{ ref('local_authorities') }} as authorities
        on indicators.new_la_code = authorities.new_la_code
    where indicators.is_current

)

select
    cast(
        dense_rank() over (order by indicator_code, period_type, period_label, source) as integer
    ) as point_id,
    indicator_code,
    new_la_code,
    period_type,
    period_label,
    period_end,
    source,
    release_id,
    numerator,
    denominator,
    value,
    value_status,
    joint_code,
    unit,
    multiplier,
    interval_method,
    is_comparable,
    -- Nobody's standard: so small that it would own the extreme of many rates.
    new_la_code in ('{{ var("comparison_left_out") | join("', '") }}') as is_left_out,
    case
        when is_testable
            then {{ interval_end('low', 'interval_method', 'numerator', 'denominator', 'multiplier') }}
    end as ci_low,
    case
        when is_testable
            then {{ interval_end('high', 'interval_method', 'numerator', 'denominator', 'multiplier') }}
    end as ci_high,
    case
        when is_testable then {{ steadied('interval_method', 'numerator / denominator') }}
    end as steadied_value,
    case when is_testable then {{ chance_deviation('denominator') }} end as chance_deviation
from figures
