-- One row per row of List 10 (Adoption). Child level: restricted.
with source as (

    select * from {{ source('annex_a', 'annex_a_list_10') }}

),

renamed as (

    select
        file_id,
        sheet as source_sheet,
        row as source_row,
        child_id,
        cast(entered_care_date as date) as entered_care_date,
        cast(decision_date as date) as decision_date,
        cast(placement_order_date as date) as placement_order_date,
        cast(matched_date as date) as matched_date,
        cast(placed_date as date) as placed_date,
        cast(foster_placement_date as date) as foster_placement_date,
        cast(adoption_order_date as date) as adoption_order_date
    from source

)

select * from renamed
