-- One row per row of List 6 (Children in need). Child level: restricted.
with source as (

    select * from {{ source('annex_a', 'annex_a_list_6') }}

),

renamed as (

    select
        file_id,
        sheet as source_sheet,
        row as source_row,
        child_id,
        cast(cin_start_date as date) as cin_start_date,
        cast(cin_closure_date as date) as cin_closure_date,
        case_status
    from source

)

select * from renamed
