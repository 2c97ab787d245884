-- One row per indicator, role (numerator or denominator), area, period and release: the sum of the
-- role's measures. It has a value only where every measure is there and usable; else the status of
-- the worst. Quarterly flows and snapshots meet here on the quarter they share. What a file gives as
-- the base of its own figures is a denominator only, and there goes before the figure of that name.
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

summed as (

    select
        terms.indicator_code,
        terms.role,
        measures.new_la_code,
        measures.period_grain,
        measures.period_label,
        measures.period_end,
        measures.source,
        measures.release_id,
        count(*) as measures_found,
        {{ exact_sum('measures.value') }} as value_sum,
        {{ value_at_max('measures.value_status', 'statuses.severity_order') }} as worst_status,
        bool_and(measures.is_current) as is_current,
        max(measures.received_at) as received_at,
        max(measures.known_from) as known_from,
        min(measures.known_until) as known_until,
        bool_or(measures.is_proxy) as is_proxy,
        max(measures.release_label) as release_label,
        max(measures.joint_code) as joint_code,
        {{ joined_texts('measures.comment', '; ', distinct=true) }} as comment
    from measures
    inner join {{ ref('indicator_terms') }} as terms on measures.measure_code = terms.measure_code
    inner join {{ ref('value_statuses') }} as statuses on measures.value_status = statuses.value_status
    where measures.is_base = (terms.role = 'denominator' and measures.has_base)
    group by all

)

select
    summed.* exclude (measures_found, value_sum, worst_status),
    summed.worst_status as value_status,
    case when summed.worst_status = 'ok' then summed.value_sum end as value
from summed
inner join wanted
    on
        summed.indicator_code = wanted.indicator_code
        and summed.role = wanted.role
        and summed.measures_found = wanted.measures_wanted
