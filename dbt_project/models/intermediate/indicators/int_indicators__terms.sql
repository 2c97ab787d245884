-- One row per indicator, role (numerator or denominator), area, period and release: the sum of the
-- role's measures. It has a value only where every measure is there and usable; else the status of
-- the worst. Quarterly flows and snapshots meet here on the quarter they share. What a file gives as
-- the base of its own figures is a denominator only, and there goes before the figure of that name.
{{ config(materialized='view') }}
with figures_and_bases as (

    select
        *,
        false as is_base
    from {{ ref('int_measures') }}
    union all by name
    select * from {{ ref('int_measures__published') }}
    where is_base
    union all by name
    select * from {{ ref('int_measures__chat') }}
    where is_base

),

bases as (

    select distinct
        measure_code,
        new_la_code,
        period_type,
        period_label,
        source,
        release_id
    from figures_and_bases
    where is_base

),

measures as (

    select
        figures.*,
        case
            when figures.period_type in ('quarter', 'snapshot') then 'quarter'
            else figures.period_type
        end as period_grain,
        bases.measure_code is not null as has_base
    from figures_and_bases as figures
    left join bases
        on
            figures.measure_code = bases.measure_code
            and figures.new_la_code = bases.new_la_code
            and figures.period_type = bases.period_type
            and figures.period_label = bases.period_label
            and figures.source = bases.source
            and figures.release_id = bases.release_id

),

wanted as (

    select
        indicator_code,
        role,
        count(*) as measures_wanted
    from {{ ref('indicator_terms') }}
    group by indicator_code, role

),

used as (

    select
        measures.*,
        terms.indicator_code,
        terms.role,
        wanted.measures_wanted,
        statuses.severity_order
    from measures
    inner join {{ ref('indicator_terms') }} as terms on measures.measure_code = terms.measure_code
    inner join wanted on terms.indicator_code = wanted.indicator_code and terms.role = wanted.role
    inner join {{ ref('value_statuses') }} as statuses on measures.value_status = statuses.value_status
    where measures.is_base = (terms.role = 'denominator' and measures.has_base)

),

-- Most sides of an indicator are one measure: nothing is added up, and a million rows need no grouping.
single as (

    select
        indicator_code,
        role,
        new_la_code,
        period_grain,
        period_label,
        period_end,
        source,
        release_id,
        {{ exact_value('value') }} as value_sum,
        value_status as worst_status,
        is_current,
        received_at,
        known_from,
        known_until,
        is_proxy,
        release_label,
        joint_code,
        comment
    from used
    where measures_wanted = 1

),

summed as (

    select
        indicator_code,
        role,
        new_la_code,
        period_grain,
        period_label,
        period_end,
        source,
        release_id,
        {{ exact_sum('value') }} as value_sum,
        {{ value_at_max('value_status', 'severity_order') }} as worst_status,
        bool_and(is_current) as is_current,
        max(received_at) as received_at,
        max(known_from) as known_from,
        min(known_until) as known_until,
        bool_or(is_proxy) as is_proxy,
        max(release_label) as release_label,
        max(joint_code) as joint_code,
        {{ joined_texts('comment', '; ', distinct=true) }} as comment
    from used
    where measures_wanted > 1
    group by
        indicator_code, role, new_la_code, period_grain, period_label, period_end, source, release_id,
        measures_wanted
    having count(*) = measures_wanted

),

sides as (

    select * from single
    union all
    select * from summed

)

select
    * exclude (value_sum, worst_status),
    worst_status as value_status,
    case when worst_status = 'ok' then value_sum end as value
from sides
