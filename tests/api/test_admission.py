"""The law of the gate, in time that is only told: how many are let in, and who is not."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any

import pytest

from janua.api.admission import AIM_SECONDS, FEWEST, SHORT_WAIT_SECONDS, WAIT_SECONDS, Gate

MOST = 128
TICK = 0.001


@dataclass(eq=False)
class Request:
    """One that is worked on, or waits for its client."""

    arrived: float
    streams: bool = False


@dataclass
class Worker:
    """A gate, and behind it what serves so many requests a second, one after another; its own event loop."""

    rate: float
    gate: Gate = field(init=False)
    now: float = 0.0
    inside: list[Request] = field(default_factory=list[Request])
    streaming: list[Request] = field(default_factory=list[Request])
    took: list[float] = field(default_factory=list[float])
    refused: list[float] = field(default_factory=list[float])
    _timers: list[tuple[float, int, Callable[[], object]]] = field(default_factory=list[Any])
    _number: "count[int]" = field(default_factory=count)
    _work: float = 0.0

    def __post_init__(self) -> None:
        self.gate = Gate(MOST, clock=self.time)

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, step: Callable[..., object], *arguments: object) -> object:
        heapq.heappush(self._timers, (self.now + delay, next(self._number), partial(step, *arguments)))
        return self._timers

    def arrive(self, number: int = 1, *, streams: bool = False) -> None:
        for _ in range(number):
            request = Request(self.now, streams)
            self.gate.enter(self, partial(self._admit, request), partial(self._refuse, request))  # type: ignore[arg-type] -- all of a loop that a gate uses

    def _admit(self, request: Request) -> None:
        self.gate.begin(request)
        (self.streaming if request.streams else self.inside).append(request)

    def _refuse(self, request: Request) -> None:
        self.refused.append(self.now - request.arrived)

    def run(self, seconds: float, arrivals: float = 0.0) -> None:
        """Let time pass, with so many requests a second."""
        owed = 0.0
        for _ in range(round(seconds / TICK)):
            self.now += TICK
            while self._timers and self._timers[0][0] <= self.now:
                heapq.heappop(self._timers)[2]()
            owed += arrivals * TICK
            self.arrive(int(owed))
            owed -= int(owed)
            self._serve()

    def _serve(self) -> None:
        self._work = min(1.0, self._work + self.rate * TICK) if not self.inside else self._work + self.rate * TICK
        while self._work >= 1 and self.inside:
            self._work -= 1
            done = self.inside.pop(0)
            self.took.append(self.now - done.arrived)
            self.gate.leave(done)

    def forget(self) -> None:
        self.took.clear()
        self.refused.clear()


def p99(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.99)]


def test_a_worker_with_little_to_do_takes_a_crowd_on_at_once() -> None:
    worker = Worker(rate=1000)
    worker.arrive(MOST)
    worker.run(1)
    assert (len(worker.took), worker.refused) == (MOST, [])


@pytest.mark.parametrize("rate", [700, 1000, 2000])
@pytest.mark.parametrize("times", [1.3, 3, 10])
def test_with_too_many_requests_the_accepted_ones_are_quick_and_no_fewer(rate: float, times: float) -> None:
    worker = Worker(rate)
    worker.run(2, times * rate)
    worker.forget()
    worker.run(2, times * rate)
    assert p99(worker.took) <= 1.2 * AIM_SECONDS + SHORT_WAIT_SECONDS
    assert max(worker.refused) <= WAIT_SECONDS + TICK
    assert len(worker.took) >= 0.97 * 2 * rate


def test_a_slow_worker_keeps_enough_requests_to_be_busy() -> None:
    worker = Worker(rate=20)
    worker.run(5, 1000)
    assert worker.gate.places == FEWEST
    assert len(worker.took) >= 0.95 * 5 * worker.rate


def test_a_quick_worker_loses_no_places() -> None:
    worker = Worker(rate=5000)
    worker.run(3, 20_000)
    assert worker.gate.places == MOST


def test_all_places_are_there_again_soon_after_the_last_refusal() -> None:
    worker = Worker(rate=1000)
    worker.run(2, 5000)
    assert worker.gate.places < MOST / 2
    worker.run(2, 500)
    assert worker.gate.places == MOST
    worker.forget()
    worker.arrive(100)
    worker.run(1)
    assert (len(worker.took), worker.refused) == (100, [])


def test_a_pause_is_enough_to_take_a_crowd_on_again() -> None:
    worker = Worker(rate=1000)
    worker.run(2, 5000)
    worker.run(1.5)
    worker.forget()
    worker.arrive(100)
    worker.run(1)
    assert (len(worker.took), worker.refused) == (100, [])


def test_few_refusals_cost_no_places() -> None:
    worker = Worker(rate=1000)
    worker.run(1, 5000)
    for _ in range(20):
        worker.run(0.1, 900)
        worker.arrive(1)
    assert worker.gate.places == MOST


def test_requests_that_wait_for_their_clients_leave_the_places_to_those_that_work() -> None:
    worker = Worker(rate=1000)
    worker.arrive(60, streams=True)
    worker.run(2, 5000)
    worker.forget()
    worker.run(2, 5000)
    assert len(worker.streaming) >= 60, "they are in, and stay"
    assert len(worker.took) >= 0.97 * 2 * worker.rate, "as quick as without them"
    assert p99(worker.took) <= 1.2 * AIM_SECONDS + SHORT_WAIT_SECONDS


def test_not_even_those_that_wait_for_their_clients_are_more_than_there_are_places() -> None:
    worker = Worker(rate=1000)
    for _ in range(4 * MOST):
        worker.arrive(streams=True)
        worker.run(0.01)
    assert len(worker.streaming) == MOST
    assert worker.gate.full


def test_an_end_of_waiting_for_clients_makes_no_places_out_of_nothing() -> None:
    worker = Worker(rate=1000)
    worker.arrive(MOST, streams=True)
    worker.run(0.2)
    worker.arrive()  # now it is known that they stream
    for each in worker.streaming:
        worker.gate.leave(each)
    worker.streaming.clear()
    worker.run(0.5)
    worker.arrive(MOST + 1)
    assert len(worker.inside) == MOST


def test_who_waits_while_there_are_too_many_is_told_sooner() -> None:
    worker = Worker(rate=1000)
    worker.run(2, 5000)
    worker.forget()
    worker.run(1, 5000)
    assert max(worker.refused) <= SHORT_WAIT_SECONDS + 2 * TICK
