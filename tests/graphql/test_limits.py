"""What one document may ask for: each limit is held and named, and what is hostile is refused at once."""

import sys
import time
from collections.abc import Callable

import pytest
from graphql import GraphQLError, GraphQLSyntaxError, get_introspection_query, parse, print_ast

from janua.api.graphql.limits import check_document, parse_document
from janua.api.graphql.scanning import without_comments
from janua.config import Graphql
from janua.errors import IntrospectionOff, QueryTooLarge

LIMITS = Graphql()
CPU_SECONDS = 0.06 if "coverage" in sys.modules else 0.01
"""The time in which a hostile document must be refused; tracing for coverage slows everything down."""
CHANCES = 5


def joined(count: int, text: Callable[[int], str]) -> str:
    return " ".join(map(text, range(count)))


HOSTILE = {
    "tokens": ("tokens", "{" + " a" * 2_000 + "}", {"repeats": 5_000}),
    "ten thousand aliases": ("bytes", "{" + joined(10_000, lambda n: f"a{n}: b") + "}", {}),
    "aliases": ("aliases of 'b' in one place", "{" + joined(16, lambda n: f"a{n}: b") + "}", {}),
    "aliases below": ("aliases of 'b' in one place", "{x{" + joined(16, lambda n: f"a{n}: b") + "}}", {}),
    "aliases in fragments": (
        "aliases of 'b' in one place",
        "{" + joined(16, lambda n: f"...F{n}") + "}" + joined(16, lambda n: f"fragment F{n} on Query {{ a{n}: b }}"),
        {},
    ),
    "the same field": ("times the name 'a' in one place", "{" + " a" * 900 + "}", {}),
    "fields of one place that fragments repeat": (
        "times the name 'a' in one place",
        "{x{" + joined(31, lambda n: f"... on T{n} {{ a }}") + "}}",
        {},
    ),
    "the same name for many fields": (
        "times the name 'x' in one place",
        "{" + joined(31, lambda n: f"x: a{n}") + "}",
        {},
    ),
    "merged selections": (
        "times the name 'a' in one place",
        "{" + joined(16, lambda n: f"...F{n}") + "}" + joined(16, lambda n: f"fragment F{n} on T {{ x {{ a a }} }}"),
        {},
    ),
    "depth": ("levels of fields", "{a" * 11 + "}" * 11, {}),
    "depth through fragments": (
        "levels of fields",
        "{...F0}" + joined(11, lambda n: f"fragment F{n} on T {{ a {{ ...F{n + 1} }} }}") + "fragment F11 on T {a}",
        {},
    ),
    "depth of a fragment nobody spreads": ("levels of fields", "{a} fragment F on T {a" + "{a" * 20 + "}" * 21, {}),
    "nesting": ("levels of nesting", "{a" * 300 + "}" * 300, {}),
    "nesting of values": ("levels of nesting", "{a(b: " + "[" * 300 + "]" * 300 + ")}", {}),
    "fan-out in one place": (
        "fields",
        "{...F0}" + joined(25, lambda n: f"fragment F{n} on T {{ ...F{n + 1} ...F{n + 1} }}") + "fragment F25 on T {a}",
        {},
    ),
    "fan-out": (
        "fields",
        "{...F0}"
        + joined(25, lambda n: f"fragment F{n} on T {{ a {{ ...F{n + 1} }} b {{ ...F{n + 1} }} }}")
        + "fragment F25 on T {a}",
        {},
    ),
    "root fields": ("root fields", "{" + joined(21, lambda n: f"a{n}") + "}", {}),
    "a thousand root fields": ("root fields", "{" + joined(990, lambda n: f"a{n}") + "}", {}),
    "numbers without spaces": ("tokens", "{a(b: [1" + "-1" * 15_000 + "])}", {}),
    "root fields in fragments": (
        "root fields",
        "{...A ...B} fragment A on Query {" + joined(11, lambda n: f"a{n}") + "}"
        "fragment B on Query {" + joined(11, lambda n: f"b{n}") + "}",
        {},
    ),
    "operations": ("operations", joined(21, lambda n: f"query Q{n} {{ a }}"), {}),
    "directives": ("directives in one place", "{a " + "@x " * 400 + "}", {}),
    "directives with arguments": ("directives in one place", "{a " + "@include(if: true) " * 90 + "}", {}),
    "directives of a variable": ("directives in one place", "query ($a: Int " + "@x " * 400 + ") {a}", {}),
    "directives of an operation": ("directives in one place", "query " + "@x " * 400 + " {a}", {}),
    "directives of a spread": ("directives in one place", "{...F " + "@x " * 400 + "} fragment F on T {a}", {}),
    "comments": ("bytes", "{a} #" + "x" * 5_000_000, {}),
    "strings never closed": ("tokens", "{a(b: " + '"x\n' * 8_000 + ")}", {}),
    "characters of three bytes": ("bytes", '{a(b: "' + "€" * 11_000 + '")}', {}),
    "the schema twice": (
        "aliases of '__schema' in one place",
        "{a: __schema {types {name}} b: __schema {types {name}}}",
        {},
    ),
    "the schema in itself": (
        "nested lists of types and fields in an introspection",
        "{__schema {types {fields {type {fields {name}}}}}}",
        {},
    ),
}
"""What → the limit that it exceeds, the document, and settings other than the default ones."""


