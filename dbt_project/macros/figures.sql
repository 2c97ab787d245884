{#
    How a figure is computed from its parts; used by every model that computes one.
    numerator * multiplier comes first: it is exact, so equal ratios stay equal and ties are ties.
#}
{% macro ratio(numerator, denominator, multiplier) -%}
    {{ numerator }} * {{ multiplier }} / nullif({{ denominator }}, 0)
{%- endmacro %}

{# The financial year's first calendar year: whose mid-year population a rate uses. #}
{% macro population_year(period_end) -%}
    extract(year from {{ period_end }} - interval 3 month)
{%- endmacro %}
