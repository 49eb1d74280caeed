"""Faults and near-misses, run one after another in one process; prints findings per scenario."""

import asyncio
import hashlib
import itertools
import json
import queue
import random
import sqlite3
import sys
import tempfile
import threading
import time
from pathlib import Path

import otel_agent

telemetry = otel_agent.init(
    "corpus", export="none", instrument=True, trace_modules=False if "noauto" in sys.argv else None
)
from sqlalchemy import ForeignKey, String, create_engine, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload
from sqlalchemy.pool import QueuePool

only = [a for a in sys.argv[1:] if a != "noauto"]
SC = []


def scenario(expect):
    def deco(f):
        SC.append((f, expect))
        return f

    return deco


def spin(s):
    e = time.perf_counter() + s
    while time.perf_counter() < e:
        pass


# ---------- cacheable
def drive(f, argsets, seconds=2.0):
    e = time.perf_counter() + seconds
    i = 0
    while time.perf_counter() < e:
        a = argsets[i % len(argsets)]
        i += 1
        f(*a[0], **a[1]) if isinstance(a, tuple) and len(a) == 2 and isinstance(a[1], dict) else f(*a)


@scenario("cacheable")
def c_sleepy():
    @otel_agent.traced
    def lookup_rate(cur):
        time.sleep(0.002)
        return {"c": cur, "r": 1.5}

    drive(lookup_rate, [("EUR",), ("USD",), ("GBP",)])


@scenario("cacheable")
def c_kwargs():
    @otel_agent.traced("fancy")
    def score(a, *, weights, opts=None):
        t = 0
        for i in range(1500):
            t += i * a % 7
        return t + sum(weights)

    drive(
        score, [((1,), {"weights": [1, 2, 3]}), ((2,), {"weights": [1, 2]}), ((1,), {"weights": [3], "opts": {"x": 1}})]
    )


@scenario("cacheable")
def c_method():
    class Model:
        def __init__(self, k):
            self.k = k
            self.table = [1] * 50

        @otel_agent.traced
        def predict(self, x):
            t = 0.0
            for i in range(1500):
                t += (i * self.k + x) % 3
            return t

    m = Model(3)
    drive(m.predict, [(x,) for x in range(20)])


@scenario("cacheable")
def c_timed_static():
    class G:
        @staticmethod
        @otel_agent.timed
        def parse(s):
            return json.loads(s)

    texts = [json.dumps({"a": list(range(3000)), "k": k}) for k in range(5)]
    drive(G.parse, [(t,) for t in texts])


@scenario("cacheable")
def c_many_keys():
    @otel_agent.traced
    def h(x):
        return hashlib.pbkdf2_hmac("sha256", b"p", str(x).encode(), 2000).hex()

    drive(h, [(x,) for x in range(300)], 3)


@scenario("cacheable")
def c_dataclass():
    import dataclasses

    @dataclasses.dataclass
    class Bond:
        c: float
        y: int

    @otel_agent.traced
    def price(b):
        return round(sum(b.c / (1.03 + y / 4000) ** (y / 10) for y in range(1, 2000)), 9)

    drive(lambda i: price(Bond(i % 4, 3)), [(i,) for i in range(9)])


@scenario(None)
def n_random():
    @otel_agent.traced
    def sim(n):
        return sum(random.random() for _ in range(800))

    drive(sim, [(1,), (2,)])


@scenario(None)
def n_roll():
    rng = random.Random(1)

    @otel_agent.traced
    def coin(n):
        for _i in range(1500):
            n += 0
        return rng.random() < 0.0001

    drive(coin, [(1,), (2,)])


@scenario(None)
def n_time():
    @otel_agent.traced
    def fresh(n):
        for _i in range(1500):
            n += 0
        return time.time() > 5

    drive(fresh, [(1,), (2,)])


@scenario(None)
def n_io():
    p = tempfile.mktemp()
    Path(p).write_text("x" * 2_000_000)

    @otel_agent.traced
    def read(p):
        with open(p) as f:
            return f.read()

    drive(read, [(p,)])


