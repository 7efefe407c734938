"""A setting is wrong: family `config`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from janua.errors.root import JanuaError


@dataclass(eq=False)
class InvalidConfiguration(JanuaError):
    """A setting is unknown or has a wrong value; `setting` is its dotted name."""

    code: ClassVar[str] = "config.invalid"
    title: ClassVar[str] = "Invalid configuration"
    cure: ClassVar[str] = "Correct the setting that is named; `janua config` shows what is in force."
    example: ClassVar[Mapping[str, Any]] = {
        "setting": "server.prot",
        "reason": "there is no such setting; did you mean 'server.port'?",
    }
    setting: str
    reason: str

    def __str__(self) -> str:
        return f"setting {self.setting!r}: {self.reason}"
