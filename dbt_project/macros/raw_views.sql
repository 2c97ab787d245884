{#
    Raw Parquet as views, one per source table, so that dbt and Dagster see columns and lineage.
    The file's place below the home is the source table's meta.path. A table whose columns are declared with their
    types stands empty where a home has no file of it: one from before the source was. Engine-specific on purpose.
#}
{% macro raw_views() %}
    {% if execute and target.name == 'home' %}
        {% set statements = [] %}
        {% for source in graph.sources.values() %}
            {% set path = (env_var('LIIA_HOME') ~ '/' ~ source.config.meta.path) | replace("'", "''") %}
            {% set declared = source.columns.values() | selectattr('data_type') | list %}
            {% set there = not declared or run_query("select 1 from glob('" ~ path ~ "')").rows | length > 0 %}
            {% do statements.append('create schema if not exists ' ~ source.schema) %}
            {% if there %}
                {% set rows = "select * from read_parquet('" ~ path ~ "')" %}
            {% else %}
                {% set nulls = [] %}
                {% for column in declared %}
                    {% do nulls.append('cast(null as ' ~ column.data_type ~ ') as ' ~ column.name) %}
                {% endfor %}
                {% set rows = 'select ' ~ nulls | join(', ') ~ ' where false' %}
            {% endif %}
            {% do statements.append('create or replace view ' ~ source.schema ~ '.' ~ source.identifier ~ ' as ' ~ rows) %}
        {% endfor %}
        {% do run_query(statements | unique | join(';')) %}
    {% endif %}
{% endmacro %}
