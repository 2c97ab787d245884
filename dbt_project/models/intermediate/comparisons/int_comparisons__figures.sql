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

),

-- A number is joined and grouped by several times faster than the four texts it stands for.
points as (

    select
        indicator_code,
        period_type,
        period_label,
        source,
        cast(
            row_number() over (order by indicator_code, period_type, period_label, source) as integer
        ) as point_id
    from figures
    group by indicator_code, period_type, period_label, source

)

select
    points.point_id,
    figures.indicator_code,
    figures.new_la_code,
    figures.period_type,
    figures.period_label,
    figures.period_end,
    figures.source,
    figures.release_id,
    figures.numerator,
    figures.denominator,
    figures.value,
    figures.value_status,
    figures.joint_code,
    figures.unit,
    figures.multiplier,
    figures.interval_method,
    figures.is_comparable,
    -- Nobody's standard: so small that it would own the extreme of many rates.
    coalesce({{ text_list_has('alliance.not_ranked', 'figures.new_la_code') }}, false) as is_left_out,
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
inner join points
    on
        figures.indicator_code = points.indicator_code
        and figures.period_type = points.period_type
        and figures.period_label = points.period_label
        and figures.source = points.source
cross join {{ ref('alliance') }} as alliance
-- Together on disk what is grouped together: several times faster where it is.
order by points.point_id
