"""Every error that Janua raises on purpose: a value with fields and a stable `code`.

A code is `family.reason`; families are `config`, `database`, `document`, `registry`, `query`, `record` and
`request`. `janua.api.problems` maps codes to HTTP statuses; `docs/reference/errors.md` lists them all.
Public fields of an error become members of its problem document, so they never hold SQL or paths of the machine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Violation:
    """One reason why a document does not satisfy a schema.

    `pointer` points into the document and `schema_pointer` into the schema (RFC 6901).
    """

    pointer: str
    keyword: str
    message: str
    schema_pointer: str = ""


@dataclass(eq=False)
class JanuaError(Exception):
    """The root of all errors that a caller can do something about."""

    code: ClassVar[str] = "janua.error"
    title: ClassVar[str] = "Janua cannot do this"

    def members(self) -> dict[str, Any]:
        """Return the fields as members of a problem document; `api.wire` makes JSON of them."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def told_to_operators(self) -> str:
        """Return the message for the terminal and the log: notes on the error say what clients are not shown."""
        return "; ".join(getattr(self, "__notes__", ())) or str(self)


def _summary(violations: Sequence[Violation]) -> str:
    """Return the first of some violations, and how many more there are."""
    first = violations[0]
    more = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
    return f"at {first.pointer or 'the root'}: {first.message}{more}"


# --- configuration -------------------------------------------------------------------------------------------


@dataclass(eq=False)
class InvalidConfiguration(JanuaError):
    """A setting is unknown or has a wrong value; `setting` is its dotted name."""

    code: ClassVar[str] = "config.invalid"
    title: ClassVar[str] = "Invalid configuration"
    setting: str
    reason: str

    def __str__(self) -> str:
        return f"setting {self.setting!r}: {self.reason}"


# --- database ------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class DatabaseUnavailable(JanuaError):
    """PostgreSQL cannot be reached, or no connection came free in time."""

    code: ClassVar[str] = "database.unavailable"
    title: ClassVar[str] = "The database is unavailable"
    reason: str = "PostgreSQL cannot be reached; try again shortly"

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class StatementTimeout(JanuaError):
    """A statement ran longer than `database.statement_timeout`."""

    code: ClassVar[str] = "database.timeout"
    title: ClassVar[str] = "The database took too long"

    def __str__(self) -> str:
        return "the database took longer than allowed; narrow the query or add an index"


@dataclass(eq=False)
class StatementConflict(JanuaError):
    """A deadlock, serialization failure or lock timeout that retrying did not cure."""

    code: ClassVar[str] = "database.conflict"
    title: ClassVar[str] = "Concurrent changes got in each other's way"

    def __str__(self) -> str:
        return "another transaction was in the way; send the request again"


@dataclass(eq=False)
class StorageFull(JanuaError):
    """PostgreSQL reports that its disk is full."""

    code: ClassVar[str] = "database.full"
    title: ClassVar[str] = "The database has no space left"

    def __str__(self) -> str:
        return "the database has no space left; nothing was stored"


@dataclass(eq=False)
class DatabaseBehind(JanuaError):
    """The database lacks migrations of this Janua; `found` and `needed` are migration versions."""

    code: ClassVar[str] = "database.behind"
    title: ClassVar[str] = "The database needs migrating"
    found: int
    needed: int

    def __str__(self) -> str:
        return f"the database is at migration {self.found}, this Janua needs {self.needed}: run `janua migrate`"


@dataclass(eq=False)
class DatabaseAhead(JanuaError):
    """A newer Janua stores the registry in a format that this one does not know; `known` is the newest it does."""

    code: ClassVar[str] = "database.ahead"
    title: ClassVar[str] = "The database needs a newer Janua"
    found: int
    known: int

    def __str__(self) -> str:
        return f"the registry has format {self.found}, this Janua knows up to {self.known}: upgrade this Janua"


@dataclass(eq=False)
class DirectoryInUse(JanuaError):
    """Another process already runs the embedded PostgreSQL of this directory."""

    code: ClassVar[str] = "database.directory_in_use"
    title: ClassVar[str] = "The data directory is in use"
    process: int

    def __str__(self) -> str:
        return f"another janua (process {self.process}) serves this data directory; stop it or pass another --data"


