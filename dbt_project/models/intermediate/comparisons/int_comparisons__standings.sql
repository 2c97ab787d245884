-- One row per comparison set, point (indicator, period, source) and authority of the set: its figure and
-- its rank. An authority without a figure at all is here too, so that it can be named as missing.
with points as (

    select distinct
        point_id,
        period_end,
        source
    from {{ ref('int_comparisons__figures') }}
    where is_comparable

),

wanted as (

    select
        members.comparison_group,
        members.comparison_set,
        members.new_la_code,
        members.is_member,
        members.is_compared,
        points.point_id
    from {{ ref('int_comparisons__members') }} as members
    inner join {{ ref('comparison_groups') }} as groups
        on members.comparison_group = groups.comparison_group
    inner join points
        on
            {{ text_list_has('groups.sources', 'points.source') }}
            and points.period_end >= coalesce(members.valid_from, points.period_end)
            and points.period_end <= coalesce(members.valid_to, points.period_end)

),

standings as (

    select
        wanted.*,
        figures.value,
        figures.value_status,
        coalesce(figures.value_status = 'ok', false) as is_usable,
        coalesce(figures.value_status = 'ok' and not figures.is_left_out, false) as is_ranked
    from wanted
    left join {{ ref('int_comparisons__figures') }} as figures
        on wanted.point_id = figures.point_id and wanted.new_la_code = figures.new_la_code
    -- DfE's files list every authority of England that there was: one not listed had gone, or not come.
    where wanted.comparison_group != 'england' or figures.new_la_code is not null

)

select
    *,
    case when is_ranked then cast(rank() over highest_first as integer) end as rank_from_highest,
    case when is_ranked then cast(rank() over lowest_first as integer) end as rank_from_lowest
from standings
window
    highest_first as (partition by comparison_set, point_id, is_ranked order by value desc),
    lowest_first as (partition by comparison_set, point_id, is_ranked order by value asc)
