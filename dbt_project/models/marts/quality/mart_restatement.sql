-- One row per change that a later release or submission made: of a figure (indicator, area, period and
-- the step from one version to the next), or of the name of a column that figures are taken from
-- (reason "renamed", without area and period). A version is a numerator's release with a population's.
with revised as (

    select distinct
        indicator_code,
        new_la_code,
        period_type,
        period_label,
        source
    from {{ ref('fct_indicator') }}
    where not is_current

),

-- Most figures have never been told otherwise: only those with more than one row can have changed.
told as (

    select
        indicators.*,
        indicators.is_current or indicators.known_from is not null as was_shown,
        dense_rank() over (
            partition by
                indicators.indicator_code,
                indicators.new_la_code,
                indicators.period_type,
                indicators.period_label,
                indicators.source
            order by {{ oldest_version_first(
                'files.is_current', 'files.source_name', 'files.received_at', 'files.submission_number'
            ) }}
        ) as release_number
    from {{ ref('fct_indicator') }} as indicators
    inner join {{ ref('int_ledger__files') }} as files
        on indicators.release_id = files.release_id and files.state in ('accepted', 'replaced', 'purged')
    inner join revised
        on
            indicators.indicator_code = revised.indicator_code
            and indicators.new_la_code = revised.new_la_code
            and indicators.period_type = revised.period_type
            and indicators.period_label = revised.period_label
            and indicators.source = revised.source

),

placed as (

    select
        *,
        max(case when was_shown then population_release end) over (
            partition by indicator_code, new_la_code, period_type, period_label, source
            order by release_number
            range between unbounded preceding and 1 preceding
        ) as population_before,
        min(case when was_shown then population_release end) over (
            partition by indicator_code, new_la_code, period_type, period_label, source
            order by release_number
            range between 1 following and unbounded following
        ) as population_after
    from told

),

-- A pair of numerator and population that nobody was ever shown is no version, unless DfE published it:
-- then it stands where it fits. A population never goes back to an older one.
shown as (

    select
        *,
        row_number() over (
            partition by indicator_code, new_la_code, period_type, period_label, source
            order by release_number, population_release
        ) as version_number
    from placed
    where
        was_shown
        or (
            is_as_published
            and coalesce(population_release >= population_before, true)
            and coalesce(population_release <= population_after, true)
        )

),

steps as (

    select
        newer.indicator_code,
        newer.new_la_code,
        newer.period_type,
        newer.period_label,
        newer.period_end,
        newer.source,
        older.release_id as release_before,
        newer.release_id as release_after,
        older.population_release as population_release_before,
        newer.population_release as population_release_after,
        older.numerator as numerator_before,
        newer.numerator as numerator_after,
        older.denominator as denominator_before,
        newer.denominator as denominator_after,
        older.value as value_before,
        newer.value as value_after,
        older.value_status as status_before,
        newer.value_status as status_after,
        newer.unit,
        newer.known_from as restated_at,
        newer.version_number,
        older.population_release is not null
        and {{ differ('older.denominator', 'newer.denominator') }} as is_population_revised,
        {{ differ('older.numerator', 'newer.numerator') }}
        or (
            newer.population_release is null
            and {{ differ('older.denominator', 'newer.denominator') }}
        ) as is_count_revised
    from shown as newer
    inner join shown as older
        on
            newer.indicator_code = older.indicator_code
            and newer.new_la_code = older.new_la_code
            and newer.period_type = older.period_type
            and newer.period_label = older.period_label
            and newer.source = older.source
            and newer.version_number = older.version_number + 1

),

figures as (

    select
        * exclude (is_population_revised, is_count_revised, version_number),
        row_number() over (
            partition by indicator_code, new_la_code, period_type, period_label, source
            order by version_number desc
        ) = 1 as is_latest,
        case
            when status_before = 'ok' and status_after != 'ok' then 'no longer given'
            when status_before != 'ok' and status_after = 'ok' then 'now given'
            when status_before != status_after then 'other symbol'
            when is_count_revised and is_population_revised then 'revised count and population'
            when is_population_revised then 'revised population'
            else 'revised count'
        end as reason,
        cast(null as varchar) as column_before,
        cast(null as varchar) as column_after
    from steps
    where
        is_count_revised
        or is_population_revised
        or status_before != status_after

),

changes as (

    select * from figures
    union all by name
    select
        *,
        'published' as source,
        'year' as period_type,
        'renamed' as reason
    from {{ ref('int_published__renamed') }}

)

select
    changes.indicator_code,
    changes.new_la_code,
    areas.la_name,
    changes.source,
    changes.period_type,
    changes.period_label,
    changes.period_end,
    changes.reason,
    changes.release_before,
    changes.release_after,
    changes.population_release_before,
    changes.population_release_after,
    changes.unit,
    changes.numerator_before,
    changes.numerator_after,
    changes.denominator_before,
    changes.denominator_after,
    changes.value_before,
    changes.value_after,
    changes.value_after - changes.value_before as difference,
    {{ ratio('(changes.value_after - changes.value_before)', 'changes.value_before', 100) }}
        as difference_percent,
    changes.status_before,
    changes.status_after,
    changes.column_before,
    changes.column_after,
    changes.restated_at,
    changes.is_latest
from changes
left join {{ ref('dim_local_authority') }} as areas on changes.new_la_code = areas.new_la_code
