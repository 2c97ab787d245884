-- One row per exception: a current figure of a London authority that is among the highest or lowest, by
-- the rule of its indicator. Beside it: whether it really differs from London, and whether it lasts.
with compared as (

    select
        comparisons.*,
        indicators.polarity,
        indicators.unit,
        rules.exception_rule,
        rules.method as rule_method,
        rules.share,
        case
            when comparisons.period_type in ('quarter', 'snapshot') then rules.window_quarters
            else rules.window_years
        end as window_periods,
        case
            when comparisons.period_type in ('quarter', 'snapshot') then rules.needed_quarters
            else rules.needed_years
        end as needed_periods,
        comparisons.p80 - comparisons.p20 >= indicators.minimum_spread as is_spread_out,
        {{ period_index('comparisons.period_type', 'comparisons.period_end') }} as period_number,
        {{ period_of_year('comparisons.period_type', 'comparisons.period_end') }} as series_month
    from {{ ref('fct_comparison') }} as comparisons
    inner join {{ ref('dim_indicator') }} as indicators
        on comparisons.indicator_code = indicators.indicator_code
    inner join {{ ref('exception_rules') }} as rules on indicators.exception_rule = rules.exception_rule
    where
        comparisons.comparison_group = 'london'
        and comparisons.rank is not null
        and comparisons.n >= {{ var('comparison_minimum_authorities') }}

),

placed as (

    select
        *,
        case rule_method
            when 'rank_share' then rank <= ceil(share * n)
            when 'percentile' then value >= p80
        end as is_high,
        case rule_method
            when 'rank_share' then rank_from_lowest <= ceil(share * n)
            when 'percentile' then value <= p20
        end as is_low
    from compared

),

-- Who would be at both ends, because nearly all are equal, is at neither.
flagged as (

    select
        *,
        case
            when is_high = is_low or not is_spread_out then null
            when is_high then 'high'
            else 'low'
        end as direction
    from placed

),

lasting as (

    select
        flagged.indicator_code,
        flagged.new_la_code,
        flagged.period_type,
        flagged.period_label,
        flagged.source,
        count(*) as periods_compared,
        count(case when earlier.direction = flagged.direction then 1 end) as periods_flagged
    from flagged
    inner join flagged as earlier
        on
            flagged.indicator_code = earlier.indicator_code
            and flagged.new_la_code = earlier.new_la_code
            and flagged.period_type = earlier.period_type
            and flagged.source = earlier.source
            and flagged.series_month = earlier.series_month
            and flagged.period_number >= earlier.period_number
            and flagged.period_number < earlier.period_number + flagged.window_periods
    where flagged.direction is not null
    group by all

),

judged as (

    select
        flagged.*,
        lasting.periods_compared,
        lasting.periods_flagged,
        lasting.periods_flagged >= flagged.needed_periods as is_lasting,
        case flagged.direction
            when 'high' then flagged.significance = 'higher'
            else flagged.significance = 'lower'
        end as is_significant,
        figures.numerator,
        figures.denominator
    from flagged
    inner join lasting
        on
            flagged.indicator_code = lasting.indicator_code
            and flagged.new_la_code = lasting.new_la_code
            and flagged.period_type = lasting.period_type
            and flagged.period_label = lasting.period_label
            and flagged.source = lasting.source
    inner join {{ ref('int_comparisons__figures') }} as figures
        on
            flagged.indicator_code = figures.indicator_code
            and flagged.new_la_code = figures.new_la_code
            and flagged.period_type = figures.period_type
            and flagged.period_label = figures.period_label
            and flagged.source = figures.source

)

select
    indicator_code,
    new_la_code,
    period_type,
    period_label,
    period_end,
    source,
    release_id,
    exception_rule,
    direction,
    case
        when polarity = 'none' then 'neutral'
        when polarity = direction then 'better'
        else 'worse'
    end as judgement,
    value,
    group_value as london_value,
    difference,
    rank,
    rank_from_lowest,
    n,
    p20,
    p80,
    ci_low,
    ci_high,
    significance,
    is_significant,
    funnel_z,
    funnel_position,
    cast(window_periods as integer) as window_periods,
    cast(periods_compared as integer) as periods_compared,
    cast(periods_flagged as integer) as periods_flagged,
    is_lasting,
    case
        when is_significant and is_lasting then 'strong'
        when is_significant or is_lasting then 'some'
        else 'weak'
    end as evidence,
    -- Few cases: one child more or less moves the figure visibly.
    coalesce(
        (unit = 'percent' and denominator < {{ var('small_base') }})
        or (unit = 'rate_per_10000' and numerator < {{ var('small_count') }}),
        false
    ) as is_small_base
from judged
