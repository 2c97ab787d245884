{# The model has as many rows as the given ones together: a join has neither lost nor doubled any. #}
{% test as_many_rows_as(model, parts) %}
    with counted as (
        select
            (select count(*) from {{ model }}) as held,
            {% for part in parts %}(select count(*) from {{ part }}){{ ' + ' if not loop.last }}{% endfor %} as expected
    )
    select * from counted
    where held != expected
{% endtest %}
