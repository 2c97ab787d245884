-- One row per thing worth saying first of an authority, or of London, in a period and source: what improves,
-- what worries, what is unusual. position 1 is the strongest of its kind. Internal to LIIA (MoU 2.1).
{%- set kinds = {'improving': 'improves', 'concern': 'worries', 'unusual': 'is_unusual'} %}
with changes as (

    select
        changes.*,
        alliance.region_in_text
    from {{ ref('fct_change') }} as changes
    inner join {{ ref('dim_local_authority') }} as areas on changes.new_la_code = areas.new_la_code
    cross join {{ ref('alliance') }} as alliance
    where
        (areas.is_london or areas.new_la_code = alliance.region_code)
        and changes.period_type != 'rolling_4q'
        and changes.value is not null

),

facts as (

    select
        changes.*,
        indicators.label,
        indicators.theme,
        indicators.polarity,
        exceptions.direction,
        exceptions.judgement as place,
        exceptions.evidence,
        exceptions.rank,
        exceptions.rank_from_lowest,
        exceptions.n,
        exceptions.is_significant,
        exceptions.is_lasting,
        exceptions.periods_flagged,
        exceptions.window_periods,
        exceptions.funnel_z
    from changes
    inner join {{ ref('dim_indicator') }} as indicators on changes.indicator_code = indicators.indicator_code
    left join {{ ref('fct_exception') }} as exceptions
        on
            changes.indicator_code = exceptions.indicator_code
            and changes.new_la_code = exceptions.new_la_code
            and changes.period_type = exceptions.period_type
            and changes.period_label = exceptions.period_label
            and changes.source = exceptions.source

),

sorted as (

    select
        *,
        coalesce(judgement = 'improving', false) as improves,
        coalesce(judgement = 'worsening' or (place = 'worse' and evidence != 'weak'), false) as worries,
        coalesce(
            polarity = 'none' and (evidence = 'strong' or movement in ('up', 'down', 'mixed')),
            false
        ) as is_unusual
    from facts

),

kinds as (

    {% for kind, condition in kinds.items() %}
        select
            *,
            '{{ kind }}' as kind
        from sorted
        where {{ condition }}
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

weighed as (

    select
        *,
        -- A place among London's extremes says nothing for an improvement, and a good one is no concern.
        kind != 'improving'
        and evidence is not null
        and evidence != 'weak'
        and (kind != 'concern' or place = 'worse') as tells_place,
        movement in ('up', 'down', 'mixed')
        and (kind != 'concern' or judgement = 'worsening') as tells_movement
    from kinds

),

scored as (

    select
        *,
        case when tells_place then abs(coalesce(funnel_z, 0)) else 0 end
        + case when tells_place and is_lasting then 1 else 0 end
        + case
            when tells_movement then greatest(abs(coalesce(yearly_z, 0)), abs(coalesce(trend_z, 0)))
            else 0
        end
        + case
            when tells_movement and control_signal not in ('inside', 'no_limits') then 1
            else 0
        end as score
    from weighed

)

select
    new_la_code,
    source,
    period_label,
    kind,
    cast(row_number() over (
        partition by new_la_code, source, period_label, kind
        order by score desc, indicator_code asc, period_type asc
    ) as integer) as position,
    indicator_code,
    label,
    theme,
    period_type,
    period_end,
    release_id,
    value,
    year_ago_value,
    previous_value,
    direction,
    evidence,
    movement,
    score,
    concat_ws(
        '; ',
        case
            when tells_place
                then
                    case direction
                        when 'high' then 'rank ' || rank || ' from the highest of ' || n
                        else 'rank ' || rank_from_lowest || ' from the lowest of ' || n
                    end
        end,
        case
            when tells_place and is_significant
                then
                    'significantly '
                    || case direction when 'high' then 'above ' else 'below ' end
                    || region_in_text
        end,
        case
            when tells_place and is_lasting
                then 'so in ' || periods_flagged || ' of the last ' || window_periods || ' periods'
        end,
        case
            when tells_movement and control_signal = 'above_limits' then 'above its control limits'
            when tells_movement and control_signal = 'below_limits' then 'below its control limits'
            when tells_movement and control_signal = 'shift_up'
                then {{ var('shift_points') }} || ' periods in a row above its centre'
            when tells_movement and control_signal = 'shift_down'
                then {{ var('shift_points') }} || ' periods in a row below its centre'
        end,
        case
            when tells_movement and yearly_z > {{ z_of(95) }} then 'significantly higher than a year before'
            when tells_movement and yearly_z < -{{ z_of(95) }} then 'significantly lower than a year before'
        end,
        case
            when tells_movement and trend in ('rising', 'falling')
                then trend || ' over the last ' || trend_points || ' figures'
        end,
        case
            when tells_movement and n_authorities > 1 and not is_like_for_like
                then 'not of the same authorities as a year before'
        end
    ) as why
from scored
