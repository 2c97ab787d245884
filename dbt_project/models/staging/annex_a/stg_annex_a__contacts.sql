-- One row per row of List 1 (Contacts). Child level: restricted.
with source as (

    select * from {{ source('annex_a', 'annex_a_list_1') }}

),

renamed as (

    select
        file_id,
        sheet as source_sheet,
        row as source_row,
        child_id,
        cast(contact_date as date) as contact_date,
        contact_source
    from source

)

select * from renamed
