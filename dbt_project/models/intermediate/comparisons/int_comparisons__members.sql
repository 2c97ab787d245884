-- One row per comparison set, authority and dates. A set is a comparison group, or one authority's own:
-- its statistical neighbours. is_member: it belongs to the group's value. is_compared: it is held
-- against the group. An authority is no neighbour of its own. set_id numbers the sets.
with groups as (

    select * from {{ ref('comparison_groups') }}

),

authorities as (

    select * from {{ ref('local_authorities') }}

),

areas as (

    select
        groups.comparison_group,
        groups.comparison_group as comparison_set,
        authorities.new_la_code,
        true as is_member,
        authorities.is_london as is_compared,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to
    from groups
    inner join authorities
        on groups.members_key in ('E92000001', authorities.region_code, authorities.inner_outer_code)
    where groups.members_from = 'area'

),

sub_regions as (

    select
        groups.comparison_group,
        groups.comparison_group as comparison_set,
        sub_regions.new_la_code,
        true as is_member,
        true as is_compared,
        sub_regions.valid_from,
        sub_regions.valid_to
    from groups
    inner join {{ ref('sub_regions') }} as sub_regions on groups.members_key = sub_regions.sub_region
    where groups.members_from = 'sub_region'

),

listed as (

    select
        groups.comparison_group,
        groups.comparison_group as comparison_set,
        members.new_la_code,
        true as is_member,
        authorities.is_london as is_compared,
        members.valid_from,
        members.valid_to
    from groups
    inner join {{ ref('comparison_group_members') }} as members
        on groups.comparison_group = members.comparison_group
    inner join authorities on members.new_la_code = authorities.new_la_code
    where groups.members_from = 'listed'

),

neighbours as (

    select
        groups.comparison_group,
        neighbours.new_la_code as owner_code,
        neighbours.neighbour_la_code as new_la_code
    from groups
    inner join {{ ref('statistical_neighbours') }} as neighbours
        on groups.members_key = neighbours.model_version
    where groups.members_from = 'neighbours'

),

neighbours_and_owners as (

    select
        comparison_group,
        owner_code,
        new_la_code,
        true as is_member
    from neighbours
    union all
    select distinct
        comparison_group,
        owner_code,
        owner_code as new_la_code,
        false as is_member
    from neighbours

),

members as (

    select * from areas
    union all
    select * from sub_regions
    union all
    select * from listed
    union all
    select
        comparison_group,
        comparison_group || ' ' || owner_code as comparison_set,
        new_la_code,
        is_member,
        not is_member as is_compared,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to
    from neighbours_and_owners

)

select
    *,
    cast(dense_rank() over (order by comparison_set) as integer) as set_id
from members
