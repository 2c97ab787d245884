-- One row per published file that counts or counted: which publication and release it is, what it holds,
-- when it was received, and whether it is the newest of its dataset.
select
    release_id,
    publication,
    dataset,
    release_label,
    last_period,
    cast(submission_number as integer) as release_number,
    path,
    sha256,
    file_id,
    received_at,
    first_seen_at as loaded_at,
    is_current,
    is_synthetic
from {{ ref('stg_ledger__published_files') }}
where state in ('accepted', 'replaced')
