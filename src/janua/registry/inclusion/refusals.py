"""Which documents of a writer a reader refuses, and why; or that there are none.

In: two schema versions. Out: an `Inclusion`. Start at `inclusion_of`. Each refusal found is set aside, and the search
goes on for documents that are refused for another reason.
"""

import time
from dataclasses import dataclass, field
from typing import Literal

from janua.model.types import Json
from janua.registry.inclusion.demands import Blame, Demand, Found, Impossible, Outcome, Unclear
from janua.registry.inclusion.effort import Effort, OutOfEffort
from janua.registry.inclusion.guesses import guesses
from janua.registry.inclusion.search import Search
from janua.registry.inclusion.versions import Version, Versions
from janua.registry.validation import Validator

LISTED = 20
"""Refusals that are listed at most."""
GUESSING_SECONDS = 0.3
Answer = Literal["included", "refused", "unclear"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A document that the writer's schema takes and the reader's does not, both confirmed by validating it."""

    document: Json
    blame: Blame


@dataclass(slots=True)
class Inclusion:
    """Whether the reader takes whatever the writer may write.

    `doubts` are keywords of the reader of which it was neither shown nor excluded that they refuse something; `spent`:
    the work allowed was used up.
    """

    answer: Answer = "unclear"
    refusals: list[Refusal] = field(default_factory=list[Refusal])
    doubts: list[Blame] = field(default_factory=list[Blame])
    spent: bool = False


def inclusion_of(writer: Version, reader: Version, effort: Effort | None = None) -> Inclusion:
    """Return whether a reader's schema accepts every document that a writer's schema accepts.

    Takes at most some seconds (see `Effort`): call it in a thread.
    """
    comparison = _Comparison(writer, reader, effort or Effort())
    comparison.run()
    return comparison.found


class _Comparison:
    def __init__(self, writer: Version, reader: Version, effort: Effort) -> None:
        self.found = Inclusion()
        self._versions = Versions(writer, reader)
        self._search = Search(self._versions, effort)
        self._writes = Validator(writer.document, writer.references)
        self._reads = Validator(reader.document, reader.references)

    def run(self) -> None:
        try:
            while len(self.found.refusals) < LISTED:
                outcome = self._next()
                if not isinstance(outcome, Found) or not self._keep(outcome):
                    break
        except (OutOfEffort, RecursionError):
            self.found.spent = True
        if self.found.answer == "unclear":
            self._guess()

    def _next(self) -> Outcome:
        demands = [Demand(self._versions.writer, True, False), Demand(self._versions.reader, False, True)]
        outcome = self._search.decide(demands)
        match outcome:
            case Impossible() if not self.found.refusals:
                self.found.answer = "included"
            case Unclear(blame):
                self.found.doubts += [blame] if blame else []
            case _:
                pass
        return outcome

    def _keep(self, outcome: Found) -> bool:
        """Keep a refusal when validating confirms it; return whether to look for another."""
        blame = outcome.blame or Blame(self._versions.reader, "")
        if not self._is_refused(outcome.value) or blame.key in self._search.blocked:
            return False
        self.found.answer = "refused"
        self.found.refusals.append(Refusal(outcome.value, blame))
        self._search.block(blame)
        return True

    def _guess(self) -> None:
        """Try documents of the writer at random."""
        end = time.thread_time() + GUESSING_SECONDS
        for document in guesses(self._versions):
            if time.thread_time() > end:
                return
            if self._is_refused(document):
                refused = Demand(self._versions.reader, False, True)
                blame = self._search.evaluation.fault(refused, document) or Blame(self._versions.reader, "")
                doubted = next((each for each in self.found.doubts if each.key == blame.key), None)
                self.found.doubts = [each for each in self.found.doubts if each is not doubted]
                blame = doubted or blame
                self.found.answer = "refused"
                self.found.refusals.append(Refusal(document, blame))
                return

    def _is_refused(self, document: Json) -> bool:
        return self._writes.is_valid(document) and not self._reads.is_valid(document)
