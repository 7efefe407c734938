"""Document inputs: what creates, replaces and patches records, coerced to documents with the schema's own names.

Start at `input_type` and `patch_type`. Input fields carry the JSON property as `out_name`. Inputs are only as strict as
GraphQL can be: the result of every write is validated against the JSON Schema.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias, cast

from graphql import GraphQLError, GraphQLInputField

from janua.api.graphql import kinds, scalars
from janua.api.graphql.kinds import Input, InputFields, NullableInput
from janua.api.graphql.reach import endless
from janua.api.graphql.types import DEPRECATED, Types
from janua.model.collection import Collection, Field
from janua.model.names import Wish, altered, assign, camel, hashed, is_legal
from janua.model.patch import Alternative
from janua.model.types import Anything, Array, Json, Object, Type, Union, Variant

DOCUMENT = "document"
INPUT, PATCH = "Input", "Patch"
OutType: TypeAlias = Callable[[dict[str, Any]], Json]
"""What graphql-core calls with the coerced members of an input object."""


def input_type(types: Types, collection: Collection) -> NullableInput:
    """Return the type of a collection's new documents: `BookInput`, or that of the whole when they are no objects."""
    return _value(types, collection, collection.type, INPUT)


def patch_type(types: Types, collection: Collection) -> NullableInput:
    """Return the type of merge patches (RFC 7396) to a collection's documents: `BookPatch`."""
    return _value(types, collection, collection.type, PATCH) if collection.fields else scalars.JSON


def _value(types: Types, collection: Collection, type: Type, ending: str) -> NullableInput:
    match type:
        case Object():
            return _object(types, collection, type, ending)
        case Union():
            return _union(types, collection, type, ending)
        case Array(items, nullable):
            # A patch replaces lists as a whole.
            inner = _value(types, collection, items, INPUT)
            return types.list_of(inner if nullable else types.non_null(inner))
        case Anything():
            return scalars.JSON
        case _:
            return types.scalar(type)


def _object(types: Types, collection: Collection, type: Object, ending: str) -> NullableInput:
    found = types.object_of(collection, type)
    if found is None:
        return scalars.JSON
    return types.once(
        types.derive(found.name, ending),
        lambda name: kinds.input_type(
            name,
            lambda: _fields(types, collection, found.name, ending),
            description=found.description,
            role=DOCUMENT,
        ),
    )


def _fields(types: Types, collection: Collection, object: str, ending: str) -> InputFields:
    fields = collection.objects[object].fields
    lenient = frozenset({each.name for each in fields} if ending == PATCH else _lenient(types, collection, object))
    return {each.graphql: _field(types, collection, each, ending, each.name not in lenient) for each in fields}


def _field(types: Types, collection: Collection, field: Field, ending: str, strict: bool) -> GraphQLInputField:
    type: Input = _value(types, collection, field.type, ending)
    required = strict and field.required and not field.nullable
    if required:
        type = types.non_null(type)
    if field.name == field.graphql and not (field.description or field.deprecated):
        return types.input_field(type)
    return GraphQLInputField(
        type,
        out_name=field.name,
        description=field.description,
        # GraphQL does not let what is required be deprecated.
        deprecation_reason=DEPRECATED if field.deprecated and not required else None,
    )


def _lenient(types: Types, collection: Collection, object: str) -> Iterable[str]:
    """Return the required properties of an object that its input does not require.

    The alternative of a union is chosen by its name there, which says the discriminator already. What no document can
    hold without end must not be required either: GraphQL would refuse the type.
    """
    unending = types.reached(collection, "endless", lambda: endless(collection))
    unions = types.reached(collection, "discriminators", lambda: _discriminators(collection))
    for each in collection.objects[object].fields:
        if (object, each.name) in unions or (isinstance(each.type, Object | Union) and each.type.name in unending):
            yield each.name


def _discriminators(collection: Collection) -> frozenset[tuple[str, str]]:
    found = [type for object in collection.objects.values() for type in _unions(object.fields)]
    found += _union_in(collection.type)
    return frozenset((variant.object, each.discriminator) for each in found for variant in each.variants)


def _unions(fields: Iterable[Field]) -> Iterable[Union]:
    return (union for each in fields for union in _union_in(each.type))


def _union_in(type: Type) -> list[Union]:
    while isinstance(type, Array):
        type = type.items
    return [type] if isinstance(type, Union) else []


def _union(types: Types, collection: Collection, type: Union, ending: str) -> NullableInput:
    variants = types.variants_of(collection, type)
    if not variants:
        return scalars.JSON
    names = member_names(type)
    chosen = {names[each.object]: each for each in type.variants}

    def fields() -> InputFields:
        return {
            names[each.name]: types.input_field(_object(types, collection, Object(each.name), ending))
            for each in variants
        }

    return types.once(
        types.derive(type.name, ending),
        lambda name: kinds.input_type(
            name, fields, out_type=READ[ending](type.discriminator, chosen), role=DOCUMENT, is_one_of=True
        ),
    )


def member_names(type: Union) -> Mapping[str, str]:
    """Return how the members of a union's input are called, by object type: as the discriminator's first value."""
    tags = {each.object: each.tags[0] for each in type.variants if each.tags}
    rounds: list[Wish] = [
        lambda name: tags[name] if is_legal(tags.get(name, "")) else None,
        lambda name: altered(tags.get(name, name)),
        camel,
        *hashed(camel),
    ]
    return assign([each.object for each in type.variants], rounds, ())


def _input_of(discriminator: str, variants: Mapping[str, Variant]) -> OutType:
    """Return what makes `{"circle": {…}}` the bare object, with the discriminator that says that it is one."""

    def read(given: dict[str, Json]) -> Json:
        variant, members = _chosen(given, discriminator, variants)
        return {discriminator: variant.tags[0], **members}

    return read


def _patch_of(discriminator: str, variants: Mapping[str, Variant]) -> OutType:
    """Return what makes `{"circle": {…}}` a patch of a circle, that makes one of everything else."""

    def read(given: dict[str, Json]) -> Json:
        variant, members = _chosen(given, discriminator, variants)
        return Alternative(members, discriminator, variant.tags)

    return read


READ: Mapping[str, Callable[[str, Mapping[str, Variant]], OutType]] = {INPUT: _input_of, PATCH: _patch_of}
"""What reads the input of a union, by the ending of its name; made of the discriminator and the variants by member."""


def _chosen(
    given: dict[str, Json], discriminator: str, variants: Mapping[str, Variant]
) -> tuple[Variant, dict[str, Json]]:
    [(member, value)] = given.items()
    variant, members = variants[member], cast("dict[str, Json]", value)
    said = members.get(discriminator, variant.tags[0])
    if said not in variant.tags:
        raise GraphQLError(f"in `{member}` the property {discriminator!r} is {' or '.join(variant.tags)}")
    return variant, members
