-- One row per return, measure and rule that finds its figures at odds with other figures: stock and flow,
-- DfE's figure for the year; or, then without a measure, the whole quarter before or an earlier version of
-- the same quarter. Rules and their parameters are rows of history_rules; a rule without its row is off.
with series as (

    select * from {{ ref('int_return_series') }}

),

rules as (

    select * from {{ ref('history_rules') }}

),

followed as (

    select
        stock.*,
        flows.tolerance_share,
        flows.tolerance_absolute,
        inflow.value as inflow,
        outflow.value as outflow,
        stock.value_before + inflow.value - outflow.value as follows
    from series as stock
    inner join {{ ref('stock_flows') }} as flows on stock.measure_code = flows.stock_measure_code
    inner join series as inflow
        on stock.file_id = inflow.file_id and flows.inflow_measure_code = inflow.measure_code
    inner join series as outflow
        on stock.file_id = outflow.file_id and flows.outflow_measure_code = outflow.measure_code

),

stock_flow as (

    select
        rules.rule_id,
        followed.new_la_code,
        followed.quarter_label,
        followed.file_id,
        followed.measure_code,
        followed.sheet,
        followed.cell,
        followed.value,
        followed.follows as typical,
        followed.value_before,
        followed.inflow,
        followed.outflow
    from followed
    inner join rules
        on rules.rule_id = 'history.stock_flow' and {{ holds_for('rules.units', 'followed.unit') }}
    where
        abs(followed.value - followed.follows)
        > greatest(followed.tolerance_share * abs(followed.follows), followed.tolerance_absolute)

),

-- The sum of four quarters, or the caseload, that ends on the day DfE's figure does.
annual as (

    select
        rules.rule_id,
        ours.new_la_code,
        ours.period_label as quarter_label,
        ours.file_id,
        ours.measure_code,
        series.sheet,
        series.cell,
        ours.value,
        published.value as typical,
        published.period_end as day
    from {{ ref('int_measures') }} as ours
    inner join {{ ref('int_measures') }} as published
        on
            ours.measure_code = published.measure_code
            and ours.new_la_code = published.new_la_code
            and ours.period_end = published.period_end
    inner join series
        on ours.file_id = series.file_id and ours.measure_code = series.measure_code
    inner join rules
        on rules.rule_id = 'history.annual' and {{ holds_for('rules.units', 'series.unit') }}
    where
        ours.source = 'return'
        and ours.period_type in ('rolling_4q', 'snapshot')
        and ours.is_current
        and ours.value_status = 'ok'
        and published.source = 'published'
        and published.is_current
        and published.value_status = 'ok'
        and published.joint_code is null
        and abs(ours.value - published.value) > rules.threshold * published.value
        and abs(ours.value - published.value) >= rules.minimum_difference

),

-- Counts that are not zero, and have a figure a quarter before.
compared as (

    select
        series.new_la_code,
        series.quarter_label,
        series.quarter_before,
        series.file_id,
        min(series.sheet) as sheet,
        count(*) as points,
        sum(case when series.value = series.value_before then 1 else 0 end) as equal_points
    from series
    inner join rules
        on rules.rule_id = 'history.copied' and {{ holds_for('rules.units', 'series.unit') }}
    where series.value > 0 and series.value_before is not null
    group by series.new_la_code, series.quarter_label, series.quarter_before, series.file_id

),

copied as (

    select
        rules.rule_id,
        compared.new_la_code,
        compared.quarter_label,
        compared.file_id,
        compared.sheet,
        compared.equal_points as value,
        compared.points,
        compared.quarter_before
    from compared
    inner join rules on rules.rule_id = 'history.copied'
    where
        compared.points >= rules.minimum_points
        and compared.equal_points >= rules.threshold * compared.points

),

submissions as (

    select * from {{ ref('int_returns__submissions') }}

),

-- Of the versions before the one that counts, that which answered most; of equals the latest.
fullest as (

    select *
    from submissions
    where standing = 'superseded'
    qualify row_number() over (
        partition by new_la_code, quarter_label
        order by measures_answered desc, submission_number desc, file_id desc
    ) = 1

),

fewer_figures as (

    select
        rules.rule_id,
        latest.new_la_code,
        latest.quarter_label,
        latest.file_id,
        latest.sheet,
        latest.measures_answered as value,
        latest.measures_asked as whole,
        fullest.measures_answered as typical,
        fullest.submission_number as version
    from submissions as latest
    inner join fullest
        on
            latest.new_la_code = fullest.new_la_code
            and latest.quarter_label = fullest.quarter_label
    inner join rules on rules.rule_id = 'history.fewer_figures'
    where
        latest.standing = 'accepted'
        and latest.measures_answered < fullest.measures_answered

)

select * from stock_flow
union all by name
select * from annual
union all by name
select * from copied
union all by name
select * from fewer_figures
