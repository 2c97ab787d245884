{# Each group has as many different values of a column as another relation has rows: nobody is missing. #}
{% test distinct_per(model, columns, counted, of, condition) %}
    select {{ columns | join(', ') }}, count(distinct {{ counted }}) as found
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(distinct {{ counted }}) != (select count(*) from {{ of }} where {{ condition }})
{% endtest %}
