-- long text
-- {"kind": "btree", "fields": ["title"]}
CREATE INDEX "books$$e8213b430023" ON "collections"."books" USING btree ((left("data" ->> 'title', 128) COLLATE "C"), "id");

-- unique long text
-- {"kind": "btree", "fields": ["title"], "unique": true}
CREATE UNIQUE INDEX "books$$ba534532d3db" ON "collections"."books" USING btree ((left("data" ->> 'title', 128) COLLATE "C"), (CASE WHEN length("data" ->> 'title') > 128 THEN sha256(decode(replace("data" ->> 'title', '\', '\\'), 'escape')) ELSE CAST('' AS BYTEA) END));

-- several keys, one descending
-- {"kind": "btree", "fields": ["genre", "-published"]}
CREATE INDEX "books$$cc85add3f9b1" ON "collections"."books" USING btree ((left("data" ->> 'genre', 512) COLLATE "C"), (left("data" ->> 'published', 512) COLLATE "C") DESC, "id" DESC);

-- a partial index
-- {"kind": "btree", "fields": ["isbn"], "unique": true, "where": {"in_stock": {"eq": true}, "price": {"gt": 1}}}
CREATE UNIQUE INDEX "books$$71a0437a8ff4" ON "collections"."books" USING btree ((left("data" ->> 'isbn', 512) COLLATE "C")) WHERE CASE WHEN jsonb_typeof("data" -> 'in_stock') = 'boolean' THEN CAST("data" -> 'in_stock' AS BOOLEAN) END = CAST('true' AS BOOLEAN) AND CASE WHEN jsonb_typeof("data" -> 'price') = 'number' THEN CAST("data" -> 'price' AS DECIMAL) END > CAST('1' AS DECIMAL);

-- an array
-- {"kind": "gin", "fields": ["tags"]}
CREATE INDEX "books$$a3e39be1827e" ON "collections"."books" USING gin (("data" -> 'tags') jsonb_path_ops);

-- trigrams
-- {"kind": "trigram", "fields": ["publisher.name"]}
CREATE INDEX "books$$f895bd3092bd" ON "collections"."books" USING gin (("data" -> 'publisher' ->> 'name') gin_trgm_ops);

-- words
-- {"kind": "fulltext", "fields": ["title"]}
CREATE INDEX "books$$173479d033ef" ON "collections"."books" USING gin ((to_tsvector('simple', left("data" ->> 'title', 100000))));
