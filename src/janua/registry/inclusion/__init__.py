"""Whether a reader's schema accepts every document that a writer's schema accepts: proven, refuted, or unclear.

In the order that control flows through them: `refusals` (start here), `search` and `attempts` (the tableau), `proofs`
and `effort` (what is known, and how much work is left), `rules` (what each keyword demands) over `demands` and
`versions`, `objects`, `arrays` and `scalars` (what is known of the value that is looked for) with `words` and
`patterns` for strings, `likeness`, `evaluation`, `samples` and `guesses`.
"""
