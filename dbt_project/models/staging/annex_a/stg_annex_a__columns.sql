-- One row per file, list that was read, and column of the list's contract: whether the file had it, and
-- in how many rows it says something. Not child level.
with source as (

    select * from {{ source('raw', 'annex_a_columns') }}

),

renamed as (

    select
        file_id,
        list_name,
        column_name,
        is_present,
        filled as rows_filled,
        row_count
    from source

)

select * from renamed
