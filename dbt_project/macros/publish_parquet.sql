{#
    Writes a finished mart to warehouse/published/, beside what readers see. The platform moves all
    marts into marts/ together once the run has succeeded. Ordered by all columns: the same rows
    give the same bytes.
#}
{#
    Leaves a model in the home for other programs, at a place below it; not for readers.
#}
{% macro hand_over_parquet(place) %}
    {% if target.name == 'home' %}
        copy (select * from {{ this }} order by all)
        to '{{ env_var("LIIA_HOME") | replace("'", "''") }}/{{ place }}' (format parquet, compression zstd)
    {% else %}
        select 1
    {% endif %}
{% endmacro %}

{% macro publish_parquet() %}
    {% if target.name == 'home' %}
        copy (select * from {{ this }} order by all)
        to '{{ env_var("LIIA_HOME") | replace("'", "''") }}/warehouse/published/{{ this.identifier }}.parquet'
        (format parquet, compression zstd)
    {% else %}
        select 1
    {% endif %}
{% endmacro %}
