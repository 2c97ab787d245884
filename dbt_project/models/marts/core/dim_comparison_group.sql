-- One row per comparison group: what it is called, where its members come from, how its value is made.
select
    comparison_group,
    group_order,
    label,
    members_from,
    members_key,
    headline_method,
    is_ranked_in_fifths,
    sources,
    status,
    source as basis
from {{ ref('comparison_groups') }}
