-- One row per usable current figure of an authority or area: whether it and those before it rise or fall, by
-- Mann and Kendall's test.
{%- set recent = ['v0', 'v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v7'] %}
with counted as (

    select
        indicator_code,
        new_la_code,
        source,
        period_type,
        period_label,
        {{ how_many(recent) }} as points,
        {{ kendall_s(recent) }} as kendall_s,
        {{ kendall_ties(recent) }} as kendall_ties
    from {{ ref('int_changes__recent') }}

),

tested as (

    select
        *,
        case
            when points >= {{ var('trend_minimum_points') }}
                then coalesce(
                    (kendall_s - sign(kendall_s))
                    / nullif(sqrt((points * (points - 1) * (2 * points + 5) - kendall_ties) / 18.0), 0),
                    0
                )
        end as trend_z
    from counted

)

select
    *,
    case
        when trend_z is null then 'too_few_points'
        when trend_z > {{ z_of(95) }} then 'rising'
        when trend_z < -{{ z_of(95) }} then 'falling'
        else 'none'
    end as trend
from tested
