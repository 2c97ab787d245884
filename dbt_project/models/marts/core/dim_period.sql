-- One row per period that a figure stands in: financial quarters, their snapshots and rolling years,
-- and the years of published statistics.
with periods as (

    select distinct
        period_type,
        period_label,
        period_end
    from {{ ref('int_measures') }}

)

select
    periods.period_type,
    periods.period_label,
    case periods.period_type
        when 'snapshot' then periods.period_end
        when 'quarter' then quarters.quarter_start
        else cast(periods.period_end + interval 1 day - interval 1 year as date)
    end as period_start,
    periods.period_end,
    quarters.financial_year,
    quarters.quarter_number,
    quarters.working_days,
    quarters.return_due
from periods
left join {{ ref('quarters') }} as quarters
    on periods.period_label = quarters.quarter_label and periods.period_type != 'year'
