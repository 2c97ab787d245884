-- One row per measure, London authority, quarter and submission of the quarterly returns. Every
-- authority stands here for every quarter in which anybody sent a usable return: what was not sent is
-- not_returned, a state and no error. A quarter of files that were set aside has no figures.
with submissions as (

    select * from {{ ref('stg_ledger__return_files') }}
    where state in ('accepted', 'replaced')

),

-- Sent, but only files that were set aside: the figures have failed, they are not missing.
set_aside as (

    select distinct
        new_la_code,
        quarter_label
    from {{ ref('stg_ledger__return_files') }}
    where state = 'quarantined'

),

authorities as (

    select new_la_code from {{ ref('local_authorities') }}
    where is_london

),

-- The submission that counts, or none: then the authority has not returned, whatever it sent before.
expected as (

    select
        asked.measure_code,
        authorities.new_la_code,
        asked.quarter_label,
        submissions.file_id
    from {{ ref('int_returns__asked') }} as asked
    cross join authorities
    left join submissions
        on
            authorities.new_la_code = submissions.new_la_code
            and asked.quarter_label = submissions.quarter_label
            and submissions.is_current
    where asked.quarter_label in (select usable.quarter_label from submissions as usable)

),

earlier as (

    select
        asked.measure_code,
        submissions.new_la_code,
        asked.quarter_label,
        submissions.file_id
    from {{ ref('int_returns__asked') }} as asked
    inner join submissions on asked.quarter_label = submissions.quarter_label
    where not submissions.is_current

),

-- A measure that was sent without being asked for is kept too.
sent as (

    select
        returned.measure_code,
        submissions.new_la_code,
        submissions.quarter_label,
        submissions.file_id
    from {{ ref('stg_return__values') }} as returned
    inner join submissions on returned.file_id = submissions.file_id

),

-- The submission that counts may no longer hold it: then it is not returned.
sent_before as (

    select
        sent.measure_code,
        sent.new_la_code,
        sent.quarter_label,
        submissions.file_id
    from sent
    left join submissions
        on
            sent.new_la_code = submissions.new_la_code
            and sent.quarter_label = submissions.quarter_label
            and submissions.is_current

),

everything as (

    select * from expected
    union
    select * from earlier
    union
    select * from sent
    union
    select * from sent_before

)

select
    everything.measure_code,
    everything.new_la_code,
    {{ period_type_in_quarter('measures.timing') }} as period_type,
    everything.quarter_label as period_label,
    calendar.quarter_end as period_end,
    'return' as source,
    coalesce(submissions.release_id, 'none') as release_id,
    submissions.release_label,
    submissions.submission_number,
    returned.value,
    case
        when returned.value_status is not null then returned.value_status
        when submissions.file_id is null and set_aside.new_la_code is not null then 'failed'
        else 'not_returned'
    end as value_status,
    coalesce(submissions.is_current, true) as is_current,
    false as is_proxy,
    cast(null as varchar) as joint_code,
    returned.comment,
    everything.file_id,
    returned.source_address
from everything
inner join {{ ref('quarters') }} as calendar on everything.quarter_label = calendar.quarter_label
inner join {{ ref('measures') }} as measures on everything.measure_code = measures.measure_code
left join submissions on everything.file_id = submissions.file_id
left join set_aside
    on
        everything.new_la_code = set_aside.new_la_code
        and everything.quarter_label = set_aside.quarter_label
left join {{ ref('stg_return__values') }} as returned
    on everything.file_id = returned.file_id and everything.measure_code = returned.measure_code
