-- One row per row of List 5 (Section 47 enquiries and ICPCs). Child level: restricted.
with source as (

    select * from {{ source('annex_a', 'annex_a_list_5') }}

),

renamed as (

    select
        file_id,
        sheet as source_sheet,
        row as source_row,
        child_id,
        cast(s47_start_date as date) as s47_start_date,
        cast(icpc_date as date) as icpc_date
    from source

)

select * from renamed
