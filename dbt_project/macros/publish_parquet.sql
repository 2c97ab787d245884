{#
    Leaves a model in the home, at a place below it, for other programs. Ordered by its grain, or by all columns
    where it has none: the same rows give the same bytes. Sorting a million wide rows by all of them takes
    longer than compressing them.
#}
{% macro hand_over_parquet(place) %}
    {% if target.name == 'home' %}
        copy (select * from {{ this }} order by {{ grain_of(model) or 'all' }})
        to '{{ env_var("LIIA_HOME") | replace("'", "''") }}/{{ place }}' (format parquet, compression zstd)
    {% else %}
        select 1
    {% endif %}
{% endmacro %}

{# The columns that tell a model's rows apart, as its first test `unique_together` names them; '' without one. #}
{% macro grain_of(model) -%}
    {%- set grains = [] -%}
    {%- for test in (graph.nodes.values() if execute else []) if test.resource_type == 'test' and test.attached_node == model.unique_id -%}
        {%- if test.test_metadata.name == 'unique_together' -%}
            {%- do grains.append(test.test_metadata.kwargs.get('columns') or test.test_metadata.kwargs.arguments.columns) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return((grains | first or []) | join(', ')) }}
{%- endmacro %}

{#
    Writes a finished mart to warehouse/published/, beside what readers see. The platform moves all
    marts into marts/ together once the run has succeeded.
#}
{% macro publish_parquet() %}
    {{ hand_over_parquet('warehouse/published/' ~ this.identifier ~ '.parquet') }}
{% endmacro %}
