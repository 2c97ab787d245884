-- One row per row of List 2 (Early Help). Child level: restricted.
with source as (

    select * from {{ source('annex_a', 'annex_a_list_2') }}

),

renamed as (

    select
        file_id,
        row as source_row,
        child_id,
        cast(assessment_start_date as date) as assessment_start_date,
        cast(assessment_end_date as date) as assessment_end_date
    from source

)

select * from renamed
