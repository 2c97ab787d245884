-- One row per file and measure that was read off ChAT's pages. Figures of an authority, no child.
with source as (

    select * from {{ source('raw', 'chat_values') }}

),

renamed as (

    select
        file_id,
        indicator_code,
        measure_code,
        replace(quarter, '-Q', ' Q') as quarter_label,
        value,
        concat(sheet, ' row ', row) as source_address
    from source

)

select * from renamed
