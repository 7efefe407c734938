"""What Janua is told: `janua.toml` and `JANUA_…` variables become one frozen, checked value.

In: the settings file (or the one that `JANUA_SETTINGS` names) with its environments `[default]`, `[development]` and
`[production]` (`JANUA_ENV` chooses), variables over it (`JANUA_DATABASE__DSN` is `database.dsn`), and options of the
command line over both. Out: `Settings`; other modules are given it, or one of its sections. The only home of dynaconf.
Start at `load_settings`.
"""

import difflib
import ipaddress
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from dynaconf import Dynaconf
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from janua.errors import InvalidConfiguration

Environment = Literal["development", "production"]
ENVIRONMENTS = ("default", "development", "production")
NOT_SETTINGS = ("JANUA_SETTINGS", "JANUA_ENV", "JANUA_FAIL")  # read elsewhere, before there are settings
KIB, MIB = 1024, 1024 * 1024


class Section(BaseModel):
    """A group of settings; unknown ones are refused, none changes after start-up."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Server(Section):
    """Where Janua listens."""

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8080, ge=0, le=65535, description="TCP port to listen on; 0 takes any free one.")
    workers: int = Field(default=1, ge=1, le=256, description="Number of worker processes of `janua serve`.")
    allow_remote: bool = Field(
        default=False, description="Allow a `host` that other machines reach although no authentication is configured."
    )
    max_in_flight: int = Field(
        default=128,
        ge=1,
        description="Requests that each worker works on at once, at most; of more, those that find no place get 503.",
    )
    pages: bool | None = Field(
        default=None,
        description="Serve the pages `/docs` and `/redoc`; if absent, `janua dev` does and `janua serve` does not.",
    )
    receive_timeout: float = Field(
        default=20.0,
        gt=0,
        description="Seconds in which the head of a request must arrive, then its body (of an import: each next part).",
    )
    shutdown_grace: float = Field(
        default=10.0,
        ge=0,
        description="Seconds that requests under way may take after SIGTERM before they are cut off.",
    )


class Database(Section):
    """Which PostgreSQL to use, and how patiently."""

    dsn: SecretStr | None = Field(
        default=None,
        description="PostgreSQL to use, as `postgresql://user:password@host:port/database`; `janua serve` needs it.",
    )
    pool_min: int = Field(default=2, ge=0, description="Connections that each worker keeps open.")
    pool_max: int = Field(default=10, ge=1, description="Connections that each worker opens at most.")
    acquire_timeout: float = Field(
        default=5.0, gt=0, description="Seconds to wait for a free connection before answering 503."
    )
    statement_timeout: float = Field(default=15.0, gt=0, description="Seconds that one statement may run.")
    lock_timeout: float = Field(default=3.0, gt=0, description="Seconds that a statement may wait for a lock.")
    idle_in_transaction_timeout: float = Field(
        default=30.0, gt=0, description="Seconds that a transaction may stay open with nothing to do."
    )
    batch_reads: bool = Field(
        default=True,
        description="Read single records that are asked for in the same way at the same time by one statement.",
    )
    batch_creates: bool = Field(
        default=True, description="Store records that are created in one collection at the same time by one statement."
    )


class Limits(Section):
    """How much one request may ask for."""

    body_bytes: int = Field(default=4 * MIB, ge=1, description="Bytes of the body of one request, imports excepted.")
    import_bytes: int | None = Field(default=None, ge=1, description="Bytes of one import; no limit if absent.")
    document_depth: int = Field(default=128, ge=1, le=500, description="Levels of nesting in one document.")
    document_nodes: int = Field(default=200_000, ge=1, description="Values, nested ones counted, in one document.")
    number_digits: int = Field(
        default=400, ge=20, le=4000, description="Digits of a number on each side of its point; doubles have fewer."
    )
    page_default: int = Field(default=20, ge=1, description="Records in a page when the query does not say.")
    page_limit: int = Field(default=1000, ge=1, description="Records in a page at most, or in a bulk write.")
    include_limit: int = Field(
        default=100, ge=1, description="Related records that come with one record, for each relation."
    )
    url_bytes: int = Field(default=16 * KIB, ge=256, description="Bytes of the path and query string of a request.")
    filter_nodes: int = Field(default=200, ge=1, description="Predicates and combinators in one filter.")
    answer_records: int = Field(
        default=250_000, ge=1, description="Records that one answer may hold at worst, related ones included."
    )
    relation_depth: int = Field(default=10, ge=1, description="Relations that one query may follow in a row.")
    in_operands: int = Field(default=10_000, ge=1, description="Operands of one `in` or `notIn`.")
    schema_bytes: int = Field(default=4 * MIB, ge=1, description="Bytes of one JSON Schema.")
    schema_cost: int = Field(
        default=100_000, ge=1, description="Subschemas of one JSON Schema, each reference followed once."
    )
    bulk_at_most: int = Field(
        default=100, ge=1, description="Records that one bulk write touches at most, unless it says `atMost` itself."
    )


class Graphql(Section):
    """What GraphQL offers, and how much one document may ask for; all of it is checked before validation."""

    graphiql: bool | None = Field(
        default=None, description="Show GraphiQL to browsers; if absent, `janua dev` does and `janua serve` does not."
    )
    big_integers_as_strings: bool = Field(
        default=False, description="Show `BigInt` as JSON strings, for clients that read all numbers as doubles."
    )
    introspection: bool | None = Field(
        default=None,
        description="Answer introspection and `?sdl`; if absent, `janua dev` does and `janua serve` does not.",
    )
    document_bytes: int = Field(default=32 * KIB, ge=1, description="Bytes of one document.")
    tokens: int = Field(
        default=1000, ge=1, le=20_000, description="Names, values and punctuation marks of one document."
    )
    nesting: int = Field(
        default=50, ge=1, le=100, description="Levels of braces, brackets and parentheses in one document."
    )
    depth: int = Field(default=10, ge=1, le=50, description="Levels of fields, those of fragments included.")
    introspection_depth: int = Field(
        default=20, ge=1, le=50, description="Levels of fields in an operation that only asks for the GraphQL schema."
    )
    fields: int = Field(
        default=2000, ge=1, description="Fields of one document, each fragment counted wherever it is spread."
    )
    root_fields: int = Field(default=20, ge=1, description="Fields on the first level of one operation.")
    aliases: int = Field(default=15, ge=1, description="Names under which one place may select the same field.")
    repeats: int = Field(default=30, ge=1, description="Times that one place may select the same name.")
    directives: int = Field(default=5, ge=0, description="Directives on one field, fragment, variable or operation.")
    operations: int = Field(default=20, ge=1, description="Operations of one document.")
    persisted_bytes: int = Field(
        default=16 * MIB, ge=0, description="Bytes of persisted documents that each worker remembers."
    )


class Registry(Section):
    """How schemas are registered."""

    online_index_rows: int = Field(
        default=10_000,
        ge=0,
        description="Records from which on indexes are built without blocking writes (CONCURRENTLY).",
    )
    compatibility: Literal[
        "none", "backward", "backward_transitive", "forward", "forward_transitive", "full", "full_transitive"
    ] = Field(default="backward", description="Compatibility mode of a new collection.")
    evolution: Literal["data", "proof"] = Field(
        default="data",
        description="Evolution policy of a new collection: `data` accepts a change that no stored record breaks, "
        "`proof` lets the compatibility rules decide alone.",
    )


class Cursor(Section):
    """How page cursors are authenticated."""

    secret: SecretStr | None = Field(
        default=None,
        description="Key that authenticates cursors; if absent, one is generated and kept in the database.",
    )


class Idempotency(Section):
    """How long answers to requests with an `Idempotency-Key` are kept."""

    keep_hours: float = Field(default=24, gt=0, description="Hours that an answer is kept for a request sent again.")


class Dev(Section):
    """What `janua dev` works on."""

    data: Path = Field(default=Path(".janua"), description="Directory of the embedded PostgreSQL.")
    schemas: Path = Field(
        default=Path("schemas"),
        description="Directory of schema files that `janua dev` applies, again whenever one is saved.",
    )


class Log(Section):
    """What Janua writes to standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least important level written."
    )
    format: Literal["json", "pretty"] = Field(
        default="pretty", description="One JSON object a line, or lines for people to read."
    )