@pytest.mark.parametrize(("what", "query", "settings"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_document_is_refused_at_once_and_told_the_limit(
    what: str, query: str, settings: dict[str, int]
) -> None:
    limits = Graphql.model_validate(settings)
    spent = []
    for _ in range(CHANCES):
        start = time.process_time()
        with pytest.raises(QueryTooLarge) as caught:
            parse_document(query, limits)
        spent.append(time.process_time() - start)
        assert caught.value.what == what
        assert caught.value.found > caught.value.limit
        assert str(caught.value.found) in str(caught.value)
        assert str(caught.value.limit) in str(caught.value)
    assert min(spent) < CPU_SECONDS


@pytest.mark.parametrize(
    "query",
    [
        "{...A} fragment A on T {...A}",
        "{...A} fragment A on T {a {...B}} fragment B on T {... on T {...A}}",
        "{a} fragment A on T {...B} fragment B on T {...A}",
    ],
)
def test_a_fragment_that_contains_itself_is_refused_with_its_place(query: str) -> None:
    with pytest.raises(GraphQLError, match=r"Cannot spread fragment '[AB]' within itself") as caught:
        parse_document(query, LIMITS)
    assert caught.value.locations


@pytest.mark.parametrize(
    "query",
    [
        "{" + joined(15, lambda n: f"a{n}: b") + "}",
        "{" + "x: a " * 30 + "}",
        "{a" * 10 + "}" * 10,
        "{" + joined(20, lambda n: f"a{n}") + "}",
        "{a {" + joined(40, lambda n: f"... on T{n} {{ b{n} }}") + "}}",
        "{a {" + joined(100, lambda n: f"a{n} @include(if: true)") + "}}",
        "{a(where: {" + joined(40, lambda n: f"a{n}: true") + "}, in: [" + "NL " * 40 + "])}",
        "query (" + joined(40, lambda n: f"$a{n}: Int") + ") {a(" + joined(40, lambda n: f"a{n}: $a{n}") + ")}",
        "{...F0 ...F0}" + joined(40, lambda n: f"fragment F{n} on T {{ a{n} ...F{n + 1} }}").replace("...F40", "b"),
        "{a @x @x @x @x @x}",
        "{a {" + "... @x @x {b} " * 10 + "}}",
        "query A($a: Int = 1 @x) @x {"
        + joined(20, lambda n: f"a{n}: b{n}")
        + "} fragment F on T @x(a: 1) @x {"
        + joined(60, lambda n: f"a{n}")
        + "}",
        joined(20, lambda n: f"query Q{n} {{ a }}"),
        '{a(b: "' + "x" * 30_000 + '")}',
        '{a(b: """' + '\\""" # { " ' * 500 + '""")}',
        "{...Nowhere}",
    ],
)
def test_what_keeps_the_limits_is_accepted(query: str) -> None:
    limits = Graphql(root_fields=41) if "F40" not in query and "...F0" in query else LIMITS
    assert print_ast(parse_document(query, limits)) == print_ast(parse(query))


def test_the_introspection_of_every_client_is_accepted() -> None:
    query = get_introspection_query(
        descriptions=True, specified_by_url=True, directive_is_repeatable=True, schema_description=True,
        input_value_deprecation=True,
    )  # fmt: skip
    assert parse_document(query, LIMITS)
    with pytest.raises(QueryTooLarge, match="levels of fields"):
        parse_document(query, Graphql(introspection_depth=5, depth=5))


def test_the_larger_depth_of_introspection_is_for_introspection_only() -> None:
    deep = "{__schema {types" + "{ofType" * 10 + "{name}" + "}" * 10 + "} %s}"
    assert parse_document(deep % "__typename", LIMITS)
    with pytest.raises(QueryTooLarge, match="levels of fields"):
        parse_document(deep % "books {id}", LIMITS)


@pytest.mark.parametrize(
    "query",
    ["{__schema {types {name}}}", '{a: __type(name: "Book") {name}}', "{...F} fragment F on Query {__schema {types}}"],
)
def test_introspection_can_be_off(query: str) -> None:
    assert parse_document(query, LIMITS)
    with pytest.raises(IntrospectionOff):
        parse_document(query, LIMITS, introspection=False)
    assert parse_document("{__typename books {__typename}}", LIMITS, introspection=False)


def test_every_limit_is_a_setting_and_holds_at_its_own_number() -> None:
    for name, query in {
        "document_bytes": "{abcd}",
        "tokens": "{a b c}",
        "nesting": "{a{b{c{d{e}}}}}",
        "depth": "{a{b{c{d{e}}}}}",
        "fields": "{a b c d e}",
        "root_fields": "{a b c d e}",
        "aliases": "{a:a b:a c:a d:a e:a}",
        "repeats": "{a a a a a}",
        "directives": "{a @b @c @d @e @f}",
        "operations": joined(5, lambda n: f"query Q{n} {{ a }}"),
    }.items():
        smallest = 6 if name == "document_bytes" else 5
        assert parse_document(query, Graphql.model_validate({name: smallest}))
        with pytest.raises(QueryTooLarge) as caught:
            parse_document(query, Graphql.model_validate({name: smallest - 1}))
        assert caught.value.limit == smallest - 1, name


def test_a_tree_is_checked_without_its_text() -> None:
    with pytest.raises(QueryTooLarge, match="directives"):
        check_document(parse("{a @b @c @d @e @f @g}"), LIMITS)


@pytest.mark.parametrize("query", ["{", "", "{a(}", "}", '{a(b: "', '{a(b: """x', "{a(b: 1.)}", "{a\x00}", "🏃"])
def test_a_mistake_in_the_syntax_has_its_place(query: str) -> None:
    with pytest.raises(GraphQLSyntaxError) as caught:
        parse_document(query, LIMITS)
    assert caught.value.locations


def test_comments_are_emptied_and_nothing_moves() -> None:
    query = '# "x\n{ # """ comment\n  a(b: "# no", c: """# neither\n \\""" # """) # {{{\r\n  d }#'
    bare = without_comments(query)
    assert bare == '#\n{ #\n  a(b: "# no", c: """# neither\n \\""" # """) #\r\n  d }#'
    assert print_ast(parse(bare)) == print_ast(parse(query))
    with pytest.raises(GraphQLSyntaxError) as caught:
        parse_document("# comment\n{ a # {\n  } }", LIMITS)
    assert (caught.value.locations or [])[0] == (3, 5)