@dataclass(eq=False)
class EmbeddedFailed(JanuaError):
    """The embedded PostgreSQL could not be started; `reason` is the last line of its log."""

    code: ClassVar[str] = "database.embedded_failed"
    title: ClassVar[str] = "The embedded PostgreSQL did not start"
    reason: str

    def __str__(self) -> str:
        return f"the embedded PostgreSQL did not start: {self.reason}"


# --- documents -----------------------------------------------------------------------------------------------


@dataclass(eq=False)
class MalformedDocument(JanuaError):
    """The body is not JSON (or YAML, where allowed): syntax, encoding, duplicate keys, NUL, lone surrogates."""

    code: ClassVar[str] = "document.malformed"
    title: ClassVar[str] = "The document cannot be read"
    reason: str
    pointer: str = ""

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class UnstorableDocument(JanuaError):
    """The document is JSON, but holds what PostgreSQL or Janua's limits cannot keep exactly."""

    code: ClassVar[str] = "document.unstorable"
    title: ClassVar[str] = "The document cannot be stored exactly"
    reason: str
    pointer: str = ""

    def __str__(self) -> str:
        return f"{self.reason} (at {self.pointer or 'the root'})"


@dataclass(eq=False)
class DocumentTooLarge(JanuaError):
    """The document is larger, deeper or has more nodes than the `limits` settings allow."""

    code: ClassVar[str] = "document.too_large"
    title: ClassVar[str] = "The document is too large"
    what: str
    limit: int

    def __str__(self) -> str:
        return f"the document has more than {self.limit} {self.what}"


# --- registry ------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class UnknownCollection(JanuaError):
    """No collection of this name is registered."""

    code: ClassVar[str] = "registry.unknown_collection"
    title: ClassVar[str] = "Unknown collection"
    collection: str

    def __str__(self) -> str:
        return f"there is no collection {self.collection!r}; register a schema for it first"


@dataclass(eq=False)
class UnknownSchemaVersion(JanuaError):
    """The collection has no schema version of this number."""

    code: ClassVar[str] = "registry.unknown_version"
    title: ClassVar[str] = "Unknown schema version"
    collection: str
    version: int

    def __str__(self) -> str:
        return f"collection {self.collection!r} has no schema version {self.version}"


@dataclass(eq=False)
class InvalidCollectionName(JanuaError):
    """A collection name must match `^[a-z][a-z0-9_]{0,46}$`."""

    code: ClassVar[str] = "registry.invalid_name"
    title: ClassVar[str] = "Invalid collection name"
    collection: str

    def __str__(self) -> str:
        return f"{self.collection[:60]!r} is not a collection name; it must match ^[a-z][a-z0-9_]{{0,46}}$"


@dataclass(eq=False)
class InvalidSchema(JanuaError):
    """The document is not a valid JSON Schema, or an annotation of ours in it makes no sense.

    `violations` point into the schema document.
    """

    code: ClassVar[str] = "registry.invalid_schema"
    title: ClassVar[str] = "Invalid schema"
    violations: Sequence[Violation]
    collection: str = ""

    def __str__(self) -> str:
        return _summary(self.violations)


@dataclass(eq=False)
class InvalidSteps(JanuaError):
    """The steps that should bring stored records to a new schema version are malformed.

    `violations` point into what was sent: `/steps/2/path` is a member of the third step.
    """

    code: ClassVar[str] = "registry.invalid_steps"
    title: ClassVar[str] = "Invalid steps"
    violations: Sequence[Violation]

    def __str__(self) -> str:
        return _summary(self.violations)


