-- One row per row of List 4 (Assessments). Child level: restricted.
with source as (

    select * from {{ source('annex_a', 'annex_a_list_4') }}

),

renamed as (

    select
        file_id,
        sheet as source_sheet,
        row as source_row,
        child_id,
        cast(assessment_start_date as date) as assessment_start_date,
        cast(authorisation_date as date) as authorisation_date
    from source

)

select * from renamed
