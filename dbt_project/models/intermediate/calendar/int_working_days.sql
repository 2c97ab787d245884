-- One row per day, 2008 to 2030. working_day_number rises by one on each working day in England, so
-- that the working days elapsed between two dates are the difference of their numbers (start = day 0).
with days as (

    {{ days_between('2008-01-01', '2030-12-31') }}

),

marked as (

    select
        days.calendar_day,
        extract(isodow from days.calendar_day) < 6 and holidays.holiday_date is null as is_working_day
    from days
    left join {{ ref('bank_holidays') }} as holidays on days.calendar_day = holidays.holiday_date

)

select
    calendar_day,
    is_working_day,
    cast(sum(cast(is_working_day as integer)) over (order by calendar_day) as integer) as working_day_number
from marked
