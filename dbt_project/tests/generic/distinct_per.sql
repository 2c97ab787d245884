{# Each group has as many different values of a column as expected: nobody is missing. #}
{% test distinct_per(model, columns, counted, expected) %}
    select {{ columns | join(', ') }}, count(distinct {{ counted }}) as found
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(distinct {{ counted }}) != {{ expected }}
{% endtest %}