@scenario(None)
def n_sideeffect():
    sent = []

    @otel_agent.traced
    def send(x):
        for _i in range(1500):
            x += 0
        sent.append(x)
        return "ok"

    drive(send, [(1,), (2,)])


@scenario(None)
def n_none():
    @otel_agent.traced
    def proc(x):
        for _i in range(1500):
            x += 0

    drive(proc, [(1,), (2,)])


@scenario(None)
def n_state():
    class Acc:
        def __init__(self):
            self.v = 0

        @otel_agent.traced
        def bal(self, who):
            for _i in range(1500):
                pass
            return self.v

    a = Acc()

    def go(w):
        a.bal(w)
        a.v += 1

    drive(go, [("x",), ("y",)])


@scenario(None)
def n_unique():
    it = itertools.count()

    @otel_agent.traced
    def f(x):
        return sum(i * x for i in range(1500))

    drive(lambda: f(next(it)), [()])


@scenario(None)
def n_half():
    it = itertools.count()

    @otel_agent.traced
    def f2(x):
        return sum(i * x for i in range(1500))

    drive(lambda i: f2(5 if i == 0 else next(it)), [(0,), (1,), (2,)])


@scenario(None)
def n_quick():
    @otel_agent.traced
    def f3(x):
        return x + 1

    for _ in range(300):
        f3(1)
    time.sleep(0.6)
    drive(lambda x: (f3(x), time.sleep(0.001)), [(1,)])


@scenario(None)
def n_gen():
    @otel_agent.traced
    def g(x):
        for i in range(300):
            yield i * x

    drive(lambda x: list(g(x)), [(1,), (2,)])


@scenario(None)
def n_object_result():
    class R:
        def __init__(self):
            self.o = object()

    @otel_agent.traced
    def mk(x):
        for _i in range(1500):
            pass
        return R()

    drive(mk, [(1,), (2,)])


@scenario(None)
def n_global_config():
    rates = {"rate": 1}

    @otel_agent.traced
    def conv(x):
        for _i in range(1500):
            pass
        return x * rates["rate"]

    def go(x):
        conv(x)
        rates["rate"] += 1

    drive(go, [(1,), (2,)])


# ---------- DB
class Slow(sqlite3.Connection):
    def cursor(self, factory=None):
        return super().cursor(SlowCursor)


class SlowCursor(sqlite3.Cursor):
    delay = 0.003

    def execute(self, *s):
        time.sleep(self.delay)
        return super().execute(*s)

    def executemany(self, *s):
        time.sleep(self.delay)
        return super().executemany(*s)


path = tempfile.mkdtemp() + "/c.sqlite"
engine = create_engine(f"sqlite:///{path}", connect_args={"factory": Slow})


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(30))
    books: Mapped[list["Book"]] = relationship(back_populates="author")


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(30))
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"), index=True)
    author: Mapped["Author"] = relationship(back_populates="books")


Base.metadata.create_all(engine)
with Session(engine) as s:
    for i in range(1, 11):
        s.add(Author(id=i, name=f"a{i}", books=[Book(title=f"b{i}{j}") for j in range(3)]))
    s.commit()


@scenario("n_plus_one")
def q_lazy():
    @otel_agent.traced
    def list_authors():
        with Session(engine) as s:
            return [len(a.books) for a in s.scalars(select(Author)).all()]

    for _ in range(3):
        list_authors()


@scenario("n_plus_one")
def q_lazy_many2one():
    @otel_agent.traced
    def list_books():
        with Session(engine) as s:
            return [b.author.name for b in s.scalars(select(Book)).all()]

    for _ in range(3):
        list_books()


@scenario("n_plus_one")
def q_helper():
    @otel_agent.traced
    def load_books(c, aid):
        return c.execute(text("select title from book where author_id=:a"), {"a": aid}).all()

    @otel_agent.traced
    def handle():
        with engine.connect() as c:
            return [load_books(c, r.id) for r in c.execute(text("select id from author")).all()]

    for _ in range(3):
        handle()


