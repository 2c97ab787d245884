-- One row per London authority, quarter in which anybody sent a return, measure and submission; and one
-- row without a submission where nothing came, usable or not. Exactly one row of an authority, quarter and
-- measure is_current: how things stand. The others are history. A duplicate is no submission.
with submissions as (

    select
        *,
        case
            when state = 'accepted' and not is_current then 'superseded'
            when state = 'replaced' then 'superseded'
            else state
        end as standing
    from {{ ref('stg_ledger__files') }}
    where source_name = 'return' and state != 'duplicate'

),

-- What stands for a quarter: the submission that counts, else the newest that was set aside.
standing as (

    select
        file_id,
        new_la_code,
        quarter_label
    from submissions
    where standing in ('accepted', 'quarantined')
    qualify row_number() over (
        partition by new_la_code, quarter_label
        order by standing = 'accepted' desc, received_at desc, file_id desc
    ) = 1

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
        standing.file_id is not null as is_current
    from authorities
    inner join submissions
        on
            authorities.new_la_code = submissions.new_la_code
            and authorities.quarter_label = submissions.quarter_label
    left join standing on submissions.file_id = standing.file_id
    union all
    select
        authorities.*,
        cast(null as varchar) as file_id,
        true as is_current
    from authorities
    left join standing
        on
            authorities.new_la_code = standing.new_la_code
            and authorities.quarter_label = standing.quarter_label
    where standing.file_id is null

),

asked_for as (

    select
        quarter_label,
        count(*) as measures_asked
    from {{ ref('int_returns__asked') }}
    group by quarter_label

),

-- Of the measures asked for, how many came with a figure, and how many were answered: that a figure does
-- not apply is an answer, an empty cell or one that is kept back is none.
counted as (

    select
        submissions.file_id,
        count(case returned.value_status when 'ok' then 1 end) as measures_returned,
        count(
            case when returned.value_status in ('ok', 'low', 'u', 'not_applicable', 'z') then 1 end
        ) as measures_answered
    from submissions
    inner join returned on submissions.file_id = returned.file_id
    inner join {{ ref('int_returns__asked') }} as asked
        on
            submissions.quarter_label = asked.quarter_label
            and returned.measure_code = asked.measure_code
    group by submissions.file_id

),

submitted as (

    select
        submissions.*,
        greatest(
            {{ days_from('calendar.return_due', london_date('submissions.received_at')) }}, 0
        ) as days_late,
        submissions.standing in ('accepted', 'superseded')
        and coalesce(counted.measures_answered, 0) < asked_for.measures_asked as is_partial,
        coalesce(counted.measures_returned, 0) as measures_returned
    from submissions
    inner join quarters as calendar on submissions.quarter_label = calendar.quarter_label
    inner join asked_for on submissions.quarter_label = asked_for.quarter_label
    left join counted on submissions.file_id = counted.file_id

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
