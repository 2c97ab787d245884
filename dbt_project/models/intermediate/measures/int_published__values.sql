-- One row per published value and area it is for: the only place where a line of a DfE file finds its
-- area. A joint line ("E09000021 / E09000027") gives one row to each authority, with joint_code saying
-- that the figure is shared; a changed code becomes the one this project knows the authority by. A line
-- of an area that is not known has no row: ingestion has reported it. Where two lines of a file are for
-- one authority, the one that says something speaks; then its own before a shared one, and its present
-- code before a former one.
with placed as (

    select
        *,
        case geographic_level
            when 'National' then 'E92000001'
            when 'Regional' then region_code
            else new_la_code
        end as codes
    from {{ ref('stg_published__values') }}

),

split as (

    select
        * exclude (new_la_code),
        {{ split_rows('codes', ' / ') }} as la_code,
        case when codes like '% / %' then codes end as joint_code
    from placed

),

known as (

    select new_la_code from {{ ref('local_authorities') }}
    union all
    select area_code as new_la_code from {{ ref('areas') }}

),

found as (

    select
        split.* exclude (la_code),
        known.new_la_code,
        changes.la_code is not null as is_former,
        bool_or(split.value_status = 'ok') over (
            partition by split.file_id, split.source_row, split.la_code
        ) as says_something
    from split
    left join {{ ref('la_code_changes') }} as changes on split.la_code = changes.la_code
    inner join known on coalesce(changes.new_la_code, split.la_code) = known.new_la_code

)

select
    file_id,
    dataset,
    column_name,
    filter_key,
    time_period,
    year_end,
    source_row,
    new_la_code,
    joint_code,
    value,
    value_status
from found
qualify rank() over (
    partition by file_id, filter_key, time_period, new_la_code
    order by says_something desc, joint_code is not null asc, is_former asc, source_row asc
) = 1
