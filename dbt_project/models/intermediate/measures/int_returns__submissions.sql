-- One row per submission of a quarterly return: where it stands, and how much of what was asked for it
-- gives. A duplicate is no submission. At most one submission of an authority and quarter stands:
-- the one that counts, else the newest that was set aside.
with submissions as (

    select
        *,
        case
            when state = 'accepted' and not is_current then 'superseded'
            when state = 'replaced' then 'superseded'
            else state
        end as standing
    from {{ ref('stg_ledger__return_files') }}
    where state != 'duplicate'

),

stands as (

    select file_id
    from submissions
    where
        standing in ('accepted', 'quarantined')
        and new_la_code is not null
        and quarter_label is not null
    qualify row_number() over (
        partition by new_la_code, quarter_label
        order by standing = 'accepted' desc, received_at desc, file_id desc
    ) = 1

),

asked as (

    select * from {{ ref('int_returns__asked') }}

),

asked_for as (

    select
        quarter_label,
        count(*) as measures_asked
    from asked
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
    inner join {{ ref('stg_return__values') }} as returned
        on submissions.file_id = returned.file_id
    inner join asked
        on
            submissions.quarter_label = asked.quarter_label
            and returned.measure_code = asked.measure_code
    group by submissions.file_id

)

select
    submissions.file_id,
    submissions.new_la_code,
    submissions.quarter_label,
    submissions.standing,
    stands.file_id is not null as stands,
    submissions.submission_number,
    submissions.release_id,
    submissions.path,
    submissions.sheet,
    submissions.sender,
    submissions.received_at,
    submissions.signed_off_by,
    submissions.signed_off_on,
    submissions.template_version,
    submissions.reason,
    coalesce(asked_for.measures_asked, 0) as measures_asked,
    coalesce(counted.measures_returned, 0) as measures_returned,
    coalesce(counted.measures_answered, 0) as measures_answered
from submissions
left join stands on submissions.file_id = stands.file_id
left join asked_for on submissions.quarter_label = asked_for.quarter_label
left join counted on submissions.file_id = counted.file_id
