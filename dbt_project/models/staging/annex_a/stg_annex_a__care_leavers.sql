-- One row per row of List 9 (Care leavers). Child level: restricted.
with source as (

    select * from {{ source('annex_a', 'annex_a_list_9') }}

),

renamed as (

    select
        file_id,
        sheet as source_sheet,
        row as source_row,
        child_id,
        cast(birth_date as date) as birth_month,
        age_years as age_at_extract,
        uasc = 'yes' as is_uasc,
        in_touch,
        accommodation,
        suitability,
        activity
    from source

)

select * from renamed
