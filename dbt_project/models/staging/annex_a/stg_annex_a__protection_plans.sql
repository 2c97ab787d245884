-- One row per row of List 7 (Child protection plans). Child level: restricted.
with source as (

    select * from {{ source('annex_a', 'annex_a_list_7') }}

),

renamed as (

    select
        file_id,
        sheet as source_sheet,
        row as source_row,
        child_id,
        cast(plan_start_date as date) as plan_start_date,
        cast(plan_end_date as date) as plan_end_date,
        cast(latest_review_date as date) as latest_review_date,
        previous_plans
    from source

)

select * from renamed
