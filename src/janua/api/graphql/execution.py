"""One GraphQL request: find or prepare its document, then read what it asks for with one statement, or write.

Start at `Engine.execute`. What was asked before costs a look-up, the values of its variables, and the
statement; the text that PostgreSQL made is the answer.
"""

import asyncio
from collections.abc import Hashable, Sequence
from functools import partial
from typing import Any, NamedTuple, cast

from graphql import DocumentNode, ExecutionResult, FieldNode, GraphQLError, OperationDefinitionNode, SelectionSetNode
from graphql import execute as execute_static  # pyright: ignore[reportUnknownVariableType] -- its middleware is untyped
from graphql.execution.values import VariableValues

from janua.api.graphql.answering import (
    FAILED,
    blamed_status,
    body_of,
    data_of,
    failed,
    first_code,
    refused,
    unanswered,
    without_data,
)
from janua.api.graphql.coercion import variable_values
from janua.api.graphql.context import Context
from janua.api.graphql.documents import (
    INTROSPECTION,
    TYPENAME,
    Document,
    Documents,
    InvalidDocument,
    Operation,
    mark_of,
)
from janua.api.graphql.exchange import Answered, Asked
from janua.api.graphql.faults import cause_of, fault
from janua.api.graphql.introspection import Introspection
from janua.api.graphql.mutating import FailedField, Mutation, resolve
from janua.api.graphql.programs import Program, Scene, compile_reads
from janua.api.graphql.sample import NOTHING, sample_query, sampled
from janua.api.graphql.schema import SchemaSlices
from janua.api.graphql.selecting import CursorAsked, Fields, Selecting
from janua.api.graphql.shaping import Misfit, Shaping, Variables
from janua.api.headers import REPLAYED
from janua.api.wire import json_bytes
from janua.config import is_open
from janua.errors import (
    IntrospectionOff,
    InvalidOperation,
    InvalidQuery,
    JanuaError,
    MethodNotAllowed,
    QueryTooLarge,
    StaleCatalog,
)
from janua.gateway.gateway import Gateway, in_one_transaction, on_connection, with_current_catalog
from janua.gateway.idempotency import Idempotency, once
from janua.gateway.queries import answer
from janua.model.catalog import Catalog
from janua.model.json import dumps, loads
from janua.model.types import Json
from janua.query.variables import Structural, no_lookup
from janua.storage.pool import Connection
from janua.telemetry import metrics
from janua.telemetry.spans import OPERATION, OPERATION_TYPE, ROOT_FIELDS, annotate, span

REFUSED = "null"
"""The answer of a statement that has an aggregate with more groups than it may show."""
MANY = 100
"""So many elements of a variable are coerced in a thread."""
IDEMPOTENT = "/graphql"
"""The scope of idempotency keys; no collection is called so."""


class Engine:
    """What GraphQL needs beside the gateway; one for a process."""

    def __init__(self, gateway: Gateway, *, dev: bool) -> None:
        settings = gateway.settings.graphql
        self._introspection = is_open(settings.introspection, dev=dev)
        self.gateway = gateway
        self.suggest = dev
        """Whether errors name what a client may have meant."""
        self.slices = SchemaSlices()
        self.introspecting = asyncio.Lock()
        self.documents = Documents(self.slices, settings, suggest=dev, introspection=self._introspection)

    async def execute(self, asked: Asked) -> Answered:
        """Return the answer to a request; what is wrong with the operation is in its body.

        Raises: `JanuaError` for a request that cannot be an operation at all.
        """
        try:
            return await with_current_catalog(self.gateway, partial(self._executed, asked))
        except InvalidDocument as error:
            return refused(error.errors)
        except (GraphQLError, InvalidOperation) as error:
            return refused([error])
        except StaleCatalog as error:
            return unanswered(error)

    async def _executed(self, asked: Asked, catalog: Catalog) -> Answered:
        document = self.documents.find(asked.collection, asked.query, catalog)
        metrics.DOCUMENTS.count(hit=document is not None)
        if document is None:
            document = await self.documents.prepare(asked.collection, asked.query, catalog)
        operation = document.operation(asked.operation_name)
        annotate(OPERATION, asked.operation_name or operation.name)
        annotate(OPERATION_TYPE, operation.node.operation.value)
        annotate(ROOT_FIELDS, operation.root_fields)
        if not operation.is_query and not asked.mutations_allowed:
            raise MethodNotAllowed("GET", ("POST",))
        return await _Run(self, catalog, document, operation, asked).answer()

    async def sdl(self, collection: str | None) -> str:
        """Return the GraphQL schema, of all collections or of one and what it is related to, in SDL.

        Raises: `UnknownCollection`, `IntrospectionOff`.
        """
        if not self._introspection:
            raise IntrospectionOff
        catalog = self.gateway.live.catalog
        if collection is None:
            return await asyncio.to_thread((await self.slices.whole(catalog)).sdl)
        return await asyncio.to_thread((await self.slices.slice(catalog, frozenset([collection]))).sdl)

    async def sample(self, collection: str | None) -> str:
        """Return a query to begin with, of one collection. Raises: `UnknownCollection`, `CollectionQuarantined`."""
        catalog = self.gateway.live.catalog
        chosen = sampled(catalog) if collection is None else catalog.collection(collection)
        if chosen is None:
            return NOTHING
        slice = await self.slices.slice(catalog, frozenset([chosen.name]))
        return sample_query(slice.schema, chosen.names.plural)


