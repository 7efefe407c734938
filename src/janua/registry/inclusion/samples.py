"""Strings of each format and kind of contents, and for some formats a pattern that all its strings match.

A test holds both against the validation engine.
"""

from collections.abc import Mapping, Sequence

from janua.model.types import Json
from janua.registry.keywords import METASCHEMAS, Draft

FORMATS = frozenset({
    "date", "date-time", "time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6", "uri",
    "uri-reference", "iri", "iri-reference", "uuid", "uri-template", "json-pointer", "relative-json-pointer", "regex",
})  # fmt: skip
"""The formats that are asserted; others are annotations."""

BASE64, JSON, JSON_IN_BASE64 = "base64", "application/json", "application/json in base64"
CONTENTS: Mapping[str, Mapping[str, Json]] = {
    BASE64: {"contentEncoding": BASE64},
    JSON: {"contentMediaType": JSON},
    JSON_IN_BASE64: {"contentEncoding": BASE64, "contentMediaType": JSON},
}
"""What drafts 6 and 7 say of the contents of a string and the engine asserts; in later ones they are annotations."""
SAMPLES: Mapping[str, Sequence[str]] = {
    "date": ("2024-05-01", "1999-12-31"),
    "date-time": ("2024-05-01T12:30:00Z", "1999-12-31T23:59:59.5+02:00"),
    "time": ("12:30:00Z", "23:59:59.5+02:00"),
    "duration": ("P1D", "PT36H", "P1Y2M3DT4H5M6S"),
    "email": ("a@example.org", "someone.else@example.com"),
    "idn-email": ("a@example.org", "ö@example.org"),
    "hostname": ("example.org", "a"),
    "idn-hostname": ("example.org", "bücher.example"),
    "ipv4": ("192.0.2.1", "127.0.0.1"),
    "ipv6": ("2001:db8::1", "::1"),
    "uri": ("https://example.org/a", "urn:x:y"),
    "uri-reference": ("https://example.org/a", "a/b", "#a"),
    "iri": ("https://example.org/ö", "https://example.org/a"),
    "iri-reference": ("https://example.org/a", "ö", "#a"),
    "uuid": ("123e4567-e89b-12d3-a456-426614174000", "00000000-0000-0000-0000-000000000000"),
    "uri-template": ("https://example.org/{id}", "a"),
    "json-pointer": ("/a/b", ""),
    "relative-json-pointer": ("0", "1/a"),
    "regex": ("a+", "^[a-z]*$"),
    BASE64: ("ODY=", ""),
    JSON: ("{}", "86"),
    JSON_IN_BASE64: ("ODY=", "e30=", "MTIzNDU2Nzg5MA=="),
}
SHAPES: Mapping[str, str] = {
    "date": r"^.{4}-.{2}-.{2}$",
    "uuid": r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$",
    "ipv4": r"^\d{1,3}(\.\d{1,3}){3}$",
    "ipv6": r"^[0-9A-Fa-f:.]+$",
    "email": r"@",
    "idn-email": r"@",
    BASE64: r"^([0-9A-Za-z+/]{2}[0-9A-Za-z+/=]{2})*$",
    JSON_IN_BASE64: r"^([0-9A-Za-z+/]{2}[0-9A-Za-z+/=]{2})+$",
}
"""Patterns that are no narrower than what the engine takes for the format, which is more than the RFCs do."""


def schema_of(name: str) -> Mapping[str, Json]:
    """Return the schema that demands a format or a kind of contents, and nothing else."""
    found = CONTENTS.get(name)
    return {"format": name} if found is None else {"$schema": METASCHEMAS[Draft.D7], **found}
