"""The cases that are measured: what each target is asked for one, and what it has to answer.

`CASES` has them in the order of their measuring: those that write come last. `asked` is the request of a case to a
target; `check` holds an answer against the library itself, so that nothing is timed that answers something else.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Any, Literal
from urllib.parse import urlencode

from bench import library

Face = Literal["graphql", "rest"]
Style = Literal["janua", "postgraphile", "parse", "naive"]
"""Whose GraphQL it is; the hand-written endpoints are asked as Janua."""

GENRE = "history"
SHOWN = ("id", "title", "price", "genre", "pages", "in_stock", "published")
FIGURES = "{ count avg { price } max { price } }"
AT_ONCE = 100

TEXTS: dict[str, dict[Style, str]] = {
    "get_by_id": {
        "janua": "query ($id: ID!) { book(id: $id) { SHOWN } }",
        "postgraphile": "query ($id: UUID!) { book: bookByRowId(rowId: $id) { SHOWN } }",
        "parse": "query ($id: ID!) { book(id: $id) { SHOWN } }",
        "naive": "query ($id: ID!) { book(id: $id) { SHOWN } }",
    },
    "list_filter_20": {
        "janua": "query ($genre: BookGenre!) { books(where: {genre: {eq: $genre}}, first: 20) { nodes { SHOWN } } }",
        "postgraphile": "query ($genre: String!) "
        "{ books: allBooks(condition: {genre: $genre}, first: 20) { nodes { SHOWN } } }",
        "parse": "query ($genre: String!) "
        "{ books(where: {genre: {equalTo: $genre}}, order: [id_ASC], first: 20) { edges { node { SHOWN } } } }",
        "naive": "query ($genre: String!) { books(genre: $genre, first: 20) { nodes { SHOWN } } }",
    },
    "list_nested_20": {
        "janua": "query ($genre: BookGenre!) { books(where: {genre: {eq: $genre}}, first: 20) "
        "{ nodes { id title price author { name country } } } }",
        "postgraphile": "query ($genre: String!) { books: allBooks(condition: {genre: $genre}, first: 20) "
        "{ nodes { ID title price author: authorByAuthorId { name country } } } }",
        "parse": "query ($genre: String!) { books(where: {genre: {equalTo: $genre}}, order: [id_ASC], first: 20) "
        "{ edges { node { ID title price author { name country } } } } }",
        "naive": "query ($genre: String!) { books(genre: $genre, first: 20) "
        "{ nodes { id title price author { name country } } } }",
    },
    "author_books": {
        "janua": "query ($id: ID!) { author(id: $id) { name country books(first: 20) { nodes { SHOWN } } } }",
        "postgraphile": "query ($id: UUID!) { author: authorByRowId(rowId: $id) "
        "{ name country books: booksByAuthorId(first: 20) { nodes { SHOWN } } } }",
        # A pointer has no way back; this is what its users write.
        "parse": "query ($id: ID!) { author(id: $id) { name country } "
        "books(where: {author: {have: {id: {equalTo: $id}}}}, order: [id_ASC], first: 20) "
        "{ edges { node { SHOWN } } } }",
        "naive": "query ($id: ID!) { author(id: $id) { name country books(first: 20) { nodes { SHOWN } } } }",
    },
    "aggregate": {
        "janua": "query ($genre: BookGenre!) { booksAggregate(where: {genre: {eq: $genre}}) FIGURES }",
        "postgraphile": "query ($genre: String!) { genreFigures(genre: $genre) { count avg max } }",
        "naive": "query ($genre: String!) { genreFigures: genre_figures(genre: $genre) { count avg max } }",
    },
    "create": {
        "janua": "mutation ($input: BookInput!) { createBook(input: $input) { id title price } }",
        "postgraphile": "mutation ($input: BookInput!) "
        "{ createBook(input: {book: $input}) { book { ID title price } } }",
        "parse": "mutation ($input: CreateBookFieldsInput!) "
        "{ createBook(input: {fields: $input}) { book { ID title price } } }",
        "naive": "mutation ($input: BookInput!) { createBook: create_book(input: $input) { id title price } }",
    },
    "bulk_create": {
        "janua": "mutation ($inputs: [BookInput!]!) { createBooks(inputs: $inputs) { id } }",
        # These two have no mutation for several records; this is what their users write.
        "postgraphile": "mutation ($input: BookInput!) { "
        + " ".join(f"b{place}: createBook(input: {{book: $input}}) {{ book {{ ID }} }}" for place in range(AT_ONCE))
        + " }",
        "parse": "mutation ($input: CreateBookFieldsInput!) { "
        + " ".join(f"b{place}: createBook(input: {{fields: $input}}) {{ book {{ ID }} }}" for place in range(AT_ONCE))
        + " }",
        "naive": "mutation ($inputs: [BookInput!]!) { createBooks: create_books(inputs: $inputs) { id } }",
    },
}
"""What is asked; a style that is not there has no answer."""
TEXTS["create_invalid"] = TEXTS["create"]
ID: dict[Style, str] = {"postgraphile": "id: rowId", "parse": "id: objectId"}
CASES = ("get_by_id", "list_filter_20", "list_nested_20", "author_books", "aggregate")
WRITES = ("create_invalid", "create", "bulk_create")


@dataclass(frozen=True)
class Asked:
    """A request, and the status of its answer."""

    path: str
    body: bytes = b""
    status: int = 200
    method: str = "POST"
    type: str = field(default="application/json")


def asked(case: str, face: Face, style: Style = "janua") -> Asked:
    """Return the request of a case."""
    return REST[case]() if face == "rest" else Asked("/graphql", graphql_body(case, style))


def graphql_body(case: str, style: Style) -> bytes:
    """Return the GraphQL request of a case."""
    shown = " ".join(SHOWN)
    text = TEXTS[case][style].replace("SHOWN", shown).replace("FIGURES", FIGURES)
    given = variables(case)
    if style in ID:
        text = text.replace(shown, shown.replace("id ", "ID ", 1)).replace("ID ", f"{ID[style]} ")
        given = {"input": given["inputs"][0]} if "inputs" in given else given
        given = {key: RENAMED[style](value) if key == "input" else value for key, value in given.items()}
    if style == "postgraphile":
        text = text.replace("in_stock", "in_stock: inStock")
    return json.dumps({"query": text, "variables": given}).encode()


def variables(case: str) -> dict[str, Any]:
    """Return the variables of a case's GraphQL operation."""
    match case:
        case "get_by_id":
            return {"id": one_book()[0]}
        case "author_books":
            return {"id": library.authors()[7][0]}
        case "create" | "create_invalid":
            return {"input": new_book(valid=case == "create")}
        case "bulk_create":
            return {"inputs": [new_book()] * AT_ONCE}
        case _:
            return {"genre": GENRE}


