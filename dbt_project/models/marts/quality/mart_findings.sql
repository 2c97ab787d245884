-- One row per finding: what was wrong in a file that is in the landing zone, what history has to ask
-- about the returns that count, where figures that DfE prints are not what its own counts give, and which
-- known failures of a gate are accepted. What Annex A cells held, or somebody wrote in a narrative, is
-- never here, whatever was handed over.
with files as (

    select * from {{ ref('int_ledger__files') }}

),

in_files as (

    select
        findings.*,
        'file' as scope,
        coalesce(returned.measure_code, measures.measure_code) as measure_code
    from {{ ref('stg_ledger__findings') }} as findings
    left join {{ ref('stg_return__values') }} as returned
        on
            findings.file_id = returned.file_id
            and findings.sheet = returned.sheet
            and findings.source_row = returned.source_row
    -- A measure without a row has no cell to be found by: the finding names it as expected.
    left join {{ ref('measures') }} as measures
        on findings.expected = measures.measure_code and findings.rule_id = 'return.measure.missing'

),

in_history as (

    select
        'return' as source_name,
        'history' as scope,
        file_id,
        rule_id,
        severity,
        message,
        fix,
        measure_code,
        sheet,
        cell,
        value,
        expected,
        1 as finding_count
    from {{ ref('int_history__findings') }}

),

in_figures as (

    select
        'published' as source_name,
        'figures' as scope,
        differences.file_id,
        'published.rate.differs' as rule_id,
        'check' as severity,
        files.dataset as table_name,
        differences.column_name,
        cast(differences.published_value as varchar) as value,
        'what the counts give: '
        || {{ fixed_text('differences.value', 3) }} as expected,
        indicators.label || ': ' || {{ number_text('differences.figures_differing') }} || ' of '
        || {{ number_text('differences.figures_compared') }}
        || ' printed figures are not what DfE’s own counts give; widest for ' || areas.la_name || ' in '
        || differences.period_label as message,
        'Use the figure computed from the counts; ask DfE where the gap matters' as fix,
        differences.figures_differing as finding_count
    from {{ ref('int_published__differences') }} as differences
    inner join files on differences.file_id = files.file_id
    inner join {{ ref('indicators') }} as indicators
        on differences.indicator_code = indicators.indicator_code
    inner join {{ ref('dim_local_authority') }} as areas on differences.new_la_code = areas.new_la_code

),

in_register as (

    select
        'gate' as source_name,
        'waiver' as scope,
        rule_id,
        'note' as severity,
        'A failure of this rule is accepted from ' || cast(valid_from as varchar) || ' to '
        || cast(valid_to as varchar) || ' by ' || accepted_by || ' because ' || rtrim(reason, '.')
        || ' (' || waiver_id || ', ' || reference || ')' as message,
        'Put right what it accepts; from the day after its last it blocks again' as fix,
        'waivers.csv' as sheet,
        new_la_code as accepted_for_la,
        quarter_label as accepted_for_quarter,
        1 as finding_count
    from {{ ref('waivers') }}

),

findings as (

    select * from in_files
    union all by name
    select * from in_history
    union all by name
    select * from in_figures
    union all by name
    select * from in_register

),

placed as (

    select
        findings.*,
        coalesce(files.new_la_code, findings.accepted_for_la) as new_la_code,
        coalesce(files.quarter_label, findings.accepted_for_quarter) as quarter_label,
        coalesce(files.path, findings.sheet) as path,
        files.release_id,
        -- Of a return, whether it tells how things stand: a file that was set aside may.
        coalesce(submissions.stands, files.is_current, findings.scope = 'waiver') as is_current,
        coalesce(findings.measure_code, findings.column_name, findings.sheet, '') as subject
    from findings
    -- A finding about the aliases or a waiver belongs to no file of the ledger; its sheet is that file.
    left join files on findings.file_id = files.file_id
    left join {{ ref('int_returns__submissions') }} as submissions
        on findings.file_id = submissions.file_id

),

-- The same rule on the same subject of the same authority, over the quarters.
seen as (

    select
        source_name,
        new_la_code,
        rule_id,
        subject,
        min(quarter_label) as first_seen_quarter,
        count(distinct quarter_label) as seen_quarters
    from placed
    where new_la_code is not null and quarter_label is not null
    group by source_name, new_la_code, rule_id, subject

)

select
    placed.source_name as source,
    placed.new_la_code,
    areas.la_name,
    placed.quarter_label,
    placed.file_id,
    placed.path,
    placed.release_id,
    placed.is_current,
    placed.scope,
    placed.rule_id,
    placed.severity,
    placed.message,
    placed.fix,
    placed.table_name,
    placed.sheet,
    placed.cell,
    cast(placed.source_row as integer) as row_number,
    placed.column_name,
    placed.measure_code,
    case when placed.source_name not in ('annex_a', 'narrative') then placed.value end as value,
    placed.expected,
    case when placed.source_name not in ('annex_a', 'narrative') then placed.suggestion end as suggestion,
    cast(placed.finding_count as integer) as finding_count,
    case when placed.quarter_label is not null then seen.first_seen_quarter end as first_seen_quarter,
    case when placed.quarter_label is not null then cast(seen.seen_quarters as integer) end as seen_quarters
from placed
left join {{ ref('local_authorities') }} as areas on placed.new_la_code = areas.new_la_code
left join seen
    on
        placed.source_name = seen.source_name
        and placed.new_la_code = seen.new_la_code
        and placed.rule_id = seen.rule_id
        and placed.subject = seen.subject
