-- One row per usable current figure of an authority or area: its value, v0, and those of up to seven periods
-- before, v1 to v7, where they have one. Four quarters together overlap: they have no trend.
with figures as (

    select
        *,
        {{ period_index('period_type', 'period_end') }} as period_number
    from {{ ref('fct_indicator') }}
    where is_current and value_status = 'ok' and period_type != 'rolling_4q'

)

select
    indicator_code,
    new_la_code,
    source,
    period_type,
    period_label,
    {{ recent_values('value', 'period_number', 'series') }}
from figures
window series as (partition by indicator_code, new_la_code, source, period_type order by period_number)