class Settings(Section):
    """All settings, by section."""

    server: Server = Server()
    database: Database = Database()
    limits: Limits = Limits()
    graphql: Graphql = Graphql()
    registry: Registry = Registry()
    cursor: Cursor = Cursor()
    idempotency: Idempotency = Idempotency()
    dev: Dev = Dev()
    log: Log = Log()

    def with_dsn(self, dsn: str) -> "Settings":
        """Return the same settings for another database, such as the embedded one."""
        database = self.database.model_copy(update={"dsn": SecretStr(dsn)})
        return self.model_copy(update={"database": database})


def load_settings(
    environment: Environment = "production", *, overrides: Mapping[str, object] | None = None
) -> Settings:
    """Read and check all settings.

    `environment` holds unless `JANUA_ENV` names another. `overrides` are options of the command line by dotted name;
    those that are None were not given. Relative paths are relative to the working directory.
    Raises: `InvalidConfiguration` naming the first wrong setting.
    """
    chosen = os.environ.get("JANUA_ENV", environment)
    if chosen not in ENVIRONMENTS[1:]:
        raise InvalidConfiguration("JANUA_ENV", f"must be development or production, not {chosen!r}")
    values = read_sources(settings_file(), chosen)
    for name, value in (overrides or {}).items():
        if value is not None:
            section, _, key = name.partition(".")
            if isinstance(found := values.setdefault(section, {}), dict):
                found[key] = value
    return checked(values)