@dataclass(eq=False)
class IncompatibleSchema(JanuaError):
    """The new schema version was refused; the members of its report stand beside `code`, as `POST …/check` has them."""

    code: ClassVar[str] = "registry.incompatible"
    title: ClassVar[str] = "Incompatible schema"
    collection: str
    report: Mapping[str, Any] = field(default_factory=dict[str, Any], metadata={"documented": "those of the report"})

    def members(self) -> dict[str, Any]:
        """Return the report's members beside the collection's name, as the contract wants."""
        return {"collection": self.collection, **self.report}

    def __str__(self) -> str:
        rules: Mapping[str, Any] = self.report.get("rules") or {}
        if self.report.get("verdict") == "undecided":
            reasons: Sequence[Mapping[str, Any]] = rules.get("undecided") or []
            said = "cannot be proven to be compatible, which the evolution policy `proof` asks for"
        else:
            reasons = self.report.get("incompatibilities") or []
            said = "is not compatible"
        first = f": {reasons[0]['message']}" if reasons else ""
        cure = "; under the policy `data` the stored records would allow it" if self._allowed_by_records() else ""
        return f"the new schema of {self.collection!r} {said}{first}{cure}"

    def _allowed_by_records(self) -> bool:
        return self.report.get("decided_by") == "rules"


@dataclass(eq=False)
class UnknownEvolution(JanuaError):
    """The records of the collection were never brought to a new schema version by steps, nor are they now."""

    code: ClassVar[str] = "registry.unknown_evolution"
    title: ClassVar[str] = "No such evolution"
    collection: str

    def __str__(self) -> str:
        return f"{self.collection!r} has no evolution; begin one with POST /registry/{self.collection}/evolution"


@dataclass(eq=False)
class EvolutionConflict(JanuaError):
    """An evolution stands in the way of this, or is not in a state for it; `state` is the one that it is in."""

    code: ClassVar[str] = "registry.evolution_conflict"
    title: ClassVar[str] = "The evolution is not in a state for this"
    collection: str
    state: str
    reason: str

    def __str__(self) -> str:
        state = "has failed" if self.state == "failed" else f"is {self.state}"
        return f"the evolution of {self.collection!r} {state}: {self.reason}"


@dataclass(eq=False)
class SchemaVersionMismatch(JanuaError):
    """`If-Match` named another schema version than the current one; `current` is 0 when there is none."""

    code: ClassVar[str] = "registry.version_mismatch"
    title: ClassVar[str] = "The schema changed meanwhile"
    collection: str
    current: int

    def __str__(self) -> str:
        return f"the current schema version of {self.collection!r} is {self.current}; read it and decide again"


@dataclass(eq=False)
class CollectionInUse(JanuaError):
    """The collection cannot be dropped: others relate to it, or it holds records."""

    code: ClassVar[str] = "registry.collection_in_use"
    title: ClassVar[str] = "The collection is in use"
    collection: str
    reason: str
    related: Sequence[str] = ()
    records: int | None = None

    def __str__(self) -> str:
        return f"collection {self.collection!r} {self.reason}"


@dataclass(eq=False)
class CollectionQuarantined(JanuaError):
    """The stored schema of the collection cannot be compiled, so it is not served; the others are."""

    code: ClassVar[str] = "registry.quarantined"
    title: ClassVar[str] = "The collection is quarantined"
    collection: str
    reason: str

    def __str__(self) -> str:
        return f"collection {self.collection!r} is quarantined: {self.reason}"


@dataclass(eq=False)
class StaleCatalog(JanuaError):
    """A write met a newer schema version than the one it was validated against, again and again."""

    code: ClassVar[str] = "registry.stale_catalog"
    title: ClassVar[str] = "The schema is changing"
    collection: str

    def __str__(self) -> str:
        return f"the schema of {self.collection!r} is changing; send the request again"


@dataclass(eq=False)
class RevisionNotReached(JanuaError):
    """This worker does not serve the catalog revision that `Janua-Minimum-Revision` demands, nor did it in time."""

    code: ClassVar[str] = "registry.revision_not_reached"
    title: ClassVar[str] = "The catalog is not that new here"
    wanted: int
    current: int

    def __str__(self) -> str:
        return f"this worker serves catalog revision {self.current}, not yet {self.wanted}; send the request again"


# --- queries -------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class InvalidQuery(JanuaError):
    """A query parameter or argument is unknown, malformed or contradicts another; `parameter` names it."""

    code: ClassVar[str] = "query.invalid"
    title: ClassVar[str] = "Invalid query"
    parameter: str
    reason: str

    def __str__(self) -> str:
        return f"{self.parameter}: {self.reason}"


