-- One row per measure row of every return, as sent.
with source as (

    select * from {{ source('raw', 'return_values') }}

),

renamed as (

    select
        file_id,
        measure_code,
        value,
        value_status,
        comment,
        sheet,
        cell,
        row as source_row,
        sheet || '!' || cell as source_address
    from source

)

select * from renamed
