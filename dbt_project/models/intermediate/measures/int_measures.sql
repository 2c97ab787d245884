-- One row per measure, area, period, source and release: the sources side by side, never mixed.
select * from {{ ref('int_measures__published') }}
union all by name
select * from {{ ref('int_measures__return') }}
union all by name
select * from {{ ref('int_measures__chat') }}
union all by name
select * from {{ ref('int_measures__rolling') }}
