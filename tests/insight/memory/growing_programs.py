"""Programs that keep what they should not, and programs that do not."""

import collections
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Event:
    """What a leak keeps."""

    def __init__(self, number: int) -> None:
        self.number = number


class Sample:
    """What a bounded program keeps."""


class Leak:
    """Keeps every event."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def step(self) -> None:
        """Remember ten events."""
        for number in range(10):
            self.events.append(Event(number))  # the leak


class SteadyQueue:
    """Keeps the last hundred samples."""

    def __init__(self) -> None:
        self.samples: collections.deque[Sample] = collections.deque([Sample() for _ in range(100)], maxlen=100)

    def step(self) -> None:
        """Take ten in and let ten go."""
        for _ in range(10):
            self.samples.append(Sample())


class FullCache:
    """A cache of the most recently used, which is full."""

    def __init__(self) -> None:
        self.entries: collections.OrderedDict[int, Sample] = collections.OrderedDict()
        self.chance = random.Random(3)
        for key in range(200):
            self.entries[key] = Sample()

    def step(self) -> None:
        """Ask for ten keys of many."""
        for _ in range(10):
            key = self.chance.randrange(1000)
            if key not in self.entries:
                self.entries[key] = Sample()
                self.entries.popitem(last=False)


@contextmanager
def at_work(step: Callable[[], None]) -> Iterator[None]:
    """A program's own thread, which goes on until the block ends."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.002):
            step()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
