"""Whether every document that the engine takes under one version it takes under the next, for certain.

In: two versions, and whether the search for a document that is refused has proven that there is none. Out: yes or no.
Start at `is_covered`. If it is so, records that are valid under the old version need not be read. The proofs of
`inclusion` are about what JSON Schema says; the engine has its own ways with patterns, formats and contents, so a proof
counts only where none of these is among what changed.
"""

from janua.registry.inclusion.effort import Effort
from janua.registry.inclusion.likeness import CONTENTS
from janua.registry.inclusion.refusals import Answer, inclusion_of
from janua.registry.inclusion.versions import Version, Versions

OWN_WAYS = (*CONTENTS, "pattern", "patternProperties", "format")
"""What the engine may take otherwise than the search for a refused document does."""
SECONDS = 1.0
"""Time for a proof that the compatibility mode did not ask for."""


def is_covered(old: Version, new: Version, proven: Answer | None) -> bool:
    """Return whether whatever is valid under `old` is valid under `new`; if in doubt, not.

    `proven` is what the rules have found out about it, None if they did not look. Takes as long as `inclusion_of`.
    """
    versions = Versions(old, new)
    if _is_same(versions):
        return True
    changed = (each for place in versions.unlike() for each in versions.together(place))
    if any(place.get(keyword) is not None for place in changed for keyword in OWN_WAYS):
        return False
    return (proven or inclusion_of(old, new, Effort(seconds=SECONDS)).answer) == "included"


def is_same(old: Version, new: Version) -> bool:
    """Return whether two versions differ in nothing but annotations; if there is too much to compare, not."""
    return _is_same(Versions(old, new))


def _is_same(versions: Versions) -> bool:
    likeness = versions.likeness(versions.writer)
    return likeness is not None and likeness == versions.likeness(versions.reader)
