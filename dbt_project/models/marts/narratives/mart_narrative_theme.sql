-- One row per answer of a narrative that counts and theme that it speaks of, by the words of
-- narrative_themes.csv.
with answers as (

    select
        *,
        {{ words_of('answer') }} as words
    from {{ ref('fct_narrative') }}
    where is_current and part != 'sharing' and answer_status = 'ok'

),

keywords as (

    select
        theme as narrative_theme,
        label as narrative_theme_label,
        keyword,
        {{ words_of('keyword') }} as words
    from {{ ref('narrative_themes') }}

)

select
    answers.new_la_code,
    answers.la_name,
    answers.quarter_label,
    answers.part,
    answers.item,
    answers.field,
    answers.label,
    answers.theme,
    keywords.narrative_theme,
    keywords.narrative_theme_label,
    {{ joined_texts('keywords.keyword', ', ') }} as keywords_matched
from answers
-- A word may go on after the keyword: the keyword's last space is not asked for.
inner join keywords on {{ text_has('answers.words', 'rtrim(keywords.words)') }}
group by
    answers.new_la_code,
    answers.la_name,
    answers.quarter_label,
    answers.part,
    answers.item,
    answers.field,
    answers.label,
    answers.theme,
    keywords.narrative_theme,
    keywords.narrative_theme_label
