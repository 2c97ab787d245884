{# No two rows share the same values in all of the columns: the model's grain. #}
{% test unique_together(model, columns) %}
    select {{ columns | join(', ') }}, count(*) as row_count
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}