@dataclass(eq=False)
class UnknownField(JanuaError):
    """The query names a field that the collection does not have.

    Where a parameter could stand too, `parameters` are those that there are; `hint` says what was probably meant.
    """

    code: ClassVar[str] = "query.unknown_field"
    title: ClassVar[str] = "Unknown field"
    collection: str
    path: str
    known: Sequence[str] = ()
    parameters: Sequence[str] = ()
    hint: str = ""

    def members(self) -> dict[str, Any]:
        """Return the fields, those that are empty left out."""
        always = ("collection", "path", "known")
        return {name: each for name, each in super().members().items() if each or name in always}

    def __str__(self) -> str:
        hint = f"; {self.hint}" if self.hint else ""
        if self.parameters:
            said = f"{self.path!r} is neither a field of {self.collection} nor a parameter{hint}"
            return f"{said}; fields: {', '.join(self.known)}; parameters: {', '.join(self.parameters)}"
        known = f"; it has {', '.join(self.known)}" if self.known else ""
        return f"{self.collection} has no field {self.path!r}{hint}{known}"


@dataclass(eq=False)
class UnknownOperator(JanuaError):
    """The filter uses an operator that this field's type does not have."""

    code: ClassVar[str] = "query.unknown_operator"
    title: ClassVar[str] = "Unknown filter operator"
    path: str
    operator: str
    known: Sequence[str] = ()
    hint: str = ""

    def members(self) -> dict[str, Any]:
        """Return the fields; the hint only if there is one."""
        return {name: each for name, each in super().members().items() if each or name != "hint"}

    def __str__(self) -> str:
        hint = f"; {self.hint}" if self.hint else ""
        return f"{self.path} has no operator {self.operator!r}; it has {', '.join(self.known)}{hint}"


@dataclass(eq=False)
class InvalidOperand(JanuaError):
    """A filter operand has the wrong type, or is an explicit null."""

    code: ClassVar[str] = "query.invalid_operand"
    title: ClassVar[str] = "Invalid filter operand"
    path: str
    operator: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path} {self.operator}: {self.reason}"


@dataclass(eq=False)
class InvalidCursor(JanuaError):
    """The cursor was not made by this server for this collection, filter and order."""

    code: ClassVar[str] = "query.invalid_cursor"
    title: ClassVar[str] = "Invalid cursor"
    reason: str = "it was not issued for this collection, filter and order"

    def __str__(self) -> str:
        return f"invalid cursor: {self.reason}"


@dataclass(eq=False)
class QueryTooLarge(JanuaError):
    """The query exceeds a limit; `what` names what there is too much of, `setting` the setting that decides, if one."""

    code: ClassVar[str] = "query.too_large"
    title: ClassVar[str] = "The query asks for too much"
    what: str
    found: int
    limit: int
    setting: str = ""

    def members(self) -> dict[str, Any]:
        """Return the fields; the setting only if there is one."""
        return {name: each for name, each in super().members().items() if each or name != "setting"}

    def __str__(self) -> str:
        setting = f" (setting {self.setting})" if self.setting else ""
        # Counting stops where the limit is exceeded: there may be more than what was found.
        found = f"at least {self.found}" if self.found == self.limit + 1 else str(self.found)
        return f"the query has {found} {self.what}; the limit is {self.limit}{setting}"


@dataclass(eq=False)
class InvalidOperation(JanuaError):
    """The GraphQL document cannot be parsed or does not fit the GraphQL schema, or its variables do not.

    In `errors`, `locations` say where.
    """

    code: ClassVar[str] = "query.malformed"
    title: ClassVar[str] = "Invalid GraphQL operation"
    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class IntrospectionOff(JanuaError):
    """The query asks for the GraphQL schema itself, which this server keeps to itself."""

    code: ClassVar[str] = "query.introspection_off"
    title: ClassVar[str] = "Introspection is off"

    def __str__(self) -> str:
        return "introspection is off on this server; set graphql.introspection to true, or use `janua sdl`"


