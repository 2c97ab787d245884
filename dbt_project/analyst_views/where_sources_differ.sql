-- Where what an authority returned, what its lists give and what DfE published are far apart. Largest first.
-- la_name: Authority
-- indicator: What the figure is
-- indicator_code: Its code
-- period: The period
-- base_source: Of the two sources, the one that is compared with
-- compared_source: and the one that is compared
-- return_value: As returned
-- chat_value: As counted from Annex A
-- published_value: As DfE publishes it
-- difference: Compared source less base, in cases, points or the unit
-- size: moderate or large
-- likely_reason: Where to look first
-- explanation: In words
select
    la_name,
    indicator_label as indicator,
    indicator_code,
    period_label as period,
    base_source,
    compared_source,
    return_value,
    chat_value,
    published_value,
    difference,
    size_class as size,
    likely_reason,
    explanation
from fct_reconciliation
where size_class in ('moderate', 'large')
order by size_order desc, abs(difference_percent) desc nulls last, la_name asc, indicator_code asc
