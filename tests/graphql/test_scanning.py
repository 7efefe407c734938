"""The scan of a document's text agrees with graphql-core's lexer on what a token and a comment are."""

import contextlib
import time

import pytest
from graphql import GraphQLSyntaxError, Source, TokenKind
from graphql.language import Lexer
from hypothesis import given
from hypothesis import strategies as st

from janua.api.graphql.scanning import check_text, without_comments
from janua.config import Graphql
from janua.errors import QueryTooLarge

ANY = st.text(max_size=8)
PIECES = st.one_of(
    st.sampled_from(
        ['"', '"""', "\\", '\\"""', "#", "\n", "\r\n", "\r", " ", ",", "\ufeff", "...", "@", "$", "!", "|", "&"]
    ),
    st.sampled_from(
        ["@", "$", "!", "|", "&", "a", "name", "_1", "1", "-2.5e+3", "0x", "1a", "{", "}", "(", ")", "[", "]", ":", "="]
    ),
    ANY.map(lambda text: '"' + text.replace('"', "").replace("\\", "") + '"'),
    ANY.map(lambda text: '"""' + text + '"""'),
    ANY.map(lambda text: "#" + text),
)
TEXTS = st.lists(PIECES, max_size=30).map("".join)
GENEROUS = {"nesting": 100, "repeats": 1000, "directives": 1000}


def lexed(text: str) -> list[tuple[TokenKind, str | None, int, int]] | None:
    """The tokens of a text with their places, None if it has something else."""
    lexer = Lexer(Source(text))
    found: list[tuple[TokenKind, str | None, int, int]] = []
    try:
        while (token := lexer.advance()).kind is not TokenKind.EOF:
            found.append((token.kind, token.value, token.line, token.column))
    except GraphQLSyntaxError:
        return None
    return found


def takes(text: str, tokens: int) -> bool:
    try:
        check_text(text, Graphql.model_validate(GENEROUS | {"tokens": tokens}))
    except QueryTooLarge as error:
        return error.what != "tokens"
    return True


@given(TEXTS)
def test_tokens_are_counted_as_the_lexer_counts_them(text: str) -> None:
    tokens = lexed(text)
    if tokens:
        assert takes(text, len(tokens))
        assert len(tokens) == 1 or not takes(text, len(tokens) - 1)


@given(TEXTS)
def test_without_its_comments_a_text_has_the_same_tokens_in_the_same_places(text: str) -> None:
    tokens = lexed(text)
    bare = lexed(without_comments(text))
    assert bare == tokens or tokens is None


@pytest.mark.parametrize(
    "piece", ['"""', '"""\\', '"', '"x', "\\", "#", "# \n", " ", ",", "\ufeff", '""" "" ', "1.", "@", "a"]
)
def test_no_text_takes_more_than_linear_time(piece: str) -> None:
    spent: list[float] = []
    limits = Graphql.model_validate(
        GENEROUS | {"document_bytes": 2**21, "tokens": 20_000, "repeats": 10**6, "directives": 10**6}
    )
    for size in (2**14, 2**19):
        text = piece * (size // len(piece.encode()))
        start = time.process_time()
        with contextlib.suppress(QueryTooLarge):
            check_text(text, limits)
        without_comments(text)
        spent.append(time.process_time() - start)
    # Thirty-two times the text; quadratic time would be a thousandfold.
    assert spent[1] < max(spent[0], 0.002) * 200
