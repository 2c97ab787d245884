{# What the rules on Annex A lists share. #}

{# Whose row it is: one without a child id is a child of its own. A list may stand on two sheets. #}
{% macro child_or_row() %}coalesce(child_id, concat_ws(' ', source_sheet, 'row', source_row)){% endmacro %}

{# Whether what has a first day, and a last one once it has ended, is open at the end of a day. #}
{% macro open_on(day, first, last) -%}
    ({{ first }} <= {{ day }} and ({{ last }} is null or {{ last }} > {{ day }}))
{%- endmacro %}

{#
    Age on a quarter's last day. A month of birth tells it exactly, since a quarter ends with a month;
    where it is not known, the age on the day of the extract stands in.
#}
{% macro age_on(quarter_end, birth_month, age_at_extract) -%}
    coalesce(
        extract(year from {{ quarter_end }}) - extract(year from {{ birth_month }})
        - case when extract(month from {{ birth_month }}) > extract(month from {{ quarter_end }}) then 1 else 0 end,
        {{ age_at_extract }}
    )
{%- endmacro %}

{# What kind of period a measure is of, by what its list is counted over. #}
{% macro period_type_counted(counted_over) -%}
    case {{ counted_over }}
        when 'quarter' then 'quarter'
        when 'year' then 'rolling_4q'
        else 'snapshot'
    end
{%- endmacro %}
