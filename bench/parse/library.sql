-- The library in Parse Server's tables, of the same records, with the same indexes as the collections. Parse Server has
-- made the tables; its own way in, batches of 50 over REST, would take long.

INSERT INTO parse."Author" ("objectId", "createdAt", "updatedAt", name, country)
SELECT id, created_at, updated_at, data ->> 'name', data ->> 'country' FROM collections.authors ORDER BY id;

INSERT INTO parse."Book" (
    "objectId", "createdAt", "updatedAt",
    title, author, isbn, genre, status, price, in_stock, pages, published, publisher, tags
)
SELECT
    id, created_at, updated_at,
    data ->> 'title', data ->> 'author_id', data ->> 'isbn', data ->> 'genre', data ->> 'status',
    (data ->> 'price')::float8, (data ->> 'in_stock')::boolean, (data ->> 'pages')::float8, data ->> 'published',
    data -> 'publisher', data -> 'tags'
FROM collections.books ORDER BY id;

CREATE INDEX ON parse."Author" (name);
CREATE INDEX ON parse."Author" (country);
CREATE UNIQUE INDEX ON parse."Book" (isbn);
CREATE INDEX ON parse."Book" (author, "objectId");
CREATE INDEX ON parse."Book" (genre, "objectId");
CREATE INDEX ON parse."Book" (genre) INCLUDE (price);
CREATE INDEX ON parse."Book" (price, "objectId");
CREATE INDEX ON parse."Book" (published, "objectId");
CREATE INDEX ON parse."Book" ((publisher ->> 'city'), "objectId");
CREATE INDEX ON parse."Book" (status, published DESC, "objectId");
CREATE INDEX ON parse."Book" USING gin (tags);
CREATE INDEX ON parse."Book" USING gin (title gin_trgm_ops);
