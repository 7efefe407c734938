"""What a generator of requests cannot know: the cursors that this server issued, and that a key is for one request."""

import uuid
from typing import Any

import schemathesis


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    for name in ("after", "before"):
        case.query.pop(name, None)
    if "Idempotency-Key" in case.headers and not case.meta.generation.mode.is_negative:
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
