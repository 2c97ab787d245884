-- One row per row of List 3 (Referrals). Child level: restricted.
with source as (

    select * from {{ source('annex_a', 'annex_a_list_3') }}

),

renamed as (

    select
        file_id,
        sheet as source_sheet,
        row as source_row,
        child_id,
        cast(referral_date as date) as referral_date,
        referral_source,
        no_further_action = 'yes' as is_no_further_action,
        referrals_last_12_months
    from source

)

select * from renamed
