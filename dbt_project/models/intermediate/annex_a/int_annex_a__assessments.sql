-- One row per child and assessment, from List 4, with the working days it took: those elapsed from its
-- start, that day being day 0. Repeated rows count once. One without a start is known by its end, and took no
-- time that could be told. Child level: restricted.
with assessments as (

    select
        file_id,
        {{ child_or_row() }} as child_id,
        coalesce(assessment_start_date, authorisation_date) as known_by,
        max(assessment_start_date) as assessment_start_date,
        max(authorisation_date) as authorisation_date
    from {{ ref('stg_annex_a__assessments') }}
    where coalesce(assessment_start_date, authorisation_date) is not null
    group by 1, 2, 3

)

select
    assessments.file_id,
    assessments.child_id,
    assessments.assessment_start_date,
    assessments.authorisation_date,
    -- One that was authorised before it started took no time that could be told.
    case
        when assessments.authorisation_date >= assessments.assessment_start_date
            then authorised.working_day_number - started.working_day_number
    end as working_days
from assessments
left join {{ ref('int_working_days') }} as started
    on assessments.assessment_start_date = started.calendar_day
left join {{ ref('int_working_days') }} as authorised
    on assessments.authorisation_date = authorised.calendar_day
