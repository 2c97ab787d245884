-- One row per population release, year wanted, area and age band: the estimates of the seed, and of the
-- files that have been landed, which come first. A year that a release does not reach is answered by its
-- last one. An estimate is known from the day it was published or landed, whichever is earlier, until the
-- next release that has the area and year is: one that lacks them takes nothing away.
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
    inner join {{ ref('stg_ledger__published_files') }} as files on published.file_id = files.file_id

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
        max(mid_year) as last_year
    from every_estimate
    group by age_band, population_release

),

estimates as (

    select
        * exclude (known_from),
        min(known_from) over (
            partition by population_release, mid_year, area_code, age_band
        ) as known_from
    from every_estimate
    qualify row_number() over (
        partition by population_release, mid_year, area_code, age_band
        order by preference desc, submission_number desc
    ) = 1

),

wanted_years as (

    select mid_year as wanted_year from estimates
    union
    select {{ population_year('quarter_end') }} as wanted_year from {{ ref('quarters') }}

),

answers as (

    select
        estimates.population_release,
        wanted_years.wanted_year,
        estimates.mid_year,
        estimates.area_code,
        estimates.age_band,
        estimates.population,
        estimates.value_status,
        estimates.known_from,
        releases.last_year
    from estimates
    inner join releases
        on
            estimates.age_band = releases.age_band
            and estimates.population_release = releases.population_release
    inner join wanted_years
        on estimates.mid_year = least(wanted_years.wanted_year, releases.last_year)

),

-- A release that came after a newer one was never the newest.
followed as (

    select
        *,
        min(known_from) over (
            partition by age_band, area_code, wanted_year
            order by population_release
            rows between 1 following and unbounded following
        ) as followed_at,
        population_release = max(population_release) over (
            partition by age_band, area_code, wanted_year
        ) as is_newest
    from answers

)

select
    population_release,
    wanted_year,
    mid_year,
    area_code,
    age_band,
    population,
    value_status,
    is_newest,
    last_year,
    case when followed_at is null or known_from < followed_at then known_from end as known_from,
    case when known_from < followed_at then followed_at end as known_until
from followed
