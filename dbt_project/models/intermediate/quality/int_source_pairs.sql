-- One row per London authority, indicator and period for which two sources have a figure, and pair of
-- sources: all figures of that period side by side, and how far the pair is apart. A published year is
-- compared with what ends on its last day: four quarters together, or the caseload of that day.
{%- set sources = ['return', 'chat', 'published'] %}
with figures as (

    select
        indicators.indicator_code,
        indicators.new_la_code,
        indicators.source,
        indicators.period_label,
        indicators.period_end,
        case
            when indicators.period_type != 'year' then indicators.period_type
            when registered.timing = 'snapshot' then 'snapshot'
            else 'rolling_4q'
        end as period_type,
        indicators.unit,
        indicators.release_id,
        indicators.value,
        indicators.value_status,
        indicators.numerator,
        indicators.denominator,
        indicators.is_proxy,
        -- Of rates the counts are compared: populations may differ. What two authorities share is of neither.
        case
            when indicators.joint_code is not null then null
            when indicators.unit = 'rate_per_10000' then indicators.numerator
            else indicators.value
        end as compared_number,
        coalesce('one figure for ' || indicators.joint_code, statuses.label) as otherwise,
        files.extract_date,
        {{ london_date('files.received_at') }} as received_on
    from {{ ref('fct_indicator') }} as indicators
    inner join {{ ref('local_authorities') }} as areas on indicators.new_la_code = areas.new_la_code
    inner join {{ ref('indicators') }} as registered on indicators.indicator_code = registered.indicator_code
    inner join {{ ref('value_statuses') }} as statuses on indicators.value_status = statuses.value_status
    left join {{ ref('int_ledger__files') }} as files
        on indicators.release_id = files.release_id and files.state in ('accepted', 'replaced', 'purged')
    where indicators.is_current and areas.is_london

),

comparable as (

    select
        *,
        case when compared_number is null then source || ': ' || otherwise end as missing
    from figures

),

beside as (

    select
        indicator_code,
        new_la_code,
        period_type,
        period_end,
        {%- for source in sources %}
            max(case when source = '{{ source }}' then value end) as {{ source }}_value,
            max(case when source = '{{ source }}' then numerator end) as {{ source }}_numerator,
            max(case when source = '{{ source }}' then value_status end) as {{ source }}_status,
            max(case when source = '{{ source }}' then release_id end) as {{ source }}_release_id,
        {%- endfor %}
        max(case when source = 'published' then period_label end) as published_period
    from figures
    group by indicator_code, new_la_code, period_type, period_end

)

select
    base.indicator_code,
    base.new_la_code,
    base.period_type,
    base.period_label,
    base.period_end,
    base.source as base_source,
    compared.source as compared_source,
    base.unit,
    case when base.unit = 'rate_per_10000' then 'count' else base.unit end as compared_as,
    compared.compared_number - base.compared_number as difference,
    -- The share of a percentage would be misread: it has its difference in points.
    case
        when base.unit != 'percent'
            then {{ ratio('(compared.compared_number - base.compared_number)', 'base.compared_number', 100) }}
    end as difference_percent,
    case
        when base.unit = 'percent'
            then
                greatest(
                    abs(compared.numerator - base.numerator),
                    abs(compared.denominator - base.denominator)
                )
    end as cases_apart,
    base.is_proxy or compared.is_proxy as is_proxy,
    compared.extract_date,
    base.received_on,
    -- The lists' day from the return's, or from the end of the period, whichever is further.
    greatest(
        coalesce(abs({{ days_from('base.received_on', 'compared.extract_date') }}), 0),
        coalesce({{ days_from('base.period_end', 'compared.extract_date') }}, 0)
    ) as days_apart,
    coalesce(base.missing || '; ' || compared.missing, base.missing, compared.missing) as missing,
    {%- for source in sources %}
        beside.{{ source }}_value,
        beside.{{ source }}_numerator,
        beside.{{ source }}_status,
        beside.{{ source }}_release_id,
    {%- endfor %}
    beside.published_period
from comparable as base
inner join comparable as compared
    on
        base.indicator_code = compared.indicator_code
        and base.new_la_code = compared.new_la_code
        and base.period_type = compared.period_type
        and base.period_end = compared.period_end
        and (
            (base.source = 'return' and compared.source in ('chat', 'published'))
            or (base.source = 'chat' and compared.source = 'published')
        )
inner join beside
    on
        base.indicator_code = beside.indicator_code
        and base.new_la_code = beside.new_la_code
        and base.period_type = beside.period_type
        and base.period_end = beside.period_end
