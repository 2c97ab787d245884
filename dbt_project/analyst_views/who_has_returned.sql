-- How each authority's return of each quarter stands. One row per authority and quarter.
-- la_name: Authority
-- quarter: The quarter
-- state: accepted, late, partial, superseded, quarantined, withdrawn, not_returned or not_participating
-- received_at: When the return that counts came
-- return_due: When it was due
-- days_late: So many days after that
-- figures_asked: Measures asked for
-- figures_returned: of which have a figure
-- signed_off_by: Who signed it off
-- file: The file that counts, in the landing zone
select
    la_name,
    quarter_label as quarter,
    submission_state as state,
    received_at,
    return_due,
    days_late,
    measures_asked as figures_asked,
    measures_returned as figures_returned,
    signed_off_by,
    path as file
from mart_submission_status
where is_current
group by all
order by quarter desc, la_name asc
