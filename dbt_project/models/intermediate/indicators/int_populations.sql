-- One row per population release, mid-year, area and age band: the estimates of the seed, and of the
-- files that have been landed, which come first. A release is known from the day it was published or
-- landed, whichever is earlier, until the next one is.
with landed as (

    select
        files.release_label as population_release,
        cast(left(published.time_period, 4) as integer) as mid_year,
        published.new_la_code as area_code,
        mapping.age_band,
        cast(published.value as bigint) as population,
        published.value_status,
        files.received_at as known_from,
        2 as preference,
        files.submission_number
    from {{ ref('int_published__values') }} as published
    inner join {{ ref('published_populations') }} as mapping
        on
            published.dataset = mapping.dataset
            and published.column_name = mapping.column_name
            and published.filter_key = mapping.filter_key
    inner join {{ ref('stg_ledger__files') }} as files on published.file_id = files.file_id

),

seeded as (

    select
        populations.population_release,
        populations.mid_year,
        coalesce(changes.new_la_code, populations.area_code) as area_code,
        populations.age_band,
        populations.population,
        populations.value_status,
        {{ london_midnight('releases.available_from') }} as known_from,
        1 as preference,
        0 as submission_number
    from {{ ref('populations') }} as populations
    inner join {{ ref('population_releases') }} as releases
        on populations.population_release = releases.population_release
    left join {{ ref('la_code_changes') }} as changes on populations.area_code = changes.la_code

),

every_estimate as (

    select * from landed
    union all by name
    select * from seeded

),

releases as (

    select
        age_band,
        population_release,
        min(known_from) as known_from
    from every_estimate
    group by age_band, population_release

),

-- A release that came after a newer one was never the newest.
intervals as (

    select
        age_band,
        population_release,
        known_from,
        min(known_from) over (
            partition by age_band
            order by population_release
            rows between 1 following and unbounded following
        ) as followed_at,
        population_release = max(population_release) over (partition by age_band) as is_newest
    from releases

),

estimates as (

    select *
    from every_estimate
    qualify row_number() over (
        partition by population_release, mid_year, area_code, age_band
        order by preference desc, submission_number desc
    ) = 1

)

select
    estimates.population_release,
    estimates.mid_year,
    estimates.area_code,
    estimates.age_band,
    estimates.population,
    estimates.value_status,
    intervals.is_newest,
    max(estimates.mid_year) over (
        partition by estimates.age_band, estimates.population_release
    ) as last_year,
    case
        when intervals.followed_at is null or intervals.known_from < intervals.followed_at
            then intervals.known_from
    end as known_from,
    case when intervals.known_from < intervals.followed_at then intervals.followed_at end as known_until
from estimates
inner join intervals
    on
        estimates.age_band = intervals.age_band
        and estimates.population_release = intervals.population_release
