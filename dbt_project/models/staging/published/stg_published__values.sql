-- One row per line and indicator column of every published file, as published.
with source as (

    select * from {{ source('raw', 'published_values') }}

),

renamed as (

    select
        file_id,
        dataset,
        column_name,
        filter_key,
        time_period,
        geographic_level,
        nullif(region_code, '') as region_code,
        nullif(new_la_code, '') as new_la_code,
        year_end,
        row as source_row,
        value,
        value_status
    from source

)

select * from renamed
