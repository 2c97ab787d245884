-- One row per current figure of an authority or area: against the period before and the same period a year
-- before, against its control limits, and whether it has a trend. Unsuppressed: do not publish from here.
with current_figures as (

    select * from {{ ref('fct_indicator') }}
    where is_current

),

-- A number is joined and sorted by several times faster than the three texts it stands for.
series as (

    select
        indicator_code,
        source,
        period_type,
        row_number() over (order by indicator_code, source, period_type) as series_id
    from current_figures
    group by indicator_code, source, period_type

),

figures as (

    select
        indicators.*,
        series.series_id,
        registry.polarity,
        {{ period_index('indicators.period_type', 'indicators.period_end') }} as period_number,
        -- Four quarters together come every quarter.
        case
            when indicators.period_type = 'year' then extract(year from indicators.period_end)
            else {{ quarter_index('indicators.period_end') }}
        end as step_number,
        case when indicators.period_type = 'year' then 1 else 4 end as steps_in_year,
        case
            when indicators.value_status = 'ok' and registry.interval_method != 'none'
                then
                    {{ steadied(
                        'registry.interval_method', 'indicators.numerator / indicators.denominator'
                    ) }}
        end as steadied_value
    from current_figures as indicators
    inner join series
        on
            indicators.indicator_code = series.indicator_code
            and indicators.source = series.source
            and indicators.period_type = series.period_type
    inner join {{ ref('dim_indicator') }} as registry on indicators.indicator_code = registry.indicator_code

),

-- Years have no period within them to be compared with: the year before is the period before.
beside as (

    select
        figures.*,
        previous.period_label as previous_label,
        previous.value as previous_value,
        previous.n_authorities as previous_n_authorities,
        year_ago.period_label as year_ago_label,
        year_ago.value as year_ago_value,
        year_ago.n_authorities as year_ago_n_authorities,
        -- Two sums of four quarters that share three are not two figures.
        case
            when figures.period_type != 'rolling_4q'
                then
                    {{ chance_z(
                        'figures.steadied_value', 'figures.denominator',
                        'previous.steadied_value', 'previous.denominator'
                    ) }}
        end as previous_z,
        {{ chance_z(
            'figures.steadied_value', 'figures.denominator', 'year_ago.steadied_value', 'year_ago.denominator'
        ) }} as year_ago_z
    from figures
    left join figures as previous
        on
            figures.series_id = previous.series_id
            and figures.new_la_code = previous.new_la_code
            and figures.step_number - 1 = previous.step_number
    left join figures as year_ago
        on
            figures.series_id = year_ago.series_id
            and figures.new_la_code = year_ago.new_la_code
            and figures.step_number - figures.steps_in_year = year_ago.step_number

),

-- The baseline that names most; of those that name as much, the one that applies from last.
baselines as (

    select
        figures.series_id,
        figures.new_la_code,
        figures.period_label,
        {{ value_at_max(
            'baselines.baseline',
            "case when baselines.new_la_code is not null then '2' else '0' end"
            ~ " || case when baselines.indicator_code is not null then '1' else '0' end"
            ~ " || cast(baselines.applies_from as varchar)"
        ) }} as baseline
    from figures
    inner join {{ ref('control_baselines') }} as baselines
        on
            figures.source = baselines.source
            and figures.indicator_code = coalesce(baselines.indicator_code, figures.indicator_code)
            and figures.new_la_code = coalesce(baselines.new_la_code, figures.new_la_code)
            and figures.period_end >= baselines.applies_from
    where figures.value_status = 'ok' and figures.period_type != 'rolling_4q'
    group by figures.series_id, figures.new_la_code, figures.period_label

),

limits as (

    select
        limits.*,
        series.series_id
    from {{ ref('int_changes__limits') }} as limits
    inner join series
        on
            limits.indicator_code = series.indicator_code
            and limits.source = series.source
            and limits.period_type = series.period_type

),

