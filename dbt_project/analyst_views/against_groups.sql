-- Every authority's current figure beside each of its groups. Filter it.
-- la_name: Authority
-- indicator: What the figure is
-- indicator_code: Its code
-- source: return, published or chat
-- period_type: quarter, snapshot, rolling_4q or year
-- period: The period
-- period_end: Its last day
-- value: The figure, unrounded
-- compared_with: The group
-- comparison_group: Its code
-- group_value: The group's figure
-- how: How that is made: pooled, as published, mean or median
-- usable: Members with a figure
-- members: Members of the group
-- missing: The other members, with their status
-- difference: Value less the group's
-- differs: higher, lower, not_different or not_tested, at 95%
-- rank: 1 is the highest of the group
-- of: Authorities ranked
select
    areas.la_name,
    indicators.name as indicator,
    comparisons.indicator_code,
    comparisons.source,
    comparisons.period_type,
    comparisons.period_label as period,
    comparisons.period_end,
    comparisons.value,
    groups.label as compared_with,
    comparisons.comparison_group,
    comparisons.group_value,
    comparisons.method as how,
    comparisons.n_usable as usable,
    comparisons.n_members as members,
    comparisons.members_missing as missing,
    comparisons.difference,
    comparisons.significance as differs,
    comparisons.rank,
    comparisons.n as of
from fct_comparison as comparisons
inner join dim_local_authority as areas on comparisons.new_la_code = areas.new_la_code
inner join dim_indicator as indicators on comparisons.indicator_code = indicators.indicator_code
inner join dim_comparison_group as groups on comparisons.comparison_group = groups.comparison_group