@scenario("n_plus_one")
def q_span_block():
    for _ in range(3):
        with otel_agent.span("req"), engine.connect() as c:
            for r in c.execute(text("select id from author")).all():
                c.exec_driver_sql("select count(*) from book where author_id=?", (r.id,)).scalar()


@scenario("n_plus_one")
def q_mn():
    @otel_agent.traced
    def rep():
        with engine.connect() as c:
            for r in c.execute(text("select id from author")).all():
                c.execute(text("select title from book where author_id=:a"), {"a": r.id}).all()
                c.execute(text("select name from author where id=:a"), {"a": r.id}).all()

    for _ in range(3):
        rep()


@scenario("n_plus_one")
def q_async():
    @otel_agent.traced
    async def handler():
        def work():
            with engine.connect() as c:
                for r in c.execute(text("select id from author where id<:x"), {"x": 9}).all():
                    c.execute(text("select title from book where author_id=:a limit 1"), {"a": r.id}).first()

        work()

    for _ in range(3):
        asyncio.run(handler())


@scenario("n_plus_one")
def q_get():
    @otel_agent.traced
    def byget():
        with Session(engine) as s:
            ids = s.execute(select(Book.author_id).distinct()).scalars().all()
            return [s.get(Author, i).name for i in ids]

    for _ in range(3):
        byget()


@scenario(None)
def n_eager():
    @otel_agent.traced
    def eager():
        with Session(engine) as s:
            return [len(a.books) for a in s.scalars(select(Author).options(selectinload(Author.books))).all()]

    for _ in range(3):
        eager()


@scenario(None)
def n_four():
    @otel_agent.traced
    def four():
        with engine.connect() as c:
            for r in c.execute(text("select id from author where id<5")).all():
                c.execute(text("select title from book where author_id=:a"), {"a": r.id}).all()

    for _ in range(3):
        four()


@scenario(None)
def n_pages():
    @otel_agent.traced
    def pages():
        with engine.connect() as c:
            c.execute(text("select count(*) from book")).scalar()
            off = 0
            while True:
                rows = c.execute(text("select id,title from book order by id limit 3 offset :o"), {"o": off}).all()
                if not rows:
                    break
                off += 3

    for _ in range(3):
        pages()


@scenario(None)
def n_keyset():
    @otel_agent.traced
    def keyset():
        with engine.connect() as c:
            last = c.execute(text("select min(id) from book")).scalar() - 1
            while True:
                rows = c.execute(text("select id,title from book where id > :l order by id limit 2"), {"l": last}).all()
                if not rows:
                    break
                last = rows[-1].id

    for _ in range(3):
        keyset()


@scenario(None)
def n_bulk():
    @otel_agent.traced
    def bulk():
        with engine.begin() as c:
            c.execute(text("select id from author")).all()
            c.execute(text("insert into book(title,author_id) values(:t,:a)"), [{"t": "z", "a": 1} for _ in range(20)])
            c.execute(text("delete from book where title='z'"))

    for _ in range(3):
        bulk()


@scenario(None)
def n_writes_between():
    @otel_agent.traced
    def rw():
        with engine.begin() as c:
            ids = c.execute(text("select id from author where id<8")).all()
            for r in ids:
                n = c.execute(text("select title from book where id=:a"), {"a": r.id}).scalar()
                c.execute(text("update book set title=:t where id=:a"), {"a": r.id + 1, "t": n})

    for _ in range(3):
        rw()


@scenario(None)
def n_service_loop():
    # a worker: each message is its own piece of work below one long root
    @otel_agent.traced
    def handle_msg(i):
        with engine.connect() as c:
            return c.execute(text("select name from author where id=:i"), {"i": i}).scalar()

    with otel_agent.span("worker"):
        for i in range(1, 9):
            handle_msg(i)
            time.sleep(0.01)


