"""The server of the tests of the API, here too."""

from tests.api.conftest import gateway, http, library, served

__all__ = ["gateway", "http", "library", "served"]
