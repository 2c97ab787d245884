{#
    How a figure is computed from its parts; used by every model that computes one.
    numerator * multiplier comes first: it is exact, so equal ratios stay equal and ties are ties.
#}
{% macro ratio(numerator, denominator, multiplier) -%}
    {{ numerator }} * {{ multiplier }} / nullif({{ denominator }}, 0)
{%- endmacro %}

{#
    A sum that is the same whatever order the rows come in: doubles are not, decimals are. Counts are
    whole and FTE have one decimal; six leave room.
#}
{% macro exact_sum(column, window='') -%}
    cast(sum(cast({{ column }} as decimal(38, 6))) {{ window }} as double)
{%- endmacro %}

{# The financial year's first calendar year: whose mid-year population a rate uses. #}
{% macro population_year(period_end) -%}
    extract(year from {{ period_end }} - interval 3 month)
{%- endmacro %}
