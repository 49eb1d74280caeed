"""Programs that use all of the language behave as they do without us."""

from pathlib import Path

import pytest
from whole_programs import ends_alike

PROGRAMS = {
    "metaclasses": """
        class Registry(type):
            made = []
            def __new__(meta, name, bases, space, **keywords):
                meta.made.append((name, sorted(keywords)))
                return super().__new__(meta, name, bases, space)
            def __init__(cls, name, bases, space, **keywords): super().__init__(name, bases, space)
            def __call__(cls, *arguments):
                return ("called", super().__call__(*arguments).value)
            def __getattr__(cls, name): return f"{cls.__name__} has no {name}"
            def __instancecheck__(cls, instance): return instance == 7
        class Base(metaclass=Registry, plugin=True):
            def __init__(self, value): self.value = value
            def __init_subclass__(cls, /, **keywords):
                Registry.made.append(("sub", cls.__name__, keywords))
            def doubled(self): return self.value * 2
        class Below(Base, kind="x"): pass
        print(Registry.made, Base(1), Below(2), Base.nothing, isinstance(7, Base), sorted(vars(Base))[-3:])
    """,
    "descriptors": """
        class Field:
            def __set_name__(self, owner, name): self.name = name; print("named", owner.__name__, name)
            def __get__(self, instance, owner=None):
                if instance is None: raise AttributeError(f"{self.name} belongs to instances")
                return instance.__dict__.get(self.name, "unset")
            def __set__(self, instance, value): instance.__dict__[self.name] = value
            def __delete__(self, instance): raise TypeError("stays")
        class Lazy:
            def __init__(self, make): self.make = make; self.made = 0
            def __get__(self, instance, owner):
                self.made += 1
                return self.make(owner)
        class Model:
            size = Field()
            table = Lazy(lambda owner: print("a table was made") or owner.__name__)
            def both(self): return self.size, self.table
        model = Model()
        model.size = 3
        print(model.both(), vars(Model)["table"].made)
        try: del model.size
        except TypeError as error: print(error)
        try: Model.size
        except AttributeError as error: print(error)
    """,
    "slots and pickles": """
        import copy, copyreg, pickle, weakref
        class Point:
            __slots__ = ("x", "y", "__weakref__")
            def __init__(self, x, y): self.x, self.y = x, y
            def __eq__(self, other): return (self.x, self.y) == (other.x, other.y)
            __hash__ = None
            def moved(self, by): return Point(self.x + by, self.y + by)
        class Odd:
            def __init__(self, fd): self.fd = fd
            def __reduce_ex__(self, protocol): return (rebuilt, (self.fd,), {"by": protocol})
            def __setstate__(self, state): self.state = state
        def rebuilt(fd): return Odd(fd + 1)
        def shrunk(number): return complex, (number.real + 1, number.imag)
        copyreg.pickle(complex, shrunk)
        point = Point(1, 2)
        print(pickle.loads(pickle.dumps(point.moved(1))) == Point(2, 3), copy.deepcopy(point) == point, hasattr(point, "__dict__"))
        print(vars(pickle.loads(pickle.dumps(Odd(1), 4))), pickle.loads(pickle.dumps(1j)))
        print(pickle.loads(pickle.dumps(point.moved))(3) == Point(4, 5), pickle.dumps(rebuilt))
        gone = []
        kept = weakref.ref(point, lambda ref: gone.append(ref() is None))
        weakref.finalize(point, gone.append, "finalized")
        del point
        print(sorted(gone, key=str), kept())
        try: Point(1, 2).z = 3
        except AttributeError as error: print(error)
    """,
    "enums and protocols": """
        import abc, enum, functools, typing
        class Side(enum.Enum):
            BUY, SELL = 1, -1
            def opposite(self): return Side(-self.value)
            @classmethod
            def parsed(cls, text): return cls[text.upper()]
            @property
            def sign(self): return "+" if self is Side.BUY else "-"
        class Work(enum.Enum):
            DOUBLE = enum.member(lambda n: n * 2)
            @enum.member
            def TRIPLE(n): return n * 3
            def plain(self): return self.name
        @typing.runtime_checkable
        class Priced(typing.Protocol):
            def price(self) -> float: ...
        class Share:
            def price(self): return 1.5
        class Base(abc.ABC):
            @abc.abstractmethod
            def run(self): return "base"
            @property
            @abc.abstractmethod
            def name(self): ...
        class Whole(Base):
            def run(self): return super().run() + " whole"
            name = "whole"
        Base.register(int)
        @functools.singledispatch
        def told(value): return f"object {value}"
        @told.register
        def _(value: int): return f"int {value}"
        @told.register(Base)
        def told_base(value): return f"base {value.run()}"
        @typing.overload
        def same(x: int) -> int: ...
        @typing.overload
        def same(x: str) -> str: ...
        def same(x): return x
        print(Side.parsed("buy").opposite(), Side.BUY.sign, list(Side), Side.__members__.keys())
        print(Work.TRIPLE.value(2), Work.DOUBLE.value(2), [each.plain() for each in Work])
        print(isinstance(Share(), Priced), isinstance(3, Priced), Base.__abstractmethods__ == {"run", "name"}, isinstance(3, Base))
        try: Base()
        except TypeError as error: print(error)
        print(told("x"), told(1), told(Whole()), told.registry.keys() == {object, int, Base}, told.dispatch(bool)(True))
        print(len(typing.get_overloads(same)), typing.get_type_hints(Priced.price), same(2))
    """,
    "answers of inspect": """
        import ast, inspect, sys, types, textwrap
        def documented(a: int, /, b="x", *more, c: float = 1.0, **rest) -> str:
            \"\"\"Says what it is.\"\"\"
            frame = inspect.currentframe()
            caller = inspect.stack()[1]
            return f"{frame.f_code.co_name} {frame.f_back.f_lineno} {caller.function} {caller.lineno} {sys._getframe().f_lineno}"
        class Desk:
            limit = 1
            async def ask(self): yield 1
            async def tell(self): return inspect.getcoroutinestate
            def each(self): yield from (1, 2)
            @staticmethod
            def fixed(): return 1
        def asks(): return documented(1)
        print(asks(), inspect.signature(documented), inspect.getdoc(documented), inspect.getsourcelines(documented)[1])
        print([(name, kind, home.__name__) for name, kind, home, _ in inspect.classify_class_attrs(Desk) if not name.startswith("__")])
        print(inspect.isasyncgenfunction(Desk.ask), inspect.iscoroutinefunction(Desk.tell), inspect.isgeneratorfunction(Desk.each))
        print([name for name, _ in inspect.getmembers(Desk, inspect.isfunction)], inspect.getcallargs(documented, 1, 2, 3, z=4))
        steps = Desk().each()
        print(inspect.getgeneratorstate(steps), next(steps), inspect.getgeneratorstate(steps), inspect.getgeneratorlocals(steps).keys())
        coroutine = Desk().tell()
        print(inspect.getcoroutinestate(coroutine), coroutine.cr_frame.f_lineno > 0, coroutine.cr_await)
        coroutine.close()
        print(inspect.getclosurevars(asks).globals.keys(), inspect.unwrap(asks) is asks, inspect.getmodule(asks).__name__)
        print(ast.parse(textwrap.dedent(inspect.getsource(Desk))).body[0].name, len(documented.__code__.co_code) > 4)
        print(sorted(set(dir(asks)) ^ set(dir(lambda: 0))), vars(asks), asks.__code__.co_flags, list(asks.__code__.co_lines())[0])
    """,
    "functions that are changed": """
        import types
        def first(n): return n + 1
        def second(n): return n * 10
        def uses(n): return first(n)
        kept = first.__code__
        print([uses(n) for n in range(3)])
        first.__code__ = second.__code__
        print([uses(n) for n in range(300)][-1])
        first.__code__ = kept.replace(co_consts=(None, 5), co_name="other")
        print(uses(1), first.__code__.co_name, first.__name__)
        copied = types.FunctionType(kept, {"__builtins__": __builtins__}, "copied", (4,))
        print(copied(), copied.__qualname__, eval(kept.replace(co_argcount=0, co_varnames=kept.co_varnames, co_nlocals=1, co_code=(lambda: 3).__code__.co_code, co_consts=(None, 3))) )
        class Late: pass
        Late.method = second
        Late.also = types.MethodType(second, 4)
        print(Late.also(), second(2))
        def closes(n):
            def inner(): return n
            return inner
        one, two = closes(1), closes(2)
        print(one(), two(), one.__code__ is two.__code__, one.__closure__[0].cell_contents)
        one.__closure__[0].cell_contents = 9
        print(one())
    """,
    "code made at run time": """
        import linecache, runpy, sys, types
        space = {"__name__": "made"}
        exec(compile("def f(n):\\n    if n: return f(n - 1)\\n    raise KeyError(n)", "<made>", "exec"), space)
        def calls():
            try: space["f"](3)
            except KeyError as error:
                names = []
                while error.__traceback__:
                    names.append((error.__traceback__.tb_frame.f_code.co_name, error.__traceback__.tb_lineno))
                    error.__traceback__ = error.__traceback__.tb_next
                return names
        print(calls(), eval("(lambda n: n + 1)(2)"), [eval("calls.__name__") for _ in range(2)])
        module = types.ModuleType("later", "doc"); sys.modules["later"] = module
        exec("import sys\\ndef own(): return sys._getframe().f_globals['__name__']\\nvalue = own()", vars(module))
        import later
        print(later.value, later.own(), later.__doc__, sorted(vars(later)))
        del later.__name__
        print(later.own.__module__, hasattr(later, "__file__"))
        print(sorted(runpy.run_path("beside.py", run_name="other").items())[-2:])
        del __name__
        def after(): return 5
        print(after(), after.__module__)
    """,
    "asynchronous generators": """
        import asyncio, contextlib, contextvars, gc, sys
        where = contextvars.ContextVar("where", default="outside")
        async def ticks(count):
            token = where.set("inside")
            try:
                for n in range(count):
                    sent = yield n
                    if sent: print("sent", sent)
            except ValueError as error: yield f"thrown {error}"
            finally:
                await asyncio.sleep(0)
                print("closed", where.get())
        @contextlib.asynccontextmanager
        async def desk(name):
            token = where.set(name)
            yield name
            where.reset(token)
        async def main():
            loop = asyncio.get_running_loop(); loop.slow_callback_duration = 60  # a busy machine has no say
            steps = ticks(5)
            print(await anext(steps), await steps.asend("a"), await steps.athrow(ValueError("x")))
            await steps.aclose()
            async for n in (each async for each in ticks(3)):
                if n == 1: break
            gc.collect(); await asyncio.sleep(0.01)
            async with desk("desk") as name: print(name, where.get())
            print(where.get(), contextvars.copy_context().run(where.get))
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(waits(n)) for n in range(3)]
            print([task.result() for task in tasks], [task.get_name()[:4] for task in tasks])
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(fails()); group.create_task(waits(1000))
            except* KeyError as found: print(found.exceptions)
            loop.call_later(0.001, print, "later"); loop.call_soon(lambda: print("soon"))
            await asyncio.sleep(0.05)
            print(await loop.run_in_executor(None, sum, [1, 2]), await asyncio.to_thread(where.get))
            task = asyncio.create_task(waits(1)); task.add_done_callback(lambda done: print("done", done.result()))
            print(await asyncio.wait_for(asyncio.shield(task), 5), len(task.get_stack()))
        async def waits(n):
            await asyncio.sleep(n / 1000)
            return n
        async def fails(): raise KeyError("no")
        asyncio.run(main(), debug=True)
        with asyncio.Runner() as runner: print(runner.run(waits(1)), runner.run(waits(2)))
    """,
    "texts of exceptions": """
        import logging, sys, traceback
        logging.basicConfig(format="%(levelname)s %(funcName)s:%(lineno)d %(message)s", stream=sys.stdout)
        class Refused(Exception):
            def __init__(self, code): super().__init__(code); self.code = code; self.add_note(f"code {code}")
            def __str__(self): return f"refused with {self.code}"
        def innermost(n): raise Refused(n)
        def between(n):
            try: innermost(n)
            except Refused as error: raise LookupError("between") from error
        def caught():
            try: between(4)
            except LookupError:
                logging.exception("seen")
                return traceback.format_exc()
        print(caught())
        def grouped():
            found = []
            for n in range(2):
                try: innermost(n)
                except Refused as error: found.append(error)
            raise ExceptionGroup("all", found)
        try: grouped()
        except* Refused as group: print("".join(traceback.format_exception(group)))
        kept = ValueError("kept")
        def again(): raise kept
        for _ in range(2):
            try: again()
            except ValueError as error: print(len(traceback.extract_tb(error.__traceback__)), error.__context__, error is kept)
        def finals():
            try: return "try"
            finally: return "finally"
        def suppressed():
            try: 1 / 0
            except ZeroDivisionError: raise OSError("x") from None
        sys.excepthook = lambda kind, error, trace: print("hook", kind.__name__, error.__suppress_context__, [each.name for each in traceback.extract_tb(trace)])
        suppressed()
    """,
    "garbage and counts": """
        import gc, sys, weakref
        class Node:
            alive = 0
            def __init__(self): Node.alive += 1
            def __del__(self): Node.alive -= 1
        def counts(thing): return sys.getrefcount(thing)
        def holds():
            thing = Node()
            return [counts(thing), sys.getrefcount(thing)], [type(each).__name__ for each in gc.get_referrers(thing)]
        class Frames:
            def method(self): return sys.getrefcount(self)
        print(holds(), Node.alive, Frames().method())
        def fails():
            thing = Node()
            raise KeyError(Node.alive)
        try: fails()
        except KeyError as error: print(error, Node.alive)
        print(Node.alive)
        def steps():
            thing = Node()
            yield Node.alive
            yield 2
        running = steps()
        print(next(running)); del running; print(Node.alive)
        gc.disable(); gc.collect()
        def cycle():
            node = Node(); node.me = node
        cycle(); print(Node.alive, gc.collect() > 0, Node.alive, gc.isenabled(), gc.get_threshold() == (700, 10, 10) or gc.get_threshold())
        class Last:
            def __del__(self): print("last", sys.is_finalizing() in (True, False), "print" in dir(__builtins__))
        last = Last()
    """,
    "end of the program": """
        import atexit, sys, threading, weakref
        class Thing: pass
        thing = Thing()
        weakref.finalize(thing, print, "finalized")
        @atexit.register
        def first(): print("registered first, called last")
        def second(word): print("registered", word)
        atexit.register(second, "second"); atexit.register(second, word="third"); atexit.unregister(first); atexit.register(first)
        @atexit.register
        def fails(): raise KeyError("at exit")
        threading._register_atexit(print, "threads end")
        def slow():
            import time; time.sleep(0.05); print("thread over")
        threading.Thread(target=slow).start()
        sys.stdout.reconfigure(line_buffering=True)
        print("main over"); raise SystemExit(7)
    """,
    "depth": """
        import sys
        class Deep:
            def __repr__(self): return repr(self)
            def __getattr__(self, name): return getattr(self, name + "x")
            def __eq__(self, other): return other == self
        def attempt(call):
            try: return call()
            except RecursionError as error: return str(error)[:32]
        def down(n): return n and down(n - 1)
        def generated(n):
            if n: yield from generated(n - 1)
            yield n
        print([attempt(lambda: call) and attempt(call) for call in (lambda: repr(Deep()), lambda: Deep().x, lambda: Deep() == Deep())])
        before = sys.getrecursionlimit(); sys.setrecursionlimit(220)
        print(attempt(lambda: down(180)), len(list(generated(150))), attempt(lambda: down(5000)), before, sys.getrecursionlimit())
        def mutual(n): return other(n - 1) if n else 0
        def other(n): return mutual(n - 1) if n else 0
        print(attempt(lambda: mutual(160)))
    """,
    "imports": """
        import importlib, importlib.machinery, importlib.resources, importlib.util, sys
        import beside, package, space.inner
        print(beside.value(), package.lazy, package.__getattr__("x"), space.inner.where(), space.__file__, list(space.__path__)[0][-5:])
        first = beside.value
        print(importlib.reload(beside) is beside, beside.value is first, beside.value(), beside.loads)
        spec = importlib.util.spec_from_file_location("again", "beside.py")
        again = importlib.util.module_from_spec(spec); spec.loader.exec_module(again)
        print(again.value(), "again" in sys.modules, again.value.__module__, type(spec.loader).__name__, type(beside.__loader__).__name__)
        lazy = importlib.util.LazyLoader.factory(importlib.machinery.SourceFileLoader)
        spec = importlib.util.spec_from_file_location("later", "later.py", loader=lazy("later", "later.py"))
        later = importlib.util.module_from_spec(spec); sys.modules["later"] = later; spec.loader.exec_module(later)
        print("before"); print(later.value(), type(later).__name__)
        class Finder:
            def find_spec(self, name, path=None, target=None):
                if name == "invented": return importlib.util.spec_from_loader(name, self)
            def create_module(self, spec): return None
            def exec_module(self, module): exec("def f(): return __name__, __spec__.loader.__class__.__name__", vars(module))
        sys.meta_path.append(Finder())
        import invented
        print(invented.f(), hasattr(invented, "__file__"))
        try: import broken
        except ZeroDivisionError as error: print(error, "broken" in sys.modules)
        try: import absent.module
        except ModuleNotFoundError as error: print(error.name)
        sys.modules["replaced"] = 7
        import replaced, swaps
        print(replaced, swaps.own(), type(swaps).__name__, package.sub.__name__)
        print(importlib.resources.files("package").joinpath("data.txt").read_text().strip(), package.__cached__[-4:])
    """,
    "operators and callables": """
        import functools, operator
        class Money:
            def __init__(self, n): self.n = n
            def __add__(self, other): return NotImplemented if not isinstance(other, Money) else Money(self.n + other.n)
            def __radd__(self, other): return self if other == 0 else NotImplemented
            def __matmul__(self, other): return f"{self.n}@{other.n}"
            def __format__(self, form): return f"<{self.n:{form}}>"
            def __contains__(self, n): return n == self.n
            def __getitem__(self, key): return key
            def __call__(self, *a, **k): return a, k
            def __enter__(self): return self.n
            def __exit__(self, kind, error, trace): return kind is KeyError
            def __class_getitem__(cls, item): return f"Money[{item}]"
            def __len__(self): return self.n
            def __index__(self): return self.n
            def __missing__(self, key): return key
            def __match_args__(): return None
            __match_args__ = ("n",)
            def cents(self): return self.n * 100
        money = Money(3)
        print(sum([money, money]).n, money @ money, f"{money:04d}", 3 in money, money[1:2, ...], money(1, k=2), Money["x"], [0, 1, 2, 9][money])
        with money as n: raise KeyError(n)
        match money:
            case Money(n=3): print("matched")
        print(operator.methodcaller("cents")(money), functools.reduce(operator.add, map(Money.cents, [money, money])), functools.partialmethod(Money.cents).func is Money.cents)
        def outer():
            count = 0
            def inner():
                nonlocal count
                count += 1
                return count
            return inner
        step = outer(); step(); print(step(), step.__qualname__, [n for n in iter(step, 5)])
        def unpack(a, *b, c=1, **d): return a, b, c, d
        print(unpack(*[1, 2], **{"c": 3, "e": 4}), (lambda **k: k)(**{"a b": 1}), sorted({"b": 1, "a": 2}, key=lambda x: x))
        try: unpack()
        except TypeError as error: print(error)
        try: Money.cents()
        except TypeError as error: print(error)
        try: money + 1
        except TypeError as error: print(error)
        del money.n
        try: money.cents()
        except AttributeError as error: print(error)
    """,
    "dataclass transforms": """
        import collections, dataclasses, functools, typing
        @typing.dataclass_transform(kw_only_default=True)
        def model(cls):
            made = dataclasses.dataclass(kw_only=True, slots=True, frozen=True)(cls)
            return made
        @model
        class Order:
            size: int
            price: float = 1.0
            tags: list = dataclasses.field(default_factory=list, compare=False)
            def __post_init__(self): object.__setattr__(self, "price", self.price * 2)
            def total(self): return self.size * self.price
            @functools.lru_cache(maxsize=None)
            def cached(self): return self.total()
            __hash__ = lambda self: 1
        class Named(typing.NamedTuple):
            a: int
            def doubled(self): return self.a * 2
        class Shape(typing.TypedDict, total=False):
            x: int
        order = Order(size=2)
        print(order, order.total(), order.cached(), dataclasses.replace(order, size=3).total(), dataclasses.asdict(order))
        try: order.size = 3
        except dataclasses.FrozenInstanceError as error: print(error)
        print(Named(2).doubled(), Named(2)._replace(a=4), Shape(x=1), Shape.__optional_keys__, Order.__slots__, [f.name for f in dataclasses.fields(Order)])
        print(Order.cached.cache_info(), Order.__eq__(order, Order(size=2)), Order.__match_args__, Order.__dataclass_params__)
        T = typing.TypeVar("T")
        class Box(typing.Generic[T]):
            def __init__(self, item: T): self.item = item
            def get(self) -> T: return self.item
        print(Box[int](3).get(), Box[int].__args__, typing.get_type_hints(Box.get))
        print(dataclasses.make_dataclass("Made", [("x", int)], namespace={"twice": lambda self: self.x * 2})(3).twice())
    """,
}
"""Programs by what they use."""

FILES = {
    "beside.py": """
        loads = globals().get("loads", 0) + 1
        def value(): return ("beside", loads)
    """,
    "later.py": """
        print("later is loaded")
        def value(): return "later"
    """,
    "broken.py": """
        def half(): return 1 / 0
        half()
    """,
    "swaps.py": """
        import sys, types
        class Swapped(types.ModuleType):
            def own(self): return "swapped"
        sys.modules[__name__] = Swapped(__name__)
    """,
    "package/__init__.py": """
        def __getattr__(name):
            if name == "lazy":
                import package.sub
                return package.sub.value()
            if name.startswith("__"): raise AttributeError(name)
            return f"{name} made"
        def __dir__(): return ["lazy"]
    """,
    "package/sub.py": 'def value(): return "sub"',
    "package/data.txt": "data",
    "space/inner.py": "def where(): return __package__",
}
"""What the programs import."""


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_of_the_language_does_not_notice(name: str, tmp_path: Path) -> None:
    """What it prints, how it ends, and what it says on standard error are the same with us, however it is run."""
    ways = ends_alike(PROGRAMS[name], tmp_path, files=FILES)

    assert ways["bare"] == ways["init"]
    assert ways["bare"] == ways["run"]
