-- One row per waiver of the register: which rule of a gate may fail, for whom, why, until when, and who
-- accepted that. Whether it is in force depends on the day on which somebody asks, so no column says it.
select
    waivers.waiver_id,
    waivers.rule_id,
    waivers.new_la_code,
    areas.la_name,
    waivers.quarter_label,
    waivers.reason,
    waivers.accepted_by,
    waivers.valid_from,
    waivers.valid_to,
    waivers.reference
from {{ ref('waivers') }} as waivers
left join {{ ref('local_authorities') }} as areas on waivers.new_la_code = areas.new_la_code
