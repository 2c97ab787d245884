{# Every row meets a condition; one that cannot be decided, because of a null, does not. #}
{% test holds(model, condition) %}
    select * from {{ model }}
    where coalesce(not ({{ condition }}), true)
{% endtest %}
