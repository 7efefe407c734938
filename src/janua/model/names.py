"""How properties, types, enum values and collections are spelled in GraphQL and in REST.

In: JSON property names, which may be any string. Out: names that the query languages can spell, no two the same.
Start at `spell`. Spelling never depends on the order of a schema: a name that is legal as it is keeps itself, and what
had to be altered and then collides gets a hash of the original. The outcome is stored with the schema version
(`NameMap`) and wins from then on, so that adding a property never renames another.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from typing import TypedDict

from janua.model.collection import Collection, Names, Path


class NameMap(TypedDict):
    """The stored spellings of one collection.

    `types`: pointer into a document where a type is first met → GraphQL type; `fields`: pointer of a property → GraphQL
    field; `enums`: `pointer#value` → GraphQL enum value; `collection`: `type`, `single`, `plural`. In pointers `*` is
    any element of an array and `~:tag` after a step is the union variant of that tag.
    """

    types: dict[str, str]
    fields: dict[str, str]
    enums: dict[str, str]
    collection: dict[str, str]


Wish = Callable[[str], str | None]
"""What a key would like to be called, if anything."""

LONGEST = 128
"""Characters of a generated or kept name; longer property names are cut and get a hash."""

DIGITS = (6, 12, 24, 64)
"""Hexadecimal digits of the hash in an altered name, until it is free."""

COMBINATORS = frozenset({"_and", "_or", "_not"})
"""Names that mean something of their own in every filter."""

SYSTEM_NAMES = frozenset({"id", "_meta"})
"""Names that every record has of its own."""

RESERVED_PARAMETERS = frozenset({
    "after", "at_most", "avg", "before", "count", "count_distinct", "fields", "first", "group_by", "include", "last",
    "limit", "max", "min", "offset", "on_conflict", "on_error", "order_by", "records", "sort", "sum", "where",
})  # fmt: skip
"""Query parameters of record endpoints: no property of a record itself may be called so in REST."""

OBJECT_OPERATORS = frozenset({"isNull", "exists", "containsJson"})
"""Filter operators on objects: no property inside an object may be called so in REST."""

SCALARS = (
    "ID", "String", "Int", "BigInt", "Float", "Decimal", "Boolean", "DateTime", "Date", "Time", "UUID", "JSON",
)  # fmt: skip
"""The GraphQL scalars that collections use."""

LISTS_IN_LISTS = 3
"""How deep lists in lists have filters of their own in GraphQL; deeper ones are JSON there."""

DERIVED_TYPES = (
    "Document", "Connection", "Edge", "Where", "ToOneFilter", "ToManyFilter", "Filter", "OrderBy", "Input", "Patch",
    "UniqueField", "Group", "GroupKey", "GroupField", "GroupOrderBy", "FigureOrderBy", "Sums", "Averages", "Bounds",
    "DistinctCounts", *("List" * depth + "Filter" for depth in range(1, LISTS_IN_LISTS + 1)),
)  # fmt: skip
"""What is appended to the name of a type for the types that GraphQL derives from it."""

RESERVED_TYPES = frozenset({
    "Query", "Mutation", "Subscription", *SCALARS, "Void", "PageInfo", "Node", "Edge", "Connection", "Meta",
    "RecordMeta", "RecordMetaFilter", "RecordMetaOrderBy", "RecordMetaBounds", "RecordMetaCounts", "VersionFilter",
    "TimestampFilter", "ObjectFilter", "SortOrder", "Upload", "Direction", "OrderBy", "Sort",
    *(f"{scalar}{'List' * depth}Filter" for scalar in (*SCALARS, "Object") for depth in range(LISTS_IN_LISTS + 1)),
    "Collection", "CollectionSummary", "CollectionNames", "QuarantinedCollection", "FieldSummary", "RelationSummary",
    "IndexState", "IndexProgress", "IndexKind", "OnDelete", "Schema", "SchemaVersion", "SchemaDocument", "SchemaChange",
    "SchemaWarning", "NameChange", "Violation", "Report", "Verdict", "Incompatibility", "CounterExample",
    "RecordsVerdict", "RulesVerdict", "Verdicts", "IndexChanges", "Registration", "CompatibilityMode",
    "EvolutionPolicy", "Evolution", "EvolutionPreview", "EvolutionRecords", "EvolutionState", "EvolutionVerb",
})  # fmt: skip
"""GraphQL types that are Janua's own or GraphQL's."""

RESERVED_ROOTS = frozenset({
    "collection", "collections", "quarantinedCollections", "schemaVersion", "schemaVersions", "registerSchema",
    "registerSchemas", "checkSchema", "configureCollection", "dropCollection", "dropCollections", "evolution",
    "evolveCollection", "previewEvolution", "changeEvolution", "node", "nodes", "viewer", "version",
})  # fmt: skip
"""Root fields that are Janua's own."""

