-- One row per current indicator value of a London authority and comparison group: the group's value in
-- each of its forms, the authority's place in it, and whether it really differs. Unsuppressed.
with compared as (

    select
        figures.*,
        standings.rank_from_highest,
        standings.rank_from_lowest,
        groups.* exclude (comparison_set, set_id, point_id, group_value),
        -- Nobody is held against itself.
        case
            when groups.n_usable > 1 or not (standings.is_member and standings.is_usable)
                then groups.group_value
        end as group_value,
        case
            when groups.funnel_centre is not null
                then sqrt(figures.chance_deviation * figures.chance_deviation + groups.over_dispersion)
        end as funnel_deviation,
        groups.is_ranked_in_fifths
        and standings.rank_from_lowest is not null
        and groups.n >= {{ var('comparison_minimum_authorities') }} as has_band
    from {{ ref('int_comparisons__figures') }} as figures
    inner join {{ ref('int_comparisons__standings') }} as standings
        on figures.point_id = standings.point_id and figures.new_la_code = standings.new_la_code
    inner join {{ ref('int_comparisons__groups') }} as groups
        on standings.set_id = groups.set_id and standings.point_id = groups.point_id

),

scored as (

    select
        *,
        (steadied_value - funnel_centre) / funnel_deviation as funnel_z
    from compared

)

select
    indicator_code,
    new_la_code,
    period_type,
    period_label,
    period_end,
    source,
    release_id,
    comparison_group,
    value,
    value_status,
    group_value,
    case when group_value is null then 'none' else method end as method,
    pooled_value,
    mean_value,
    median_value,
    cast(n_members as integer) as n_members,
    cast(n_usable as integer) as n_usable,
    members_missing,
    cast(n as integer) as n,
    rank_from_highest as rank,
    rank_from_lowest,
    cast(case
        when not has_band then null
        when rank_from_lowest <= ceil(0.2 * n) and rank_from_highest <= ceil(0.2 * n) then 3
        when rank_from_lowest <= ceil(0.2 * n) then 1
        when rank_from_highest <= ceil(0.2 * n) then 5
        when rank_from_lowest <= ceil(0.4 * n) and rank_from_highest <= ceil(0.4 * n) then 3
        when rank_from_lowest <= ceil(0.4 * n) then 2
        when rank_from_highest <= ceil(0.4 * n) then 4
        else 3
    end as integer) as band,
    p20,
    p80,
    value - group_value as difference,
    ci_low,
    ci_high,
    case
        when ci_low is null or group_value is null then 'not_tested'
        when ci_low > group_value then 'higher'
        when ci_high < group_value then 'lower'
        else 'not_different'
    end as significance,
    funnel_z,
    case
        when funnel_z is null then 'not_tested'
        when funnel_z > {{ z_of(99.8) }} then 'above_998'
        when funnel_z > {{ z_of(95) }} then 'above_95'
        when funnel_z < -{{ z_of(99.8) }} then 'below_998'
        when funnel_z < -{{ z_of(95) }} then 'below_95'
        else 'inside'
    end as funnel_position,
    {{ funnel_limits('funnel_centre', 'funnel_deviation', 'interval_method', 'multiplier') }},
    case when funnel_z is not null then over_dispersion end as over_dispersion
from scored
