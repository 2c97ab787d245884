-- One row per English local authority, region and country that a figure can belong to.
with authorities as (

    select
        authorities.new_la_code,
        authorities.old_la_code,
        authorities.la_name,
        authorities.short_code,
        'local_authority' as area_level,
        authorities.region_code,
        authorities.region_name,
        authorities.inner_outer,
        authorities.inner_outer_code,
        authorities.is_london,
        sub_regions.sub_region,
        sub_regions.membership_status as sub_region_status,
        authorities.data_note
    from {{ ref('local_authorities') }} as authorities
    left join {{ ref('sub_regions') }} as sub_regions
        on authorities.new_la_code = sub_regions.new_la_code and sub_regions.valid_to is null

),

areas as (

    select
        area_code as new_la_code,
        cast(null as varchar) as old_la_code,
        area_name as la_name,
        cast(null as varchar) as short_code,
        area_level,
        case when area_level = 'region' then area_code else parent_code end as region_code,
        case when area_level = 'region' then area_name end as region_name,
        cast(null as varchar) as inner_outer,
        cast(null as varchar) as inner_outer_code,
        false as is_london,
        cast(null as varchar) as sub_region,
        cast(null as varchar) as sub_region_status,
        cast(null as varchar) as data_note
    from {{ ref('areas') }}

)

select * from authorities
union all
select * from areas