def settings_file() -> Path | None:
    """Return the settings file, None if there is none and none was asked for."""
    named = os.environ.get("JANUA_SETTINGS")
    path = Path(named or "janua.toml").absolute()
    if path.is_file():
        return path
    if named:
        raise InvalidConfiguration("JANUA_SETTINGS", f"there is no file {named!r}")
    return None


def read_sources(file: Path | None, environment: str) -> dict[str, Any]:
    """Return what the file says for the environment, with the variables over it, all names in lower case."""
    if file is not None:
        check_file(file)
    loaded: Any = Dynaconf(
        envvar_prefix="JANUA",
        settings_files=[str(file)] if file else [],
        environments=True,
        env=environment,
        auto_cast=False,  # a value that starts with @format is a value
        merge_enabled=True,
    )
    found = lowered(loaded.as_dict())
    restore_text(found)
    return {name: value for name, value in found.items() if f"JANUA_{name.upper()}" not in NOT_SETTINGS}


def restore_text(found: dict[str, Any]) -> None:
    """Put variables back as they were written: dynaconf reads the password 1e5 as a number, pydantic knows better."""
    for name, text in os.environ.items():
        section, _, key = name.lower().removeprefix("janua_").partition("__")
        if name.startswith("JANUA_") and isinstance(values := found.get(section), dict) and key in values:
            values[key] = text


def check_file(file: Path) -> None:
    """Refuse what dynaconf would skip without a word: bad syntax, and tables that are not environments."""
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidConfiguration(file.name, f"cannot be read: {error}") from error
    for name in tables:
        if name.lower() not in ENVIRONMENTS:
            raise InvalidConfiguration(name, f"is not an environment; write [default.{name}] in {file.name}")


