-- One row per child and time on the way to adoption, from List 10. a10: from entering care to moving in
-- with the adopters, of a child adopted; fostered by them first, the child moved in then. a2: from the
-- placement order to the match, of a child matched. Child level: restricted.
with decisions as (

    select
        file_id,
        {{ child_or_row() }} as child_id,
        decision_date,
        max(entered_care_date) as entered_care_date,
        max(placement_order_date) as placement_order_date,
        max(matched_date) as matched_date,
        coalesce(max(foster_placement_date), max(placed_date)) as moved_in_date,
        max(adoption_order_date) as adoption_order_date
    from {{ ref('stg_annex_a__adoptions') }}
    group by 1, 2, 3

),

timed as (

    select
        file_id,
        child_id,
        'a10' as timing,
        adoption_order_date as event_date,
        entered_care_date as first_date,
        moved_in_date as last_date
    from decisions
    union all
    select
        file_id,
        child_id,
        'a2' as timing,
        matched_date as event_date,
        placement_order_date as first_date,
        matched_date as last_date
    from decisions

)

select distinct
    file_id,
    child_id,
    timing,
    event_date,
    {{ days_from('first_date', 'last_date') }} as days
from timed
-- Dates in the wrong order tell no time.
where event_date is not null and first_date <= last_date
