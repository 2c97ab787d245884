-- One row per indicator, area, period and release for which DfE prints the rate or percentage itself,
-- and what DfE rounds it and its parts to.
select
    mapping.indicator_code,
    published.new_la_code,
    published.time_period as period_label,
    files.release_id,
    published.file_id,
    published.value as published_value,
    mapping.column_name,
    mapping.decimals,
    case
        when areas.area_code is null then mapping.authorities_rounded_to else mapping.areas_rounded_to
    end as parts_rounded_to
from {{ ref('int_published__values') }} as published
inner join {{ ref('published_indicators') }} as mapping
    on
        published.dataset = mapping.dataset
        and published.column_name = mapping.column_name
        and published.filter_key = coalesce(mapping.filter_key, '')
inner join {{ ref('stg_ledger__published_files') }} as files on published.file_id = files.file_id
left join {{ ref('areas') }} as areas on published.new_la_code = areas.area_code
where published.value is not null