def new_book(*, valid: bool = True) -> dict[str, Any]:
    """Return a document to create; one that is not valid breaks a bound that GraphQL types do not know."""
    return {
        "title": "A new book",
        "author_id": library.authors()[7][0],
        "genre": "children",
        "price": 12.5 if valid else -1,
        "in_stock": True,
        "pages": 200,
        "published": "2024-05-01",
    }


def _columns(book: dict[str, Any]) -> dict[str, Any]:
    """Return the document with PostGraphile's names, its numeric as the text that it wants."""
    renamed = {"author_id": "authorId", "in_stock": "inStock"}
    return {renamed.get(key, key): str(value) if key == "price" else value for key, value in book.items()}


def _fields(book: dict[str, Any]) -> dict[str, Any]:
    """Return the document with its author as Parse Server wants one."""
    own = {key: each for key, each in book.items() if key != "author_id"}
    return own | {"author": {"link": book["author_id"]}}


RENAMED: dict[Style, Callable[[dict[str, Any]], dict[str, Any]]] = {"postgraphile": _columns, "parse": _fields}


def _get(path: str, **parameters: str | int) -> Asked:
    return Asked(f"{path}?{urlencode(parameters)}" if parameters else path, method="GET")


REST: dict[str, Callable[[], Asked]] = {
    "get_by_id": lambda: _get(f"/api/books/{one_book()[0]}"),
    "list_filter_20": lambda: _get("/api/books", genre=GENRE, limit=20),
    "list_nested_20": lambda: _get("/api/books", genre=GENRE, limit=20, include="author"),
    "author_books": lambda: _get(f"/api/authors/{library.authors()[7][0]}", include="books"),
    "aggregate": lambda: _get("/api/books/aggregate", genre=GENRE, avg="price", max="price"),
    "create": lambda: Asked("/api/books", json.dumps(new_book()).encode(), 201),
    "create_invalid": lambda: Asked("/api/books", json.dumps(new_book(valid=False)).encode(), 422),
    "bulk_create": lambda: Asked(
        "/api/books/import", (json.dumps(new_book()).encode() + b"\n") * AT_ONCE, type="application/x-ndjson"
    ),
}


