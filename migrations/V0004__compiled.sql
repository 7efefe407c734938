-- What schemas were compiled to, so that a start need not compile them all again.

-- Unlogged: what is lost is compiled again.
CREATE UNLOGGED TABLE janua.compiled (
    collection text PRIMARY KEY,
    mark text NOT NULL,
    model text NOT NULL
);
COMMENT ON TABLE janua.compiled IS 'What the current schema of each collection was compiled to; may be emptied at any time';
COMMENT ON COLUMN janua.compiled.mark IS 'Of what it was compiled, and by which code: with another one, it counts for nothing';
COMMENT ON COLUMN janua.compiled.model IS 'Names, types, indexes and relations as Janua writes them down for itself';
