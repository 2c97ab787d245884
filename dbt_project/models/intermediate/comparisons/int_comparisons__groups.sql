-- One row per comparison set and point (indicator, period, source): the group's value in each of its
-- forms, who is missing, and, for groups that are ranked, what a funnel around its value needs.
with figures as (

    select * from {{ ref('int_comparisons__figures') }}

),

standings as (

    select * from {{ ref('int_comparisons__standings') }}

),

points as (

    select distinct
        point_id,
        indicator_code,
        period_type,
        period_label,
        source,
        multiplier,
        interval_method
    from figures
    where is_comparable

),

-- What two authorities report together stands with both, and counts once.
parts as (

    select
        standings.comparison_set,
        standings.point_id,
        coalesce(figures.joint_code, figures.new_la_code) as reported_by,
        max(figures.numerator) as numerator,
        max(figures.denominator) as denominator
    from standings
    inner join figures
        on standings.point_id = figures.point_id and standings.new_la_code = figures.new_la_code
    where
        standings.is_member
        and standings.is_usable
        and figures.numerator is not null
        and figures.denominator is not null
    group by all

),

pooled as (

    select
        comparison_set,
        point_id,
        {{ exact_sum('numerator') }} as numerator,
        {{ exact_sum('denominator') }} as denominator
    from parts
    group by comparison_set, point_id

),

counted as (

    select
        comparison_group,
        comparison_set,
        point_id,
        count(*) filter (where is_member) as n_members,
        count(*) filter (where is_member and is_usable) as n_usable,
        count(*) filter (where is_ranked) as n,
        {{ exact_sum('value', "filter (where is_member and is_ranked)", 12) }}
        / nullif(count(*) filter (where is_member and is_ranked), 0) as mean_value,
        {{ median_of('value') }} filter (where is_member and is_ranked) as median_value,
        {{ quantile_of('value', 0.2) }} filter (where is_member and is_ranked) as p20,
        {{ quantile_of('value', 0.8) }} filter (where is_member and is_ranked) as p80
    from standings
    group by comparison_group, comparison_set, point_id

),

missing as (

    select
        standings.comparison_set,
        standings.point_id,
        string_agg(
            authorities.la_name || ' (' || coalesce(standings.value_status, 'no figure') || ')', ', '
            order by authorities.la_name, authorities.new_la_code
        ) as members_missing
    from standings
    inner join {{ ref('local_authorities') }} as authorities
        on standings.new_la_code = authorities.new_la_code
    where standings.is_member and not standings.is_usable
    group by standings.comparison_set, standings.point_id

),

-- London's own row, and DfE's rows of regions and England: what is printed comes before a sum of ours.
areas as (

    select * from {{ ref('fct_indicator') }}
    where is_current

),

valued as (

    select
        counted.*,
        missing.members_missing,
        points.multiplier,
        points.interval_method,
        groups.is_ranked_in_fifths,
        coalesce(areas.value is not null and areas.source = 'published', false) as is_as_published,
        groups.headline_method,
        {{ ratio('pooled.numerator', 'pooled.denominator', 'points.multiplier') }} as pooled_value,
        areas.value as area_value,
        case groups.headline_method
            when 'mean' then counted.mean_value / points.multiplier
            when 'median' then counted.median_value / points.multiplier
            else
                coalesce(
                    case when areas.value is not null then areas.numerator / nullif(areas.denominator, 0) end,
                    pooled.numerator / nullif(pooled.denominator, 0)
                )
        end as group_ratio
    from counted
    inner join points on counted.point_id = points.point_id
    inner join {{ ref('comparison_groups') }} as groups
        on counted.comparison_group = groups.comparison_group
    left join pooled
        on counted.comparison_set = pooled.comparison_set and counted.point_id = pooled.point_id
    left join missing
        on counted.comparison_set = missing.comparison_set and counted.point_id = missing.point_id
    left join areas
        on
            groups.members_from = 'area'
            and groups.members_key = areas.new_la_code
            and points.indicator_code = areas.indicator_code
            and points.period_type = areas.period_type
            and points.period_label = areas.period_label
            and points.source = areas.source

),

-- How far authorities lie from the group's value, in standard deviations of chance.
residuals as (

    select
        valued.comparison_set,
        valued.point_id,
        (figures.steadied_value - {{ steadied('valued.interval_method', 'valued.group_ratio') }})
        / figures.chance_deviation as z,
        1 / (figures.chance_deviation * figures.chance_deviation) as weight
    from valued
    inner join standings
        on valued.comparison_set = standings.comparison_set and valued.point_id = standings.point_id
    inner join figures
        on standings.point_id = figures.point_id and standings.new_la_code = figures.new_la_code
    where
        valued.is_ranked_in_fifths
        and valued.n >= {{ var('comparison_minimum_authorities') }}
        and standings.is_ranked
        and figures.chance_deviation is not null

),

edges as (

    select
        comparison_set,
        point_id,
        {{ quantile_of('z', 0.1) }} as z_low,
        {{ quantile_of('z', 0.9) }} as z_high
    from residuals
    group by comparison_set, point_id

),

-- The extreme tenths are drawn in to their edges, so that a few outliers do not widen their own limits.
spread as (

    select
        residuals.comparison_set,
        residuals.point_id,
        count(*) as authorities,
        {{ exact_sum('power(greatest(edges.z_low, least(edges.z_high, residuals.z)), 2)', '', 12) }}
            as z_squares,
        {{ exact_sum('residuals.weight') }} as weights,
        {{ exact_sum('residuals.weight * residuals.weight') }} as weight_squares
    from residuals
    inner join edges
        on residuals.comparison_set = edges.comparison_set and residuals.point_id = edges.point_id
    group by residuals.comparison_set, residuals.point_id

)

select
    valued.comparison_group,
    valued.comparison_set,
    valued.point_id,
    case
        when valued.headline_method = 'pooled' then coalesce(valued.area_value, valued.pooled_value)
        when valued.headline_method = 'mean' then valued.mean_value
        when valued.headline_method = 'median' then valued.median_value
    end as group_value,
    case
        when valued.headline_method = 'pooled' and valued.is_as_published then 'as published'
        else valued.headline_method
    end as method,
    valued.pooled_value,
    valued.mean_value,
    valued.median_value,
    valued.p20,
    valued.p80,
    valued.n_members,
    valued.n_usable,
    valued.n,
    valued.members_missing,
    valued.is_ranked_in_fifths,
    case
        when spread.authorities is not null
            then {{ steadied('valued.interval_method', 'valued.group_ratio') }}
    end as funnel_centre,
    -- What authorities differ by beyond chance (variance between them, DerSimonian and Laird).
    greatest(
        0,
        (spread.z_squares - (spread.authorities - 1))
        / nullif(spread.weights - spread.weight_squares / spread.weights, 0)
    ) as over_dispersion
from valued
left join spread on valued.comparison_set = spread.comparison_set and valued.point_id = spread.point_id
