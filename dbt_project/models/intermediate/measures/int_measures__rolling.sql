-- One row per flow measure, authority and quarter for which the last four quarters are all there:
-- their sum, the only quarterly figure that may stand beside a published annual one.
with quarters as (

    select
        measures.*,
        files.received_at,
        {{ quarter_index('measures.period_end') }} as quarter_number
    from {{ ref('int_measures__return') }} as measures
    left join {{ ref('stg_ledger__return_files') }} as files on measures.file_id = files.file_id
    where measures.period_type = 'quarter' and measures.is_current and measures.value_status = 'ok'

),

summed as (

    select
        *,
        {{ exact_sum('value', 'over last_four') }} as rolling_value,
        count(*) over last_four as quarters_held,
        max(received_at) over last_four as complete_at
    from quarters
    window last_four as (
        partition by measure_code, new_la_code
        order by quarter_number
        range between 3 preceding and current row
    )

)

select
    measure_code,
    new_la_code,
    'rolling_4q' as period_type,
    period_label,
    period_end,
    source,
    release_id,
    release_label,
    submission_number,
    rolling_value as value,
    value_status,
    is_current,
    is_proxy,
    joint_code,
    cast(null as varchar) as comment,
    complete_at,
    file_id,
    'sum of four quarters' as source_address
from summed
where quarters_held = 4
