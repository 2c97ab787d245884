-- One row per answer field of every narrative, as sent.
with source as (

    select * from {{ source('raw', 'narratives') }}

),

renamed as (

    select
        file_id,
        part,
        item,
        field,
        answer,
        answer_status,
        source_address
    from source

)

select * from renamed
