{# Exactly one row of each group has the flag. #}
{% test one_true_per(model, columns, flag) %}
    select {{ columns | join(', ') }}, sum(case when {{ flag }} then 1 else 0 end) as rows_with_flag
    from {{ model }}
    group by {{ columns | join(', ') }}
    having sum(case when {{ flag }} then 1 else 0 end) != 1
{% endtest %}
