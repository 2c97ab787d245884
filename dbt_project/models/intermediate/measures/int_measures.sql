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
    left join {{ ref('int_ledger__files') }} as files on measures.file_id = files.file_id

),

-- Most figures came once: only those that were replaced have an order.
replaced as (

    select distinct
        measure_code,
        coalesce(dataset, '') as dataset,
        new_la_code,
        period_type,
        period_label,
        source
    from received
    where not is_current

),

told_apart as (

    select
        received.*,
        replaced.measure_code is not null as was_replaced
    from received
    left join replaced
        on
            received.measure_code = replaced.measure_code
            and coalesce(received.dataset, '') = replaced.dataset
            and received.new_la_code = replaced.new_la_code
            and received.period_type = replaced.period_type
            and received.period_label = replaced.period_label
            and received.source = replaced.source

),

followed as (

    select
        *,
        min(received_at) over (
            partition by measure_code, dataset, new_la_code, period_type, period_label, source
            order by {{ oldest_version_first('is_current', 'source', 'received_at', 'submission_number') }}
            rows between 1 following and unbounded following
        ) as followed_at
    from told_apart
    where was_replaced
    union all by name
    select
        *,
        cast(null as timestamp with time zone) as followed_at
    from told_apart
    where not was_replaced

)

select
    * exclude (followed_at, was_replaced),
    case when is_current or received_at < followed_at then received_at end as known_from,
    case when received_at < followed_at then followed_at end as known_until
from followed
