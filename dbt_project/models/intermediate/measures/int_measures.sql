-- One row per measure, area, period, source and release: the sources side by side, never mixed. From
-- known_from until known_until the row was the newest that the platform had been given. Both are null
-- where it never was: a newer one was there already, or nothing was sent. What a source gives only as
-- the base of other figures is no figure of its own: it is not here.
with measures as (

    select * exclude (is_base) from {{ ref('int_measures__published') }}
    where not is_base
    union all by name
    select * from {{ ref('int_measures__return') }}
    union all by name
    select * exclude (is_base) from {{ ref('int_measures__chat') }}
    where not is_base
    union all by name
    select * from {{ ref('int_measures__rolling') }}

),

received as (

    select
        measures.* exclude (complete_at),
        coalesce(measures.complete_at, files.received_at) as received_at
    from measures
    left join {{ ref('stg_ledger__files') }} as files on measures.file_id = files.file_id

),

followed as (

    select
        *,
        min(received_at) over (
            partition by measure_code, dataset, new_la_code, period_type, period_label, source
            order by {{ oldest_version_first('is_current', 'source', 'received_at', 'submission_number') }}
            rows between 1 following and unbounded following
        ) as followed_at
    from received

)

select
    * exclude (followed_at),
    case when is_current or received_at < followed_at then received_at end as known_from,
    case when received_at < followed_at then followed_at end as known_until
from followed
