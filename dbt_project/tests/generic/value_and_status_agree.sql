{# A number has status ok, and any other status has no number: null is not zero. #}
{% test value_and_status_agree(model, value_column, status_column) %}
    select *
    from {{ model }}
    where ({{ value_column }} is not null) != ({{ status_column }} = 'ok')
{% endtest %}
