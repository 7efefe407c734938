"""Strings of each format, and for some formats a pattern that all its strings match.

A test holds both against the validation engine.
"""

from collections.abc import Mapping, Sequence

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
}
SHAPES: Mapping[str, str] = {
    "date": r"^.{4}-.{2}-.{2}$",
    "uuid": r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$",
    "ipv4": r"^\d{1,3}(\.\d{1,3}){3}$",
    "ipv6": r"^[0-9A-Fa-f:.]+$",
    "email": r"@",
    "idn-email": r"@",
}
"""Patterns that are no narrower than what the engine takes for the format, which is more than the RFCs do."""
