-- long text is compared by its index key and exactly
-- {"title": {"eq": "Dune"}}
(left("t"."data" ->> 'title', 128) COLLATE "C") = CAST($2 AS TEXT) AND (("t"."data" ->> 'title') COLLATE "C") = CAST($1 AS TEXT);

-- short text is its own key
-- {"isbn": {"eq": "1"}}
(left("t"."data" ->> 'isbn', 512) COLLATE "C") = CAST($1 AS TEXT);

-- a list of long texts
-- {"title": {"in": ["a", "b"]}}
(left("t"."data" ->> 'title', 128) COLLATE "C") = ANY(CAST($2 AS TEXT[])) AND (("t"."data" ->> 'title') COLLATE "C") = ANY(CAST($1 AS TEXT[]));

-- a range of long texts
-- {"title": {"gt": "a", "lte": "b"}}
((left("t"."data" ->> 'title', 128) COLLATE "C") >= CAST($2 AS TEXT) AND (("t"."data" ->> 'title') COLLATE "C") > CAST($1 AS TEXT)) AND ((left("t"."data" ->> 'title', 128) COLLATE "C") <= CAST($4 AS TEXT) AND (("t"."data" ->> 'title') COLLATE "C") <= CAST($3 AS TEXT));

-- a prefix is a range of keys
-- {"title": {"startsWith": "Du"}}
(left("t"."data" ->> 'title', 128) COLLATE "C") >= CAST($1 AS TEXT) AND (left("t"."data" ->> 'title', 128) COLLATE "C") <= CAST($2 AS TEXT) AND ("t"."data" ->> 'title') LIKE CAST($3 AS TEXT);

-- a substring
-- {"title": {"contains": "un"}}
("t"."data" ->> 'title') LIKE CAST($1 AS TEXT);

-- a substring in any case
-- {"title": {"icontains": "un"}}
("t"."data" ->> 'title') ILIKE CAST($1 AS TEXT);

-- equality in any case
-- {"title": {"ieq": "dune"}}
("t"."data" ->> 'title') ILIKE CAST($1 AS TEXT) AND lower("t"."data" ->> 'title') = lower(CAST($2 AS TEXT));

-- a pattern
-- {"title": {"like": "D%"}}
("t"."data" ->> 'title') LIKE CAST($1 AS TEXT);

-- words
-- {"title": {"search": "left hand"}}
to_tsvector('simple', left("t"."data" ->> 'title', 100000)) @@ websearch_to_tsquery('simple', CAST($1 AS TEXT));

-- the complement of equality holds for null
-- {"title": {"ne": "Dune"}}
((left("t"."data" ->> 'title', 128) COLLATE "C") = CAST($2 AS TEXT) AND (("t"."data" ->> 'title') COLLATE "C") = CAST($1 AS TEXT)) IS NOT TRUE;

-- a number
-- {"price": {"gte": 1}}
CASE WHEN jsonb_typeof("t"."data" -> 'price') = 'number' THEN CAST("t"."data" -> 'price' AS DECIMAL) END >= CAST($1 AS DECIMAL);

-- a list of numbers
-- {"pages": {"in": [1, 2]}}
CASE WHEN jsonb_typeof("t"."data" -> 'pages') = 'number' THEN CAST("t"."data" -> 'pages' AS DECIMAL) END = ANY(CAST($1 AS DECIMAL[]));

-- a boolean
-- {"in_stock": {"eq": true}}
CASE WHEN jsonb_typeof("t"."data" -> 'in_stock') = 'boolean' THEN CAST("t"."data" -> 'in_stock' AS BOOLEAN) END = CAST($1 AS BOOLEAN);

-- a date
-- {"published": {"lt": "2026-01-01"}}
(left("t"."data" ->> 'published', 512) COLLATE "C") < CAST($1 AS TEXT);

-- an instant
-- {"sold_at": {"gt": "2026-01-01T00:00:00Z"}}
janua.instant("t"."data" ->> 'sold_at') > janua.instant(CAST($1 AS TEXT));

-- a list of instants
-- {"sold_at": {"in": ["2026-01-01T00:00:00Z"]}}
janua.instant("t"."data" ->> 'sold_at') = ANY(ARRAY(SELECT janua.instant("listed"."value") FROM unnest(CAST($1 AS TEXT[])) AS "listed"("value")));

-- a time of day
-- {"opens": {"eq": "12:00:00Z"}}
janua.instant('2000-01-01T' || ("t"."data" ->> 'opens')) = janua.instant('2000-01-01T' || CAST($1 AS TEXT));

-- a uuid
-- {"code": {"eq": "0198c5a4-7c1e-7d6a-b8f0-3f2a9d1c5e77"}}
janua.uuid("t"."data" ->> 'code') = CAST($1 AS UUID);

-- a to-one relation is its column
-- {"author_id": {"eq": "0198c5a4-7c1e-7d6a-b8f0-3f2a9d1c5e77"}}
"t"."author_id" = CAST($1 AS UUID);

-- an enum
-- {"genre": {"eq": "novel"}}
(left("t"."data" ->> 'genre', 512) COLLATE "C") = CAST($1 AS TEXT);

