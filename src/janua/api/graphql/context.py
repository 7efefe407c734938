"""What the resolvers of the registry's root fields are given, apart from Strawberry, which most requests do without."""

from dataclasses import dataclass

from janua.gateway.gateway import Gateway


@dataclass(frozen=True, slots=True)
class Context:
    """What resolvers are given."""

    gateway: Gateway
