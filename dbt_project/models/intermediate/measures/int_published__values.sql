-- One row per published value and area it is for: the only place where a line of a DfE file finds its
-- area. A joint line ("E09000021 / E09000027") gives one row to each authority, with joint_code saying
-- that the figure is shared; a changed code becomes the one this project knows the authority by. A line
-- of an area that is not known has no row: ingestion has reported it, and has set aside a file with two
-- lines for one authority.
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

)

select
    split.file_id,
    split.dataset,
    split.column_name,
    split.filter_key,
    split.time_period,
    split.year_end,
    split.source_row,
    known.new_la_code,
    split.joint_code,
    split.value,
    split.value_status
from split
left join {{ ref('la_code_changes') }} as changes on split.la_code = changes.la_code
inner join known on coalesce(changes.new_la_code, split.la_code) = known.new_la_code