-- free-form JSON
-- {"attributes": {"eq": {"a": 1}}}
("t"."data" -> 'attributes') @> CAST($1 AS JSONB) AND ("t"."data" -> 'attributes') = CAST($1 AS JSONB);

-- null or missing
-- {"title": {"isNull": true}}
(left("t"."data" ->> 'title', 128) COLLATE "C") IS NULL;

-- neither null nor missing
-- {"sold_at": {"isNull": false}}
("t"."data" ->> 'sold_at') IS NOT NULL;

-- an object that is null or missing
-- {"publisher": {"isNull": true}}
(NOT (coalesce(jsonb_typeof("t"."data" -> 'publisher'), 'null') = 'null')) IS NOT TRUE;

-- missing
-- {"price": {"exists": false}}
CASE WHEN jsonb_typeof("t"."data" -> 'price') = 'number' THEN CAST("t"."data" -> 'price' AS DECIMAL) END IS NULL AND ("t"."data" -> 'price') IS NULL;

-- present
-- {"publisher": {"city": {"exists": true}}}
("t"."data" -> 'publisher' -> 'city') IS NOT NULL;

-- an array with an element
-- {"tags": {"has": "a"}}
("t"."data" -> 'tags') @> CAST($1 AS JSONB);

-- an array with any of some elements
-- {"tags": {"hasAny": ["a", "b"]}}
("t"."data" -> 'tags') @? CAST($1 AS jsonpath);

-- an array with all of some elements
-- {"tags": {"hasAll": ["a", "b"]}}
("t"."data" -> 'tags') @> CAST($1 AS JSONB);

-- an empty array
-- {"tags": {"isEmpty": true}}
(jsonb_typeof("t"."data" -> 'tags') = 'array' AND NOT (("t"."data" -> 'tags') = CAST('[]' AS JSONB))) IS NOT TRUE;

-- some element satisfies conditions
-- {"lines": {"some": {"sku": {"eq": "a"}, "amount": {"gt": 1}}}}
("t"."data" -> 'lines') @> jsonb_build_array(jsonb_build_object('sku', to_jsonb(CAST($1 AS TEXT)))) AND EXISTS(SELECT 1 FROM jsonb_array_elements(CASE WHEN jsonb_typeof("t"."data" -> 'lines') = 'array' THEN "t"."data" -> 'lines' ELSE CAST('[]' AS JSONB) END) AS "t0"("value") WHERE ((left("t0"."value" ->> 'sku', 128) COLLATE "C") = CAST($2 AS TEXT) AND (("t0"."value" ->> 'sku') COLLATE "C") = CAST($1 AS TEXT)) AND CASE WHEN jsonb_typeof("t0"."value" -> 'amount') = 'number' THEN CAST("t0"."value" -> 'amount' AS DECIMAL) END > CAST($3 AS DECIMAL));

-- every element satisfies a condition
-- {"tags": {"every": {"startsWith": "a"}}}
NOT EXISTS(SELECT 1 FROM jsonb_array_elements(CASE WHEN jsonb_typeof("t"."data" -> 'tags') = 'array' THEN "t"."data" -> 'tags' ELSE CAST('[]' AS JSONB) END) AS "t0"("value") WHERE ((left("t0"."value" #>> '{}', 128) COLLATE "C") >= CAST($1 AS TEXT) AND (left("t0"."value" #>> '{}', 128) COLLATE "C") <= CAST($2 AS TEXT) AND ("t0"."value" #>> '{}') LIKE CAST($3 AS TEXT)) IS NOT TRUE);

-- a related record
-- {"author": {"name": {"eq": "Ann"}}}
EXISTS(SELECT 1 FROM "collections"."authors" AS "t0" WHERE "t0"."id" = "t"."author_id" AND ((left("t0"."data" ->> 'name', 128) COLLATE "C") = CAST($2 AS TEXT) AND (("t0"."data" ->> 'name') COLLATE "C") = CAST($1 AS TEXT)));

-- no related record
-- {"author": {"isNull": true}}
("t"."author_id" IS NOT NULL) IS NOT TRUE;

-- some of many related records
-- {"tagged": {"some": {"label": {"eq": "new"}}}}
EXISTS(SELECT 1 FROM "collections"."books$tag_ids" AS "t1" JOIN "collections"."tags" AS "t0" ON "t0"."id" = "t1"."target_id" WHERE "t1"."record_id" = "t"."id" AND ((left("t0"."data" ->> 'label', 128) COLLATE "C") = CAST($2 AS TEXT) AND (("t0"."data" ->> 'label') COLLATE "C") = CAST($1 AS TEXT)));

-- combinations
-- {"_or": [{"price": {"lt": 1}}, {"_not": {"isbn": {"eq": "1"}, "price": {"gt": 2}}}]}
CASE WHEN jsonb_typeof("t"."data" -> 'price') = 'number' THEN CAST("t"."data" -> 'price' AS DECIMAL) END < CAST($1 AS DECIMAL) OR ((left("t"."data" ->> 'isbn', 512) COLLATE "C") = CAST($2 AS TEXT) AND CASE WHEN jsonb_typeof("t"."data" -> 'price') = 'number' THEN CAST("t"."data" -> 'price' AS DECIMAL) END > CAST($3 AS DECIMAL)) IS NOT TRUE;
