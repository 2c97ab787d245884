-- One row per measure, area, period, source and release. Unsuppressed: do not publish from here.
select
    measure_code,
    new_la_code,
    period_type,
    period_label,
    period_end,
    source,
    release_id,
    release_label,
    cast(submission_number as integer) as submission_number,
    value,
    value_status,
    is_current,
    known_from,
    known_until,
    is_proxy,
    joint_code,
    comment,
    file_id,
    source_address
from {{ ref('int_measures') }}
