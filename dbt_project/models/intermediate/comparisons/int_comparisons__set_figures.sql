-- One row per comparison set, point (indicator, period, source) and authority of the set: its figure. An
-- authority without a figure at all is here too, so that it can be named as missing. A view: there are
-- many times more such rows than figures, and they are sooner joined again than read.
{{ config(materialized='view') }}
with figures as (

    select * from {{ ref('int_comparisons__figures') }}
    where is_comparable

),

points as (

    select distinct
        point_id,
        period_end,
        source
    from figures

),

authorities as (

    select distinct new_la_code from {{ ref('int_comparisons__members') }}

),

places as (

    select
        points.point_id,
        points.period_end,
        points.source,
        authorities.new_la_code,
        figures.value,
        figures.value_status,
        figures.numerator,
        figures.denominator,
        figures.joint_code,
        figures.steadied_value,
        figures.chance_deviation,
        figures.new_la_code is not null as has_figure,
        coalesce(figures.value_status = 'ok', false) as is_usable,
        coalesce(figures.value_status = 'ok' and not figures.is_left_out, false) as is_ranked
    from points
    cross join authorities
    left join figures
        on points.point_id = figures.point_id and authorities.new_la_code = figures.new_la_code

)

select
    members.comparison_group,
    members.set_id,
    members.is_member,
    members.is_compared,
    places.point_id,
    places.new_la_code,
    places.value,
    places.value_status,
    places.numerator,
    places.denominator,
    places.joint_code,
    places.steadied_value,
    places.chance_deviation,
    places.has_figure,
    places.is_usable,
    places.is_ranked
from places
inner join {{ ref('int_comparisons__members') }} as members
    on
        places.new_la_code = members.new_la_code
        and places.period_end >= coalesce(members.valid_from, places.period_end)
        and places.period_end <= coalesce(members.valid_to, places.period_end)
inner join {{ ref('comparison_groups') }} as groups
    on
        members.comparison_group = groups.comparison_group
        and {{ text_list_has('groups.sources', 'places.source') }}
-- DfE's files list every authority of England that there was: one not listed had gone, or not come.
where members.comparison_group != 'england' or places.has_figure
