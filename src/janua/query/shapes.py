"""What an answer shows of a record: `fields` and `include` as asked → the parts of the answer.

A record is `{"id", "data", "version", "schema_version", "created_at", "updated_at"}`, and `"included"` with the related
records by relation, when some are asked for: one record or null, or `{"items", "truncated"}`, each of the same shape.
Start at `record_part`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from janua.errors import InvalidQuery, QueryTooLarge, UnknownField
from janua.model.catalog import Catalog
from janua.model.collection import Path
from janua.query.ast import Spelling
from janua.query.limits import QueryLimits
from janua.query.nodes import Column, OrderKey, System
from janua.query.parts import Members, Meta, Part, Picked, RelatedMany, RelatedOne, Whole
from janua.query.scopes import META, Related, Scope, legible, root_scope

Names = tuple[str, ...]
Tree = dict[str, "Tree"]
METADATA: tuple[System, ...] = ("version", "schema_version", "created_at", "updated_at")
BY_ID = (OrderKey(Column("id"), "asc", "last"),)


@dataclass(frozen=True, slots=True)
class Shape:
    """The part that shows one record, and how many records it may show at worst, related ones included."""

    part: Part
    records: int


def record_part(
    catalog: Catalog,
    collection: str,
    fields: Sequence[str] | None,
    include: Sequence[str],
    spelling: Spelling,
    limits: QueryLimits,
) -> Shape:
    """Return how a record of the collection is shown.

    Raises: `UnknownField`, `InvalidQuery`, `QueryTooLarge`.
    """
    tree = _tree(include, limits)
    paths = None if fields is None else [tuple(each.split(".")) for each in fields]
    return _record(root_scope(catalog, collection, spelling), paths, tree, limits)


def check_size(page: int, shape: Shape, limits: QueryLimits) -> None:
    """Refuse a page that may hold too many records in all.

    Raises: `QueryTooLarge`.
    """
    if page * shape.records > limits.answer_records:
        raise QueryTooLarge(
            "records with all that is included", page * shape.records, limits.answer_records, "limits.answer_records"
        )


def _tree(include: Iterable[str], limits: QueryLimits) -> Tree:
    tree: Tree = {}
    found = 0
    for dotted in include:
        level = tree
        for name in dotted.split("."):
            found += name not in level
            level = level.setdefault(name, {})
            if found > limits.included_relations:
                raise QueryTooLarge("included relations", found, limits.included_relations)
    return tree


def _record(scope: Scope, fields: Sequence[Names] | None, tree: Tree, limits: QueryLimits) -> Shape:
    own, of_related = (None, {}) if fields is None else _parted(scope, fields, tree)
    shown: list[tuple[str, Part]] = [("id", Meta("id")), ("data", Whole() if own is None else Picked(own))]
    shown += [(name, Meta(name)) for name in METADATA]
    included = {name: _included(scope, name, of_related.get(name), tree[name], limits) for name in sorted(tree)}
    if included:
        shown.append(("included", Members(tuple((name, each.part) for name, each in included.items()))))
    return Shape(Members(tuple(shown)), 1 + sum(each.records for each in included.values()))


def _included(scope: Scope, name: str, fields: Sequence[Names] | None, tree: Tree, limits: QueryLimits) -> Shape:
    related = _relation(scope, name)
    shape = _record(scope.at_target(related, name, limits), fields, tree, limits)
    if not related.many:
        return Shape(RelatedOne(related.link, shape.part), shape.records)
    many = RelatedMany(related.link, shape.part, BY_ID, limits.include_limit)
    return Shape(many, limits.include_limit * shape.records)


def _relation(scope: Scope, name: str) -> Related:
    related = scope.related(name)
    if related is None:
        known = sorted(scope.catalog.relations(scope.collection.name))
        raise UnknownField(scope.collection.name, scope.show(name), tuple(legible(each) for each in known))
    return related


def _parted(
    scope: Scope, fields: Sequence[Names], tree: Mapping[str, Tree]
) -> tuple[tuple[Path, ...], dict[str, list[Names] | None]]:
    """Part field paths into those of the record and, by relation, those of included records (None: all of it)."""
    own: set[Path] = set()
    of_related: dict[str, list[Names] | None] = {}
    for names in fields:
        if scope.related(names[0]) is None:
            own |= _own_path(scope, names)
        elif names[0] not in tree:
            raise InvalidQuery("fields", f"{scope.show(names[0])} is a relation; name it in include to see it")
        else:
            listed = of_related.setdefault(names[0], [])
            of_related[names[0]] = None if listed is None or len(names) == 1 else [*listed, names[1:]]
    return tuple(sorted(each for each in own if not _below(each, own))), of_related


def _own_path(scope: Scope, names: Names) -> set[Path]:
    """Return the path that is asked for; none for what every record shows."""
    if scope.record and (names in (("id",), ("_meta",)) or (names[0] == "_meta" and "".join(names[1:]) in META)):
        return set()
    for name in names:
        field = scope.field(name)
        if field is None:
            raise scope.unknown(name)
        scope = scope.inside(field, name)
    return {scope.path}


def _below(path: Path, others: set[Path]) -> bool:
    return any(path[:length] in others for length in range(1, len(path)))
