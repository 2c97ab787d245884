-- What to say first of each authority, and of London, in the newest quarter; strongest first.
-- la_name: Authority, or London
-- period: The quarter
-- kind: improving and concern only where the indicator has a good direction; unusual only where it has none
-- position: 1 is the strongest of its kind
-- indicator: What the figure is
-- indicator_code: Its code
-- value: The figure, unrounded
-- a_year_before: The same quarter a year before
-- why: What makes it worth saying
select
    areas.la_name,
    headlines.period_label as period,
    headlines.kind,
    headlines.position,
    headlines.label as indicator,
    headlines.indicator_code,
    headlines.value,
    headlines.year_ago_value as a_year_before,
    headlines.why
from mart_headline as headlines
inner join dim_local_authority as areas on headlines.new_la_code = areas.new_la_code
where
    headlines.source = 'return'
    and headlines.period_end = (
        select max(period_end) from mart_headline
        where source = 'return'
    )
order by areas.la_name, headlines.kind, headlines.position
