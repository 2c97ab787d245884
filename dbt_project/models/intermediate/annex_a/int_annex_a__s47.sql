-- One row per child and event of List 5: a section 47 enquiry by its start, a conference by its date.
-- Repeated rows count once. A conference is measured from the latest enquiry that began on
-- or before it, of those that its own rows name: several may lead to one conference. Where they name none,
-- it is the child's latest in the list.
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
        max(case when s47_start_date <= icpc_date then s47_start_date end) as s47_start_date,
        count(s47_start_date) > 0 as names_enquiry
    from listed
    where icpc_date is not null
    group by file_id, child_id, icpc_date

),

followed as (

    select
        conferences.file_id,
        conferences.child_id,
        conferences.icpc_date,
        coalesce(conferences.s47_start_date, max(enquiries.s47_start_date)) as s47_start_date
    from conferences
    left join enquiries
        on
            not conferences.names_enquiry
            and conferences.file_id = enquiries.file_id
            and conferences.child_id = enquiries.child_id
            and conferences.icpc_date >= enquiries.s47_start_date
    group by conferences.file_id, conferences.child_id, conferences.icpc_date, conferences.s47_start_date

),

measured as (

    select
        followed.file_id,
        followed.child_id,
        followed.icpc_date,
        followed.s47_start_date is not null as is_after_enquiry,
        conference.working_day_number - start.working_day_number as working_days_to_icpc
    from followed
    left join {{ ref('int_working_days') }} as start on followed.s47_start_date = start.calendar_day
    left join {{ ref('int_working_days') }} as conference on followed.icpc_date = conference.calendar_day

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