def lowered(values: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the values with all names in lower case, at every depth."""
    lower: dict[str, Any] = {str(name).lower(): it for name, it in values.items()}
    return {
        name: lowered(cast("Mapping[Any, Any]", it)) if isinstance(it, Mapping) else it for name, it in lower.items()
    }


def checked(values: Mapping[str, object]) -> Settings:
    """Check the values. Raises: `InvalidConfiguration` naming the first wrong one."""
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise first_mistake(error) from None
    host = settings.server.host
    if not settings.server.allow_remote and not is_loopback(host):
        reason = f"{host} is reachable from other machines and Janua has no authentication yet"
        raise InvalidConfiguration("server.host", f"{reason}; set server.allow_remote if something else protects it")
    if settings.database.pool_min > settings.database.pool_max:
        raise InvalidConfiguration("database.pool_min", "is greater than database.pool_max")
    return settings


def is_open(setting: bool | None, *, dev: bool) -> bool:
    """Say whether something that is on in `janua dev`, and off in `janua serve` unless it is set, is on."""
    return dev if setting is None else setting


def relaxed(settings: Settings, *, dev: bool) -> Iterator[str]:
    """Yield a line for each thing that these settings leave open to whoever reaches the port.

    Those that a setting leaves open begin with its name and a colon; the others nothing changes but a proxy.
    """
    server = settings.server
    reached = "anybody on this machine" if is_loopback(server.host) else "ANYBODY WHO REACHES THIS MACHINE"
    yield f"no authentication: {reached} may read, write and register"
    if not is_loopback(server.host):
        yield f"server.allow_remote: it listens on {server.host}, which other machines reach"
    yield "no TLS: put a proxy in front for connections from elsewhere"
    if is_open(server.pages, dev=dev):
        yield "server.pages: /docs and /redoc are open to anybody"
    if is_open(settings.graphql.graphiql, dev=dev):
        yield "graphql.graphiql: GraphiQL is open to anybody"
    if is_open(settings.graphql.introspection, dev=dev):
        yield "graphql.introspection: GraphQL describes all collections to anybody"
    yield "/openapi.json describes all collections to anybody"
    if settings.limits.import_bytes is None:
        yield "limits.import_bytes: an import may be of any size"
    if settings.log.level == "debug" and not dev:
        yield "log.level: debug writes more than a production log should have"


def first_mistake(error: ValidationError) -> InvalidConfiguration:
    """Name the wrong setting, never its value: it may be a secret."""
    mistake = error.errors(include_url=False, include_context=False, include_input=False)[0]
    name = ".".join(str(part) for part in mistake["loc"])
    variable = f"JANUA_{name.upper().replace('.', '__')}"
    origin = f" (set by {variable})" if variable in os.environ else ""
    if mistake["type"] != "extra_forbidden":
        return InvalidConfiguration(name, mistake["msg"].removeprefix("Input ").strip() + origin)
    close = difflib.get_close_matches(name, [name for name, _, _ in every_setting()], n=1, cutoff=0.5)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return InvalidConfiguration(name, f"there is no such setting{hint}{origin}")


def is_loopback(host: str) -> bool:
    """Say whether only this machine reaches the host."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def every_setting() -> Iterator[tuple[str, object, str]]:
    """Return dotted name, default and description of every setting, in the order of the reference."""
    defaults = Settings()
    for section in Settings.model_fields:
        values: Section = getattr(defaults, section)
        for name, field in type(values).model_fields.items():
            yield f"{section}.{name}", getattr(values, name), field.description or ""


def effective(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return all settings by section, ready for JSON, with secrets masked; of the DSN only the password is."""
    shown = settings.model_dump(mode="json")
    if settings.database.dsn is not None:
        shown["database"]["dsn"] = masked(settings.database.dsn.get_secret_value())
    return shown


def masked(dsn: str) -> str:
    """Return the DSN without its password and its query, which may hold one too."""
    try:
        parts = urlsplit(dsn)
        user = f"{parts.username}:**********@" if parts.password else f"{parts.username}@" if parts.username else ""
        where = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "**********"
    return f"{parts.scheme}://{user}{where}{parts.path}" if parts.scheme else "**********"
