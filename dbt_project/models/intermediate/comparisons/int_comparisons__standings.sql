-- One row per comparison set, point (indicator, period, source) and authority that is compared with the
-- set: its rank among all authorities of the set that have a value.
with figures as (

    select
        set_id,
        point_id,
        new_la_code,
        is_member,
        is_compared,
        is_usable,
        case when is_ranked then value end as ranked_value
    from {{ ref('int_comparisons__set_figures') }}
    where has_figure

),

-- One order gives both ranks: what is not at or below a value lies above it.
ranked as (

    select
        *,
        rank() over lowest_first as place,
        count(ranked_value) over lowest_first as at_or_below,
        count(ranked_value) over (partition by set_id, point_id) as n
    from figures
    window lowest_first as (partition by set_id, point_id order by ranked_value nulls last)

)

select
    set_id,
    point_id,
    new_la_code,
    is_member,
    is_usable,
    case when ranked_value is not null then cast(n - at_or_below + 1 as integer) end as rank_from_highest,
    case when ranked_value is not null then cast(place as integer) end as rank_from_lowest
from ranked
where is_compared
