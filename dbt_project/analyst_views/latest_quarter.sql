-- The newest quarter of returns: every authority's figures beside London. By indicator.
-- la_name: Authority
-- sub_region: Sub-region
-- theme: Theme
-- indicator: What the figure is
-- indicator_code: Its code
-- period: The quarter
-- value: The authority's figure, unrounded, in the indicator's unit
-- unit: percent, rate_per_10000, count, fte or days
-- status: ok, or why there is no figure
-- london: London's figure, all authorities together
-- rank: 1 is the highest of London
-- of: Authorities ranked
-- fifth: 1 lowest fifth of London to 5 highest; null: not compared
-- differs_from_london: higher, lower, not_different or not_tested, at 95%
-- exception: high or low where it is among the top or bottom 20%
-- evidence: strong, some or weak: whether that is more than noise
-- note: Comment sent with the return
select
    rug.la_name,
    rug.sub_region,
    rug.theme,
    rug.name as indicator,
    rug.indicator_code,
    rug.period_label as period,
    rug.value,
    rug.unit,
    rug.value_status as status,
    rug.london_value as london,
    comparisons.rank,
    rug.n as of,
    rug.band as fifth,
    rug.significance as differs_from_london,
    rug.exception,
    rug.exception_evidence as evidence,
    rug.comment as note
from mart_tartan_rug as rug
left join fct_comparison as comparisons
    on
        rug.indicator_code = comparisons.indicator_code
        and rug.new_la_code = comparisons.new_la_code
        and rug.period_type = comparisons.period_type
        and rug.period_label = comparisons.period_label
        and rug.source = comparisons.source
        and comparisons.comparison_group = 'london'
where
    rug.source = 'return'
    and rug.period_end = (
        select max(period_end) from mart_tartan_rug
        where source = 'return' and value_status = 'ok'
    )
order by rug.theme_order, rug.item_no, rug.indicator_code, rug.authority_order
