-- One row per indicator, authority (or published area), period and release: numerator and
-- denominator side by side. Where the denominator is a population, one row per population release
-- that it has stood with: the newest, the one a published figure was first published with
-- (is_as_published), and any that was the newest at some time while the numerator was.
with numerators as (

    select * from {{ ref('int_indicators__terms') }}
    where role = 'numerator'

),

denominators as (

    select * from {{ ref('int_indicators__terms') }}
    where role = 'denominator'

),

ratios as (

    select distinct indicator_code from {{ ref('indicator_terms') }}
    where role = 'denominator'

),

-- A file that gives the denominator at all, but not for this area and period, gives no figure there.
releases_with_denominator as (

    select distinct
        indicator_code,
        period_grain,
        release_id
    from denominators

),

populations as (

    select * from {{ ref('int_populations') }}

),

published_releases as (

    select
        release_id,
        release_label,
        max({{ population_year('period_end') }}) as last_wanted
    from numerators
    where source = 'published'
    group by release_id, release_label

),

population_releases as (

    select distinct
        age_band,
        population_release,
        last_year
    from populations

),

-- Which population a published rate was first published with: that of its release, else the one before.
-- One that does not reach the file's last year was not: the right one is not loaded.
published_with as (

    select
        published_releases.release_id,
        population_releases.age_band,
        max(population_releases.population_release) as population_release
    from published_releases
    inner join population_releases
        on
            published_releases.release_label >= population_releases.population_release
            and published_releases.last_wanted <= population_releases.last_year
    group by published_releases.release_id, population_releases.age_band

),

sides as (

    select
        numerators.* exclude (role, value, value_status, is_proxy, comment),
        published_with.population_release as first_population_release,
        indicators.unit,
        indicators.multiplier,
        indicators.population_band,
        indicators.timing,
        numerators.value as numerator,
        numerators.value_status as numerator_status,
        {{ population_year('numerators.period_end') }} as wanted_year,
        numerators.is_proxy or coalesce(denominators.is_proxy, false) as is_proxy,
        case
            when denominators.comment is null then numerators.comment
            when numerators.comment is null or denominators.comment = numerators.comment
                then denominators.comment
            else numerators.comment || '; ' || denominators.comment
        end as comment,
        ratios.indicator_code is not null as needs_measure,
        case indicators.denominator_factor
            when 'working_days'
                then
                    case numerators.period_grain
                        when 'year' then {{ working_days_in_year('numerators.period_end') }}
                        else quarters.working_days
                    end
            else 1
        end as factor,
        denominators.value as denominator_value,
        coalesce(denominators.value_status, 'not_derivable') as denominator_status
    from numerators
    inner join {{ ref('indicators') }} as indicators on numerators.indicator_code = indicators.indicator_code
    left join ratios on numerators.indicator_code = ratios.indicator_code
    left join denominators
        on
            numerators.indicator_code = denominators.indicator_code
            and numerators.new_la_code = denominators.new_la_code
            and numerators.period_grain = denominators.period_grain
            and numerators.period_label = denominators.period_label
            and numerators.source = denominators.source
            and numerators.release_id = denominators.release_id
    left join releases_with_denominator
        on
            numerators.indicator_code = releases_with_denominator.indicator_code
            and numerators.period_grain = releases_with_denominator.period_grain
            and numerators.release_id = releases_with_denominator.release_id
    left join {{ ref('quarters') }} as quarters on numerators.period_label = quarters.quarter_label
    left join published_with
        on
            numerators.release_id = published_with.release_id
            and indicators.population_band = published_with.age_band
    where releases_with_denominator.indicator_code is not null or ratios.indicator_code is null

),

-- What authorities send of ChAT comes in parts: a file may tell a count, and not what it is a share of. It is
-- newer for the count alone; in force for a share is the newest file that tells both.
chat_in_order as (

    select
        *,
        lead(release_id) over older_first is null as is_newest,
        min(received_at) over (older_first rows between 1 following and unbounded following) as followed_at
    from sides
    where source = 'chat'
    window
        older_first as (
            partition by indicator_code, new_la_code, period_grain, period_label
            order by
                numerator_status = 'ok' and (not needs_measure or denominator_status = 'ok'),
                received_at nulls first,
                is_current,
                release_id
        )

),

measured as (

    select * from sides
    where source != 'chat'
    union all by name
    select
        * exclude (is_newest, followed_at, is_current, known_from, known_until),
        is_newest as is_current,
        case when is_newest or received_at < followed_at then received_at end as known_from,
        case when received_at < followed_at then followed_at end as known_until
    from chat_in_order

),

-- A part above its whole is an error of the sender, and of every rolling year that holds it.
impossible_years as (

    select distinct
        measured.indicator_code,
        measured.new_la_code,
        quarters.quarter_end as period_end
    from measured
    inner join {{ ref('quarters') }} as quarters
        on
            measured.period_end <= quarters.quarter_end
            and measured.period_end > quarters.quarter_end - interval 1 year
    where
        measured.period_grain = 'quarter'
        and measured.is_current
        and measured.unit = 'percent'
        and measured.numerator > measured.denominator_value * measured.factor

)

select
    measured.indicator_code,
    measured.new_la_code,
    case
        when measured.period_grain = 'quarter' and measured.timing = 'snapshot' then 'snapshot'
        else measured.period_grain
    end as period_type,
    measured.period_label,
    measured.period_end,
    measured.source,
    measured.release_id,
    measured.unit,
    measured.multiplier,
    measured.numerator,
    measured.numerator_status,
    case
        when measured.needs_measure then measured.denominator_value * measured.factor
        when measured.population_band is not null then populations.population
        else 1
    end as denominator,
    case
        when measured.needs_measure then measured.denominator_status
        when measured.population_band is null then 'ok'
        when populations.value_status is null then 'not_derivable'
        else populations.value_status
    end as denominator_status,
    populations.population_release,
    populations.mid_year as population_year,
    coalesce(populations.mid_year != measured.wanted_year, false) as is_population_fallback,
    measured.is_current and coalesce(populations.is_newest, true) as is_current,
    measured.source = 'published'
    and coalesce(populations.population_release = coalesce(measured.first_population_release, ''), true)
        as is_as_published,
    {{ known_together('measured', 'populations') }},
    measured.is_proxy,
    measured.joint_code,
    measured.comment,
    coalesce(
        measured.unit = 'percent'
        and measured.numerator > measured.denominator_value * measured.factor,
        false
    )
    or impossible_years.indicator_code is not null as is_impossible
from measured
left join impossible_years
    on
        measured.period_grain = 'rolling_4q'
        and measured.indicator_code = impossible_years.indicator_code
        and measured.new_la_code = impossible_years.new_la_code
        and measured.period_end = impossible_years.period_end
left join populations
    on
        measured.population_band = populations.age_band
        and measured.new_la_code = populations.area_code
        and measured.wanted_year = populations.wanted_year
        and (
            populations.is_newest
            or measured.first_population_release = populations.population_release
            or (
                measured.known_from is not null
                and populations.known_from is not null
                and (populations.known_until is null or measured.known_from < populations.known_until)
                and (measured.known_until is null or measured.known_until > populations.known_from)
            )
        )
