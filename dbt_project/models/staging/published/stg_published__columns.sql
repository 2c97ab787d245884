-- One row per column of every published file: the header it had there, and what the contract calls it.
with source as (

    select * from {{ source('raw', 'published_columns') }}

),

renamed as (

    select
        file_id,
        dataset,
        position as column_position,
        header,
        column_name,
        role as column_role
    from source

)

select * from renamed
