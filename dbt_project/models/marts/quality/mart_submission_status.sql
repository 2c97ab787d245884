-- One row per London authority, quarter in which anybody sent a return, measure and submission; and one
-- row without a submission where nothing came, usable or not. Exactly one row of an authority, quarter and
-- measure is_current: how things stand. The others are history. A duplicate is no submission.
with submissions as (

    select * from {{ ref('int_returns__submissions') }}

),

returned as (

    select * from {{ ref('stg_return__values') }}

),

quarters as (

    select distinct calendar.*
    from {{ ref('int_returns__asked') }} as asked
    inner join {{ ref('quarters') }} as calendar on asked.quarter_label = calendar.quarter_label

),

authorities as (

    select
        areas.new_la_code,
        areas.la_name,
        areas.short_code,
        quarters.quarter_label,
        quarters.quarter_end,
        quarters.return_due,
        register.new_la_code is not null as participates
    from {{ ref('local_authorities') }} as areas
    cross join quarters
    left join {{ ref('participation') }} as register
        on
            areas.new_la_code = register.new_la_code
            and register.activity = 'quarterly_return'
            and quarters.quarter_end >= register.valid_from
            and quarters.quarter_end <= coalesce(register.valid_to, date '9999-12-31')
    where areas.is_london

),

-- Asked of everybody, or sent by this authority in one of its submissions without being asked.
expected as (

    select
        authorities.new_la_code,
        authorities.quarter_label,
        asked.measure_code
    from authorities
    inner join {{ ref('int_returns__asked') }} as asked
        on authorities.quarter_label = asked.quarter_label
    union
    select
        submissions.new_la_code,
        submissions.quarter_label,
        returned.measure_code
    from submissions
    inner join returned on submissions.file_id = returned.file_id

),

-- Every submission, and a row without one for an authority of which nothing stands.
answers as (

    select
        authorities.*,
        submissions.file_id,
        submissions.stands as is_current
    from authorities
    inner join submissions
        on
            authorities.new_la_code = submissions.new_la_code
            and authorities.quarter_label = submissions.quarter_label
    union all
    select
        authorities.*,
        cast(null as varchar) as file_id,
        true as is_current
    from authorities
    left join submissions
        on
            authorities.new_la_code = submissions.new_la_code
            and authorities.quarter_label = submissions.quarter_label
            and submissions.stands
    where submissions.file_id is null

),

asked_for as (

    select
        quarter_label,
        count(*) as measures_asked
    from {{ ref('int_returns__asked') }}
    group by quarter_label

),

submitted as (

    select
        submissions.*,
        greatest(
            {{ days_from('calendar.return_due', london_date('submissions.received_at')) }}, 0
        ) as days_late,
        submissions.standing in ('accepted', 'superseded')
        and submissions.measures_answered < submissions.measures_asked as is_partial
    from submissions
    inner join quarters as calendar on submissions.quarter_label = calendar.quarter_label

)

select
    answers.new_la_code,
    answers.la_name,
    answers.short_code,
    answers.quarter_label,
    answers.quarter_end as period_end,
    expected.measure_code,
    measures.label as measure_label,
    measures.theme,
    case
        when submitted.standing = 'accepted' and submitted.days_late > 0 then 'late'
        when submitted.standing = 'accepted' and submitted.is_partial then 'partial'
        when submitted.standing is not null then submitted.standing
        when answers.participates then 'not_returned'
        else 'not_participating'
    end as submission_state,
    case
        when submitted.standing = 'quarantined' then 'failed'
        else coalesce(returned.value_status, 'not_returned')
    end as value_status,
    returned.value,
    returned.comment,
    cast(submitted.submission_number as integer) as submission_number,
    submitted.release_id,
    answers.file_id,
    submitted.path,
    coalesce(returned.sheet, submitted.sheet) as sheet,
    submitted.sender,
    submitted.received_at,
    answers.return_due,
    cast(submitted.days_late as integer) as days_late,
    coalesce(submitted.days_late > 0, false) as is_late,
    coalesce(submitted.is_partial, false) as is_partial,
    cast(asked_for.measures_asked as integer) as measures_asked,
    cast(coalesce(submitted.measures_returned, 0) as integer) as measures_returned,
    submitted.signed_off_by,
    submitted.signed_off_on,
    submitted.template_version,
    answers.participates,
    submitted.reason,
    answers.is_current
from answers
inner join expected
    on
        answers.new_la_code = expected.new_la_code
        and answers.quarter_label = expected.quarter_label
inner join {{ ref('measures') }} as measures on expected.measure_code = measures.measure_code
inner join asked_for on answers.quarter_label = asked_for.quarter_label
left join submitted on answers.file_id = submitted.file_id
left join returned
    on answers.file_id = returned.file_id and expected.measure_code = returned.measure_code
