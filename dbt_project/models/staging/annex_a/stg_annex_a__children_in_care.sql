-- One row per row of List 8 (Children in care). Child level: restricted.
with source as (

    select * from {{ source('annex_a', 'annex_a_list_8') }}

),

renamed as (

    select
        file_id,
        sheet as source_sheet,
        row as source_row,
        child_id,
        cast(birth_date as date) as birth_month,
        age_years as age_at_extract,
        cast(care_start_date as date) as care_start_date,
        cast(care_end_date as date) as care_end_date,
        care_end_reason,
        legal_status,
        uasc = 'yes' as is_uasc,
        placements_last_12_months,
        cast(placement_start_date as date) as placement_start_date,
        cast(last_health_date as date) as last_health_date,
        cast(last_dental_date as date) as last_dental_date
    from source

)

select * from renamed
