{# The ledger of a source's files, renamed and typed: all have the same columns. #}
{% macro ledger_files(source_name) -%}
with source as (

    select * from {{ source('raw', source_name ~ '_files') }}

),

renamed as (

    select
        file_id,
        source as source_name,
        path,
        sha256,
        state,
        reason,
        dataset,
        publication,
        new_la_code,
        replace(quarter, '-Q', ' Q') as quarter_label,
        cast(extract_date as date) as extract_date,
        extract_date_basis,
        release as release_label,
        release_id,
        last_period,
        tables as table_names,
        sheet,
        sender,
        template_version,
        signed_off_by,
        {{ date_or_null('signed_off_on') }} as signed_off_on,
        submission_number,
        is_current,
        is_synthetic,
        received_at,
        first_seen_at
    from source

)

select * from renamed
{%- endmacro %}
