"""One JSON Schema becomes storage, validation, a GraphQL API, a REST API and documentation. Start at `janua.app`."""

__version__ = "0.1.0"
