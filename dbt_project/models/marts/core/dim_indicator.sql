-- One row per indicator: what it is, how it is computed, which way is better. The registry, typed.
select
    indicator_code,
    label,
    name,
    theme,
    timing,
    unit,
    multiplier,
    population_band,
    denominator_factor,
    decimals,
    polarity,
    polarity_basis,
    plausible_low,
    plausible_high,
    disclosure_rule,
    definition_status,
    definition_basis,
    annex_a,
    lait_measure,
    notes
from {{ ref('indicators') }}
