-- One row per London authority, indicator, period and pair of sources: what was returned, what the ChAT
-- lists give and what DfE published, side by side; how far the pair is apart, how large that is, and the
-- likely reason. Sizes, reasons and what is known of definitions are rows of the registry.
{%- set pair = [
    'indicator_code', 'new_la_code', 'period_type', 'period_end', 'base_source', 'compared_source'
] %}
with pairs as (

    select * from {{ ref('int_source_pairs') }}

),

-- The first class that any of its bounds admits; the last has none and admits all.
sized as (

    select
        pairs.*,
        classes.size_class,
        classes.size_order
    from pairs
    left join {{ ref('reconciliation_classes') }} as classes
        on
            pairs.compared_as = classes.compared_as
            and pairs.difference is not null
            and (
                coalesce(classes.up_to_absolute, classes.up_to_percent, classes.up_to_cases) is null
                or abs(pairs.difference) <= classes.up_to_absolute
                or abs(pairs.difference_percent) <= classes.up_to_percent
                or pairs.cases_apart <= classes.up_to_cases
            )
    qualify row_number() over (
        partition by pairs.{{ pair | join(', pairs.') }}
        order by classes.size_order
    ) = 1

),

-- What is known of a source speaks for a difference that lies on the side it names, and against any other.
told as (

    select
        sized.*,
        known.reason as known_reason,
        known.note,
        coalesce(
            case
                when (sized.difference > 0) = (sized.compared_source = known.source) then 'higher'
                else 'lower'
            end = known.direction,
            known.indicator_code is not null
        ) as is_known,
        known.indicator_code is not null as is_named
    from sized
    left join {{ ref('known_differences') }} as known
        on
            sized.indicator_code = known.indicator_code
            and known.source in (sized.base_source, sized.compared_source)

),

-- The first reason that holds and can account for a difference of this size.
explained as (

    select
        told.*,
        reasons.reason as likely_reason,
        trim({{ filled('reasons.sentence', {
            'missing': 'told.missing',
            'note': 'case when told.is_known then told.note end',
            'days': 'cast(reasons.days as varchar)',
            'extract_date': date_text('told.extract_date'),
            'received': date_text('told.received_on'),
        }) }}) as explanation
    from told
    left join {{ ref('reconciliation_reasons') }} as reasons
        on
            (reasons.compared_source is null or told.compared_source = reasons.compared_source)
            and case
                when told.size_class is null then reasons.reason = 'coverage'
                when told.is_known
                    then
                        {{ text_list_has(
                            'coalesce(reasons.sizes_if_known, reasons.sizes)', 'told.size_class'
                        ) }}
                else {{ text_list_has('reasons.sizes', 'told.size_class') }}
            end
            and case reasons.reason
                when 'definition' then told.is_known and told.known_reason = 'definition'
                when 'proxy' then told.is_proxy and (told.is_known or not told.is_named)
                when 'timing' then reasons.days is null or told.days_apart > reasons.days
                else true
            end
    qualify row_number() over (
        partition by told.{{ pair | join(', told.') }}
        order by reasons.reason_order, told.note
    ) = 1

)

select
    explained.indicator_code,
    indicators.label as indicator_label,
    explained.new_la_code,
    areas.la_name,
    explained.period_type,
    explained.period_label,
    explained.period_end,
    explained.base_source,
    explained.compared_source,
    explained.unit,
    explained.return_value,
    explained.chat_value,
    explained.published_value,
    explained.return_numerator,
    explained.chat_numerator,
    explained.published_numerator,
    explained.return_status,
    explained.chat_status,
    explained.published_status,
    explained.return_release_id,
    explained.chat_release_id,
    explained.published_release_id,
    explained.published_period,
    explained.compared_as,
    explained.difference,
    explained.difference_percent,
    explained.size_class,
    explained.size_order,
    explained.likely_reason,
    explained.explanation
from explained
inner join {{ ref('dim_indicator') }} as indicators
    on explained.indicator_code = indicators.indicator_code
inner join {{ ref('dim_local_authority') }} as areas on explained.new_la_code = areas.new_la_code
