"""Laws of spelling: whatever properties are called, their names are legal, differ, and do not depend on the order."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from janua.model import names
from janua.model.names import collection_names, is_legal, spell, spell_enum, spell_rest, type_name

ANY_NAME = st.text(max_size=20) | st.sampled_from(
    [
        "a-b",
        "a.b",
        "a_b",
        "id",
        "_meta",
        "__x",
        "_x",
        "",
        "1",
        "_1",
        "é",
        "e\u0301",
        "😀",
        "שלום",
        "a b",
        "isNull",
        "where",
    ]
)
PROPERTIES = st.lists(ANY_NAME, unique=True, max_size=15)


@given(PROPERTIES)
def test_graphql_names_are_legal_and_differ(originals: list[str]) -> None:
    spelled = spell(originals, taken=names.SYSTEM_NAMES)
    assert set(spelled) == set(originals)
    assert len(set(spelled.values())) == len(originals)
    assert all(is_legal(name) and name not in names.SYSTEM_NAMES for name in spelled.values())


@given(PROPERTIES, st.randoms())
def test_names_do_not_depend_on_the_order(originals: list[str], random: Random) -> None:
    shuffled = random.sample(originals, len(originals))
    assert spell(shuffled) == spell(originals)


@given(PROPERTIES)
def test_a_legal_name_keeps_itself(originals: list[str]) -> None:
    spelled = spell(originals)
    assert all(spelled[each] == each for each in originals if is_legal(each))


@given(PROPERTIES, PROPERTIES)
def test_adding_properties_renames_none(before: list[str], added: list[str]) -> None:
    stored = spell(before)
    after = spell({*before, *added}, stored=stored)
    assert {each: after[each] for each in before} == stored


@given(PROPERTIES, st.booleans())
def test_rest_names_differ_and_need_no_quoting(originals: list[str], root: bool) -> None:
    rest = spell_rest(spell(originals), root=root)
    assert len(set(rest.values())) == len(originals)
    assert not any(character in name for name in rest.values() for character in "./[],&=%+# \n")
    assert not any(name.startswith("-") or name in names.COMBINATORS or not name for name in rest.values())


def test_a_property_keeps_its_own_name_in_rest_unless_it_means_something_else_there() -> None:
    graphql = spell(["a~b", "naïve", "sort", "isNull", "c.d", "-x"])
    assert spell_rest(graphql, root=True) == {
        "a~b": "a~b", "naïve": "naïve", "sort": names.with_hash("sort", "sort"), "isNull": "isNull",
        "c.d": "c_d", "-x": "_x",
    }  # fmt: skip
    assert spell_rest({"isNull": "isNull", "sort": "sort"}, root=False) == {
        "isNull": names.with_hash("isNull", "isNull"),
        "sort": "sort",
    }


@given(st.lists(st.text(max_size=10), unique=True, max_size=10))
def test_enum_values_are_legal_and_differ(values: list[str]) -> None:
    spelled = spell_enum([*values, "true", "null"])
    assert len(set(spelled.values())) == len({*values, "true", "null"})
    assert not set(spelled.values()) & {"true", "false", "null"}


@pytest.mark.parametrize(
    ("collection", "type", "single", "plural"),
    [
        ("books", "Book", "book", "books"),
        ("book_reviews", "BookReview", "bookReview", "bookReviews"),
        ("categories", "Category", "category", "categories"),
        ("boxes", "Box", "box", "boxes"),
        ("addresses", "Address", "address", "addresses"),
        ("status", "Status", "statusRecord", "status"),
        ("sheep", "Sheep", "sheepRecord", "sheep"),
        ("query", "QueryRecord", "queryRecord", "query"),
        ("int", "IntRecord", "intRecord", "int"),
        ("page_info", "PageInfoRecord", "pageInfoRecord", "pageInfo"),
        ("nodes", "NodeRecord", "nodeRecord", "nodesRecords"),
    ],
)
def test_a_collection_is_called_by_the_singular_of_its_name(
    collection: str, type: str, single: str, plural: str
) -> None:
    found = collection_names(collection, "", ())
    assert (found.type, found.single, found.plural) == (type, single, plural)


def test_a_taken_collection_name_is_avoided_and_a_stored_one_is_kept() -> None:
    first = collection_names("books", "Book", ())
    second = collection_names("volumes", "Book", {first.type, *first.root_fields})
    assert second.type == "Volume"
    stored = {"type": "Tome", "single": "tome", "plural": "tomes"}
    assert collection_names("books", "Book", (), stored).type == "Tome"


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789_", min_size=1, max_size=46).map("x".__add__))
def test_every_collection_has_three_legal_names(name: str) -> None:
    found = collection_names(name, "", names.RESERVED_TYPES)
    assert found.type not in names.RESERVED_TYPES
    assert found.single != found.plural
    assert all(is_legal(each) for each in (found.type, found.single, found.plural))


@given(st.text(max_size=200))
def test_a_type_name_is_legal_or_empty(words: str) -> None:
    assert type_name(words) == "" or is_legal(type_name(words))


@given(st.lists(st.tuples(ANY_NAME, ANY_NAME), max_size=5))
def test_columns_fit_into_postgresql_and_avoid_taken_ones(paths: list[tuple[str, str]]) -> None:
    taken: set[str] = {"id", "data"}
    for path in dict.fromkeys(paths):
        column = names.column_name(path, taken)
        assert column not in taken
        assert 0 < len(column.encode()) <= 63
        taken.add(column)
