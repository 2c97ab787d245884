-- Exceptions that are more than noise: top or bottom 20% of London, and significant or lasting. Newest first.
-- la_name: Authority
-- indicator: What the figure is
-- indicator_code: Its code
-- source: return, published or chat
-- period_type: quarter, snapshot, rolling_4q or year
-- period: The period
-- period_end: Its last day
-- high_or_low: At which end of London
-- judgement: better or worse where the indicator has a good direction, else neutral
-- value: The figure, unrounded
-- london: London's figure
-- rank_from_that_end: 1 is the extreme
-- of: Authorities ranked
-- significant: Whether its interval leaves out London's figure
-- times_seen: In so many of the last periods
-- periods_looked_at: of so many
-- evidence: strong: significant and lasting; some: one of the two
-- few_cases: Whether it rests on few cases
select
    areas.la_name,
    indicators.name as indicator,
    exceptions.indicator_code,
    exceptions.source,
    exceptions.period_type,
    exceptions.period_label as period,
    exceptions.period_end,
    exceptions.direction as high_or_low,
    exceptions.judgement,
    exceptions.value,
    exceptions.london_value as london,
    case exceptions.direction
        when 'high' then exceptions.rank
        else exceptions.rank_from_lowest
    end as rank_from_that_end,
    exceptions.n as of,
    exceptions.is_significant as significant,
    exceptions.periods_flagged as times_seen,
    exceptions.window_periods as periods_looked_at,
    exceptions.evidence,
    exceptions.is_small_base as few_cases
from fct_exception as exceptions
inner join dim_local_authority as areas on exceptions.new_la_code = areas.new_la_code
inner join dim_indicator as indicators on exceptions.indicator_code = indicators.indicator_code
where exceptions.evidence != 'weak'
order by
    exceptions.period_end desc, exceptions.evidence desc, areas.la_name asc, exceptions.indicator_code asc
