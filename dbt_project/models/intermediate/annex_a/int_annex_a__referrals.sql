-- One row per child and referral date, from List 3, with whether it is a repeat within 12 months.
-- The list's counter says how many referrals came in the 12 months before the child's LATEST one
-- (Ofsted's wording), so row by row it over-counts: a later row in the file is a repeat by the
-- file's own dates, and the first only if the counter exceeds what the file itself holds.
with referrals as (

    select
        file_id,
        {{ child_or_row() }} as child_id,
        referral_date,
        min(referral_source) as referral_source,
        bool_or(is_no_further_action) as is_no_further_action,
        max(referrals_last_12_months) as referrals_last_12_months
    from {{ ref('stg_annex_a__referrals') }}
    where referral_date is not null
    group by 1, 2, 3

),

placed as (

    select
        *,
        lag(referral_date) over (partition by file_id, child_id order by referral_date) as previous_date,
        count(*) over (partition by file_id, child_id) as referrals_in_file,
        last_value(referrals_last_12_months) over (
            partition by file_id, child_id order by referral_date
            rows between unbounded preceding and unbounded following
        ) as before_latest
    from referrals

)

select
    file_id,
    child_id,
    referral_date,
    coalesce(referral_source, 'unknown') as referral_source,
    is_no_further_action,
    case
        when previous_date is not null then previous_date >= referral_date - interval 12 month
        else coalesce(before_latest, 0) - (referrals_in_file - 1) >= 1
    end as is_repeat
from placed
