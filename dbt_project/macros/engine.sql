{#
    SQL that only one engine speaks. Everything else in the models is standard SQL, so that they can
    run on a distributed engine later by replacing this file.
#}

{# The value of `column` on the row with the largest `by`. #}
{% macro value_at_max(column, by) %}arg_max({{ column }}, {{ by }}){% endmacro %}

{# One row per part of a text such as 'E09000021 / E09000027'. #}
{% macro split_rows(column, separator) %}unnest(string_split({{ column }}, '{{ separator }}')){% endmacro %}

{# Whether a text such as 'a|b|c' names an item. #}
{% macro text_list_has(texts, item) %}list_contains(string_split({{ texts }}, '|'), {{ item }}){% endmacro %}

{# The last day of a year that ends on MM-DD. #}
{% macro year_end_date(year, month_day) %}cast({{ year }} || '-' || {{ month_day }} as date){% endmacro %}

{# Every day from first to last, as a column called calendar_day. #}
{% macro days_between(first, last) %}
    select cast(calendar_day as date) as calendar_day
    from generate_series(cast('{{ first }}' as date), cast('{{ last }}' as date), interval 1 day)
        as series (calendar_day)
{% endmacro %}

{#
    Texts joined in their own order, or each different one once. By way of a list: an aggregate that sorts, or
    that tells apart, costs three times the rest of a model where groups are many and texts are few.
#}
{% macro joined_texts(column, separator, distinct=false) -%}
    {%- set texts = 'list(' ~ column ~ ') filter (where ' ~ column ~ ' is not null)' -%}
    array_to_string(list_sort({{ 'list_distinct(' ~ texts ~ ')' if distinct else texts }}), '{{ separator }}')
{%- endmacro %}

{# The calendar day in London of a point in time: a return of 00:30 in summer is not of the day before. #}
{% macro london_date(moment) %}cast({{ moment }} at time zone 'Europe/London' as date){% endmacro %}

{# Calendar days from one date to another. #}
{% macro days_from(first, last) %}date_diff('day', {{ first }}, {{ last }}){% endmacro %}

{# A text as a date where it is one (2025-10-20), else null. #}
{% macro date_or_null(text) %}try_cast({{ text }} as date){% endmacro %}

{# The middle value. #}
{% macro median_of(column) %}median({{ column }}){% endmacro %}

{# A share of the values lies at or below it; between two values, in proportion. #}
{% macro quantile_of(column, share) %}quantile_cont({{ column }}, {{ share }}){% endmacro %}

{# The same for several shares at once, as a list, for the price of one. #}
{% macro quantiles_of(column, shares) %}quantile_cont({{ column }}, {{ shares }}){% endmacro %}

{# What stands in a list at a place, the first being 1. #}
{% macro item_of(list, place) %}{{ list }}[{{ place }}]{% endmacro %}

{# The middle distance from the middle value. #}
{% macro median_deviation_of(column) %}mad({{ column }}){% endmacro %}

{# A number as a person writes it: 1,234, and one decimal, half up, where it is not whole. #}
{% macro number_text(number) -%}
    case
        when round({{ number }}, 1) = round({{ number }}) then format('{:,}', cast(round({{ number }}) as bigint))
        else format('{:,.1f}', round({{ number }}, 1))
    end
{%- endmacro %}

{# A number with a fixed number of decimals, as text. #}
{% macro fixed_text(number, decimals) %}format('{:.{{ decimals }}f}', {{ number }}){% endmacro %}

{# A date as a person writes it: 31 March 2025. #}
{% macro date_text(day) %}strftime({{ day }}, '%-d %B %Y'){% endmacro %}

{# The point in time at which a day begins in London. #}
{% macro london_midnight(day) %}(cast({{ day }} as timestamp) at time zone 'Europe/London'){% endmacro %}

{# The words of a text, small, one space before each and one after the last: ' no fixed abode '. #}
{% macro words_of(text) %}lower(regexp_replace(' ' || {{ text }} || ' ', '[^\p{L}\p{N}]+', ' ', 'g')){% endmacro %}

{# Whether a text is in another. #}
{% macro text_has(text, part) %}contains({{ text }}, {{ part }}){% endmacro %}
