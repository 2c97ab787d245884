-- One row per comparison set and point (indicator, period, source): the group's value in each of its
-- forms, who is missing, and, for groups that are ranked, what a funnel around its value needs.
with sets as (

    select distinct
        comparison_group,
        comparison_set,
        set_id
    from {{ ref('int_comparisons__members') }}

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
    from {{ ref('int_comparisons__figures') }}
    where is_comparable

),

set_figures as (

    select
        figures.*,
        figures.is_member and figures.is_ranked as is_valued,
        figures.is_member
        and figures.is_usable
        and figures.numerator is not null
        and figures.denominator is not null as is_pooled,
        case
            when figures.is_member and not figures.is_usable
                then authorities.la_name || ' (' || coalesce(figures.value_status, 'no figure') || ')'
        end as missing_member
    from {{ ref('int_comparisons__set_figures') }} as figures
    inner join {{ ref('local_authorities') }} as authorities
        on figures.new_la_code = authorities.new_la_code

),

-- All that is told of a set and point, in one go: there are many times more of these rows than of any other.
counted as (

    select
        set_id,
        point_id,
        count(*) filter (where is_member) as n_members,
        count(*) filter (where is_member and is_usable) as n_usable,
        count(*) filter (where is_ranked) as n,
        {{ exact_sum('value', "filter (where is_valued)", 12) }}
        / nullif(count(*) filter (where is_valued), 0) as mean_value,
        {{ quantiles_of('value', [0.2, 0.5, 0.8]) }} filter (where is_valued) as value_quantiles,
        {{ exact_part('numerator', "filter (where is_pooled and joint_code is null)") }} as own_numerator,
        {{ exact_part('denominator', "filter (where is_pooled and joint_code is null)") }}
            as own_denominator,
        {{ joined_texts('missing_member', ', ') }} as members_missing
    from set_figures
    group by set_id, point_id

),

-- What two authorities report together stands with both, and counts once.
joint_figures as (

    select
        set_id,
        point_id,
        max(numerator) as numerator,
        max(denominator) as denominator
    from set_figures
    where is_pooled and joint_code is not null
    group by set_id, point_id, joint_code

),

shared as (

    select
        set_id,
        point_id,
        {{ exact_part('numerator') }} as numerator,
        {{ exact_part('denominator') }} as denominator
    from joint_figures
    group by set_id, point_id

),

pooled as (

    select
        counted.*,
        cast(
            coalesce(counted.own_numerator + shared.numerator, counted.own_numerator, shared.numerator)
            as double
        ) as numerator,
        cast(
            coalesce(
                counted.own_denominator + shared.denominator, counted.own_denominator, shared.denominator
            ) as double
        ) as denominator
    from counted
    left join shared on counted.set_id = shared.set_id and counted.point_id = shared.point_id

),

-- London's own row, and DfE's rows of regions and England: what is printed comes before a sum of ours.
areas as (

    select * from {{ ref('fct_indicator') }}
    where
        is_current
        and new_la_code in (
            select groups.members_key
            from {{ ref('comparison_groups') }} as groups
            where groups.members_from = 'area'
        )

),

valued as (

    select
        pooled.*,
        sets.comparison_group,
        sets.comparison_set,
        points.multiplier,
        points.interval_method,
        groups.is_ranked_in_fifths,
        {{ item_of('pooled.value_quantiles', 2) }} as median_value,
        coalesce(areas.value is not null and areas.source = 'published', false) as is_as_published,
        groups.headline_method,
        {{ ratio('pooled.numerator', 'pooled.denominator', 'points.multiplier') }} as pooled_value,
        areas.value as area_value,
        case groups.headline_method
            when 'mean' then pooled.mean_value / points.multiplier
            when 'median' then {{ item_of('pooled.value_quantiles', 2) }} / points.multiplier
            else
                coalesce(
                    case when areas.value is not null then areas.numerator / nullif(areas.denominator, 0) end,
                    pooled.numerator / nullif(pooled.denominator, 0)
                )
        end as group_ratio
    from pooled
    inner join sets on pooled.set_id = sets.set_id
    inner join points on pooled.point_id = points.point_id
    inner join {{ ref('comparison_groups') }} as groups
        on sets.comparison_group = groups.comparison_group
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
        valued.set_id,
        valued.point_id,
        (set_figures.steadied_value - {{ steadied('valued.interval_method', 'valued.group_ratio') }})
        / set_figures.chance_deviation as z,
        1 / (set_figures.chance_deviation * set_figures.chance_deviation) as weight
    from valued
    inner join {{ ref('int_comparisons__set_figures') }} as set_figures
        on valued.set_id = set_figures.set_id and valued.point_id = set_figures.point_id
    where
        valued.is_ranked_in_fifths
        and valued.n >= {{ var('comparison_minimum_authorities') }}
        and set_figures.is_ranked
        -- Said to the view too, which then makes the rows of these groups alone.
        and set_figures.comparison_group in (
            select groups.comparison_group
            from {{ ref('comparison_groups') }} as groups
            where groups.is_ranked_in_fifths
        )
        and set_figures.chance_deviation is not null

),

edges as (

    select
        set_id,
        point_id,
        {{ quantile_of('z', 0.1) }} as z_low,
        {{ quantile_of('z', 0.9) }} as z_high
    from residuals
    group by set_id, point_id

),

-- The extreme tenths are drawn in to their edges, so that a few outliers do not widen their own limits.
spread as (

    select
        residuals.set_id,
        residuals.point_id,
        count(*) as authorities,
        {{ exact_sum('power(greatest(edges.z_low, least(edges.z_high, residuals.z)), 2)', '', 12) }}
            as z_squares,
        {{ exact_sum('residuals.weight') }} as weights,
        {{ exact_sum('residuals.weight * residuals.weight') }} as weight_squares
    from residuals
    inner join edges
        on residuals.set_id = edges.set_id and residuals.point_id = edges.point_id
    group by residuals.set_id, residuals.point_id

)

select
    valued.comparison_group,
    valued.comparison_set,
    valued.set_id,
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
    {{ item_of('valued.value_quantiles', 1) }} as p20,
    {{ item_of('valued.value_quantiles', 3) }} as p80,
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
left join spread on valued.set_id = spread.set_id and valued.point_id = spread.point_id