limited as (

    select
        figures.series_id,
        figures.new_la_code,
        figures.period_label,
        figures.period_number,
        figures.value,
        limits.baseline,
        limits.points as baseline_points,
        limits.centre,
        limits.lower_limit,
        limits.upper_limit
    from figures
    inner join baselines
        on
            figures.series_id = baselines.series_id
            and figures.new_la_code = baselines.new_la_code
            and figures.period_label = baselines.period_label
    inner join limits
        on
            baselines.baseline = limits.baseline
            and figures.series_id = limits.series_id
            and figures.new_la_code = limits.new_la_code

),

-- So many in a row on one side of the centre are no chance. To nine decimals: a series that never changes
-- lies on its centre, whatever a mean of doubles makes of it.
runs as (

    select
        *,
        count(case when round(value, 9) > round(centre, 9) then 1 end) over last_ones as n_above,
        count(case when round(value, 9) < round(centre, 9) then 1 end) over last_ones as n_below
    from limited
    window
        last_ones as (
            partition by series_id, new_la_code, baseline
            order by period_number
            range between {{ var('shift_points') - 1 }} preceding and current row
        )

),

signalled as (

    select
        beside.*,
        runs.baseline,
        runs.baseline_points,
        runs.centre,
        runs.lower_limit,
        runs.upper_limit,
        case
            when runs.centre is null then 'no_limits'
            when round(runs.value, 9) > round(runs.upper_limit, 9) then 'above_limits'
            when round(runs.value, 9) < round(runs.lower_limit, 9) then 'below_limits'
            when runs.n_above = {{ var('shift_points') }} then 'shift_up'
            when runs.n_below = {{ var('shift_points') }} then 'shift_down'
            else 'inside'
        end as control_signal,
        trends.points as trend_points,
        trends.trend_z,
        coalesce(trends.trend, 'too_few_points') as trend,
        {{ significance_of('beside.previous_z') }} as previous_significance,
        {{ significance_of('beside.year_ago_z') }} as year_ago_significance,
        case when beside.period_type = 'year' then beside.previous_z else beside.year_ago_z end as yearly_z
    from beside
    left join runs
        on
            beside.series_id = runs.series_id
            and beside.new_la_code = runs.new_la_code
            and beside.period_label = runs.period_label
    left join {{ ref('int_changes__trends') }} as trends
        on
            beside.indicator_code = trends.indicator_code
            and beside.new_la_code = trends.new_la_code
            and beside.source = trends.source
            and beside.period_type = trends.period_type
            and beside.period_label = trends.period_label

),

moved as (

    select
        *,
        control_signal in ('above_limits', 'shift_up')
        or trend = 'rising'
        or coalesce(yearly_z > {{ z_of(95) }}, false) as is_up,
        control_signal in ('below_limits', 'shift_down')
        or trend = 'falling'
        or coalesce(yearly_z < -{{ z_of(95) }}, false) as is_down
    from signalled

)

select
    indicator_code,
    new_la_code,
    period_type,
    period_label,
    period_end,
    source,
    release_id,
    value,
    value_status,
    cast(n_authorities as integer) as n_authorities,
    previous_label,
    previous_value,
    value - previous_value as change_on_previous,
    previous_significance,
    year_ago_label,
    year_ago_value,
    value - year_ago_value as change_on_year,
    year_ago_significance,
    yearly_z,
    -- Of a pooled figure: whether as many authorities stand behind both.
    coalesce(
        n_authorities = case
            when period_type = 'year' then previous_n_authorities
            else year_ago_n_authorities
        end,
        false
    ) as is_like_for_like,
    baseline,
    cast(baseline_points as integer) as baseline_points,
    centre,
    lower_limit,
    upper_limit,
    control_signal,
    cast(trend_points as integer) as trend_points,
    trend_z,
    trend,
    case
        when is_up and is_down then 'mixed'
        when is_up then 'up'
        when is_down then 'down'
        when value is null or (yearly_z is null and control_signal = 'no_limits' and trend = 'too_few_points')
            then 'not_known'
        else 'steady'
    end as movement,
    case
        when is_up = is_down or polarity = 'none' then 'none'
        when is_up = (polarity = 'high') then 'improving'
        else 'worsening'
    end as judgement
from moved