@dataclass(eq=False)
class UnknownPersistedDocument(JanuaError):
    """No document of this SHA-256 is known to this worker: send it again, with its text.

    Code and message are those that the clients of Apollo's protocol look for.
    """

    code: ClassVar[str] = "PERSISTED_QUERY_NOT_FOUND"
    title: ClassVar[str] = "Unknown persisted document"

    def __str__(self) -> str:
        return "PersistedQueryNotFound"


# --- records -------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class UnknownRecord(JanuaError):
    """The collection has no record of this id."""

    code: ClassVar[str] = "record.not_found"
    title: ClassVar[str] = "No such record"
    collection: str
    id: str

    def __str__(self) -> str:
        return f"{self.collection} has no record {self.id}"


@dataclass(eq=False)
class InvalidId(JanuaError):
    """A record id must be a UUID."""

    code: ClassVar[str] = "record.invalid_id"
    title: ClassVar[str] = "Invalid record id"
    id: str

    def __str__(self) -> str:
        return f"{self.id[:80]!r} is not a UUID"


@dataclass(eq=False)
class InvalidRecord(JanuaError):
    """The document does not satisfy the collection's schema; `violations` has every reason."""

    code: ClassVar[str] = "record.invalid"
    title: ClassVar[str] = "The document does not satisfy the schema"
    collection: str
    violations: Sequence[Violation]

    def __str__(self) -> str:
        return _summary(self.violations)


@dataclass(eq=False)
class RecordExists(JanuaError):
    """A record of this id exists already."""

    code: ClassVar[str] = "record.exists"
    title: ClassVar[str] = "The record exists already"
    collection: str
    id: str

    def __str__(self) -> str:
        return f"{self.collection} already has a record {self.id}"


@dataclass(eq=False)
class UniqueConflict(JanuaError):
    """Another record has the same value in a unique field; `fields` names the field or fields."""

    code: ClassVar[str] = "record.not_unique"
    title: ClassVar[str] = "The value is taken"
    collection: str
    fields: Sequence[str]

    def __str__(self) -> str:
        return f"another record of {self.collection} has the same {', '.join(self.fields)}"


@dataclass(eq=False)
class RelationConflict(JanuaError):
    """The write names a related record that does not exist, or deletes one that is still referred to."""

    code: ClassVar[str] = "record.relation"
    title: ClassVar[str] = "A relation does not allow this"
    collection: str
    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.collection}.{self.field}: {self.reason}"


@dataclass(eq=False)
class VersionMismatch(JanuaError):
    """`If-Match`, `If-None-Match` or `ifVersion` does not hold; `current` is the record's version, 0 if none."""

    code: ClassVar[str] = "record.version_mismatch"
    title: ClassVar[str] = "The record changed meanwhile"
    collection: str
    id: str
    current: int

    def __str__(self) -> str:
        state = f"is at version {self.current}" if self.current else "does not exist"
        return f"{self.collection} {self.id} {state}; read it and decide again"


@dataclass(eq=False)
class InvalidPatch(JanuaError):
    """The patch document is malformed."""

    code: ClassVar[str] = "record.invalid_patch"
    title: ClassVar[str] = "The patch is malformed"
    reason: str
    pointer: str = ""

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class PatchConflict(JanuaError):
    """A JSON Patch operation does not apply to the record: a failed `test` or a missing target."""

    code: ClassVar[str] = "record.patch_conflict"
    title: ClassVar[str] = "The patch does not apply"
    reason: str
    pointer: str = ""

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class TooManyRecords(JanuaError):
    """A bulk write would touch more records than `atMost`; it touched none."""

    code: ClassVar[str] = "record.too_many"
    title: ClassVar[str] = "The write would touch too many records"
    collection: str
    limit: int

    def __str__(self) -> str:
        return (
            f"more than {self.limit} records of {self.collection} match, the limit of this write; nothing was changed: "
            "narrow the filter or allow more"
        )