@scenario(None)
def n_parallel():
    from concurrent.futures import ThreadPoolExecutor

    e2 = create_engine(f"sqlite:///{path}", connect_args={"factory": Slow})

    def one(i):
        with e2.connect() as c:
            return c.execute(text("select name from author where id=:i"), {"i": i}).scalar()

    @otel_agent.traced
    def par():
        with engine.connect() as c:
            ids = [r.id for r in c.execute(text("select id from author")).all()]
        with ThreadPoolExecutor(5) as p:
            list(p.map(one, ids))

    for _ in range(2):
        par()


@scenario("repeated_query")
def q_repeated():
    @otel_agent.traced
    def fixed():
        with engine.connect() as c:
            for i in range(1, 15):
                c.execute(text("select name from author where id=:i"), {"i": i % 10}).scalar()

    for _ in range(3):
        fixed()


@scenario("repeated_query")
def q_inserts():
    @otel_agent.traced
    def loopins():
        with engine.begin() as c:
            for _i in range(14):
                c.execute(text("insert into book(title,author_id) values(:t,:a)"), {"t": "y", "a": 1})
            c.execute(text("delete from book where title='y'"))

    for _ in range(3):
        loopins()


# slow query
big = tempfile.mkdtemp() + "/big.sqlite"
with sqlite3.connect(big) as f:
    f.execute("create table ev(id integer primary key, kind text, at int, note text)")
    f.executemany("insert into ev(kind,at,note) values(?,?,?)", [(f"k{n % 5000}", n, "n") for n in range(600000)])
    f.execute("create index evat on ev(at)")
beng = create_engine(f"sqlite:///{big}")


@scenario("slow_query")
def s_scan():
    @otel_agent.traced
    def by_kind(k):
        with beng.connect() as c:
            return c.execute(text("select id from ev e where e.kind = :k"), {"k": "z" + k}).all()

    for i in range(100):
        by_kind(f"k{i}")


@scenario(None)
def n_search():
    @otel_agent.traced
    def by_at(k):
        with beng.connect() as c:
            return c.execute(text("select id from ev where at = :k"), {"k": k}).all()

    for i in range(400):
        by_at(i)


@scenario("pool_starvation")
def p_starve():
    e = create_engine(f"sqlite:///{path}", poolclass=QueuePool, pool_size=2, max_overflow=0)

    def w():
        end = time.time() + 5
        while time.time() < end:
            with e.connect() as c:
                c.execute(text("select 1"))
                time.sleep(0.05)

    ts = [threading.Thread(target=w) for _ in range(8)]
    [t.start() for t in ts]
    [t.join() for t in ts]


@scenario(None)
def n_pool():
    e = create_engine(
        f"sqlite:///{path}?x=1" if False else f"sqlite:///{path}", poolclass=QueuePool, pool_size=8, max_overflow=0
    )

    def w():
        end = time.time() + 4
        while time.time() < end:
            with e.connect() as c:
                c.execute(text("select 1"))
                time.sleep(0.05)

    ts = [threading.Thread(target=w) for _ in range(8)]
    [t.start() for t in ts]
    [t.join() for t in ts]


# ---------- consecutive
def cl(name, d=0.06, sync=False):
    if sync:

        @otel_agent.traced(name, kind="client")
        def call(*a, **k):
            time.sleep(d)
            return {"from": name, "id": random.randint(1000, 10**9)}
    else:

        @otel_agent.traced(name, kind="client")
        async def call(*a, **k):
            await asyncio.sleep(d)
            return {"from": name, "id": random.randint(1000, 10**9)}

    return call


@scenario("consecutive_calls")
def a_sync():
    w, t, h = cl("w", sync=True), cl("t", sync=True), cl("h", sync=True)

    @otel_agent.traced
    def page(u):
        return {"w": w(u), "t": t(u), "h": h(u)}

    for _ in range(4):
        page("bonn")


