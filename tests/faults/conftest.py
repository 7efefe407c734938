"""A server of the API on a database that things happen to; `many` sends the same request many times at once."""

from tests.api.conftest import gateway, http, library, served

__all__ = ["gateway", "http", "library", "served"]
