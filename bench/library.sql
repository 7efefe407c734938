-- The library as relational tables, of the same records, with the same keys, constraints and indexes as the collections.

CREATE SCHEMA library;

CREATE TABLE library.authors (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    country text CHECK (country ~ '^[A-Z]{2}$'),
    born date,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON library.authors (name);
CREATE INDEX ON library.authors (country);

CREATE TABLE library.books (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 500),
    author_id uuid REFERENCES library.authors,
    isbn text UNIQUE CHECK (isbn ~ '^97[89][0-9]{10}$'),
    genre text CHECK (genre IN ('fiction', 'science_fiction', 'history', 'science', 'biography', 'children')),
    status text CHECK (status IN ('draft', 'announced', 'published', 'withdrawn')),
    price numeric CHECK (price >= 0),
    in_stock boolean,
    pages integer CHECK (pages BETWEEN 1 AND 100000),
    published date,
    publisher_name text,
    publisher_city text,
    tags text[],
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
-- With the id behind, as pages of a filtered list are in its order.
CREATE INDEX ON library.books (author_id, id);
CREATE INDEX ON library.books (genre, id);
-- Janua's own has the price as a key, of which a plain max() has nothing: this form is the quicker one for it.
CREATE INDEX ON library.books (genre) INCLUDE (price);
CREATE INDEX ON library.books (price, id);
CREATE INDEX ON library.books (published, id);
CREATE INDEX ON library.books (publisher_city, id);
CREATE INDEX ON library.books (status, published DESC, id);
CREATE INDEX ON library.books USING gin (tags);
CREATE INDEX ON library.books USING gin (title gin_trgm_ops);

INSERT INTO library.authors (id, name, country)
SELECT id, data ->> 'name', data ->> 'country' FROM collections.authors ORDER BY id;

INSERT INTO library.books (
    id, title, author_id, isbn, genre, status, price, in_stock, pages, published, publisher_name, publisher_city, tags
)
SELECT
    id, data ->> 'title', (data ->> 'author_id')::uuid, data ->> 'isbn', data ->> 'genre', data ->> 'status',
    (data ->> 'price')::numeric, (data ->> 'in_stock')::boolean, (data ->> 'pages')::integer,
    (data ->> 'published')::date, data #>> '{publisher,name}', data #>> '{publisher,city}',
    ARRAY(SELECT jsonb_array_elements_text(data -> 'tags'))
FROM collections.books ORDER BY id;

-- PostGraphile reads no aggregates by itself: a function is how its users ask for them.
CREATE TYPE library.figures AS (count bigint, avg numeric, max numeric);
CREATE FUNCTION library.genre_figures(genre text) RETURNS library.figures LANGUAGE sql STABLE AS
$$ SELECT count(*), avg(price), max(price) FROM library.books WHERE books.genre = genre_figures.genre $$;
