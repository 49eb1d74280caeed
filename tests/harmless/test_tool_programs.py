"""Programs under tools, options of the interpreter, and with processes and sockets behave as they do without us."""

from pathlib import Path

import pytest
from whole_programs import ends_alike

PROGRAMS: dict[str, tuple[str, tuple[str, ...]]] = {
    "development mode": (
        """
        import asyncio, gc, sys, threading, warnings
        class Desk:
            def opens(self): self.file = open(__file__)
        def leaves(): open(__file__)
        def old(): warnings.warn("old", DeprecationWarning, stacklevel=2)
        leaves(); old(); old()
        async def forgotten(): pass
        async def main(): forgotten()
        asyncio.run(main())
        gc.collect()
        print(sys.flags.dev_mode, sys.warnoptions)
        Desk().opens()
        """,
        ("-X", "dev"),
    ),
    "warnings as errors": (
        """
        import logging, sys, warnings
        def old(): warnings.warn("old", FutureWarning, stacklevel=2)
        def asks():
            try: old()
            except FutureWarning as error: return type(error).__name__, error.__traceback__.tb_next.tb_frame.f_code.co_name
        print(asks(), sys.warnoptions, logging.getLogger().handlers)
        """,
        ("-W", "error"),
    ),
    "without asserts and docstrings": (
        """
        import sys
        def documented():
            "said nowhere"
            assert False, "not checked"
            return documented.__doc__, __debug__
        print(documented(), sys.flags.optimize, sys.warnoptions)
        """,
        ("-OO",),
    ),
    "no user site": (
        """
        import os, sys
        print(sys.flags.isolated, sys.flags.no_user_site, [each for each in sys.path if each.startswith(os.getcwd())])
        def works(): return sys.argv, __name__, __spec__, __file__
        print(works())
        """,
        ("-s", "-B"),
    ),
    "a profiler and a tracer": (
        """
        import cProfile, pstats, sys, threading
        def quick(n): return n
        def busy(): return sum(quick(n) for n in range(300))
        def fails():
            try: raise KeyError("x")
            except KeyError: return quick(1)
        def stepwise(): yield quick(1); yield quick(2)
        events = []
        def trace(frame, event, argument):
            if frame.f_code.co_filename == __file__: events.append((event, frame.f_code.co_name, frame.f_lineno))
            frame.f_trace_opcodes = False
            return trace
        for _ in range(300): quick(0)
        sys.settrace(trace); quick(1); fails(); list(stepwise()); sys.settrace(None)
        print(len(events), events)
        calls = []
        sys.setprofile(lambda frame, event, argument: calls.append((event, frame.f_code.co_name)) if frame.f_code.co_filename == __file__ else None)
        quick(2); fails(); sys.setprofile(None)
        print(calls, sys.getprofile(), sys.gettrace(), threading.gettrace(), threading.getprofile())
        profile = cProfile.Profile()
        profile.runcall(busy); busy()
        # Names only: on 3.12 and later its counts are not exact in any program that has threads.
        print(sorted(key[2] for key in pstats.Stats(profile).stats if key[0] == __file__))
        """,
        (),
    ),
    "other tools of sys.monitoring": (
        """
        import sys
        if not hasattr(sys, "monitoring"): print("none"); raise SystemExit
        m = sys.monitoring
        tools = []
        for number in range(6):
            try: m.use_tool_id(number, f"tool {number}"); tools.append(number)
            except ValueError: pass
        print(set(tools) >= {0, 1, 2, 5})
        seen = []
        def quick(n): return n
        def uses():
            for n in range(400): quick(n)
            return len(seen)
        def started(code, offset):
            if code is quick.__code__: seen.append(code.co_name)
            return m.DISABLE if len(seen) == 300 else None
        m.register_callback(0, m.events.PY_START, started)
        m.register_callback(1, m.events.PY_RETURN, lambda code, offset, value: seen.append("end") if code is quick.__code__ else None)
        m.set_events(0, m.events.PY_START); print(uses()); m.restart_events()
        m.set_local_events(1, quick.__code__, m.events.PY_RETURN); print(uses())
        m.set_events(0, 0); m.set_local_events(1, quick.__code__, 0); print(uses(), m.get_local_events(1, quick.__code__))
        """,
        (),
    ),
    "debuggers and doctests": (
        """
        import bdb, code, doctest, io, pdb, sys, timeit, trace, unittest
        def double(n):
            '''
            >>> double(2)
            4
            >>> double(None)
            Traceback (most recent call last):
            TypeError: no number
            '''
            if n is None: raise TypeError("no number")
            return n * 2
        print(doctest.testmod(sys.modules["__main__"]))
        class Steps(bdb.Bdb):
            def user_line(self, frame): print("line", frame.f_code.co_name, frame.f_lineno); self.set_step()
        Steps().runcall(double, 3)
        pdb.Pdb(stdin=io.StringIO("break double\\ncontinue\\nargs\\nwhere\\nreturn\\ncontinue\\n"), stdout=sys.stdout, nosigint=True, readrc=False).run("double(4)", globals())
        counts = trace.Trace(count=1, trace=0); counts.runfunc(double, 1)
        print(sorted((line, n) for (file, line), n in counts.results().counts.items() if file == __file__))
        class Tests(unittest.TestCase):
            def test_double(self): self.assertEqual(double(1), 2)
            def test_fails(self): self.assertEqual(double(1), 3)
            def test_raises(self):
                with self.assertRaises(TypeError): double(None)
            def test_warns(self):
                import warnings
                with self.assertWarns(UserWarning) as caught: warnings.warn("x")
                self.assertEqual(caught.filename, __file__)
            def test_logs(self):
                import logging
                with self.assertLogs() as caught: logging.getLogger("x").warning("y")
                self.assertEqual(caught.output, ["WARNING:x:y"])
                with self.assertNoLogs(): double(1)
        result = unittest.TextTestRunner(stream=io.StringIO()).run(unittest.defaultTestLoader.loadTestsFromTestCase(Tests))
        print(result.testsRun, len(result.failures), len(result.errors), result.failures[0][1])
        shell = code.InteractiveInterpreter({"double": double}); shell.runsource("double(5)"); shell.runsource("double(None)")
        print(timeit.timeit("double(1)", globals=globals(), number=1000) > 0)
        """,
        (),
    ),
    "mocks": (
        """
        import unittest.mock as mock
        class Desk:
            def price(self, name, *, at=None): return name
            async def ask(self): return 1
            @property
            def open(self): return True
        def uses(desk): return desk.price("x")
        with mock.patch.object(Desk, "price", autospec=True, return_value=3) as price: print(uses(Desk()), price.call_count)
        with mock.patch(f"{__name__}.uses", wraps=uses) as wrapped: print(uses(Desk()), wrapped.call_count)
        made = mock.create_autospec(Desk, instance=True); made.price.side_effect = [1, KeyError]
        print(uses(made), type(made.ask).__name__)
        try: made.price()
        except TypeError as error: print(error)
        with mock.patch("time.time", return_value=5.0), mock.patch("time.sleep"), mock.patch("time.monotonic", side_effect=range(1000)):
            import time
            def waits(): time.sleep(100); return time.time(), time.monotonic()
            print(waits(), waits())
        with mock.patch("builtins.open", mock.mock_open(read_data="text")): print(open("nowhere").read())
        with mock.patch.dict("os.environ", {"A": "1"}, clear=True): import os; print(dict(os.environ))
        with mock.patch("threading.Thread.start") as start: import threading; threading.Thread(target=print).start(); print(start.call_count)
        """,
        (),
    ),
    "memory is traced": (
        """
        import gc, sys, tracemalloc
        tracemalloc.start(5)
        def makes(): return [bytes(1000) for _ in range(50)]
        before = tracemalloc.take_snapshot()
        kept = makes()
        found = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(True, __file__)]).compare_to(before.filter_traces([tracemalloc.Filter(True, __file__)]), "lineno")
        print([(each.traceback[0].lineno, each.size_diff > 45000) for each in found[:1]], len(tracemalloc.get_object_traceback(kept[0])))
        tracemalloc.stop()
        gc.set_debug(gc.DEBUG_SAVEALL)
        def cycle():
            held = []; held.append(held)
        cycle(); gc.collect(); print([each for each in gc.garbage if type(each) is list and each and each[0] is each] != [])
        gc.set_debug(0); gc.garbage.clear()
        gc.callbacks.append(lambda phase, info: print(phase, sorted(info))); gc.collect(0); gc.callbacks.pop()
        """,
        (),
    ),
    "forks": (
        """
        import os, signal, sys, threading, time
        def child(n):
            def works(): return n * 2
            return works()
        # Python gives a child the lock of `sys.stdout` as another thread held it, so nobody forks while another flushes.
        turn = threading.Lock()
        def forked(call):
            with turn:
                sys.stdout.flush()
                pid = os.fork()
            if pid == 0:
                try: status = call()
                except SystemExit as error: status = error.code
                finally: sys.stdout.flush()
                os._exit(status)
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        print(forked(lambda: child(2)))
        print(forked(lambda: forked(lambda: child(3)) + 1))
        results = []
        def in_thread(): results.append(forked(lambda: child(4)))
        threads = [threading.Thread(target=in_thread) for _ in range(2)]
        [each.start() for each in threads]; [each.join() for each in threads]
        print(results)
        print(forked(lambda: threading.current_thread() is threading.main_thread()))
        def threaded():
            seen = []
            threads = [threading.Thread(target=lambda: seen.append(child(1))) for _ in range(3)]
            [each.start() for each in threads]; [each.join(5) for each in threads]
            return sum(seen)
        print(forked(threaded), forked(lambda: forked(lambda: forked(threaded))))
        os.register_at_fork(before=lambda: print("before"), after_in_parent=lambda: print("parent"), after_in_child=lambda: print("child"))
        print(forked(lambda: 0))
        pid = os.posix_spawn(sys.executable, [sys.executable, "-c", "raise SystemExit(4)"], os.environ)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        """,
        ("-W", "ignore::DeprecationWarning"),
    ),
    "children": (
        """
        import multiprocessing, os, subprocess, sys
        from concurrent.futures import ProcessPoolExecutor
        def square(n): return n * n
        def fails(n): raise KeyError(n)
        def tells(queue, n): queue.put((multiprocessing.current_process().name[:7], square(n)))
        class Worker(multiprocessing.Process):
            def __init__(self, pipe): super().__init__(); self.pipe = pipe
            def run(self): self.pipe.send(square(4)); sys.exit(3)
        if __name__ == "__main__":
            context = multiprocessing.get_context("spawn")
            with ProcessPoolExecutor(1, mp_context=context) as pool:
                print(list(pool.map(square, range(3))))
                try: pool.submit(fails, 1).result()
                except KeyError as error: print(error, type(error.__cause__).__name__)
            queue = context.Queue(); child = context.Process(target=tells, args=(queue, 3)); child.start(); print(queue.get(timeout=60)); child.join(); print(child.exitcode)
            here, there = multiprocessing.Pipe(); worker = Worker(there); worker.start(); print(here.recv()); worker.join(); print(worker.exitcode)
            def prepares(): os.setpgrp()
            done = subprocess.run([sys.executable, "-c", "import os, sys; print(os.getpgrp() == os.getpid(), sys.argv); sys.exit(2)", "x"], preexec_fn=prepares, capture_output=True, text=True)
            print(done.returncode, done.stdout, done.stderr)
            print(subprocess.run([sys.executable, "-m", "beside"], capture_output=True, text=True).stdout, subprocess.run([sys.executable, "package"], capture_output=True, text=True).stdout)
            print(subprocess.run([sys.executable, "-c", "import sys; print(sorted({'otel_agent'} & set(sys.modules)), sys.path[0] == '')"], env={}, capture_output=True, text=True).stdout)
        """,
        ("-W", "ignore::DeprecationWarning"),
    ),
    "signals and sockets": (
        """
        import asyncio, os, selectors, signal, socket, socketserver, threading
        def handler(number, frame): handled.append((number, frame.f_code.co_name))
        handled = []
        previous = signal.signal(signal.SIGUSR2, handler)
        print(previous, signal.getsignal(signal.SIGINT) is signal.default_int_handler, signal.set_wakeup_fd(-1))
        def raises(): os.kill(os.getpid(), signal.SIGUSR2); return len(handled)
        print(raises(), handled)
        def interrupted():
            try: signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt as error: return "interrupted", error.__traceback__.tb_lineno > 0
        print(interrupted(), signal.pthread_sigmask(signal.SIG_BLOCK, []))
        class Echo(socketserver.StreamRequestHandler):
            def handle(self): self.wfile.write(self.rfile.readline().upper())
        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
            threading.Thread(target=server.serve_forever).start()
            with socket.create_connection(server.server_address) as client: client.sendall(b"word\\n"); print(client.makefile().readline())
            server.shutdown()
        one, two = socket.socketpair()
        with selectors.DefaultSelector() as selector:
            selector.register(one, selectors.EVENT_READ, "one"); two.send(b"x")
            print([(key.data, mask) for key, mask in selector.select(5)], one.recv(1), selector.select(0))
        one.close(); two.close()
        async def answers(reader, writer): writer.write((await reader.readline())[::-1]); await writer.drain(); writer.close()
        async def main():
            loop = asyncio.get_running_loop()
            got = asyncio.Event(); loop.add_signal_handler(signal.SIGUSR1, got.set)
            os.kill(os.getpid(), signal.SIGUSR1); await asyncio.wait_for(got.wait(), 20); print("got it", loop.remove_signal_handler(signal.SIGUSR1))
            async with await asyncio.start_server(answers, "127.0.0.1", 0) as server:
                reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()); writer.write(b"abc\\n"); print(await reader.read()); writer.close()
            child = await asyncio.create_subprocess_exec("sh", "-c", "echo out; exit 3", stdout=asyncio.subprocess.PIPE)
            print(await child.communicate(), child.returncode)
        asyncio.run(main())
        print(min(each for each in range(3, 64) if not os.path.exists(f"/proc/self/fd/{each}")) > 2, signal.getsignal(signal.SIGUSR2) is handler)
        """,
        (),
    ),
    "databases": (
        """
        import contextlib, sqlite3, tempfile
        statements = []
        base = sqlite3.connect(":memory:"); base.set_trace_callback(statements.append)
        def plus(a, b): return a + b
        def refuses(action, *rest): return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_DROP_TABLE else sqlite3.SQLITE_OK
        class Longest:
            def __init__(self): self.found = ""
            def step(self, text): self.found = max(self.found, text, key=len)
            def finalize(self): return self.found
        base.create_function("plus", 2, plus); base.create_aggregate("longest", 1, Longest); base.create_collation("backwards", lambda a, b: (a < b) - (a > b))
        base.set_progress_handler(lambda: 0, 10); base.set_authorizer(refuses); base.row_factory = sqlite3.Row
        sqlite3.register_adapter(complex, str); sqlite3.register_converter("upper", lambda raw: raw.decode().upper())
        with base:
            base.execute("create table names (name text)"); base.executemany("insert into names values (?)", [("a",), ("bcd",), ("ef",)])
        print([tuple(row) for row in base.execute("select name from names order by name collate backwards")], tuple(base.execute("select plus(1, 2), longest(name) from names").fetchone()))
        try: base.execute("drop table names")
        except sqlite3.DatabaseError as error: print(error)
        def failing(): raise ValueError("inside")
        base.create_function("failing", 0, failing)
        try: base.execute("select failing()").fetchall()
        except sqlite3.OperationalError as error: print(error, error.__cause__)
        print(statements[:3], base.total_changes, type(base).__module__, list(base.iterdump())[-2:])
        with contextlib.closing(sqlite3.connect(":memory:")) as other: base.backup(other); print(other.execute("select count(*) from names").fetchone())
        """,
        (),
    ),
    "logging": (
        """
        import io, logging, logging.config, logging.handlers, queue, sys
        class Own(logging.Logger):
            def makeRecord(self, *arguments, **keywords):
                record = super().makeRecord(*arguments, **keywords); record.own = True; return record
            def findCaller(self, stack_info=False, stacklevel=1): return super().findCaller(stack_info, stacklevel + 1)
        factory = logging.getLogRecordFactory()
        def made(*arguments, **keywords): record = factory(*arguments, **keywords); record.desk = "ana"; return record
        logging.setLogRecordFactory(made); logging.setLoggerClass(Own)
        log = logging.getLogger("own"); log.addHandler(logging.StreamHandler(sys.stdout)); log.handlers[0].setFormatter(logging.Formatter("%(name)s %(funcName)s %(desk)s %(own)s %(message)s"))
        def helper(text, **more): log.warning(text, **more)
        def asks(): helper("first"); helper("second", stacklevel=2); log.error("stack", stack_info=True)
        asks()
        print(sorted(vars(logging.makeLogRecord({}))), logging.getLogger().handlers, logging.getLogger().level, logging.lastResort.level)
        logging.config.dictConfig({"version": 1, "formatters": {"f": {"format": "%(levelname)s:%(message)s"}}, "handlers": {"h": {"class": "logging.StreamHandler", "formatter": "f", "stream": "ext://sys.stdout"}}, "root": {"handlers": ["h"], "level": "DEBUG"}})
        logging.getLogger("other").debug("debug %s", 1); logging.captureWarnings(True); import warnings; warnings.warn("captured"); logging.captureWarnings(False)
        waiting = queue.Queue(); listener = logging.handlers.QueueListener(waiting, logging.StreamHandler(sys.stdout)); listener.start()
        log.propagate = False; log.handlers[:] = [logging.handlers.QueueHandler(waiting)]; log.warning("queued %s", "x"); listener.stop()
        try: logging.basicConfig(level="INFO", force=True, stream=sys.stdout, format="%(message)s"); logging.info("forced"); print(len(logging.getLogger().handlers))
        finally: logging.raiseExceptions = True
        logging.info("%d", "no number"); logging.disable(logging.ERROR); logging.error("not seen"); logging.shutdown()
        class Broken(logging.Handler):
            def emit(self, record): raise KeyError("handler")
        logging.disable(0); logging.getLogger("b").addHandler(Broken())
        try: logging.getLogger("b").error("x")
        except KeyError as error: print("raised", error)
        """,
        (),
    ),
    "tracebacks of threads and loops": (
        """
        import asyncio, sys, threading, traceback
        from concurrent.futures import ThreadPoolExecutor
        from multiprocessing.pool import ThreadPool
        def fails(): raise KeyError("x")
        def between(): fails()
        def told(call):
            try: call()
            except KeyError: traceback.print_exc()
        async def waits(): await asyncio.sleep(0); between()
        async def crosses(): await asyncio.to_thread(between)
        async def tasks(): await asyncio.gather(asyncio.create_task(waits()))
        async def stack(): return [each.f_code.co_name for each, _ in traceback.walk_stack(None)]
        async def callbacks():
            asyncio.get_running_loop().call_soon(between); asyncio.create_task(waits()); await asyncio.sleep(0.01)
        thread = threading.Thread(target=between, name="failing"); thread.start(); thread.join()
        timer = threading.Timer(0, between); timer.name = "timer"; timer.start(); timer.join()
        def waited(future): future.exception(); return future.result()
        with ThreadPoolExecutor(1) as pool: told(lambda: waited(pool.submit(between)))
        with ThreadPool(1) as pool: told(lambda: pool.apply(between))
        for each in (waits, crosses, tasks): told(lambda: asyncio.run(each()))
        print(asyncio.run(stack())); asyncio.run(callbacks())
        with asyncio.Runner() as runner: runner.get_loop().call_soon(lambda: sys.exit(3)); runner.run(asyncio.sleep(1))
        """,
        (),
    ),
    "frames that handlers of logging look for": (
        """
        import inspect, logging, sys, traceback
        class Intercepts(logging.Handler):
            "As loguru's documentation has it."
            def emit(self, record):
                frame, depth = inspect.currentframe(), 0
                while frame and (depth == 0 or frame.f_code.co_filename == logging.__file__): frame, depth = frame.f_back, depth + 1
                print(frame.f_code.co_name, frame.f_lineno)
        log = logging.getLogger("own"); log.addHandler(Intercepts())
        def asks(): log.warning("x")
        asks()
        class Raises(logging.Handler):
            def emit(self, record): raise KeyError("handler")
        logging.basicConfig(stream=sys.stdout)
        def wrong(): logging.warning("%d", "no number")
        wrong()
        """,
        (),
    ),
    "threads and contexts": (
        """
        import contextvars, queue, sched, sys, threading, time
        from concurrent.futures import ThreadPoolExecutor, as_completed
        who = contextvars.ContextVar("who", default="nobody")
        def asks(): return who.get()
        def works(): who.set("thread"); return asks()
        who.set("main")
        with ThreadPoolExecutor(1, thread_name_prefix="own", initializer=lambda: who.set("initial")) as pool: print([pool.submit(call).result() for call in (asks, works, asks)], pool.submit(lambda: threading.current_thread().name).result())
        class Own(threading.Thread):
            def run(self): self.answer = (asks(), self.name, self.daemon, threading.get_ident() == self.ident)
            def join(self, timeout=None): super().join(timeout); return "joined"
        own = Own(name="mine"); own.start(); print(own.join(), own.answer, repr(own)[:12])
        print(contextvars.copy_context().run(works), asks(), list(contextvars.Context().items()))
        threading.excepthook = lambda found: print("hook", found.exc_type.__name__, found.thread.name)
        def fails(): raise KeyError("x")
        failing = threading.Thread(target=fails, name="failing"); failing.start(); failing.join()
        print(threading.Thread(target=print)._target is print, sorted(each.name for each in threading.enumerate() if not each.name.startswith("otel-agent")))
        with ThreadPoolExecutor(2) as pool:
            future = pool.submit(fails); print(repr(future.exception()), [each.result() for each in as_completed([pool.submit(pow, 2, 3)])])
        schedule = sched.scheduler(); schedule.enter(0.001, 1, print, ("scheduled",)); schedule.run()
        barrier = threading.Barrier(3); parties = [threading.Thread(target=barrier.wait) for _ in range(2)]; [each.start() for each in parties]; barrier.wait(30); [each.join() for each in parties]; print(barrier.broken)
        local = threading.local()
        def once(): local.n = getattr(local, "n", 0) + 1; return local.n
        print(once(), once(), sys.getswitchinterval(), threading.stack_size())
        condition = threading.Condition(); ready = []
        def waits():
            with condition: condition.wait_for(lambda: ready, 30); ready.append("seen")
        waiting = threading.Thread(target=waits); waiting.start()
        with condition: ready.append(1); condition.notify_all()
        waiting.join(); print(ready)
        """,
        (),
    ),
    "an archive, a package, a frozen module": (
        """
        import runpy, subprocess, sys, zipapp
        import __hello__
        print(runpy.run_module("package", run_name="__main__")["answer"](), type(sys.modules["zipimport"].__loader__ if "zipimport" in sys.modules else None).__name__ != "")
        zipapp.create_archive("package", "package.pyz", main=None)
        print(subprocess.run([sys.executable, "package.pyz", "word"], capture_output=True, text=True))
        print(subprocess.run([sys.executable, "-m", "package", "word"], capture_output=True, text=True))
        print(subprocess.run([sys.executable, "-"], input="def f(): return __name__\\nprint(f())\\nf(1)", capture_output=True, text=True))
        sys.path.insert(0, "package.pyz"); import inside
        print(inside.where(), type(inside.__loader__).__name__)
        """,
        (),
    ),
    "streams": (
        """
        import contextlib, io, os, sys
        def shouts(): print("loud"); print("error", file=sys.stderr)
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err): shouts()
        print(repr(out.getvalue()), repr(err.getvalue()), sys.stdout.line_buffering, sys.stdout.encoding, sys.stderr.errors)
        saved = os.dup(2); os.close(2)
        def silent(): return 1
        silent(); os.dup2(saved, 2); os.close(saved)
        sys.displayhook = lambda value: print("shown", value); exec(compile("1 + 1", "<typed>", "single"))
        class Tee:
            def __init__(self, under): self.under = under
            def write(self, text): return self.under.write(text.upper())
            def flush(self): self.under.flush()
        sys.stdout = Tee(sys.stdout); print("tee"); shouts()
        sys.stderr = None; print("no errors", file=sys.stderr)
        sys.unraisablehook = lambda found: print("unraisable", found.exc_type.__name__)
        class Bad:
            def __del__(self): raise KeyError("gone")
        Bad()
        sys.stdout = sys.__stdout__; sys.stdout.close()
        sys.exit(5)
        """,
        (),
    ),
    "audits and hooks": (
        """
        import builtins, sys
        seen = set()
        def audit(event, arguments, own=__file__):
            if event in ("open", "exec", "compile", "os.system", "subprocess.Popen") and own in str(arguments[0]): seen.add(event)
        sys.addaudithook(audit)
        def opens():
            with open(__file__) as file: return len(file.readline()) > 0
        print(opens(), sorted(seen))
        imported = []
        original = builtins.__import__
        def importing(name, *rest): imported.append(name); return original(name, *rest)
        builtins.__import__ = importing
        def late(): import beside; return beside.value()
        print(late(), [each for each in imported if each == "beside"])
        builtins.__import__ = original
        print(sys.flags.utf8_mode, sys.flags.hash_randomization, sys.dont_write_bytecode, sys.excepthook is sys.__excepthook__, sys.breakpointhook is sys.__breakpointhook__, sys.unraisablehook is sys.__unraisablehook__, sys.displayhook is sys.__displayhook__, sys.getdlopenflags(), sys.get_asyncgen_hooks(), sys.get_coroutine_origin_tracking_depth(), sys.getswitchinterval())
        import asyncio, locale, time
        print(type(asyncio.get_event_loop_policy()).__name__, locale.setlocale(locale.LC_ALL), time.tzname, __import__("random").Random(1).random(), __import__("os").umask(0o22))
        __import__("random").seed(3); print(__import__("random").random(), hash("x") == hash("x"), __import__("decimal").getcontext().prec)
        """,
        ("-W", "ignore"),
    ),
}
"""Programs by what they use, with options of the interpreter."""

FILES = {
    "beside.py": """
        def value(): return "beside"
        if __name__ == "__main__": print(value(), __spec__.name)
    """,
    "package/__init__.py": "",
    "package/__main__.py": """
        import sys
        def answer(): return sys.argv[1:], __name__, __package__
        if __name__ == "__main__": print(answer(), sys.argv[0][-11:])
    """,
    "package/inside.py": "def where(): return __file__[-21:], __name__",
}
"""What the programs import."""


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_of_tools_does_not_notice(name: str, tmp_path: Path) -> None:
    """What it prints, how it ends, and what it says on standard error are the same with us, however it is run."""
    text, options = PROGRAMS[name]
    ways = ends_alike(text, tmp_path, options, FILES)

    assert ways["bare"] == ways["init"]
    assert ways["bare"] == ways["run"]