@scenario("consecutive_calls")
def a_loop():
    f = cl("fetch")

    @otel_agent.traced
    async def all_pages(us):
        out = []
        for u in us:
            out.append(await f(u))
        return out

    for _ in range(3):
        asyncio.run(all_pages(["a1", "a2", "a3", "a4"]))


@scenario("consecutive_calls")
def a_method():
    f, g, k = cl("fetch_user"), cl("fetch_cart"), cl("fetch_ads")

    class Svc:
        async def user(self, u):
            return await f(u)

        async def cart(self, u):
            return await g(u)

        async def ads(self, u):
            return await k(u)

        @otel_agent.traced
        async def view(self, u):
            user = await self.user(u)
            cart = await self.cart(u)
            ads = await self.ads(u)
            return user, cart, ads

    for _ in range(3):
        asyncio.run(Svc().view("u17"))


@scenario("consecutive_calls")
def a_db():
    SlowCursor.delay = 0.06

    @otel_agent.traced
    def dash():
        with engine.connect() as c:
            a = c.execute(text("select count(*) from author")).scalar()
            b = c.execute(text("select count(*) from book")).scalar()
            d = c.execute(text("select max(title) from book")).scalar()
        return a, b, d

    try:
        for _ in range(4):
            dash()
    finally:
        SlowCursor.delay = 0.003


@scenario(None)
def n_chain():
    w, t, h = cl("w"), cl("t"), cl("h")

    @otel_agent.traced
    async def chain(u):
        a = await w(u)
        b = await t(f"/x/{a['id']}")
        return await h(b["id"])

    for _ in range(3):
        asyncio.run(chain("b"))


@scenario(None)
def n_guard():
    w, t, h = cl("w"), cl("t"), cl("h")

    @otel_agent.traced
    async def guard(u):
        a = await w(u)
        if not a["id"]:
            return None
        b = await t(u)
        if b["from"] == "zz":
            return None
        return await h(u)

    for _ in range(3):
        asyncio.run(guard("b"))


@scenario(None)
def n_write_then_read():
    w, t, h = cl("create_order"), cl("get_orders"), cl("notify_user")

    @otel_agent.traced
    async def wr(u):
        await w(u)
        o = await t(u)
        await h(u)
        return o

    for _ in range(3):
        asyncio.run(wr("b"))


@scenario(None)
def n_gather():
    w, t, h = cl("w"), cl("t"), cl("h")

    @otel_agent.traced
    async def ga(u):
        return await asyncio.gather(w(u), t(u), h(u))

    for _ in range(3):
        asyncio.run(ga("b"))


@scenario(None)
def n_short():
    w, t, h = cl("w", 0.01), cl("t", 0.01), cl("h", 0.01)

    @otel_agent.traced
    async def sh(u):
        a = await w(u)
        b = await t(u)
        c = await h(u)
        return a, b, c

    for _ in range(6):
        asyncio.run(sh("b"))


@scenario(None)
def n_cursor():
    f = cl("page")

    @otel_agent.traced
    async def walk():
        tok = None
        for _ in range(4):
            tok = (await f(tok))["id"]

    for _ in range(2):
        asyncio.run(walk())


@scenario(None)
def n_dbdep():
    SlowCursor.delay = 0.06

    @otel_agent.traced
    def dep():
        with engine.connect() as c:
            a = c.execute(text("select min(id) from author")).scalar()
            b = c.execute(text("select min(id) from book where author_id=:a"), {"a": a}).scalar()
            return c.execute(text("select title from book where id=:b"), {"b": b}).scalar()

    try:
        for _ in range(3):
            dep()
    finally:
        SlowCursor.delay = 0.003


# ---------- loops
def runloop(coro):
    asyncio.run(coro())


@scenario("blocked_loop")
def l_sleep():
    async def bad():
        for _ in range(6):
            time.sleep(0.15)  # noqa: ASYNC251 - the fault
            await asyncio.sleep(0.08)

    runloop(bad)


