-- One row per Annex A file and measure of a list that it holds: the days it is counted over, and whether the
-- list can tell it. A list that nobody sent is there once, as one that tells nothing. Two things must hold:
-- the extract was taken when the list still held those days, and the columns that the rule reads are there.
-- Else the measure is not derivable: silence is not zero.
with measures as (

    select
        *,
        use = 'base' as is_base
    from {{ ref('annex_a_measures') }}

),

extracts as (

    select * from {{ ref('int_annex_a__extracts') }}

),

needed as (

    select
        measure_code,
        is_base,
        list_name,
        {{ split_rows('needs', '|') }} as column_name,
        false as must_be_filled
    from measures
    union all
    select
        measure_code,
        is_base,
        list_name,
        {{ split_rows('needs_filled', '|') }} as column_name,
        true as must_be_filled
    from measures

),

-- A column that holds nothing usable in any row says nothing. A list without rows says: none.
answered as (

    select
        extracts.file_id,
        needed.measure_code,
        needed.is_base,
        bool_and(
            coalesce(columns.is_present, false)
            and (not needed.must_be_filled or columns.rows_filled > 0 or columns.row_count = 0)
        ) as has_columns
    from extracts
    inner join needed on extracts.list_name = needed.list_name
    left join {{ ref('stg_annex_a__columns') }} as columns
        on
            extracts.file_id = columns.file_id
            and needed.list_name = columns.list_name
            and needed.column_name = columns.column_name
    group by extracts.file_id, needed.measure_code, needed.is_base

)

select
    measures.measure_code,
    measures.is_base,
    measures.counted_over,
    extracts.file_id,
    extracts.new_la_code,
    extracts.release_id,
    extracts.submission_number,
    extracts.quarter_label,
    extracts.quarter_end,
    extracts.list_name,
    case measures.counted_over
        when 'quarter' then extracts.quarter_start
        when 'year' then cast(extracts.quarter_end - interval 12 month + interval 1 day as date)
        else extracts.quarter_end
    end as counted_from,
    extracts.quarter_end as counted_to,
    coalesce(
        answered.has_columns
        and extracts.extract_date >= extracts.quarter_end
        and case measures.counted_over
            -- Lists 1 to 8 look back six months (Ofsted's scope).
            when 'quarter' then extracts.quarter_start >= extracts.extract_date - interval 6 month
            when 'quarter_end' then extracts.quarter_end >= extracts.extract_date - interval 6 month
            else
                not {{ is_too_late(
                    'measures.counted_over', 'extracts.quarter_end', 'extracts.extract_date'
                ) }}
        end,
        false
    ) as is_derivable,
    {{ is_proxy_from_list('measures', 'extracts.quarter_end', 'extracts.extract_date') }} as is_proxy
from measures
inner join extracts on measures.list_name = extracts.list_name
inner join answered
    on
        extracts.file_id = answered.file_id
        and measures.measure_code = answered.measure_code
        and measures.is_base = answered.is_base
