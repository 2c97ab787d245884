-- One row per file, measure and quarter that was read off ChAT's pages; one more where it is the base of
-- other figures too. Figures of an authority, no child.
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
        is_base,
        concat(sheet, ' row ', row) as source_address
    from source

)

select * from renamed
