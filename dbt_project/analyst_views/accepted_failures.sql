-- Known failures of a gate that somebody accepted, and how each stands today. One row per waiver.
-- waiver: Its name in the register
-- rule: The rule of a gate that may fail
-- la_name: The one authority whose rows may fail it; null means any
-- quarter: The one quarter whose rows may fail it; null means any
-- reason: Why it is accepted
-- accepted_by: The role that accepted it
-- valid_from: First day
-- valid_to: Last day; from the next the failure blocks again
-- reference: Where the decision stands
-- state: in force, over or not begun, on the day of asking
-- is_used: Whether these marts were published under it; one in force and not used is not needed now
select
    waiver_id as waiver,
    rule_id as rule,
    la_name,
    quarter_label as quarter,
    reason,
    accepted_by,
    valid_from,
    valid_to,
    reference,
    case
        when current_date < valid_from then 'not begun'
        when current_date > valid_to then 'over'
        else 'in force'
    end as state,
    list_contains(waivers_used(), waiver_id) as is_used
from mart_waiver
order by valid_to desc, waiver_id asc
