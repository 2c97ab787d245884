{#
    Intervals and tests on figures that count children or events. A percentage is a share of a number of
    cases (Wilson), a rate a number of events in a population (Byar); `none` has no interval: days,
    posts, shares of working time. Sources of the formulas: docs/figures.md.
#}

{# How many standard deviations a two-sided interval reaches to either side. #}
{% macro z_of(percent) -%}
    {{ {'95': 1.959963984540054, '99.8': 3.090232306167813}[percent | string] }}
{%- endmacro %}

{# The end of a figure's 95% interval, in its own unit; `side` is low or high. #}
{% macro interval_end(side, method, part, whole, multiplier) -%}
    {%- set z = z_of(95) -%}
    {%- set sign = {'low': '-', 'high': '+'}[side] -%}
    {#- None, or all, of the cases: exactly that end, which the formula misses by a rounding error. -#}
    {%- set end_of_all = {'low': part ~ ' = 0', 'high': part ~ ' = ' ~ whole}[side] -%}
    {%- set at_end = {'low': 0, 'high': multiplier}[side] -%}
    {%- set events = {'low': part, 'high': '(' ~ part ~ ' + 1)'}[side] -%}
    case {{ method }}
        when 'wilson'
            then case when {{ end_of_all }} then {{ at_end }} else {{ multiplier }} * (
                2 * {{ part }} + {{ z }} * {{ z }}
                {{ sign }} {{ z }} * sqrt({{ z }} * {{ z }} + 4 * {{ part }} * (1 - {{ part }} / {{ whole }}))
            ) / (2 * ({{ whole }} + {{ z }} * {{ z }})) end
        when 'byar'
            then {{ multiplier }} / {{ whole }} * case
                when {{ events }} = 0 then 0
                else {{ events }} * power(1 - 1 / (9 * {{ events }}) {{ sign }} {{ z }} / (3 * sqrt({{ events }})), 3)
            end
    end
{%- endmacro %}

{#
    A figure on the scale on which its chance variation depends on the size of its base alone: the
    arcsine of a share's square root, the square root of a rate. `ratio` is part over whole.
#}
{% macro steadied(method, ratio) -%}
    case {{ method }}
        when 'wilson' then asin(sqrt({{ ratio }}))
        when 'byar' then sqrt({{ ratio }})
    end
{%- endmacro %}

{# How far it then lies from its mean by chance alone, as a standard deviation. #}
{% macro chance_deviation(whole) -%} 0.5 / sqrt({{ whole }}) {%- endmacro %}

{# How many standard deviations of chance lie between two such figures. #}
{% macro chance_z(one, one_whole, other, other_whole) -%}
    ({{ one }} - {{ other }}) / sqrt(0.25 / {{ one_whole }} + 0.25 / {{ other_whole }})
{%- endmacro %}

{# And back: on the figure's own scale. What lies below nothing is nothing, beyond all is all. #}
{% macro unsteadied(method, steadied_value, multiplier) -%}
    {{ multiplier }} * case {{ method }}
        when 'wilson' then power(sin(greatest(0, least(pi() / 2, {{ steadied_value }}))), 2)
        when 'byar' then power(greatest(0, {{ steadied_value }}), 2)
    end
{%- endmacro %}

{# The limits of a funnel at a figure's own denominator, as four columns. #}
{% macro funnel_limits(centre, deviation, method, multiplier) -%}
    {%- for percent, name in [(95, '95'), (99.8, '998')] %}
    {%- for sign, side in [('-', 'low'), ('+', 'high')] %}
    {%- set limit = centre ~ ' ' ~ sign ~ ' ' ~ z_of(percent) ~ ' * ' ~ deviation %}
    case when {{ deviation }} is not null then {{ unsteadied(method, limit, multiplier) }} end
        as funnel_{{ side }}_{{ name }}{{ ',' if not (loop.last and name == '998') }}
    {%- endfor %}
    {%- endfor %}
{%- endmacro %}

{# higher, lower or not_different, by a standard score at 95%; not_tested without one. #}
{% macro significance_of(z) -%}
    case
        when {{ z }} is null then 'not_tested'
        when {{ z }} > {{ z_of(95) }} then 'higher'
        when {{ z }} < -{{ z_of(95) }} then 'lower'
        else 'not_different'
    end
{%- endmacro %}

{# A value and the values of up to seven periods before it, newest first, as columns v0 to v7. #}
{% macro recent_values(value, period_number, series) -%}
    {{ value }} as v0
    {%- for back in range(1, 8) %},
    case
        when lag({{ period_number }}, {{ back }}) over {{ series }} >= {{ period_number }} - 7
            then lag({{ value }}, {{ back }}) over {{ series }}
    end as v{{ back }}
    {%- endfor %}
{%- endmacro %}

{# How many of the values of a row there are. #}
{% macro how_many(values) -%}
    (
        {%- for value in values %}
        cast({{ value }} is not null as integer){{ ' +' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{#
    Mann and Kendall's test on values of a row, newest first; a null is no point. S counts the pairs that rise
    less those that fall; equal values narrow its variance.
#}
{% macro kendall_s(values) -%}
    (
        {%- for newer in values %}{% set at = loop.index0 %}
        {%- for older in values[at + 1:] %}
            coalesce(sign({{ newer }} - {{ older }}), 0) +
        {%- endfor %}
        {%- endfor %} 0
    )
{%- endmacro %}
{# What equal values take from the variance of S, times 18. #}
{% macro kendall_ties(values) -%}
    (
        {%- for value in values %}{% set at = loop.index0 %}
        {{ _kendall_tie(value, values[:at] + values[at + 1:]) }}{{ ' +' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
{# One value's share of that. #}
{% macro _kendall_tie(value, others) -%}
    {%- set equals -%}
        ({% for other in others %}coalesce(cast({{ value }} = {{ other }} as integer), 0){{ ' + ' if not loop.last }}{% endfor %})
    {%- endset -%}
    {{ equals }} * (2 * {{ equals }} + 7)
{%- endmacro %}
