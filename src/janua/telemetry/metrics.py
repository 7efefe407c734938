"""Every instrument of Janua, and what records in it; `exposition` is what `/metrics` answers.

Names follow OpenTelemetry's semantic conventions in Prometheus's spelling. Labels come from closed sets: routes, not
paths; collections, not records. With several workers each keeps its figures in a file of a shared directory
(`share_between_workers`), so that a scrape that reaches any of them tells of all.
"""

import os
import tempfile
import time
from bisect import bisect_left
from collections import Counter as Counts
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any, Final, TypeVar

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, multiprocess
from prometheus_client import generate_latest as render

T = TypeVar("T")

SHARED: Final = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client's own variable
TYPE: Final = CONTENT_TYPE_LATEST
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

REQUESTS: Final = Histogram(
    "http_server_request_duration_seconds",
    "Seconds from the head of a request to the end of its answer.",
    ("http_request_method", "http_route", "http_response_status_code"),
    buckets=_SECONDS,
)
ACTIVE: Final = Gauge("http_server_active_requests", "Requests that are being answered.", multiprocess_mode="livesum")
PLACES: Final = Gauge(
    "janua_request_places", "Requests that are worked on at once at most, by now.", multiprocess_mode="livesum"
)
REFUSED: Final = Counter("janua_requests_refused", "Requests answered 503 because too many others were there.")
STATEMENTS: Final = Histogram(
    "db_client_operation_duration_seconds",
    "Seconds that PostgreSQL took for a statement, as the client sees it.",
    ("db_operation_name",),
    buckets=_SECONDS,
)
CONNECTIONS: Final = Gauge(
    "db_client_connection_count", "Connections to PostgreSQL.", ("state",), multiprocess_mode="livesum"
)
MOST_CONNECTIONS: Final = Gauge(
    "db_client_connection_max", "Connections to PostgreSQL at most.", multiprocess_mode="livesum"
)
WAITS: Final = Histogram(
    "db_client_connection_wait_time_seconds",
    "Seconds that a request waited for a free connection, where none was free at once.",
    buckets=_SECONDS,
)
REVISION: Final = Gauge(
    "janua_catalog_revision", "Revision of the catalog that is served; with several workers the oldest.",
    multiprocess_mode="livemin",
)  # fmt: skip
COLLECTIONS: Final = Gauge("janua_collections", "Collections that are served.", multiprocess_mode="livemax")
QUARANTINED: Final = Gauge(
    "janua_collections_quarantined", "Collections whose stored schema cannot be compiled.", multiprocess_mode="livemax"
)
CACHE: Final = Counter("janua_cache_requests", "Look-ups in a cache.", ("cache", "outcome"))
BUILDS: Final = Histogram(
    "janua_index_build_duration_seconds",
    "Seconds that building an index took.",
    ("outcome",),
    buckets=(0.01, 0.1, 1, 10, 60, 600, 3600, 36000),
)
BUILDING: Final = Gauge("janua_index_builds_active", "Indexes being built.", multiprocess_mode="livesum")
IMPORTED: Final = Counter("janua_import_rows", "Documents of imports.", ("janua_collection", "outcome"))


class _Now:
    """What is counted too often for an instrument; put into one when somebody looks."""

    __slots__ = ("places", "refused", "requests")

    def __init__(self) -> None:
        self.requests = self.refused = self.places = 0


NOW: Final = _Now()
# Not the class itself: whenever one of its attributes is set, Python forgets where it found those of a class.


class Tally:
    """Durations that are put into a histogram together: one at a time takes longer than some answers."""

    __slots__ = ("_histogram", "noted")

    def __init__(self, histogram: Histogram) -> None:
        self._histogram = histogram
        self.noted: list[float] = []

    def put(self) -> None:
        """Put what was noted into the histogram; any thread may do so."""
        seconds = taken(self.noted)
        for place, count in Counts(bisect_left(_SECONDS, each) for each in seconds).items():
            self._histogram._buckets[place].inc(count)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType] -- nothing public adds many
        self._histogram._sum.inc(sum(seconds))  # noqa: SLF001  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType] -- as above


def taken(noted: list[T]) -> list[T]:
    """Empty a list that others add to at the same time; none of what is in it is lost, or taken twice."""
    found: list[T] = []
    with suppress(IndexError):
        while True:
            found.append(noted.pop())
    return found


