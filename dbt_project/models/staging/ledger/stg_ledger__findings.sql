-- One row per finding of every file that is in the landing zone, over all sources.
with source as (

    select
        'published' as source_name,
        *
    from {{ source('raw', 'published_findings') }}
    union all by name
    select
        'return' as source_name,
        *
    from {{ source('raw', 'return_findings') }}
    union all by name
    select
        'annex_a' as source_name,
        *
    from {{ source('raw', 'annex_a_findings') }}
    union all by name
    select
        'narrative' as source_name,
        *
    from {{ source('raw', 'narrative_findings') }}

),

renamed as (

    select
        source_name,
        file_id,
        rule_id,
        severity,
        message,
        fix,
        "table" as table_name, -- noqa: RF06
        sheet,
        cell,
        row as source_row,
        "column" as column_name,
        value,
        expected,
        suggestion,
        count as finding_count
    from source

)

select * from renamed