def check(case: str, body: bytes) -> None:
    """Hold an answer against the library. Raises: `RuntimeError` when it says something else."""
    found = json.loads(body)
    if case == "create_invalid":
        answered = bool(found.get("errors") or found.get("violations"))
    elif case in WRITES:
        answered = not found.get("errors")
    else:
        answered = contains(_told(case, found), expected(case))
    if not answered:
        raise RuntimeError(f"{case} is answered by {body[:2000].decode()}, expected {expected(case)}")


@cache
def expected(case: str) -> Any:  # noqa: ANN401 -- JSON
    """Return what a case must answer, by the library."""
    books = [{"id": id, **book} for id, book in library.books()]
    writers = dict(library.authors())
    listed = [each for each in books if each["genre"] == GENRE]
    match case:
        case "get_by_id":
            return _shown(next(each for each in books if each["id"] == one_book()[0]))
        case "list_filter_20":
            return [_shown(each) for each in listed[:20]]
        case "list_nested_20":
            return [{"id": each["id"], "author": writers[each["author_id"]]} for each in listed[:20]]
        case "author_books":
            id, author = library.authors()[7]
            return {**author, "books": [_shown(each) for each in books if each["author_id"] == id][:20]}
        case "aggregate":
            prices = [each["price"] for each in listed]
            return {"count": len(listed), "avg": sum(prices) / len(prices), "max": max(prices)}
        case _:
            return "no errors"


@cache
def one_book() -> library.Entry:
    """Return the book that is asked for by its id."""
    return next(islice(library.books(), 4242, None))


def _shown(book: dict[str, Any]) -> dict[str, Any]:
    return {key: book[key] for key in SHOWN}


def _told(case: str, found: Any) -> Any:  # noqa: ANN401 -- JSON
    """Return what an answer of any target says, in one form."""
    match found:
        case {"data": {"booksAggregate": [figures]}} | {"groups": [figures]}:
            return {"count": figures["count"], "avg": figures["avg"]["price"], "max": figures["max"]["price"]}
        case {"data": {"genreFigures": figures}}:
            return figures
        case {"data": {"author": author, "books": books}}:
            return {**author, "books": _nodes(books)}
        case {"data": {"author": author}}:
            return {**author, "books": _nodes(author["books"])}
        case {"data": {"books": books}}:
            return _nodes(books)
        case {"data": {"book": book}}:
            return book
        case {"items": items}:
            return [_told(case, each) for each in items]
        case {"id": id, "data": document}:
            included = found.get("included", {})
            related = {key: _told(case, each) for key, each in included.items()}
            return {"id": id, **document, **related}
        case _:
            return found


def _nodes(connection: dict[str, Any]) -> list[Any]:
    """Return the records of a page, which has them at once or by its edges."""
    return connection["nodes"] if "nodes" in connection else [each["node"] for each in connection["edges"]]


def contains(found: Any, wanted: Any) -> bool:  # noqa: ANN401 -- JSON
    """Return whether an answer has all that is wanted; numbers may come as text."""
    match wanted:
        case dict():
            return isinstance(found, dict) and all(contains(found.get(key), each) for key, each in wanted.items())
        case list():
            return len(found) >= len(wanted) and all(map(contains, found, wanted))
        case float() | int() if not isinstance(wanted, bool):
            return abs(float(found) - wanted) <= 1e-9 * abs(wanted)
        case _:
            return found == wanted
