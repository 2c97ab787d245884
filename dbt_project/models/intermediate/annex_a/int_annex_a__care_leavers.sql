-- One row per care leaver, from List 9, as on the day of the extract; age alone is of the quarter's last
-- day. Eligible children are on the list and still looked after. Child level: restricted.
with leavers as (

    select
        file_id,
        {{ child_or_row() }} as child_id,
        max(birth_month) as birth_month,
        max(age_at_extract) as age_at_extract,
        bool_or(is_uasc) as is_uasc,
        max(in_touch) as in_touch,
        max(accommodation) as accommodation,
        max(suitability) as suitability,
        max(activity) as activity
    from {{ ref('stg_annex_a__care_leavers') }}
    group by 1, 2

)

select
    leavers.file_id,
    leavers.child_id,
    extracts.quarter_end,
    coalesce(leavers.is_uasc, false) as is_uasc,
    coalesce(
        {{ age_on('extracts.quarter_end', 'birth_month', 'age_at_extract') }} between 19 and 21,
        false
    ) as is_19_to_21,
    coalesce(leavers.in_touch in ('yes', 'gone_abroad'), false) as is_in_touch,
    -- Not in touch, refused and no longer required stay in both bases (DfE).
    coalesce(leavers.in_touch not in ('died', 'returned_home', 'excluded'), true) as is_in_activity_base,
    coalesce(
        leavers.in_touch not in ('died', 'returned_home', 'excluded', 'gone_abroad', 'not_known'), true
    )
    and coalesce(leavers.accommodation not in ('gone_abroad', 'deported', 'not_known'), true)
    and coalesce(leavers.suitability != 'excluded', true) as is_in_accommodation_base,
    coalesce(leavers.suitability = 'suitable', false) as is_suitable,
    -- f1 to f5 and p1 to p5: in education, employment or training, full time or part time.
    coalesce(leavers.activity like 'f%' or leavers.activity like 'p%', false) as is_in_eet
from leavers
inner join {{ ref('int_annex_a__extracts') }} as extracts
    on leavers.file_id = extracts.file_id and extracts.list_name = 'annex_a_list_9'
