{# No two rows of a subject are in force on the same day; an empty valid_to is open. #}
{% test no_overlap(model, subject, valid_from, valid_to) %}
    with ordered as (
        select
            {{ subject | join(', ') }},
            {{ valid_from }} as starts,
            lag(coalesce({{ valid_to }}, date '9999-12-31')) over (
                partition by {{ subject | join(', ') }} order by {{ valid_from }}
            ) as ended_before
        from {{ model }}
    )
    select * from ordered
    where ended_before >= starts
{% endtest %}