_AMBIGUOUS = {
    ending: tuple(each.removesuffix(ending) for each in DERIVED_TYPES if each != ending and each.endswith(ending))
    for ending in DERIVED_TYPES
}
_LEGAL = re.compile(r"(?!__)[_A-Za-z][_0-9A-Za-z]*")
_ILLEGAL_RUN = re.compile(r"[^_0-9A-Za-z]+")
_WORD = re.compile(r"[A-Za-z0-9]+")
# What separates, quotes or encodes in REST: paths are dotted, lists have commas, operators brackets, all in a URL.
_NOT_IN_REST = re.compile(r"[.\[\],\"'\\/%&=+#?\s\x00-\x1f\x7f-\x9f]|^-")
_SINGULARS = ((r"ies$", "y"), (r"(s|x|z|ch|sh)es$", r"\1"), (r"(?<![sui])s$", ""))
_NOT_ENUM_VALUES = frozenset({"true", "false", "null"})


def is_legal(name: str) -> bool:
    """Return whether GraphQL can spell this name and leaves it to us (`__` belongs to GraphQL itself)."""
    return len(name) <= LONGEST and _LEGAL.fullmatch(name) is not None


def altered(name: str) -> str:
    """Return a legal name near this one: illegal runs and leading `__` become `_`, a leading digit gets `_`."""
    near = re.sub(r"^__+", "_", _ILLEGAL_RUN.sub("_", name)) or "_"
    near = f"_{near}" if near[0].isdigit() else near
    return near if len(near) <= LONGEST else with_hash(near[: LONGEST - 8], name)


def with_hash(name: str, original: str, digits: int = 6) -> str:
    """Return the name followed by the first hexadecimal digits of the original's SHA-256."""
    # Without its trailing underscores the name cannot become one that starts with two of them.
    return f"{name.rstrip('_')}_{hashlib.sha256(original.encode()).hexdigest()[:digits]}"


