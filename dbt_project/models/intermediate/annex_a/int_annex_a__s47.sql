-- One row per child and event of List 5: a section 47 enquiry by its start, a conference by its date.
-- Repeated rows count once. A conference is measured from the latest enquiry that began on
-- or before it: several may lead to one conference, and one row may repeat an enquiry without it.
with listed as (

    select
        file_id,
        {{ child_or_row() }} as child_id,
        s47_start_date,
        icpc_date
    from {{ ref('stg_annex_a__s47') }}

),

enquiries as (

    select distinct
        file_id,
        child_id,
        s47_start_date
    from listed
    where s47_start_date is not null

),

conferences as (

    select
        file_id,
        child_id,
        icpc_date,
        max(case when s47_start_date <= icpc_date then s47_start_date end) as s47_start_date
    from listed
    where icpc_date is not null
    group by file_id, child_id, icpc_date

),

measured as (

    select
        conferences.file_id,
        conferences.child_id,
        conferences.icpc_date,
        conferences.s47_start_date is not null as is_after_enquiry,
        conference.working_day_number - start.working_day_number as working_days_to_icpc
    from conferences
    left join {{ ref('int_working_days') }} as start on conferences.s47_start_date = start.calendar_day
    left join {{ ref('int_working_days') }} as conference on conferences.icpc_date = conference.calendar_day

)

select
    file_id,
    child_id,
    's47' as event,
    s47_start_date as event_date,
    cast(null as boolean) as is_after_enquiry,
    cast(null as integer) as working_days_to_icpc
from enquiries
union all
select
    file_id,
    child_id,
    'icpc' as event,
    icpc_date as event_date,
    is_after_enquiry,
    working_days_to_icpc
from measured
