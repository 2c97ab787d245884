-- One row per measure of an Annex A workbook whose child-level rows have been purged: its figure as it
-- was counted last. Figures of an authority, no child; release and receipt are in the ledger.
with source as (

    select * from {{ source('raw', 'chat_kept') }}

),

renamed as (

    select
        file_id,
        measure_code,
        new_la_code,
        period_type,
        period_label,
        period_end,
        value,
        value_status,
        is_proxy,
        is_base,
        source_address,
        kept_at
    from source

)

select * from renamed