@scenario("blocked_loop")
def l_json():
    data = {"k": [{"a": i, "b": str(i)} for i in range(600000)]}

    async def bad():
        for _ in range(6):
            await asyncio.sleep(0.08)
            json.dumps(data)
            await asyncio.sleep(0.05)

    runloop(bad)


@scenario("blocked_loop")
def l_py():
    def crunch():
        t = 0
        for i in range(9_000_000):
            t += i % 3
        return t

    async def bad():
        for _ in range(5):
            await asyncio.sleep(0.06)
            crunch()

    runloop(bad)


@scenario("blocked_loop")
def l_thread_loop():
    async def bad():
        for _ in range(6):
            await asyncio.sleep(0.05)
            hashlib.pbkdf2_hmac("sha256", b"p", b"s", 1500000)

    t = threading.Thread(target=lambda: asyncio.run(bad()))
    t.start()
    t.join()


@scenario(None)
def n_tothread():
    async def ok():
        for _ in range(5):
            await asyncio.to_thread(time.sleep, 0.15)
            await asyncio.to_thread(hashlib.pbkdf2_hmac, "sha256", b"p", b"s", 200000)

    runloop(ok)


@scenario(None)
def n_shortwork():
    async def ok():
        for _ in range(60):
            spin(0.01)
            await asyncio.sleep(0)

    runloop(ok)


@scenario(None)
def n_asleep():
    async def ok():
        for _ in range(8):
            await asyncio.sleep(0.15)

    runloop(ok)


# ---------- tools
def tool(f):
    return otel_agent.traced(
        f"execute_tool {f.__name__}",
        attributes={"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": f.__name__},
    )(f)


@scenario("redundant_tool_calls")
def t_redundant():
    @tool
    def search(q, n=3):
        time.sleep(0.02)
        return [q] * n

    with otel_agent.span("invoke_agent x"):
        for _i in range(7):
            search("cats")
    time.sleep(1.6)


@scenario("redundant_tool_calls")
def t_async_red():
    @tool
    async def geo(city):
        await asyncio.sleep(0.02)
        return {"lat": 1.5}

    @tool
    async def other(x):
        await asyncio.sleep(0.01)
        return x

    async def go():
        with otel_agent.span("invoke_agent y"):
            for i in range(6):
                await geo("Bonn")
                await other(i)

    asyncio.run(go())
    time.sleep(1.6)


@scenario(None)
def n_poll():
    st = iter(["pending"] * 7 + ["done"])

    @tool
    def job_status(j):
        time.sleep(0.02)
        return next(st)

    with otel_agent.span("invoke_agent z"):
        for _i in range(8):
            job_status(3)
            time.sleep(0.05)
    time.sleep(1.6)


@scenario(None)
def n_difargs():
    @tool
    def fetch_doc(j):
        time.sleep(0.02)
        return "same"

    with otel_agent.span("invoke_agent z2"):
        for i in range(8):
            fetch_doc(i)
    time.sleep(1.6)


@scenario(None)
def n_tool_write():
    @tool
    def read_file(p):
        time.sleep(0.02)
        return "content"

    @tool
    def write_file(p, c):
        time.sleep(0.02)
        return "ok"

    with otel_agent.span("invoke_agent z3"):
        for _i in range(6):
            read_file("/etc/app.conf")
            write_file("/etc/app.conf", "content")
    time.sleep(1.6)


@scenario(None)
def n_four_tools():
    @tool
    def s4(q):
        time.sleep(0.02)
        return q

    with otel_agent.span("invoke_agent z4"):
        for _i in range(4):
            s4("cats")
    time.sleep(1.6)