MOST_NOTED: Final = 1024  # durations of one kind that wait to be put
_tallies: Final[list[Tally]] = []
_answered: Final[list[tuple[str, str, int, float]]] = []


def _noted(histogram: Histogram) -> list[float]:
    """Return where to note durations."""
    _tallies.append(Tally(histogram))
    return _tallies[-1].noted


@cache
def _requests(method: str, route: str, status: int) -> list[float]:
    return _noted(REQUESTS.labels(method, route, str(status)))


@cache
def _statements(operation: str) -> list[float]:
    return _noted(STATEMENTS.labels(operation))


@cache
def _waits() -> list[float]:
    return _noted(WAITS)


def request_answered(method: str, route: str, status: int, seconds: float) -> None:
    """Count a request; `route` is the template of its path, empty when there is none."""
    # As few steps as can be, for each request: which of all durations it belongs to can wait.
    _answered.append((method, route, status, seconds))
    if len(_answered) >= MOST_NOTED:
        _put()


def _note(noted: list[float], seconds: float) -> None:
    noted.append(seconds)
    if len(noted) >= MOST_NOTED:
        _put()


def _put() -> None:
    for method, route, status, seconds in taken(_answered):
        _requests(method if method in _METHODS else "_OTHER", route, status).append(seconds)
    for tally in _tallies:
        tally.put()


def waited(seconds: float) -> None:
    """Count a wait for a connection."""
    _note(_waits(), seconds)


def statement_ran(operation: str, seconds: float) -> None:
    """Count a statement."""
    _note(_statements(operation), seconds)


def import_done(collection: str, **rows: int) -> None:
    """Count the documents of an import by what became of them."""
    for outcome, count in rows.items():
        IMPORTED.labels(collection, outcome).inc(count)


@contextmanager
def index_build() -> Generator[None]:
    """Measure a block that builds an index."""
    BUILDING.inc()
    start = time.perf_counter()
    outcome = "failed"
    try:
        yield
        outcome = "built"
    finally:
        BUILDING.dec()
        BUILDS.labels(outcome).observe(time.perf_counter() - start)


OUTCOMES: Final = {"hits": "hit", "misses": "miss"}
_caches: Final[dict[str, tuple[Callable[[], Any], dict[str, int]]]] = {}


def watch_cache(name: str, info: Callable[[], Any]) -> None:
    """Count the hits and misses of a cache; `info` is its `cache_info`."""
    _caches[name] = (info, {"hits": 0, "misses": 0})


class Lookups:
    """Counts the look-ups of a cache that does not count them itself."""

    hits = 0
    misses = 0

    def count(self, *, hit: bool) -> None:
        """Count one."""
        if hit:
            self.hits += 1
        else:
            self.misses += 1


DOCUMENTS: Final = Lookups()
"""GraphQL documents."""
watch_cache("documents", lambda: DOCUMENTS)


def observe() -> None:
    """Bring up to date what is only counted when somebody looks."""
    ACTIVE.set(NOW.requests)
    PLACES.set(NOW.places)
    REFUSED.inc(NOW.refused)
    NOW.refused = 0
    _put()
    for name, (info, seen) in _caches.items():
        now = info()
        for outcome in seen:
            count: int = getattr(now, outcome)
            CACHE.labels(name, OUTCOMES[outcome]).inc(max(0, count - seen[outcome]))
            seen[outcome] = count


def registry() -> CollectorRegistry:
    """Return what to read all figures from: this process's, or those of all workers."""
    if SHARED not in os.environ:
        return REGISTRY
    shared = CollectorRegistry()
    multiprocess.MultiProcessCollector(shared)
    return shared


def exposition() -> bytes:
    """Return all figures in Prometheus's text format."""
    observe()
    return render(registry())


@contextmanager
def share_between_workers() -> Generator[None]:
    """Let the processes that are started while the block runs keep their figures together."""
    with tempfile.TemporaryDirectory(prefix="janua-metrics-") as directory:
        os.environ[SHARED] = directory
        try:
            yield
        finally:
            del os.environ[SHARED]


def worker_ended(process: int) -> None:
    """Forget the gauges of a worker that is no more; its counters stay."""
    if SHARED in os.environ:
        multiprocess.mark_process_dead(process)  # pyright: ignore[reportUnknownMemberType]  # not annotated
