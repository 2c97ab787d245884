{#
    How a figure is computed from its parts; used by every model that computes one.
    numerator * multiplier comes first: it is exact, so equal ratios stay equal and ties are ties.
#}
{% macro ratio(numerator, denominator, multiplier) -%}
    {{ numerator }} * {{ multiplier }} / nullif({{ denominator }}, 0)
{%- endmacro %}

{#
    A sum that is the same whatever order the rows come in: doubles are not, decimals are. Counts are
    whole and FTE have one decimal; six leave room, and a sum of quotients asks for more.
#}
{% macro exact_sum(column, window='', decimals=6) -%}
    cast({{ exact_part(column, window, decimals) }} as double)
{%- endmacro %}

{# The same before it becomes a double: a part that is still to be added up. #}
{% macro exact_part(column, window='', decimals=6) -%}
    sum(cast({{ column }} as decimal(38, {{ decimals }}))) {{ window }}
{%- endmacro %}

{# A number as such a sum of it alone gives it. #}
{% macro exact_value(column) %}cast(cast({{ column }} as decimal(38, 6)) as double){% endmacro %}

{# The financial year's first calendar year: whose mid-year population a rate uses. #}
{% macro population_year(period_end) -%}
    extract(year from {{ period_end }} - interval 3 month)
{%- endmacro %}

{#
    Working days of a year as DfE's workforce census counts them: one more where the year holds a
    29 February. A published year ends in March or later, so it holds the February of the year it ends in.
#}
{% macro working_days_in_year(period_end) -%}
    {%- set first_of_march = year_end_date("extract(year from " ~ period_end ~ ")", "'03-01'") -%}
    {{ var('workforce_working_days_in_year') }} + extract(day from {{ first_of_march }} - interval 1 day) - 28
{%- endmacro %}

{#
    How far a series usually lies from its median: 1.4826 makes the median absolute deviation the
    standard deviation of a normal series; a count is never steadier than its square root. That is not
    so for a unit that the rule calls summed: null where such a series has shown no spread, so that
    nothing is asked.
#}
{% macro usual_spread(typical, deviation, unit, summed_units) -%}
    case
        when coalesce({{ text_list_has(summed_units, unit) }}, false) then nullif(1.4826 * {{ deviation }}, 0)
        else greatest(1.4826 * {{ deviation }}, sqrt({{ typical }}))
    end
{%- endmacro %}

{# Whether a rule asks about figures of a unit; a rule that names no units asks about all. #}
{% macro holds_for(units, unit) -%}
    ({{ units }} is null or {{ text_list_has(units, unit) }})
{%- endmacro %}

{# What kind of period a measure is of that is told for a quarter: the quarter itself, or its last day. #}
{% macro period_type_in_quarter(timing) -%}
    case {{ timing }} when 'flow' then 'quarter' else 'snapshot' end
{%- endmacro %}

{# Financial quarters in one row of numbers: the quarter before has the number before. #}
{% macro quarter_index(period_end) -%}
    extract(year from {{ period_end }}) * 4 + extract(quarter from {{ period_end }})
{%- endmacro %}

{#
    Periods of one series in one row of numbers: quarters by quarter, years by year. Four quarters together
    are one year, and follow each other where they do not overlap.
#}
{% macro period_index(period_type, period_end) -%}
    case
        when {{ period_type }} in ('quarter', 'snapshot') then {{ quarter_index(period_end) }}
        else extract(year from {{ period_end }})
    end
{%- endmacro %}
{# Which series of years: those that end in the same month. Quarters are one series. #}
{% macro period_of_year(period_type, period_end) -%}
    case when {{ period_type }} in ('quarter', 'snapshot') then 0 else extract(month from {{ period_end }}) end
{%- endmacro %}

{# A sentence of the registry with its words in braces filled in. #}
{% macro filled(template, words) -%}
    {%- set ns = namespace(sql=template) -%}
    {%- for word, text in words.items() -%}
        {%- set ns.sql = "replace(" ~ ns.sql ~ ", '{" ~ word ~ "}', coalesce(" ~ text ~ ", ''))" -%}
    {%- endfor -%}
    {{ ns.sql }}
{%- endmacro %}

{#
    From when until when a numerator and its population were both the newest known. A numerator without
    a population is known by itself; two that were never known together have neither moment.
#}
{% macro known_together(numerator, population) -%}
    {%- set a, b = numerator, population -%}
    {%- set since = "greatest(" ~ a ~ ".known_from, coalesce(" ~ b ~ ".known_from, " ~ a ~ ".known_from))" -%}
    {%- set till = "coalesce(least(" ~ a ~ ".known_until, " ~ b ~ ".known_until), " ~ a ~ ".known_until, " ~ b ~ ".known_until)" -%}
    {%- set together -%}
        {{ a }}.known_from is not null
        and ({{ b }}.population_release is null or {{ b }}.known_from is not null)
        and ({{ till }} is null or {{ since }} < {{ till }})
    {%- endset -%}
    case when {{ together }} then {{ since }} end as known_from,
    case when {{ together }} then {{ till }} end as known_until
{%- endmacro %}

{#
    The order in which versions of a figure follow each other. What is in force comes last. Published
    files follow by release; what authorities send by receipt, since its numbers are given as it is recorded.
#}
{% macro oldest_version_first(is_current, source, received_at, submission_number) -%}
    {{ is_current }}, case when {{ source }} != 'published' then {{ received_at }} end, {{ submission_number }}
{%- endmacro %}

{# Whether two figures are not the same; one that is missing is not the same as any number. #}
{% macro differ(one, other) -%}
    coalesce({{ one }} != {{ other }}, ({{ one }} is null) != ({{ other }} is null))
{%- endmacro %}