def spell(
    originals: Iterable[str],
    *,
    taken: Container[str] = (),
    wished: Mapping[str, str] | None = None,
    stored: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return a legal name for each original, no two the same and none among `taken`.

    First come `wished` names (those of `x-graphql-name`; they must be legal and differ), then `stored` ones, then
    originals that are legal, then altered ones. Whoever finds its name gone gets a hash.
    """
    wished, stored = wished or {}, stored or {}
    rounds: list[Wish] = [
        wished.get,
        lambda each: name if (name := stored.get(each)) and is_legal(name) else None,
        lambda each: each if is_legal(each) else None,
        altered,
        *hashed(lambda each: altered(each)[: LONGEST - 65]),
    ]
    return assign(originals, rounds, taken)


def assign(keys: Iterable[str], rounds: Iterable[Wish], taken: Container[str]) -> dict[str, str]:
    """Return a name for each key: the first wish that is free and that nobody else has in the same round."""
    missing = set(keys)
    found: dict[str, str] = {}
    used: set[str] = set()
    for wish in rounds:
        wished = ((key, name) for key in missing if (name := wish(key)) is not None)
        wishes = {key: name for key, name in wished if name not in used and name not in taken}
        times = Counter(wishes.values())
        kept = {key: name for key, name in wishes.items() if times[name] == 1}
        found.update(kept)
        used.update(kept.values())
        missing.difference_update(kept)
        if not missing:
            break
    return found


def hashed(name_of: Callable[[str], str], original_of: Callable[[str], str] = str) -> list[Wish]:
    """Return wishes for a name with a hash of the original after it, longer and longer ones."""
    return [lambda key, digits=digits: with_hash(name_of(key), original_of(key), digits) for digits in DIGITS]


def spell_enum(values: Iterable[str], stored: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return a GraphQL enum value for each string; `true`, `false` and `null` are not allowed as such."""
    return spell(values, taken=_NOT_ENUM_VALUES, stored=stored)


def spell_rest(graphql: Mapping[str, str], *, root: bool) -> dict[str, str]:
    """Return the REST spelling of sibling properties, given their GraphQL names.

    It is the property's own name, unless that would mean something else in a URL: then it is its GraphQL name.
    """
    rounds: list[Wish] = [
        lambda name: name if is_plain_in_rest(name, root=root) else None,
        graphql.get,
        *hashed(lambda name: graphql[name]),
    ]
    return assign(graphql, rounds, COMBINATORS | (SYSTEM_NAMES | RESERVED_PARAMETERS if root else OBJECT_OPERATORS))


def is_plain_in_rest(name: str, *, root: bool) -> bool:
    """Return whether a property can be called by its own name in query strings."""
    if not name or len(name) > LONGEST or _NOT_IN_REST.search(name) or name in COMBINATORS or name == "_meta":
        return False
    return name not in (SYSTEM_NAMES | RESERVED_PARAMETERS if root else OBJECT_OPERATORS)


def type_name(words: str) -> str:
    """Return PascalCase of the words in a text, or "" when there is no legal type name in it."""
    name = "".join(each[0].upper() + each[1:] for each in _WORD.findall(words))
    return name if name and len(name) <= LONGEST and is_legal(name) else ""


def singular(word: str) -> str:
    """Return a simple English singular.

    -ies → -y; -ses, -xes, -zes, -ches, -shes → without -es; -s, but not -ss, -us and -is → without -s.
    """
    for pattern, replacement in _SINGULARS:
        shorter, times = re.subn(pattern, replacement, word)
        if times and shorter:
            return shorter
    return word


def camel(name: str) -> str:
    """Return camelCase of a PascalCase or snake_case name."""
    pascal = type_name(name) or name
    leading = re.match(r"[A-Z]+(?=[A-Z][a-z]|[0-9_]|$)|[A-Z]", pascal)
    return pascal[: leading.end()].lower() + pascal[leading.end() :] if leading else pascal


def collection_names(name: str, title: str, taken: Container[str], stored: Mapping[str, str] | None = None) -> Names:
    """Return how GraphQL spells a collection.

    The type is its title in PascalCase if that is a legal type name, else the singular of its name; where that is
    reserved or taken, the same with `Record` after it, and then with a hash. Stored names win.
    """
    if stored and _free(kept := Names(stored["type"], stored["single"], stored["plural"]), taken):
        return kept
    plain = type_name(singular(name)) or "Record"
    # The trailing candidate cannot be taken: collection names are unique.
    wishes = [each for each in (type_name(title), plain, f"{plain}Record", with_hash(f"{plain}Record", name)) if each]
    plurals = (camel(name), f"{camel(name)}Records", with_hash(camel(name), name))
    candidates = [_names(type, plural) for type in wishes for plural in plurals]
    return next((each for each in candidates if _free(each, taken)), candidates[-1])


def wished_names(name: str, type: str, taken: Container[str]) -> Names | None:
    """Return the names of a collection whose type must be called `type`; None when that, or what follows, is taken."""
    names = _names(type, camel(name))
    return names if _free(names, taken) else None


def _names(type: str, plural: str) -> Names:
    single = camel(type)
    return Names(type, single if single != plural else f"{single}Record", plural)


def _free(names: Names, taken: Container[str]) -> bool:
    if names.type in RESERVED_TYPES or names.type in taken:
        return False
    roots = names.root_fields
    return len(set(roots)) == len(roots) and not any(each in RESERVED_ROOTS or each in taken for each in roots)


class TakenNames:
    """The GraphQL names that collections have, and that no other may newly use: of types, derived types, root fields.

    What may derive from a type is not listed, but recognised: so this costs little to make, for thousands of them too.
    """

    def __init__(self, collections: Iterable[Collection]) -> None:
        collections = list(collections)
        self._types = {name for each in collections for name in each.type_names}
        self._held = {name for each in collections for name in each.names_held}

    def add(self, collection: Collection) -> None:
        """Have the names of one more collection taken."""
        self._types |= collection.type_names
        self._held |= collection.names_held

    def __contains__(self, name: object) -> bool:
        return name in self._held or (isinstance(name, str) and self._may_derive(name))

    def _may_derive(self, name: str) -> bool:
        return any(name.endswith(each) and name.removesuffix(each) in self._types for each in DERIVED_TYPES)


@dataclass(frozen=True, slots=True)
class Besides:
    """The names of `taken` but those of `free`, and those of `more`."""

    taken: Container[str]
    free: Container[str] = ()
    more: Container[str] = ()

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (name in self.more or (name in self.taken and name not in self.free))


def derived_type(base: str, ending: str, taken: Container[str]) -> str:
    """Return the name of the type that GraphQL derives from the type `base`: `BookWhere`.

    `taken` are the model's types and Janua's own. What they have, and what another base with another ending would be
    called too (`Tag` + `ListFilter`, `TagList` + `Filter`), gets a hash: so no two derived types are called alike.
    """
    plain = f"{base}{ending}"
    if plain not in taken and not base.endswith(_AMBIGUOUS[ending]):
        return plain
    # Longer than elsewhere: two names that differ in the hash only must not be made to collide.
    hashed = (with_hash(plain, f"{base} {ending}", digits) for digits in DIGITS[1:])
    return next(each for each in hashed if each not in taken)


def column_name(path: Path, taken: Container[str] = ()) -> str:
    """Return the SQL column of the relation at a path: its words joined by `_`, at most 40 characters."""
    plain = _ILLEGAL_RUN.sub("_", "_".join(path)).strip("_").lower()
    plain = plain if plain and not plain[0].isdigit() else f"_{plain}"
    plain = plain if len(plain) <= 40 else f"{plain[:28]}_{hashlib.sha256(repr(path).encode()).hexdigest()[:11]}"
    return plain if plain not in taken else with_hash(plain[:40], repr(path), 12)


def pointer(path: Iterable[str | int]) -> str:
    """Return the RFC 6901 pointer of a path."""
    return "".join(f"/{str(each).replace('~', '~0').replace('/', '~1')}" for each in path)
