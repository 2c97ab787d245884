-- One row per Annex A file and list that it holds (lists may come in one workbook or in several files, and
-- again later), and the date of the extract. Which file speaks for a measure is not decided here: a later one
-- may tell less. A list that no file of the authority and quarter holds is there as absent, with the newest.
-- Where the date was inferred from a file's latest event, the latest that any of the delivery's files gives
-- holds for all of them.
with lists as (

    select distinct list_name from {{ ref('annex_a_measures') }}

),

held as (

    select distinct
        file_id,
        list_name
    from {{ ref('stg_annex_a__columns') }}

),

files as (

    select
        *,
        coalesce(extract_date_basis = 'inferred from the latest event', false) as is_inferred
    from {{ ref('stg_ledger__annex_a_files') }}
    where
        state = 'accepted'
        -- Values read off ChAT come in files without any list.
        and {{ text_list_has('table_names', "'annex_a_columns'") }}

),

delivered as (

    select
        * exclude (extract_date),
        case
            when is_inferred
                then max(extract_date) over (partition by new_la_code, quarter_label, is_inferred)
            else extract_date
        end as extract_date
    from files

)

select
    delivered.file_id,
    delivered.new_la_code,
    delivered.release_id,
    delivered.submission_number,
    delivered.extract_date,
    calendar.quarter_label,
    calendar.quarter_start,
    calendar.quarter_end,
    lists.list_name,
    held.file_id is not null as holds_list
from delivered
cross join lists
inner join {{ ref('quarters') }} as calendar on delivered.quarter_label = calendar.quarter_label
left join held on delivered.file_id = held.file_id and lists.list_name = held.list_name
qualify
    holds_list
    or row_number() over (
        partition by delivered.new_la_code, delivered.quarter_label, lists.list_name
        order by held.file_id is not null desc, delivered.received_at desc, delivered.submission_number desc
    ) = 1