class _Run(NamedTuple):
    """One operation with the variables of one request."""

    engine: Engine
    catalog: Catalog
    document: Document
    operation: Operation
    asked: Asked

    async def answer(self) -> Answered:
        try:
            if self.operation.static_answer is not None:
                return Answered(self.operation.static_answer)
            if self.operation.has_introspection:
                return await self._introspected()
            if self.operation.has_static:
                return await self._mixed()
            if self.operation.is_query:
                return data_of(await self._read(*self._program()))
            return await self._write()
        except StaleCatalog:
            raise
        except FailedField as error:
            if isinstance(error.error, StaleCatalog):
                raise error.error from error
            return unanswered(error.error, [error.key])
        except JanuaError as error:
            return unanswered(error, self._culprit(error))
        except GraphQLError as error:
            return Answered(without_data([fault(error)]), error=cause_of(error).code)

    def _culprit(self, error: JanuaError) -> list[str] | None:
        """Return the path of the root field that cannot be planned, if it is one: all of them are planned as one."""
        if not self.operation.is_query or blamed_status(error) >= FAILED:
            return None
        values = self._values()
        fields = self._selected(values)
        if len(fields) == 1:
            return [*fields]
        for key, nodes in fields.items():
            if self._is_static(nodes):
                continue
            try:
                compile_reads(self._scene(), {key: nodes}, values)
            except JanuaError:
                return [key]
        return None

    def _program(self) -> "tuple[Program, list[object]]":
        """Return the program for these variables, compiled now if need be, and what it binds."""
        shaping, programs = self.operation.shaping, self.operation.programs
        variables = self.asked.variables
        try:
            shape = shaping.shape(variables)
            program = programs.find(shape, self.catalog.revision)
            if program is not None:
                return program, program.arguments(shaping.lookup(variables))
        except Misfit:
            pass
        return self._compiled(self._values())

    def _compiled(self, values: VariableValues) -> "tuple[Program, list[object]]":
        shaping, programs, variables = self.operation.shaping, self.operation.programs, self.asked.variables
        # A cursor that is none has no shape: planning with it says so.
        while (shape := _shape(shaping, variables)) is not None and not programs.is_unrepeatable(shape):
            try:
                program = self._compile(shaping.placeholders(variables, values))
            except Structural as error:
                if error.variable is None or not shaping.decide(error.variable):
                    programs.keep(shape, None)
                    break
            except CursorAsked as error:
                shaping.read_as_cursor(error.variable)
            else:
                programs.keep(shape, program)
                return program, program.arguments(shaping.lookup(variables))
        program = self._compile(values)
        return program, program.arguments(shaping.lookup(variables))

    def _compile(self, values: VariableValues) -> Program:
        with span("plan"):
            return compile_reads(self._scene(), self._selected(values), values)

    def _selected(self, values: VariableValues) -> Fields:
        selecting = Selecting(self.document.slice.schema, self.document.fragments, values)
        return selecting.collect([self.operation.node.selection_set], self.operation.type)

    def _scene(self) -> Scene:
        schema = self.document.slice.schema
        return Scene(self.engine.gateway, self.catalog, schema, self.operation.type, self.document.fragments)

    def _values(self) -> VariableValues:
        """Return the coerced values of the variables. Raises: `InvalidDocument`."""
        schema, suggest = self.document.slice.schema, self.engine.suggest
        found = variable_values(schema, self.operation.node, self.asked.variables, suggest=suggest)
        if isinstance(found, list):
            raise InvalidDocument(found)
        return found

    async def _read(self, program: Program, arguments: Sequence[object]) -> bytes:
        text = await answer(self.engine.gateway, self.catalog, program.statement, arguments)
        if text == REFUSED:
            raise await self._too_many_groups(self._values())
        return text.encode()

    async def _text(self, program: Program) -> str:
        return await answer(self.engine.gateway, self.catalog, program.statement, program.arguments(no_lookup))

    async def _too_many_groups(self, values: VariableValues) -> FailedField:
        """Return the error of an aggregate that has more groups than it may show: all roots are one statement."""
        fields = self._selected(values).items()
        aggregates = {key: nodes for key, nodes in fields if self._verb(nodes) == "aggregate"}
        *others, last = aggregates
        for key in others:
            program = compile_reads(self._scene(), {key: aggregates[key]}, values)
            if await self._text(program) == REFUSED:
                break
        else:
            key = last
        limit = self.engine.gateway.query_limits.groups
        return FailedField(key, QueryTooLarge("groups, and no `first` to say how many to show", limit + 1, limit))

    def _verb(self, nodes: Sequence[FieldNode]) -> str | None:
        mark = mark_of(self.operation.type, nodes[0].name.value)
        return None if mark is None else mark.verb

    async def _write(self) -> Answered:
        """Run the steps of a mutation, all or none."""
        gateway = self.engine.gateway
        mutation = await self._mutation()
        if self.asked.idempotency_key is not None:
            return await in_one_transaction(gateway, partial(self._once, mutation))
        only = mutation.only
        if only is not None and only.mark.verb == "create":
            return data_of(await mutation.create(only))
        return data_of(await (in_one_transaction if only is None else on_connection)(gateway, mutation.run))

    async def _mutation(self) -> Mutation:
        """Return what is to be written, compiled now unless it was before."""
        writes, variables = self.operation.writes, self.asked.variables
        is_large = any(isinstance(each, list) and len(each) > MANY for each in variables.values())
        scene = self._scene()
        found = await asyncio.to_thread(writes.find, variables, scene) if is_large else writes.find(variables, scene)
        if found is not None:
            return found
        values = await asyncio.to_thread(self._values) if is_large else self._values()
        selecting = Selecting(self.document.slice.schema, self.document.fragments, values)
        fields = selecting.collect([self.operation.node.selection_set], self.operation.type)
        mutation = resolve(scene, fields, selecting)
        writes.keep(variables, values, fields, mutation)
        return mutation

    async def _once(self, mutation: Mutation, c: Connection) -> Answered:
        """Answer a request with an idempotency key."""
        told: dict[str, Json] = {
            "query": self.asked.query,
            "name": self.asked.operation_name,
            "variables": dict(self.asked.variables),
        }
        idempotency = Idempotency.of(self.asked.idempotency_key or "", dumps(told).encode())
        answer, replayed = await once(self.engine.gateway, c, IDEMPOTENT, idempotency, partial(mutation.run, c))
        return data_of(answer, {REPLAYED: "true"} if replayed else {})

    async def _introspected(self) -> Answered:
        """Answer an operation that asks for the GraphQL schema: one at a time, as all of a large one takes seconds."""
        async with self.engine.introspecting:
            if self.operation.static_answer is not None:
                return Answered(self.operation.static_answer)
            return await self._mixed()

    async def _mixed(self) -> Answered:
        """Answer an operation with fields of the registry, which graphql-core executes, or of introspection."""
        values = self._values()
        fields = self._selected(values)
        told = {key: nodes for key, nodes in fields.items() if nodes[0].name.value in INTROSPECTION}
        static = {key: nodes for key, nodes in fields.items() if self._is_static(nodes) and key not in told}
        reads = {key: nodes for key, nodes in fields.items() if key not in static and key not in told}
        if reads and not self.operation.is_query:
            raise InvalidQuery("mutation", "changes of the registry and of records cannot be one transaction; send two")
        result = await self._static(static)
        errors = [fault(each) for each in result.errors or ()]
        causes = [cause_of(each) for each in result.errors or ()]
        revision = None if self.operation.is_query else self.engine.gateway.live.catalog.revision
        if result.data is None:
            return failed(errors, causes)._replace(revision=revision)
        members = result.data | (await self._members(reads, values) if reads else {})
        # Made in a thread, as JSON: of a large schema that takes seconds.
        texts = await asyncio.to_thread(self._introspection(values).texts, told) if told else {}
        body = body_of({key: texts.get(key) or json_bytes(members[key]) for key in fields}, errors)
        if not reads and not errors and fields.keys() and self._is_introspection(fields):
            self.operation.static_answer = body
        return Answered(body, revision=revision, error=first_code(causes))

    async def _members(self, reads: Fields, values: VariableValues) -> dict[str, Json]:
        program = compile_reads(self._scene(), reads, values)
        text = await self._text(program)
        if text == REFUSED:
            raise await self._too_many_groups(values)
        return cast("dict[str, Json]", loads(text))

    async def _static(self, fields: Fields) -> ExecutionResult:
        nodes: list[FieldNode] = [node for each in fields.values() for node in each]
        operation = OperationDefinitionNode(
            operation=self.operation.node.operation,
            variable_definitions=self.operation.node.variable_definitions,
            selection_set=SelectionSetNode(selections=tuple(nodes)),
        )
        tree = DocumentNode(definitions=(operation, *self.document.fragments.values()))
        result = execute_static(
            self.document.slice.schema,
            tree,
            context_value=Context(self.engine.gateway),
            variable_values=cast("dict[str, Any]", self.asked.variables),
        )
        return result if isinstance(result, ExecutionResult) else await result

    def _introspection(self, values: VariableValues) -> Introspection:
        schema = self.document.slice.schema
        return Introspection(schema, Selecting(schema, self.document.fragments, values))

    def _is_static(self, nodes: Sequence[FieldNode]) -> bool:
        return self._verb(nodes) is None

    def _is_introspection(self, fields: Fields) -> bool:
        """Return whether the answer depends on nothing but the GraphQL schema."""
        names = {nodes[0].name.value for nodes in fields.values()}
        return names <= INTROSPECTION | {TYPENAME} and not self.operation.node.variable_definitions


def _shape(shaping: Shaping, variables: Variables) -> Hashable | None:
    try:
        return shaping.shape(variables)
    except Misfit:
        return None
