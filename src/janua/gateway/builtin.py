"""The built-in generic collection `records`, there in every database: any JSON object, under the shipped schema."""

from janua.gateway.gateway import Gateway
from janua.registry.document import read_schema
from janua.storage.migrations import home

RECORDS = "records"


async def ensure_records(gateway: Gateway) -> None:
    """Register the generic collection unless it is there, under whatever schema it has by now."""
    catalog = gateway.live.catalog
    if RECORDS not in catalog.collections and RECORDS not in catalog.quarantined:
        from janua.gateway.schemas import register  # noqa: PLC0415 -- a server starts sooner without

        shipped = (home() / "schemas" / "records.json").read_bytes()
        await register(gateway, RECORDS, read_schema(shipped, "json", gateway.document_limits))
