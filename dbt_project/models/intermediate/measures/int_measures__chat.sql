-- One row per measure, authority, quarter and file, from Annex A lists or as read off ChAT's pages; a
-- measure that is a base too (only what others are a share of) has one more. What was counted from lists that
-- have been purged stays as it was. Lists and values may come separately, and a later extract may tell less:
-- in force is the newest file, by receipt, that tells the measure; where none does, the newest.
with counted as (

    select * from {{ ref('int_annex_a__measures') }}

),

-- The rules of the lists that ChAT reads hold for its pages too: what is told as at the extract, or of the
-- twelve months before it, is not told of a quarter that ended long before.
read_off as (

    select
        read_values.measure_code,
        read_values.is_base,
        case
            when derivable.measure_code is not null
                then {{ period_type_counted('derivable.counted_over') }}
            else {{ period_type_in_quarter('measures.timing') }}
        end as period_type,
        read_values.quarter_label as period_label,
        calendar.quarter_end as period_end,
        read_values.value as read_value,
        {{ is_too_late(
            'derivable.counted_over', 'calendar.quarter_end', 'files.extract_date'
        ) }} as is_too_late,
        coalesce(
            {{ is_proxy_from_list('derivable', 'calendar.quarter_end', 'files.extract_date') }}, false
        ) as is_proxy,
        read_values.file_id,
        read_values.source_address
    from {{ ref('stg_annex_a__chat_values') }} as read_values
    inner join {{ ref('stg_ledger__annex_a_files') }} as files on read_values.file_id = files.file_id
    inner join {{ ref('quarters') }} as calendar on read_values.quarter_label = calendar.quarter_label
    inner join {{ ref('measures') }} as measures on read_values.measure_code = measures.measure_code
    left join {{ ref('annex_a_measures') }} as derivable
        on read_values.measure_code = derivable.measure_code and derivable.use = 'figure'

),

-- A file that was landed again has its rows again, and is not purged any more. What was never counted
-- before it was purged cannot be any more.
kept as (

    select
        derivable.measure_code,
        derivable.use = 'base' as is_base,
        {{ period_type_counted('derivable.counted_over') }} as period_type,
        files.quarter_label as period_label,
        calendar.quarter_end as period_end,
        figures.value,
        coalesce(figures.value_status, 'not_derivable') as value_status,
        coalesce(figures.is_proxy, derivable.is_proxy) as is_proxy,
        files.file_id,
        {{ list_label('derivable.list_name') }} as source_address
    from {{ ref('stg_ledger__annex_a_files') }} as files
    inner join {{ ref('annex_a_measures') }} as derivable
        on {{ text_list_has('files.table_names', 'derivable.list_name') }}
    inner join {{ ref('quarters') }} as calendar on files.quarter_label = calendar.quarter_label
    left join {{ ref('stg_annex_a__kept_figures') }} as figures
        on
            files.file_id = figures.file_id
            and derivable.measure_code = figures.measure_code
            and (derivable.use = 'base') = figures.is_base
    where files.state = 'purged'

),

told as (

    select * exclude (new_la_code) from counted
    union all by name
    select
        * exclude (read_value, is_too_late),
        case when not is_too_late then read_value end as value,
        case when is_too_late then 'not_derivable' else 'ok' end as value_status
    from read_off
    union all by name
    select * from kept

)

select
    told.measure_code,
    files.new_la_code,
    told.period_type,
    told.period_label,
    told.period_end,
    'chat' as source,
    files.release_id,
    cast(null as varchar) as release_label,
    files.submission_number,
    told.value,
    told.value_status,
    row_number() over (
        partition by told.measure_code, told.is_base, files.new_la_code, told.period_type, told.period_label
        order by
            told.value_status = 'ok' desc,
            files.received_at desc,
            files.submission_number desc,
            told.file_id desc
    ) = 1 as is_current,
    told.is_proxy,
    told.is_base,
    cast(null as varchar) as joint_code,
    cast(null as varchar) as comment,
    told.file_id,
    told.source_address
from told
inner join {{ ref('stg_ledger__annex_a_files') }} as files on told.file_id = files.file_id
