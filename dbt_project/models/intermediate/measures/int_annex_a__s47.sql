-- One row per child and section 47 enquiry, from List 5, with the working days to its conference.
with enquiries as (

    select distinct
        file_id,
        coalesce(child_id, 'row ' || source_row) as child_id,
        s47_start_date,
        icpc_date
    from {{ ref('stg_annex_a__s47') }}

)

select
    enquiries.file_id,
    enquiries.child_id,
    enquiries.s47_start_date,
    enquiries.icpc_date,
    conference.working_day_number - start.working_day_number as working_days_to_icpc
from enquiries
left join {{ ref('int_working_days') }} as start on enquiries.s47_start_date = start.calendar_day
left join {{ ref('int_working_days') }} as conference on enquiries.icpc_date = conference.calendar_day
