{#
    Leaves a model in the home, at a place below it, for other programs. Ordered by all columns: the
    same rows give the same bytes.
#}
{% macro hand_over_parquet(place) %}
    {% if target.name == 'home' %}
        copy (select * from {{ this }} order by all)
        to '{{ env_var("LIIA_HOME") | replace("'", "''") }}/{{ place }}' (format parquet, compression zstd)
    {% else %}
        select 1
    {% endif %}
{% endmacro %}

{#
    Writes a finished mart to warehouse/published/, beside what readers see. The platform moves all
    marts into marts/ together once the run has succeeded.
#}
{% macro publish_parquet() %}
    {{ hand_over_parquet('warehouse/published/' ~ this.identifier ~ '.parquet') }}
{% endmacro %}
