-- One row per answer field of each narrative of a London authority that could be used, with whether it may be
-- quoted. Words that were set aside on landing are not here, whatever was handed over.
with answers as (

    select * from {{ ref('stg_narrative__answers') }}

),

submissions as (

    select
        files.*,
        calendar.quarter_end as period_end
    from {{ ref('stg_ledger__narrative_files') }} as files
    inner join {{ ref('quarters') }} as calendar on files.quarter_label = calendar.quarter_label
    where files.state in ('accepted', 'replaced')

),

permissions as (

    select
        file_id,
        answer as permission
    from answers
    where part = 'sharing' and item = 'quote' and answer_status = 'ok' and answer in ('named', 'unnamed')

),

-- Who takes a permission back takes it back for the quarters before as well: a row that is closed gives none.
register as (

    select
        new_la_code,
        min(valid_from) as valid_from
    from {{ ref('participation') }}
    where activity = 'quoted_narratives' and valid_to is null
    group by new_la_code

)

select
    submissions.new_la_code,
    areas.la_name,
    submissions.quarter_label,
    submissions.period_end,
    answers.part,
    answers.item,
    answers.field,
    coalesce(indicators.label, questions.question) as label,
    indicators.theme,
    case when answers.answer_status = 'ok' then answers.answer end as answer,
    answers.answer_status,
    case
        when submissions.period_end >= register.valid_from then coalesce(permissions.permission, 'none')
        else 'none'
    end as quoting,
    cast(submissions.submission_number as integer) as submission_number,
    submissions.is_current,
    submissions.is_synthetic,
    submissions.release_id,
    answers.file_id,
    submissions.path,
    answers.source_address,
    submissions.received_at
from answers
inner join submissions on answers.file_id = submissions.file_id
inner join {{ ref('dim_local_authority') }} as areas
    on submissions.new_la_code = areas.new_la_code and areas.is_london
left join {{ ref('dim_indicator') }} as indicators
    on answers.item = indicators.indicator_code and answers.part = 'exception'
left join {{ ref('narrative_questions') }} as questions
    on answers.item = questions.code and answers.part = 'self_view'
left join permissions on answers.file_id = permissions.file_id
left join register on submissions.new_la_code = register.new_la_code
