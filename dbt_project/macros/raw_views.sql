{#
    Raw Parquet as views, one per source table, so that dbt and Dagster see columns and lineage.
    The file's place below the home is the source table's meta.path. Engine-specific on purpose.
#}
{% macro raw_views() %}
    {% if execute and target.name == 'home' %}
        {% for source in graph.sources.values() %}
            {% set path = env_var('LIIA_HOME') ~ '/' ~ source.config.meta.path %}
            {% do run_query('create schema if not exists ' ~ source.schema) %}
            {% do run_query(
                'create or replace view ' ~ source.schema ~ '.' ~ source.identifier
                ~ " as select * from read_parquet('" ~ path | replace("'", "''") ~ "')"
            ) %}
        {% endfor %}
    {% endif %}
{% endmacro %}
