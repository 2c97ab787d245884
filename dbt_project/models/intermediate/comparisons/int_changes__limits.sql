-- One row per baseline and series (indicator, area, source, period type): the centre and the control limits
-- of an XmR chart, from the baseline's own periods only. Four quarters together overlap: they have none.
with figures as (

    select
        *,
        {{ period_index('period_type', 'period_end') }} as period_number
    from {{ ref('fct_indicator') }}
    where is_current and value_status = 'ok' and period_type != 'rolling_4q'

),

points as (

    select
        baselines.baseline,
        baselines.minimum_points,
        figures.indicator_code,
        figures.new_la_code,
        figures.source,
        figures.period_type,
        figures.unit,
        figures.value,
        figures.period_number,
        lag(figures.value) over earlier as value_before,
        lag(figures.period_number) over earlier as number_before
    from {{ ref('control_baselines') }} as baselines
    inner join figures
        on
            baselines.source = figures.source
            and figures.indicator_code = coalesce(baselines.indicator_code, figures.indicator_code)
            and figures.new_la_code = coalesce(baselines.new_la_code, figures.new_la_code)
            and figures.period_end between baselines.baseline_from and baselines.baseline_to
    window
        earlier as (
            partition by
                baselines.baseline,
                figures.indicator_code,
                figures.new_la_code,
                figures.source,
                figures.period_type
            order by figures.period_number
        )

),

-- Only neighbours in time make a moving range.
averaged as (

    select
        baseline,
        indicator_code,
        new_la_code,
        source,
        period_type,
        unit,
        count(*) as points,
        {{ exact_sum('value', '', 12) }} / count(*) as centre,
        {{ exact_sum('abs(value - value_before)', 'filter (where number_before = period_number - 1)', 12) }}
        / nullif(count(*) filter (where number_before = period_number - 1), 0) as moving_range
    from points
    group by baseline, indicator_code, new_la_code, source, period_type, unit, minimum_points
    having count(*) >= minimum_points

)

select
    baseline,
    indicator_code,
    new_la_code,
    source,
    period_type,
    points,
    centre,
    greatest(0, centre - 2.66 * moving_range) as lower_limit,
    case
        when unit = 'percent' then least(100, centre + 2.66 * moving_range)
        else centre + 2.66 * moving_range
    end as upper_limit
from averaged
where moving_range is not null
