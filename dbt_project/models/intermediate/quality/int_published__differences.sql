-- One row per published file and indicator for which a figure that DfE prints is not what its own counts
-- give, with the widest gap. Compared with the population release of the time, and allowing for what
-- DfE rounds: the printed figure, the counts of regions and England, FTE.
with compared as (

    select
        printed.*,
        components.numerator,
        components.denominator,
        components.multiplier,
        {{ ratio('components.numerator', 'components.denominator', 'components.multiplier') }} as value,
        0.5 / power(10, printed.decimals) as half_printed,
        printed.parts_rounded_to / 2 as half_part,
        -- A population is exact; a sum over working days is rounded as many times as it has days.
        case
            when components.population_release is not null then 0
            when indicators.denominator_factor = 'working_days'
                then printed.parts_rounded_to / 2 * ({{ working_days_in_year('components.period_end') }})
            else printed.parts_rounded_to / 2
        end as half_whole
    from {{ ref('int_indicators__components') }} as components
    inner join {{ ref('int_published__rates') }} as printed
        on
            components.indicator_code = printed.indicator_code
            and components.new_la_code = printed.new_la_code
            and components.period_label = printed.period_label
            and components.release_id = printed.release_id
    inner join {{ ref('indicators') }} as indicators on components.indicator_code = indicators.indicator_code
    where
        components.is_as_published
        and components.numerator_status = 'ok'
        and components.denominator_status = 'ok'
        and components.denominator != 0

),

-- A hair's breadth for binary arithmetic: a half may have been rounded either way.
judged as (

    select
        *,
        published_value
        < (numerator - half_part) * multiplier / (denominator + half_whole) - half_printed - 1e-9
        or (
            denominator > half_whole
            and published_value
            > (numerator + half_part) * multiplier / (denominator - half_whole) + half_printed + 1e-9
        ) as differs,
        case when differs then abs(published_value - value) end as gap
    from compared

)

select
    file_id,
    indicator_code,
    any_value(column_name) as column_name,
    count(*) as figures_compared,
    count(gap) as figures_differing,
    {{ value_at_max('new_la_code', 'gap') }} as new_la_code,
    {{ value_at_max('period_label', 'gap') }} as period_label,
    {{ value_at_max('published_value', 'gap') }} as published_value,
    {{ value_at_max('value', 'gap') }} as value
from judged
group by file_id, indicator_code
having bool_or(differs)
