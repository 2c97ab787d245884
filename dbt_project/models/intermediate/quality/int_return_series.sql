-- One row per London authority, measure and quarter with a usable figure in the return that counts, and
-- what the authority's own earlier quarters were like: at most history_quarters back, never a later one.
with figures as (

    select
        measures.new_la_code,
        measures.measure_code,
        registry.unit,
        measures.period_label as quarter_label,
        measures.period_end,
        {{ quarter_index('measures.period_end') }} as quarter_index,
        measures.file_id,
        returned.sheet,
        returned.cell,
        measures.value
    from {{ ref('int_measures__return') }} as measures
    inner join {{ ref('measures') }} as registry on measures.measure_code = registry.measure_code
    inner join {{ ref('stg_return__values') }} as returned
        on measures.file_id = returned.file_id and measures.measure_code = returned.measure_code
    where measures.is_current and measures.value_status = 'ok'

)

select
    figures.new_la_code,
    figures.measure_code,
    figures.unit,
    figures.quarter_label,
    figures.period_end,
    figures.quarter_index,
    figures.file_id,
    figures.sheet,
    figures.cell,
    figures.value,
    max(case when earlier.quarter_index = figures.quarter_index - 1 then earlier.value end)
        as value_before,
    max(case when earlier.quarter_index = figures.quarter_index - 1 then earlier.quarter_label end)
        as quarter_before,
    max(case when earlier.quarter_index = figures.quarter_index - 4 then earlier.value end)
        as value_last_year,
    count(earlier.value) as points,
    {{ median_of('earlier.value') }} as typical,
    {{ median_deviation_of('earlier.value') }} as deviation,
    min(earlier.value) as lowest,
    max(earlier.value) as highest
from figures
left join figures as earlier
    on
        figures.new_la_code = earlier.new_la_code
        and figures.measure_code = earlier.measure_code
        and figures.quarter_index > earlier.quarter_index
        and figures.quarter_index <= earlier.quarter_index + {{ var('history_quarters') }}
group by
    figures.new_la_code,
    figures.measure_code,
    figures.unit,
    figures.quarter_label,
    figures.period_end,
    figures.quarter_index,
    figures.file_id,
    figures.sheet,
    figures.cell,
    figures.value
