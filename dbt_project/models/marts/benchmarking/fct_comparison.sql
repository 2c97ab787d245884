-- One row per current indicator value of a London authority and comparison group (London, so far):
-- the group's value, the rank among the authorities compared, and the fifth it falls in. The extreme
-- fifths are the alliance's 20% rule: rank <= ceil(0.2 n) from either end, ties at the best rank.
with figures as (

    select indicators.*
    from {{ ref('fct_indicator') }} as indicators
    inner join {{ ref('dim_local_authority') }} as areas on indicators.new_la_code = areas.new_la_code
    where indicators.is_current and areas.is_london

),

london as (

    select * from {{ ref('fct_indicator') }}
    where is_current and new_la_code = 'E12000007'

),

ranked as (

    select
        indicator_code,
        new_la_code,
        period_type,
        period_label,
        source,
        rank() over (
            partition by indicator_code, period_type, period_label, source order by value desc
        ) as rank_from_highest,
        rank() over (
            partition by indicator_code, period_type, period_label, source order by value asc
        ) as rank_from_lowest,
        count(*) over (partition by indicator_code, period_type, period_label, source) as n
    from figures
    where
        value_status = 'ok'
        -- A count or a number of posts says how large an authority is, not how it fares.
        and unit not in ('count', 'fte')
        and new_la_code not in ('{{ var("comparison_left_out") | join("', '") }}')

),

banded as (

    select
        *,
        case
            when n < {{ var('comparison_minimum_authorities') }} then null
            when rank_from_lowest <= ceil(0.2 * n) and rank_from_highest <= ceil(0.2 * n) then 3
            when rank_from_lowest <= ceil(0.2 * n) then 1
            when rank_from_highest <= ceil(0.2 * n) then 5
            when rank_from_lowest <= ceil(0.4 * n) then 2
            when rank_from_highest <= ceil(0.4 * n) then 4
            else 3
        end as band
    from ranked

)

select
    figures.indicator_code,
    figures.new_la_code,
    figures.period_type,
    figures.period_label,
    figures.period_end,
    figures.source,
    figures.release_id,
    'london' as comparison_group,
    case when figures.unit not in ('count', 'fte') then london.value end as group_value,
    case
        when figures.unit in ('count', 'fte') or figures.source = 'chat' then 'none'
        when figures.source = 'published' then 'as published'
        else 'pooled'
    end as method,
    -- Also for an authority that is left out: how many its row's fifths rest on.
    cast(max(banded.n) over (
        partition by figures.indicator_code, figures.period_type, figures.period_label, figures.source
    ) as integer) as n,
    cast(banded.rank_from_highest as integer) as rank,
    cast(banded.band as integer) as band,
    case when figures.unit not in ('count', 'fte') then figures.value - london.value end as difference
from figures
left join london
    on
        figures.indicator_code = london.indicator_code
        and figures.period_type = london.period_type
        and figures.period_label = london.period_label
        and figures.source = london.source
left join banded
    on
        figures.indicator_code = banded.indicator_code
        and figures.new_la_code = banded.new_la_code
        and figures.period_type = banded.period_type
        and figures.period_label = banded.period_label
        and figures.source = banded.source
