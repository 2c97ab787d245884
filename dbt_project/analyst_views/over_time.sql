-- Every current figure of every period beside London's and its control limits. Filter it.
-- la_name: Authority, region or England
-- indicator: What the figure is
-- indicator_code: Its code
-- source: return, published or chat; never mix them in one line
-- period_type: quarter, snapshot, rolling_4q or year
-- period: The period
-- period_end: Its last day
-- value: The figure, unrounded
-- status: ok, or why there is no figure
-- london: London's figure, from its own row
-- control_centre: Mean of the baseline
-- control_low: Lower control limit
-- control_high: Upper control limit
-- signal: Outside the limits, a shift, inside, or no_limits
-- trend: rising, falling, none or too_few_points
with of_london as (
    select * from fct_change
    where new_la_code in (
        select region_code from dim_local_authority
        where is_london
    )
)

select
    areas.la_name,
    indicators.name as indicator,
    changes.indicator_code,
    changes.source,
    changes.period_type,
    changes.period_label as period,
    changes.period_end,
    changes.value,
    changes.value_status as status,
    london.value as london,
    changes.centre as control_centre,
    changes.lower_limit as control_low,
    changes.upper_limit as control_high,
    changes.control_signal as signal,
    changes.trend
from fct_change as changes
inner join dim_local_authority as areas on changes.new_la_code = areas.new_la_code
inner join dim_indicator as indicators on changes.indicator_code = indicators.indicator_code
left join of_london as london
    on
        changes.indicator_code = london.indicator_code
        and changes.source = london.source
        and changes.period_type = london.period_type
        and changes.period_label = london.period_label
