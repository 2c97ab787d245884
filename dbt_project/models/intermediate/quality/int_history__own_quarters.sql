-- One row per figure of a return and rule that finds it unlike the authority's own earlier quarters.
-- Rules and their parameters are rows of history_rules; a rule without its row is off.
with series as (

    select * from {{ ref('int_return_series') }}

),

rules as (

    select * from {{ ref('history_rules') }}

),

unusual as (

    select
        rules.rule_id,
        series.*
    from series
    inner join rules
        on rules.rule_id = 'history.unusual' and {{ holds_for('rules.units', 'series.unit') }}
    where
        series.points >= rules.minimum_points
        and abs(series.value - series.typical) > rules.noise_factor
        * {{ usual_spread('series.typical', 'series.deviation', 'series.unit', 'rules.summed_units') }}
        and abs(series.value - series.typical) > rules.threshold * series.typical
        and abs(series.value - series.typical) >= rules.minimum_difference

),

last_year as (

    select
        rules.rule_id,
        series.* replace (series.value_last_year as typical)
    from series
    inner join rules
        on rules.rule_id = 'history.last_year' and {{ holds_for('rules.units', 'series.unit') }}
    where
        series.points >= rules.minimum_points
        and abs(series.value - series.value_last_year)
        > rules.threshold * least(series.value, series.value_last_year)
        and abs(series.value - series.value_last_year) >= rules.minimum_difference
        and abs(series.value - series.value_last_year)
        > rules.noise_factor * sqrt(series.value + series.value_last_year)

),

no_more as (

    select
        rules.rule_id,
        series.*
    from series
    inner join rules
        on rules.rule_id = 'history.zero' and {{ holds_for('rules.units', 'series.unit') }}
    where
        series.value = 0
        and series.points >= rules.minimum_points
        and series.lowest >= rules.minimum_difference

),

powers_of_ten as (

    select unnest([0.001, 0.01, 0.1, 10, 100, 1000]) as times

),

unit_slip as (

    select
        rules.rule_id,
        series.*,
        powers_of_ten.times
    from series
    inner join rules
        on rules.rule_id = 'history.unit_slip' and {{ holds_for('rules.units', 'series.unit') }}
    inner join powers_of_ten
        on
            abs(series.value - series.typical * powers_of_ten.times)
            <= rules.closeness * series.typical * powers_of_ten.times
    where
        series.points >= rules.minimum_points
        and series.typical >= rules.minimum_size
        and series.value > 0
        and abs(series.value - series.typical) > rules.noise_factor
        * {{ usual_spread('series.typical', 'series.deviation', 'series.unit', 'rules.summed_units') }}

),

-- Percentages of the registry with one measure above the line and one below.
parts_of_wholes as (

    select
        max(case terms.role when 'numerator' then terms.measure_code end) as part_code,
        max(case terms.role when 'denominator' then terms.measure_code end) as whole_code
    from {{ ref('indicators') }} as indicators
    inner join {{ ref('indicator_terms') }} as terms on indicators.indicator_code = terms.indicator_code
    where indicators.unit = 'percent' and indicators.denominator_factor is null
    group by indicators.indicator_code
    having count(*) = 2 and count(distinct terms.role) = 2

),

shares as (

    select distinct
        part.new_la_code,
        part.measure_code,
        part.quarter_index,
        pairs.whole_code,
        whole.value as whole,
        part.value * 100 / whole.value as share
    from parts_of_wholes as pairs
    inner join series as part on pairs.part_code = part.measure_code
    inner join series as whole
        on
            pairs.whole_code = whole.measure_code
            and part.new_la_code = whole.new_la_code
            and part.quarter_index = whole.quarter_index
    where whole.value > 0

),

usual_shares as (

    select
        shares.new_la_code,
        shares.measure_code,
        shares.quarter_index,
        shares.whole,
        count(earlier.share) as share_points,
        {{ median_of('earlier.share') }} as share,
        shares.whole * {{ median_of('earlier.share') }} / 100 as usual_count
    from shares
    inner join shares as earlier
        on
            shares.new_la_code = earlier.new_la_code
            and shares.measure_code = earlier.measure_code
            and shares.whole_code = earlier.whole_code
            and shares.quarter_index > earlier.quarter_index
            and shares.quarter_index <= earlier.quarter_index + {{ var('history_quarters') }}
    group by
        shares.new_la_code, shares.measure_code, shares.quarter_index, shares.whole_code, shares.whole

),

percent_for_count as (

    select
        rules.rule_id,
        series.* replace (usual_shares.usual_count as typical),
        usual_shares.share,
        usual_shares.whole
    from series
    inner join usual_shares
        on
            series.new_la_code = usual_shares.new_la_code
            and series.measure_code = usual_shares.measure_code
            and series.quarter_index = usual_shares.quarter_index
    inner join rules
        on rules.rule_id = 'history.percent_for_count' and {{ holds_for('rules.units', 'series.unit') }}
    where
        usual_shares.share_points >= rules.minimum_points
        and usual_shares.usual_count >= rules.minimum_size
        and series.value > 0
        and abs(series.value - usual_shares.share) <= rules.closeness
        and abs(series.value - usual_shares.usual_count) > rules.threshold * usual_shares.usual_count
        and abs(series.value - usual_shares.usual_count) > rules.noise_factor * sqrt(usual_shares.usual_count)

)

select * from unusual
union all by name
select * from last_year
union all by name
select * from no_more
union all by name
select * from unit_slip
union all by name
select * from percent_for_count
