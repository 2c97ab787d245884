-- One row per authority, inspection and judgement area, as the files of Ofsted's outcomes that count tell
-- them together: the grade, and how it compares with the inspection before.
select
    known.new_la_code,
    known.judgement_area,
    known.grade,
    cast(known.grade_order as integer) as grade_order,
    known.grade_status,
    known.grade_text,
    known.publication_date,
    known.inspection_start_date,
    known.inspection_end_date,
    known.inspection_framework,
    known.previous_grade,
    known.previous_publication_date,
    known.change,
    known.is_latest as is_current,
    cast({{ days_from('known.publication_date', 'known.as_of_date') }} as integer) as days_since_publication,
    files.release_id,
    known.file_id,
    'line ' || known.source_row as source_address
from {{ ref('int_inspections__as_known') }} as known
inner join {{ ref('stg_ledger__published_files') }} as files on known.file_id = files.file_id
where known.is_newest_file
