{# What the rules on Annex A lists share. #}

{# Whose row it is: one without a child id is a child of its own. A list may stand on two sheets. #}
{% macro child_or_row() %}coalesce(child_id, concat_ws(' ', source_sheet, 'row', source_row)){% endmacro %}

{# Whether what has a first day, and a last one once it has ended, is open at the end of a day. #}
{% macro open_on(day, first, last) -%}
    ({{ first }} <= {{ day }} and ({{ last }} is null or {{ last }} > {{ day }}))
{%- endmacro %}

{# Of what is open, whether a child counts by this row: once, by the one that began last. #}
{% macro counts_as_open(first) -%}
    is_open and row_number() over (
        partition by file_id, child_id, is_open order by {{ first }} desc
    ) = 1
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

{#
    Whether an extract was taken too long after the quarter to tell of it: List 9 looks back no day, and
    lists 10 and 11 just the twelve months that are counted.
#}
{% macro is_too_late(counted_over, quarter_end, extract_date) -%}
    coalesce(
        {{ counted_over }} in ('extract_date', 'year')
        and {{ days_from(quarter_end, extract_date) }} > {{ var('annex_a_days_after_quarter') }},
        false
    )
{%- endmacro %}

{# Whether a figure is only near what is asked: always, or where the list has it as on the day of the extract. #}
{% macro is_proxy_from_list(measure, quarter_end, extract_date) -%}
    {{ measure }}.is_proxy
    or ({{ measure }}.is_as_extracted and coalesce({{ extract_date }} != {{ quarter_end }}, false))
{%- endmacro %}

{# A list as people call it: List 3. #}
{% macro list_label(list_name) %}replace({{ list_name }}, 'annex_a_list_', 'List '){% endmacro %}