@scenario("sequential_tools")
def t_seq():
    @tool
    def get_weather(c):
        time.sleep(0.08)
        return {"t": random.random()}

    @tool
    def get_news(c):
        time.sleep(0.08)
        return {"n": random.random()}

    @tool
    def get_rates(c):
        time.sleep(0.08)
        return {"r": random.random()}

    @otel_agent.traced("invoke_agent planner")
    def planner(c):
        w = get_weather(c)
        n = get_news(c)
        r = get_rates(c)
        return w, n, r

    for _ in range(3):
        planner("Bonn")


@scenario(None)
def n_seq_dep():
    @tool
    def find_user(c):
        time.sleep(0.08)
        return {"id": random.randint(1000, 99999)}

    @tool
    def get_mail(i):
        time.sleep(0.08)
        return {"n": random.randint(1000, 99999)}

    @tool
    def get_body(i):
        time.sleep(0.08)
        return "x"

    @otel_agent.traced("invoke_agent planner2")
    def planner2(c):
        u = find_user(c)
        m = get_mail(u["id"])
        return get_body(m["n"])

    for _ in range(3):
        planner2("Bonn")


# ---------- caches & others
@scenario("low_value_cache")
def ca_low():
    @otel_agent.cached(maxsize=16, name="lowc")
    def f(x):
        return x

    for i in range(900):
        f(i)
    time.sleep(2.3)


@scenario(None)
def n_cache():
    @otel_agent.cached(maxsize=1600, name="goodc")
    def f(x):
        return x

    for i in range(900):
        f(i % 100)
    time.sleep(2.3)


@scenario("over_instrumented")
def o_tiny():
    @otel_agent.traced
    def tiny(x):
        return x + 1

    with otel_agent.span("hot"):
        e = time.time() + 1.5
        while time.time() < e:
            tiny(1)
    time.sleep(0.6)


@scenario(None)
def n_tinytimed():
    @otel_agent.timed
    def tiny2(x):
        return x + 1

    e = time.time() + 1.2
    while time.time() < e:
        tiny2(1)
    time.sleep(0.6)


@scenario("lock_wait")
def w_lock():
    lock = threading.Lock()

    def w():
        e = time.time() + 3
        while time.time() < e:
            with lock:
                time.sleep(0.05)

    ts = [threading.Thread(target=w) for _ in range(3)]
    [t.start() for t in ts]
    [t.join() for t in ts]


@scenario(None)
def n_lock():
    lock = threading.Lock()

    def w():
        e = time.time() + 2.5
        while time.time() < e:
            time.sleep(0.03)
            with lock:
                pass

    ts = [threading.Thread(target=w) for _ in range(3)]
    [t.start() for t in ts]
    [t.join() for t in ts]


@scenario("busy_polling")
def w_poll():
    done = threading.Event()
    threading.Timer(3.5, done.set).start()
    while not done.is_set():
        time.sleep(0.002)


@scenario("busy_polling")
def w_spin():
    box = {"done": False}
    threading.Timer(3.5, lambda: box.update(done=True)).start()
    while not box["done"]:
        pass


@scenario(None)
def n_wait():
    done = threading.Event()
    threading.Timer(2.5, done.set).start()
    done.wait()
    q = queue.Queue()
    threading.Timer(1, lambda: q.put(1)).start()
    q.get()


@scenario(None)
def n_slowpoll():
    for _ in range(5):
        time.sleep(0.5)


@scenario(None)
def n_pacing():
    for _ in range(200):
        time.sleep(0.01)


bad = 0

for f, exp in SC:
    if only and f.__name__ not in only:
        continue
    before = {x.fingerprint for x in telemetry.findings()}
    t0 = time.time()
    f()
    time.sleep(0.9)
    new = [x for x in telemetry.findings() if x.fingerprint not in before]
    rules = {x.rule for x in new}
    ok = rules == ({exp} if exp else set())
    if not ok:
        bad += 1
    print(
        "ok " if ok else "BAD",
        f.__name__,
        "expected",
        exp,
        f"{time.time() - t0:.1f}s",
        "" if ok else [str(x)[:300] for x in new],
        flush=True,
    )
print("bad", bad)
telemetry.shutdown()
