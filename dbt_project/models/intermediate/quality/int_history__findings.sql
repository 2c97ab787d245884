-- One row per finding on history: a return that counts, a rule and, unless it is about the whole, a measure.
-- Of the rules of a family only the most specific speaks for a figure, in the registry's words.
with found as (

    select * from {{ ref('int_history__own_quarters') }}
    union all by name
    select * from {{ ref('int_history__other_figures') }}

),

chosen as (

    select
        found.*,
        rules.severity,
        rules.message as message_template,
        rules.expected as expected_template,
        rules.fix,
        measures.label as measure_label,
        -- Half a child is no expectation; posts have a decimal.
        case when measures.unit = 'fte' then found.typical else round(found.typical) end as about
    from found
    inner join {{ ref('history_rules') }} as rules on found.rule_id = rules.rule_id
    left join {{ ref('measures') }} as measures on found.measure_code = measures.measure_code
    qualify row_number() over (
        partition by found.file_id, found.measure_code, rules.family
        order by rules.priority, found.typical
    ) = 1

)

{%- set words = {
    'measure': 'measure_label',
    'value': number_text('value'),
    'typical': number_text('about'),
    'lowest': number_text('lowest'),
    'highest': number_text('highest'),
    'points': number_text('points'),
    'times': "case when times >= 1 then " ~ number_text('times') ~ " else cast(cast(times as double) as varchar) end",
    'share': number_text('share'),
    'whole': number_text('whole'),
    'previous': number_text('value_before'),
    'inflow': number_text('inflow'),
    'outflow': number_text('outflow'),
    'day': date_text('day'),
    'quarter_before': 'quarter_before',
    'version': number_text('version'),
} %}

select
    rule_id,
    severity,
    new_la_code,
    quarter_label,
    file_id,
    measure_code,
    sheet,
    cell,
    {{ number_text('value') }} as value,
    {{ filled('expected_template', words) }} as expected,
    {{ filled('message_template', words) }} as message,
    fix
from chosen
