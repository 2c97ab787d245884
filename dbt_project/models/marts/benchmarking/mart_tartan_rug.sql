-- One row per source, period, indicator and London authority: everything a cell of the tartan rug
-- shows, with the London, Inner, Outer and England figures of its row. Internal to LIIA (MoU 2.1).
with figures as (

    select * from {{ ref('fct_indicator') }}
    where is_current and period_type != 'rolling_4q'

),

-- The item of the alliance's list that an indicator answers, from the newest list that names it.
items as (

    select
        members.indicator_code,
        {{ value_at_max('members.item_no', "sets.valid_from") }} as item_no,
        {{ value_at_max('members.item_label', "sets.valid_from") }} as item_label
    from {{ ref('indicator_set_members') }} as members
    inner join {{ ref('indicator_sets') }} as sets
        on members.set_id = sets.set_id and sets.set_id like 'riia_%'
    group by members.indicator_code

),

-- England, the region served and its parts: Inner and Outer London are told beside London alone.
places as (

    select
        areas.area_code,
        areas.area_code = alliance.region_code as is_region
    from {{ ref('areas') }} as areas
    inner join {{ ref('alliance') }} as alliance
        on
            areas.area_level = 'country'
            or areas.area_code = alliance.region_code
            or areas.parent_code = alliance.region_code

),

areas as (

    select
        figures.indicator_code,
        figures.source,
        figures.period_type,
        figures.period_label,
        max(case when places.is_region then figures.value end) as london_value,
        max(case when places.is_region then figures.numerator end) as london_numerator,
        max(case when places.is_region then figures.denominator end) as london_denominator,
        max(case places.area_code when 'E13000001' then figures.value end) as inner_value,
        max(case places.area_code when 'E13000002' then figures.value end) as outer_value,
        max(case places.area_code when 'E92000001' then figures.value end) as england_value
    from figures
    inner join places on figures.new_la_code = places.area_code
    group by figures.indicator_code, figures.source, figures.period_type, figures.period_label

),

-- A rate whose population is not loaded for anybody still has its count to show.
countable as (

    select
        indicator_code,
        source,
        period_type,
        period_label
    from figures
    where unit = 'rate_per_10000'
    group by indicator_code, source, period_type, period_label
    having bool_and(population_release is null)

),

authorities as (

    select
        new_la_code,
        la_name,
        short_code,
        sub_region,
        cast(dense_rank() over (order by sub_region, la_name) as integer) as authority_order
    from {{ ref('dim_local_authority') }}
    where is_london and new_la_code in (select figures.new_la_code from figures)

)

select
    figures.source,
    figures.period_type,
    figures.period_label,
    figures.period_end,
    figures.release_id,
    items.item_no,
    items.item_label,
    figures.indicator_code,
    indicators.label,
    indicators.name,
    indicators.theme,
    themes.theme_order,
    figures.unit,
    case when countable.indicator_code is not null then 'number' else figures.unit end as display_unit,
    indicators.multiplier,
    indicators.decimals,
    indicators.polarity,
    figures.new_la_code,
    authorities.la_name,
    authorities.short_code,
    authorities.sub_region,
    authorities.authority_order,
    figures.numerator,
    figures.denominator,
    figures.value,
    figures.value_status,
    case when countable.indicator_code is not null then figures.numerator else figures.value end
        as display_value,
    comparisons.band,
    comparisons.n,
    comparisons.significance,
    exceptions.direction as exception,
    exceptions.evidence as exception_evidence,
    case figures.source when 'return' then 'R' when 'chat' then 'C' else 'P' end
    || case when figures.is_proxy then '≈' else '' end
    || case when figures.joint_code is not null then ' J' else '' end as marks,
    case when figures.value_status != 'ok' then statuses.dfe_symbol end as symbol,
    figures.published_value,
    figures.is_proxy,
    figures.joint_code,
    figures.comment,
    areas.london_value,
    areas.inner_value,
    areas.outer_value,
    areas.england_value,
    areas.london_numerator,
    areas.london_denominator
from figures
inner join authorities on figures.new_la_code = authorities.new_la_code
inner join {{ ref('dim_indicator') }} as indicators on figures.indicator_code = indicators.indicator_code
inner join {{ ref('themes') }} as themes on indicators.theme = themes.theme
inner join {{ ref('value_statuses') }} as statuses on figures.value_status = statuses.value_status
left join items on figures.indicator_code = items.indicator_code
left join countable
    on
        figures.indicator_code = countable.indicator_code
        and figures.source = countable.source
        and figures.period_type = countable.period_type
        and figures.period_label = countable.period_label
left join {{ ref('fct_comparison') }} as comparisons
    on
        figures.indicator_code = comparisons.indicator_code
        and figures.new_la_code = comparisons.new_la_code
        and figures.source = comparisons.source
        and figures.period_type = comparisons.period_type
        and figures.period_label = comparisons.period_label
        and comparisons.comparison_group = 'london'
left join {{ ref('fct_exception') }} as exceptions
    on
        figures.indicator_code = exceptions.indicator_code
        and figures.new_la_code = exceptions.new_la_code
        and figures.source = exceptions.source
        and figures.period_type = exceptions.period_type
        and figures.period_label = exceptions.period_label
left join areas
    on
        figures.indicator_code = areas.indicator_code
        and figures.source = areas.source
        and figures.period_type = areas.period_type
        and figures.period_label = areas.period_label
