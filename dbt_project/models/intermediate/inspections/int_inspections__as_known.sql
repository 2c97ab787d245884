-- One row per dated file of Ofsted's outcomes, authority, inspection and judgement area as known when that
-- file had come: from it and the files before it, with the judgement of the inspection before. A file
-- holds each authority's latest inspection only, so history grows with the files; an inspection that
-- stands in several is told by the newest of them.
with files as (

    select
        file_id,
        release_id,
        {{ date_or_null('release_label') }} as as_of_date,
        submission_number,
        is_current,
        max(case when is_current then submission_number end) over () as current_number
    from {{ ref('stg_ledger__published_files') }}
    where dataset = 'ofsted_ilacs' and state in ('accepted', 'replaced')
    -- Of files of one date, such as one and its correction, one stands: first what is still there.
    qualify row_number() over (
        partition by release_label order by is_current desc, state = 'accepted' desc, submission_number desc
    ) = 1

),

-- A file overwritten by an older one was taken back.
dated_files as (

    select * from files
    where submission_number <= current_number

),

told as (

    select
        judgements.*,
        dated_files.submission_number
    from {{ ref('stg_ofsted__judgements') }} as judgements
    inner join dated_files on judgements.file_id = dated_files.file_id

),

known as (

    select
        dated_files.release_id as as_of_release_id,
        dated_files.as_of_date,
        dated_files.is_current as is_newest_file,
        dated_files.file_id = told.file_id as is_in_file,
        told.*
    from dated_files
    inner join told on dated_files.submission_number >= told.submission_number

),

-- The same inspection has the same day of publication; or, where that was corrected, of its end.
same_publication as (

    select * from known
    qualify row_number() over (
        partition by as_of_release_id, new_la_code, judgement_area, publication_date
        order by submission_number desc
    ) = 1

),

inspections as (

    select * from same_publication
    qualify row_number() over (
        partition by
            as_of_release_id, new_la_code, judgement_area, coalesce(inspection_end_date, publication_date)
        order by submission_number desc, publication_date desc
    ) = 1

),

in_order as (

    select
        *,
        row_number() over (history order by publication_date desc) = 1 as is_latest,
        is_in_file and row_number() over (
            partition by as_of_release_id, new_la_code, judgement_area, is_in_file
            order by publication_date desc
        ) = 1 as is_latest_in_file,
        lag(publication_date) over (history order by publication_date) as previous_publication_date,
        lag(grade) over (history order by publication_date) as previous_grade,
        lag(grade_order) over (history order by publication_date) as previous_grade_order
    from inspections
    window history as (partition by as_of_release_id, new_la_code, judgement_area)

)

select
    *,
    case
        when grade is null then null
        when previous_publication_date is null then 'first'
        when previous_grade is null then null
        when grade_order < previous_grade_order then 'improved'
        when grade_order > previous_grade_order then 'declined'
        else 'maintained'
    end as change
from in_order
