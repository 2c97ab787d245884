-- One row per London authority, quarter and thing that its narrative is asked for: each exception of its
-- return, and each question on how it sees itself. Quarters: from the first with a narrative, and the newest
-- with a return.
with answers as (

    select *
    from {{ ref('fct_narrative') }}
    where is_current and part in ('exception', 'self_view')

),

-- A form without an answer in it was returned as well.
returned as (

    select distinct
        new_la_code,
        quarter_label,
        file_id,
        submission_number,
        quoting,
        received_at
    from {{ ref('fct_narrative') }}
    where is_current

),

-- As the forms ask: of an indicator once, about the year that ends with the quarter only where the quarter
-- itself is no exception.
exceptions as (

    select
        exceptions.new_la_code,
        exceptions.period_label as quarter_label,
        exceptions.indicator_code,
        indicators.label,
        indicators.theme,
        exceptions.period_type,
        exceptions.direction,
        exceptions.judgement,
        exceptions.evidence
    from {{ ref('fct_exception') }} as exceptions
    inner join {{ ref('dim_indicator') }} as indicators
        on exceptions.indicator_code = indicators.indicator_code
    where exceptions.source = 'return'
    qualify row_number() over (
        partition by exceptions.new_la_code, exceptions.period_label, exceptions.indicator_code
        order by exceptions.period_type = 'rolling_4q', exceptions.period_type
    ) = 1

),

known as (

    select
        quarter_label,
        false as is_narrative
    from {{ ref('mart_submission_status') }}
    union
    select
        quarter_label,
        true as is_narrative
    from returned

),

newest as (

    select
        max(case when not is_narrative then quarter_label end) as last_returned,
        min(case when is_narrative then quarter_label end) as first_narrative
    from known

),

quarters as (

    select distinct
        calendar.quarter_label,
        calendar.quarter_end
    from known
    cross join newest
    inner join {{ ref('quarters') }} as calendar on known.quarter_label = calendar.quarter_label
    where known.quarter_label = newest.last_returned or known.quarter_label >= newest.first_narrative

),

asked as (

    select
        areas.new_la_code,
        areas.la_name,
        quarters.quarter_label,
        quarters.quarter_end,
        'self_view' as part,
        questions.code as item,
        questions.question as label
    from quarters
    cross join {{ ref('dim_local_authority') }} as areas
    cross join {{ ref('narrative_questions') }} as questions
    where areas.is_london
    union all by name
    select
        areas.new_la_code,
        areas.la_name,
        quarters.quarter_label,
        quarters.quarter_end,
        'exception' as part,
        exceptions.indicator_code as item,
        exceptions.label,
        exceptions.theme,
        exceptions.period_type,
        exceptions.direction,
        exceptions.judgement,
        exceptions.evidence
    from exceptions
    inner join quarters on exceptions.quarter_label = quarters.quarter_label
    inner join {{ ref('dim_local_authority') }} as areas
        on exceptions.new_la_code = areas.new_la_code and areas.is_london

)

select
    asked.new_la_code,
    asked.la_name,
    asked.quarter_label,
    asked.quarter_end as period_end,
    asked.part,
    asked.item,
    asked.label,
    asked.theme,
    asked.period_type,
    asked.direction,
    asked.judgement,
    asked.evidence,
    case
        when returned.file_id is null then 'not_returned'
        when answers.answer_status = 'ok' then 'answered'
        else coalesce(answers.answer_status, 'empty')
    end as state,
    coalesce(returned.quoting, 'none') as quoting,
    returned.submission_number,
    returned.file_id,
    returned.received_at
from asked
left join returned
    on asked.new_la_code = returned.new_la_code and asked.quarter_label = returned.quarter_label
left join answers
    on
        asked.new_la_code = answers.new_la_code
        and asked.quarter_label = answers.quarter_label
        and asked.part = answers.part
        and asked.item = answers.item
