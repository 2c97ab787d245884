-- One row per area, judgement area and dated file of Ofsted's outcomes: how many authorities in the file
-- have each grade, and how many improved on the inspection before, as far as known when the file had come.
with judged as (

    select *
    from {{ ref('int_inspections__as_known') }}
    where is_latest_in_file

),

memberships as (

    select
        new_la_code,
        'E92000001' as area_code
    from {{ ref('local_authorities') }}
    union all
    select
        new_la_code,
        region_code as area_code
    from {{ ref('local_authorities') }}
    where is_london
    union all
    select
        new_la_code,
        inner_outer_code as area_code
    from {{ ref('local_authorities') }}
    where is_london

),

counted as (

    select
        memberships.area_code,
        judged.judgement_area,
        judged.as_of_date,
        judged.as_of_release_id as release_id,
        judged.is_newest_file as is_current,
        count(judged.grade) as n_authorities,
        count(*) - count(judged.grade) as n_without_grade,
        count(case when judged.grade = 'outstanding' then 1 end) as n_outstanding,
        count(case when judged.grade = 'good' then 1 end) as n_good,
        count(case when judged.grade = 'requires_improvement' then 1 end) as n_requires_improvement,
        count(case when judged.grade = 'inadequate' then 1 end) as n_inadequate,
        count(nullif(judged.change, 'first')) as n_compared,
        count(case when judged.change = 'improved' then 1 end) as n_improved,
        count(case when judged.change = 'maintained' then 1 end) as n_maintained,
        count(case when judged.change = 'declined' then 1 end) as n_declined
    from judged
    inner join memberships on judged.new_la_code = memberships.new_la_code
    group by all

)

select
    counted.area_code as new_la_code,
    areas.la_name,
    counted.judgement_area,
    counted.as_of_date,
    counted.release_id,
    counted.is_current,
    cast(counted.n_authorities as integer) as n_authorities,
    cast(counted.n_without_grade as integer) as n_without_grade,
    {%- for grade in ['outstanding', 'good', 'requires_improvement', 'inadequate'] %}
        cast(counted.n_{{ grade }} as integer) as n_{{ grade }},
        {{ ratio('counted.n_' ~ grade, 'counted.n_authorities', 100) }} as pct_{{ grade }},
    {%- endfor %}
    case when counted.n_authorities > 0 then 'ok' else 'not_applicable' end as grade_status,
    cast(counted.n_compared as integer) as n_compared,
    {%- for change in ['improved', 'maintained', 'declined'] %}
        cast(case when counted.n_compared > 0 then counted.n_{{ change }} end as integer) as n_{{ change }},
        {{ ratio('counted.n_' ~ change, 'counted.n_compared', 100) }} as pct_{{ change }},
    {%- endfor %}
    -- No earlier judgement is known: with one file nobody's.
    case when counted.n_compared > 0 then 'ok' else 'not_derivable' end as change_status
from counted
inner join {{ ref('dim_local_authority') }} as areas on counted.area_code = areas.new_la_code
