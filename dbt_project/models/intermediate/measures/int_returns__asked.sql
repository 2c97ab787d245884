-- One row per quarter in which anybody sent a return, usable or not, and measure that authorities were
-- asked for: those of the indicator set in force on the quarter's last day.
with quarters as (

    select distinct
        calendar.quarter_label,
        sets.set_id
    from {{ ref('stg_ledger__return_files') }} as files
    inner join {{ ref('quarters') }} as calendar on files.quarter_label = calendar.quarter_label
    inner join {{ ref('indicator_sets') }} as sets
        on
            calendar.quarter_end >= sets.valid_from
            and calendar.quarter_end <= coalesce(sets.valid_to, date '9999-12-31')
            and sets.set_id like 'riia_%'
    where files.state in ('accepted', 'replaced', 'quarantined')

)

select distinct
    quarters.quarter_label,
    terms.measure_code
from quarters
inner join {{ ref('indicator_set_members') }} as members on quarters.set_id = members.set_id
inner join {{ ref('indicator_terms') }} as terms on members.indicator_code = terms.indicator_code
