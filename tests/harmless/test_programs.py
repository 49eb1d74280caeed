"""Whole programs behave as they do without us: what they print, how they end, what they say on standard error."""

from pathlib import Path

import pytest
from whole_programs import ends_alike

PROGRAMS = {
    "callers": """
        import logging, sys, warnings
        logging.basicConfig(format="%(funcName)s %(filename)s %(message)s", stream=sys.stdout)
        def note(): logging.warning("note", stacklevel=2)
        def old(): warnings.warn("old", DeprecationWarning, stacklevel=2)
        def caller(): return sys._getframe(1).f_code.co_name
        def asks():
            note(); old()
            return caller()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            print(asks(), caught[0].lineno)
    """,
    "recursion": """
        import sys
        def depth(n): return 0 if n == 0 else 1 + depth(n - 1)
        print(depth(sys.getrecursionlimit() - 100))
        def endless(): return endless()
        try: endless()
        except RecursionError as error: print(type(error).__name__)
    """,
    "defaults": """
        def size(lots=1, *, limit=2): return lots, limit
        size.__defaults__, size.__kwdefaults__ = (7,), {"limit": 8}
        print(size(), size.__code__.co_argcount, size.__code__.co_varnames)
    """,
    "identity": """
        import inspect, marshal, pickle
        def plus(a, b=2): return a + b
        code = plus.__code__
        print(plus(1), plus.__code__ is code, marshal.loads(marshal.dumps(code)) == code, plus.__dict__)
        print(pickle.loads(pickle.dumps(plus)) is plus, inspect.getsource(plus).strip(), inspect.getfullargspec(plus).args)
    """,
    "context managers": """
        import contextlib, contextvars
        who = contextvars.ContextVar("who", default="nobody")
        @contextlib.contextmanager
        def desk(name):
            token = who.set(name)
            try: yield name
            finally: who.reset(token)
        def inside():
            with desk("ana") as name: return name, who.get()
        print(inside(), who.get())
    """,
    "generators": """
        def numbers():
            got = []
            try:
                while True: got.append((yield len(got)))
            except KeyError: yield "thrown"
            finally: print("closed", got)
        steps = numbers()
        print(next(steps), steps.send("a"), steps.throw(KeyError("x")))
        steps.close()
        def delegates(): return (yield from [1, 2])
        print(list(delegates()))
    """,
    "coroutines": """
        import asyncio
        async def waits(n):
            await asyncio.sleep(n / 1000)
            return n
        async def ticks():
            for n in range(3):
                await asyncio.sleep(0)
                yield n
        async def main():
            task = asyncio.create_task(waits(5000))
            await asyncio.sleep(0.002)
            task.cancel()
            try: await task
            except asyncio.CancelledError: print("cancelled")
            print(await asyncio.gather(*map(waits, (3, 1, 2))), [n async for n in ticks()])
            async with asyncio.timeout(0.001) as bound:
                try: await waits(500)
                except asyncio.CancelledError: raise
        try: asyncio.run(main())
        except TimeoutError: print("timeout")
    """,
    "exceptions": """
        import sys, traceback
        def inner(): raise ValueError("no")
        def outer():
            try: inner()
            except ValueError as error: raise LookupError("none") from error
        try: outer()
        except LookupError as error:
            print([frame.name for frame in traceback.extract_tb(error.__traceback__)], repr(error.__cause__))
            print([frame.name for frame in traceback.extract_tb(error.__cause__.__traceback__)])
        try: outer(1)
        except TypeError as error: print(error)
        sys.exit(inner())
    """,
    "lazy objects": """
        class Lazy:
            def __getattr__(self, name): raise RuntimeError(f"nobody may ask for {name}")
            __class__ = property(lambda self: print("asked"))
        proxy = Lazy()
        def works(): return 1
        print(works())
    """,
    "references": """
        import gc, weakref
        class Thing: pass
        def makes():
            thing = Thing()
            return weakref.ref(thing)
        def cycles():
            held = []
            held.append(held)
        print(makes()() is None)
        gc.collect(); cycles(); print(gc.collect() > 0)
    """,
    "threads": """
        import threading, time
        from concurrent.futures import ThreadPoolExecutor
        from multiprocessing.pool import ThreadPool
        local = threading.local()
        def work(n):
            local.n = n
            time.sleep(0.003)
            return local.n
        with ThreadPoolExecutor(3) as pool: print(list(pool.map(work, range(5))))
        with ThreadPool(2) as pool: print(pool.map(work, range(4)))
        timer = threading.Timer(0.001, print, ["timer"]); timer.start(); timer.join()
    """,
    "processes": """
        import multiprocessing, os, subprocess, sys
        def square(n): return n * n
        if __name__ == "__main__":
            for method in ("fork", "spawn"):
                with multiprocessing.get_context(method).Pool(2) as pool: print(method, pool.map(square, range(4)))
            print(subprocess.run([sys.executable, "-c", "print(2)"], capture_output=True, text=True).stdout)
            pid = os.fork()
            if pid == 0: os._exit(square(3))
            print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    """,
    "profilers": """
        import cProfile, pstats, sys, io
        def quick(): return 1
        def busy(): return sum(quick() for _ in range(100))
        profile = cProfile.Profile(); profile.enable(); busy(); profile.disable()
        names = {function for _, _, function in pstats.Stats(profile).stats}
        print({"quick", "busy"} <= names)
        events = []
        def trace(frame, event, argument):
            if frame.f_code.co_filename == __file__: events.append((event, frame.f_code.co_name))
            return trace
        sys.settrace(trace); quick(); sys.settrace(None)
        print(events)
    """,
    "modules": """
        import sys, types
        module = types.ModuleType("made"); exec("def f(): return __name__", module.__dict__); sys.modules["made"] = module
        import made
        print(made.f(), made.__loader__, sorted(vars(made))[-1])
        import json.tool
        print(type(json.__spec__.loader).__name__, json.tool.__name__)
    """,
    "classes": """
        from dataclasses import dataclass
        from functools import cached_property, lru_cache, partial, singledispatchmethod
        @dataclass
        class Order:
            size: int
            @property
            def double(self): return self.size * 2
            @cached_property
            def triple(self): return self.size * 3
            @singledispatchmethod
            def add(self, more): return self.size + more
            @add.register
            def _(self, more: str): return f"{self.size}{more}"
            @classmethod
            def empty(cls): return cls(0)
            @staticmethod
            @lru_cache
            def price(n): return n
            def __iter__(self): return iter([self.size])
        order = Order(2)
        print(order, order.double, order.triple, order.add(1), order.add("x"), Order.empty(), Order.price(1), Order.price.cache_info().misses, [*order])
    """,
    "signals": """
        import os, signal, time
        def handler(number, frame): print("handled", number == signal.SIGUSR1)
        signal.signal(signal.SIGUSR1, handler)
        def waits():
            os.kill(os.getpid(), signal.SIGUSR1)
            time.sleep(0.01)
        waits()
        def alarm(number, frame): raise TimeoutError("alarm")
        signal.signal(signal.SIGALRM, alarm)
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        try: time.sleep(5)
        except TimeoutError as error: print(error)
        print(signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2, signal.SIGTERM}))
        for number in (signal.SIGUSR2, signal.SIGTERM):
            os.kill(os.getpid(), number)
            print(signal.sigpending(), signal.sigwait({number}))
    """,
}
"""Programs that look at what an observer may not change."""


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_does_not_notice(name: str, tmp_path: Path) -> None:
    """What it prints, how it ends, and what it says on standard error are the same with us, however it is run."""
    ways = ends_alike(PROGRAMS[name], tmp_path)

    assert ways["bare"] == ways["init"]
    assert ways["bare"] == ways["run"]
