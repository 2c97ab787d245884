-- One row per authority, inspection and judgement area of every file of Ofsted's outcomes.
with source as (

    select * from {{ source('raw', 'ofsted_judgements') }}

),

renamed as (

    select
        file_id,
        row as source_row,
        new_la_code,
        judgement_area,
        grade,
        grade_order,
        grade_status,
        grade_text,
        inspection_framework,
        cast(inspection_start_date as date) as inspection_start_date,
        cast(inspection_end_date as date) as inspection_end_date,
        cast(publication_date as date) as publication_date
    from source

)

select * from renamed
