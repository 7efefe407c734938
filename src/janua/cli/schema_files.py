"""Schema files → documents by collection.

A file's name is its collection's: `books.json`, `books.schema.json`, `books.yaml`. Start at `read_schemas`.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from janua.errors import InvalidRequest, JanuaError, MalformedDocument
from janua.model.collection import Schema
from janua.registry.document import Limits, read_schema

FORMATS = {".json": "json", ".yaml": "yaml", ".yml": "yaml"}


def read_schemas(paths: Sequence[Path], limits: Limits) -> Mapping[str, Schema]:
    """Return the schema of each collection that has a file among `paths`, directories searched one level deep.

    Raises: `MalformedDocument` for a file that is missing, malformed or there twice, `InvalidRequest` for no files.
    """
    found: dict[str, Path] = {}
    documents: dict[str, Schema] = {}
    for file in schema_files(paths):
        name = collection_of(file)
        if name in found:
            raise MalformedDocument(f"{file}: {found[name]} has a schema of {name!r}, too; keep one of them")
        found[name] = file
        documents[name] = read_file(file, limits)
    if not documents:
        listed = ", ".join(str(each) for each in paths)
        raise InvalidRequest(f"there are no schema files (.json, .yaml) in {listed}")
    return documents


def schema_files(paths: Iterable[Path]) -> Sequence[Path]:
    """Return the schema files among and directly inside `paths`, by name; hidden files are left out."""
    files: list[Path] = []
    for path in paths:
        files += sorted(each for each in path.iterdir() if is_schema(each)) if path.is_dir() else [path]
    return files


def is_schema(path: Path) -> bool:
    """Return whether a path in a directory is taken for a schema file."""
    return path.suffix in FORMATS and not path.name.startswith(".") and path.is_file()


def collection_of(file: Path) -> str:
    """Return the collection that a file is about."""
    return file.name.split(".", 1)[0]


def read_file(file: Path, limits: Limits) -> Schema:
    """Return the document of one file.

    Raises: `MalformedDocument`.
    """
    try:
        body = file.read_bytes()
        return read_schema(body, "yaml" if FORMATS.get(file.suffix) == "yaml" else "json", limits)
    except OSError as error:
        raise MalformedDocument(f"{file}: cannot be read: {error.strerror}") from error
    except JanuaError as error:
        raise MalformedDocument(f"{file}: {error}") from error
