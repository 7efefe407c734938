"""A setting is wrong: family `config`."""

from dataclasses import dataclass
from typing import ClassVar

from janua.errors.root import JanuaError


@dataclass(eq=False)
class InvalidConfiguration(JanuaError):
    """A setting is unknown or has a wrong value; `setting` is its dotted name."""

    code: ClassVar[str] = "config.invalid"
    title: ClassVar[str] = "Invalid configuration"
    setting: str
    reason: str

    def __str__(self) -> str:
        return f"setting {self.setting!r}: {self.reason}"