@dataclass(eq=False)
class ImportRejected(JanuaError):
    """An import met a document it could not take; nothing was stored. `line` counts from 1."""

    code: ClassVar[str] = "record.import_rejected"
    title: ClassVar[str] = "The import was rejected"
    collection: str
    line: int
    reason: str
    violations: Sequence[Violation] = ()

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}; nothing was stored"


@dataclass(eq=False)
class IdempotencyConflict(JanuaError):
    """The `Idempotency-Key` is in use: by a request still running, or by one with another body."""

    code: ClassVar[str] = "record.idempotency_conflict"
    title: ClassVar[str] = "The idempotency key is in use"
    running: bool

    def __str__(self) -> str:
        return "a request with this key is still running" if self.running else "this key was used for another request"


# --- requests ------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class InvalidRequest(JanuaError):
    """A header, path or method is malformed; `reason` says which and what to send instead."""

    code: ClassVar[str] = "request.invalid"
    title: ClassVar[str] = "Invalid request"
    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class UnsupportedMediaType(JanuaError):
    """The body has a content type that this resource does not take."""

    code: ClassVar[str] = "request.media_type"
    title: ClassVar[str] = "Unsupported media type"
    found: str
    accepted: Sequence[str]

    def __str__(self) -> str:
        return f"content type {self.found or '(none)'!r} is not accepted here; send {' or '.join(self.accepted)}"


@dataclass(eq=False)
class NotAcceptable(JanuaError):
    """`Accept` allows none of the media types that this resource has."""

    code: ClassVar[str] = "request.not_acceptable"
    title: ClassVar[str] = "Not acceptable"
    offered: Sequence[str]

    def __str__(self) -> str:
        return f"the Accept header allows none of the media types there are here: {', '.join(self.offered)}"


@dataclass(eq=False)
class UnknownResource(JanuaError):
    """No resource has this path."""

    code: ClassVar[str] = "request.not_found"
    title: ClassVar[str] = "No such resource"
    path: str

    def __str__(self) -> str:
        return f"there is nothing at {self.path[:200]!r}"


@dataclass(eq=False)
class MethodNotAllowed(JanuaError):
    """The resource exists, but does not have this method; the `Allow` header lists those it has."""

    code: ClassVar[str] = "request.method"
    title: ClassVar[str] = "Method not allowed"
    method: str
    allowed: Sequence[str]

    def __str__(self) -> str:
        return f"{self.method[:40]} is not allowed here; use {', '.join(self.allowed)}"


@dataclass(eq=False)
class UrlTooLong(JanuaError):
    """The path and query string are longer than `limits.url_bytes`."""

    code: ClassVar[str] = "request.url_too_long"
    title: ClassVar[str] = "The URL is too long"
    limit: int

    def __str__(self) -> str:
        return f"the path and query string have more than {self.limit} bytes"


@dataclass(eq=False)
class HeadersTooLarge(JanuaError):
    """The headers of the request have more bytes than the server takes."""

    code: ClassVar[str] = "request.headers_too_large"
    title: ClassVar[str] = "The headers are too large"
    limit: int

    def __str__(self) -> str:
        return f"the headers have more than {self.limit} bytes"


@dataclass(eq=False)
class RequestTooSlow(JanuaError):
    """The headers or the body did not arrive within `server.receive_timeout`; for an import, its next part."""

    code: ClassVar[str] = "request.timeout"
    title: ClassVar[str] = "The request took too long to arrive"
    seconds: float

    def __str__(self) -> str:
        return f"the request did not arrive within {self.seconds:g} seconds"


@dataclass(eq=False)
class Overloaded(JanuaError):
    """More requests are here than `server.max_in_flight` lets in at once; nothing was done about this one."""

    code: ClassVar[str] = "request.overloaded"
    title: ClassVar[str] = "Too many requests at once"

    def __str__(self) -> str:
        return "too many requests at once; nothing was done, send it again after a moment"


@dataclass(eq=False)
class UnexpectedFailure(JanuaError):
    """Something failed that Janua did not foresee: a bug. The details are in the server's log, never in the answer."""

    code: ClassVar[str] = "request.failed"
    title: ClassVar[str] = "Unexpected failure"

    def __str__(self) -> str:
        return "Janua failed unexpectedly; the server's log has the details"
