"""Hostile objects against every public callable: no call may crash the interpreter.

An `__index__` that resizes the buffer of the same call, a list that shrinks while it is read, a
`__buffer__` that gives other memory each time, a false `__class__`, fields of values written by
`object.__setattr__`, weakrefs' callbacks that call what the collector is clearing: whatever such
calls return or raise is right, but for a SystemError.

    python fuzz/attack.py                     for FUZZ_SECONDS (20), from a seed of the clock's
    python fuzz/attack.py --first 0 --seconds 5
    python fuzz/attack.py --seed 1234         one round alone, with its calls on stderr

Rounds run in a process of their own. A round that ends its process is reported by its seed,
and the next process continues with the next seed. ``make attack-asan`` does so under ASan.
"""
# ruff: noqa: N805 -- in the classes of a round's objects, `self` is the round

import argparse
import array
import ctypes
import faulthandler
import gc
import inspect
import mmap
import os
import pkgutil
import random
import struct
import subprocess
import sys
import time
import warnings
import weakref
from contextlib import suppress
from importlib import import_module
from socket import AF_INET, AF_INET6, AF_UNSPEC
from types import SimpleNamespace

import fastsock

CALLS = 12  # a round
HANGS = 20  # seconds without the end of a round
# Left out: these reach the network, wait for it, start threads, or write files.
LEFT_OUT = {
    "connect", "create_connection", "getfqdn", "gethostbyaddr", "gethostbyname_ex", "Resolver",
    "SocketReader", "CaptureWriter", "reload_tables", "if_nameindex", "gethostname",
    "if_indextoname", "if_nametoindex",  # CPython's own raise SystemError
}  # fmt: skip
INTS = [
    0, 1, -1, 2, 3, 7, 8, 14, 20, 40, 63, 64, 65, 255, 256, 1500, 65535, 65536, 1 << 31, 1 << 32,
    (1 << 31) - 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, 1 << 64, -(1 << 63), -(1 << 31),
]  # fmt: skip
IP4 = bytes.fromhex("450000240000400040114e93c0000201c6336401 1234003500100000 0102030405060708")
IP6 = bytes.fromhex("6000000000101140" + "20010db8" * 8 + "1234003500100000 0102030405060708")
FRAME = bytes(12) + b"\x08\0" + IP4
PCAP = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + (
    struct.pack("<IIII", 1, 2, len(FRAME), len(FRAME)) + FRAME
) * 3  # fmt: skip
PROXY = b"PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\n"
TEXTS = [
    "1.2.3.4", "::1", "127.0.0.1", "tcp", "http", "80", "ethernet", "raw", "src", "big", "strict",
    "mask", "", "\0", "1.2.3.4\0", "\ud800", "x" * 5000,
]  # fmt: skip
HOSTS = {
    "src", "dst", "sha", "spa", "tha", "tpa", "old", "new", "address", "text", "host", "hostname",
    "link",
}  # fmt: skip


class Round:
    """The state of one round: a generator of choices, and objects that its calls share."""

    def __init__(self, seed, trace=False):
        self.choose = random.Random(seed)
        self.trace = trace
        self.depth = 0
        self.buffers = [bytearray(content) for content in (FRAME, IP4, IP6, PCAP, bytes(64))]
        self.lists = [[b"x" * 20] * 9, ["1.2.3.4"] * 9, [(0x8100, 5)] * 3, list(range(9))]
        self.views = []
        self.made = [
            fastsock.RecvAccumulator(),
            fastsock.LengthPrefix(2), fastsock.Delimiter((b"\n", b"\r\n")), fastsock.Lines(),
            fastsock.FixedSize(3), fastsock.Varint(), fastsock.Netstring(),
            fastsock.parse_packet(FRAME), fastsock.parse_packet(bytearray(IP6), "raw"),
            fastsock.decode_columns([FRAME] * 3), fastsock.open_capture(PCAP),
            fastsock.IPv4View(self.buffers[1]), fastsock.IPv6View(self.buffers[2]),
            fastsock.EthernetView(self.buffers[0]), fastsock.IPv4View(self.buffers[1]).transport(),
        ]  # fmt: skip
        self.made[0].feed(PROXY + bytes(300))

    # Actions of callbacks.

    def act(self):
        """An action of a callback while a call is at work."""
        if self.depth > 2:
            return
        self.depth += 1
        try:
            self.choose.choice((self.resize, self.shrink, self.release, self.collect, self.call,
                                self.rewrite, self.tamper))()  # fmt: skip
        except SystemError:
            raise
        except Exception:  # a callback goes on after a refusal
            pass
        finally:
            self.depth -= 1

    def resize(self):
        buffer = self.choose.choice(self.buffers)
        if self.choose.random() < 0.5:
            del buffer[self.choose.randrange(len(buffer) + 1) :]
        else:
            buffer += bytes(self.choose.choice((1, 100, 1 << 16)))

    def shrink(self):
        items = self.choose.choice(self.lists)
        if self.choose.random() < 0.7:
            items.clear()
        else:
            items += [self.anything()] * self.choose.choice((1, 1000))

    def release(self):
        if self.views:
            self.choose.choice(self.views).release()
        for one in self.made:
            if hasattr(one, "release") and self.choose.random() < 0.3:
                one.release()

    def collect(self):
        gc.collect(self.choose.randrange(3))

    def rewrite(self):
        buffer = self.choose.choice(self.buffers)
        for _ in range(8):
            if buffer:
                buffer[self.choose.randrange(len(buffer))] = self.choose.randrange(256)

    def tamper(self):
        """Write to a field of a value that can't be written to."""
        one = self.choose.choice(self.made)
        names = [name for name in dir(type(one)) if not name.startswith("__")]
        if names:
            object.__setattr__(one, self.choose.choice(names), self.anything())

    # Objects.

    def number(self):
        number = self.choose.choice(INTS)
        if self.choose.random() < 0.6:
            return number

        class Index:
            def __index__(index):
                self.act()
                return number

        class Int(int):
            def __index__(index):
                self.act()
                return number

        return self.choose.choice((Index(), Int(number), True, float(5), number))

    def text(self):
        text = self.choose.choice(TEXTS)

        class Text(str):
            def __str__(given):
                self.act()
                return text

            def __eq__(given, other):
                self.act()
                return True

            def __hash__(given):
                return hash(text)

            def __contains__(given, part):
                self.act()
                return False

        return Text(text) if self.choose.random() < 0.3 else text

    def buffer(self):
        kind = self.choose.randrange(10)
        owner = self.choose.choice(self.buffers)
        if kind == 0:
            view = memoryview(owner)
            self.views.append(view)
            return view
        if kind == 1:
            return memoryview(owner)[:: self.choose.choice((1, 2, -1))]
        if kind == 2:
            return array.array("H", bytes(64))
        if kind == 3:
            return (ctypes.c_uint32 * 16)()
        if kind == 4:
            return memoryview(bytes(64)).cast("B", (8, 8))
        if kind == 5:
            memory = mmap.mmap(-1, 4096)
            if self.choose.random() < 0.2:
                memory.close()
            return memory
        if kind == 6 and sys.version_info >= (3, 12):
            return self.exporter()
        return self.choose.choice((owner, owner, bytes(owner), bytes(owner)))

    def exporter(self):
        class Exporter:
            def __buffer__(given, flags):
                self.act()
                return memoryview(self.choose.choice((self.choose.choice(self.buffers), bytes(64))))

            def __release_buffer__(given, view):
                self.act()

            def __len__(given):
                return self.choose.choice(INTS)

        return Exporter()

    def sequence(self):
        items = self.choose.choice(self.lists)

        class Lying(list):
            def __len__(given):
                self.act()
                return self.choose.choice((0, 1, 5, 1 << 20))

            def __iter__(given):
                for one in list.__iter__(given):
                    self.act()
                    yield one

            def __getitem__(given, at):
                self.act()
                return self.anything()

        def generate():
            for _ in range(self.choose.choice((1, 3, 300))):
                self.act()
                yield self.anything()

        return self.choose.choice(
            (items, items, tuple(items), Lying(items), generate(), {"src": 1}, [self.number()] * 3,
             [self.buffer() for _ in range(3)], (self.buffer(), self.sequence_of_offsets()),
             [(self.number(), self.number())] * 3)
        )  # fmt: skip

    def sequence_of_offsets(self):
        return self.choose.choice(
            ([0, 20, 40], array.array("q", [0, 20, 40]), array.array("Q", [0, (1 << 64) - 1]),
             [self.number(), self.number()], range(3))
        )  # fmt: skip

    def disguised(self):
        """An object of another kind than `isinstance` says."""
        kind = type(self.choose.choice([*self.made, b"", "", [], 0]))

        class Disguised:
            @property
            def __class__(given):
                self.act()
                return kind

            def __getattr__(given, name):
                self.act()
                if name.startswith("__"):
                    raise AttributeError(name)
                return self.anything()

        return Disguised()

    def stranger(self):
        class Stranger:
            def __getattribute__(given, name):
                self.act()
                return object.__getattribute__(given, name)

            def __bool__(given):
                self.act()
                return True

            def __eq__(given, other):
                self.act()
                return self.choose.choice((True, False, NotImplemented))

            __hash__ = object.__hash__

            def recv_into(given, view, *rest):
                self.views.append(view)
                self.act()
                return self.choose.choice((0, 1, -1, len(view), len(view) + 1, 1 << 40))

            def read(given, size=-1):
                self.act()
                return self.choose.choice((b"", PCAP, PCAP[:30], self.buffer(), 5))

            def fileno(given):
                self.act()
                return self.choose.choice((-1, 1 << 40, 99))

        return Stranger()

    def anything(self):
        if self.depth > 4:
            return None
        self.depth += 1
        try:
            return self.choose.choice(
                (self.number, self.number, self.text, self.buffer, self.buffer, self.sequence,
                 self.disguised, self.stranger, lambda: None, lambda: self.choose.choice(self.made),
                 lambda: self.choose.choice((AF_INET, AF_INET6, AF_UNSPEC)))
            )()  # fmt: skip
        finally:
            self.depth -= 1

    def likely(self, name):
        """A usual value of a parameter of this name, or anything."""
        if self.choose.random() < 0.15:
            return self.anything()
        if name in ("framer", "packet", "out", "accumulator"):
            kinds = {"framer": fastsock.Framer, "packet": fastsock.Packet, "out": fastsock.Columns}
            fit = [one for one in self.made if isinstance(one, kinds.get(name, object))]
            return (
                self.choose.choice([*fit, self.buffer()])
                if name == "out"
                else self.choose.choice(fit)
            )
        if name in ("buffer", "data", "payload", "packed", "options", "source", "key", "separator"):
            return self.buffer()
        if name in ("buffers", "texts", "columns", "vlans", "tlvs", "records", "names"):
            return self.sequence()
        if name in ("sock", "file"):
            return self.stranger()
        if name in HOSTS:
            packed = b"\1\2\3\4", bytes(16), bytes(6)
            others = "1.2.3.4", "::1", self.text(), self.buffer(), self.number()
            return self.choose.choice(packed + others)
        if name == "family":
            return self.choose.choice((AF_INET, AF_INET6, AF_UNSPEC, self.number()))
        return self.choose.choice((self.number(), self.number(), self.anything()))

    # Calls.

    def arguments(self, function):
        try:
            parameters = list(inspect.signature(function).parameters.values())
        except (TypeError, ValueError):
            parameters = []
        given, named = [], {}
        for one in parameters:
            if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD):
                if one.default is one.empty or self.choose.random() < 0.4:
                    given.append(self.likely(one.name))
                else:
                    break
        for one in parameters[len(given) :]:
            if (
                one.kind in (one.KEYWORD_ONLY, one.POSITIONAL_OR_KEYWORD)
                and self.choose.random() < 0.4
            ):
                named[one.name] = self.likely(one.name)
        return given, named

    def call(self):
        """A public function or class, or a method or attribute of what earlier calls made."""
        if self.choose.random() < 0.45:
            name = self.choose.choice(sorted(FUNCTIONS))
            function = FUNCTIONS[name]
        else:
            one = self.choose.choice(self.made)
            name = self.choose.choice(dir(one))
            if name in ("__class__", "__init_subclass__", "__subclasshook__", "__dir__"):
                return
            if self.trace:
                print("  " * self.depth, type(one).__name__, name, file=sys.stderr, flush=True)
            if not name.startswith("_") and self.choose.random() < 0.4:
                setattr(one, name, self.likely(name))
                return
            function = getattr(one, name)
            if not callable(function):
                return
        given, named = self.arguments(function)
        if self.trace:
            print("  " * self.depth, name, [type(a).__name__ for a in given], named.keys(),
                  file=sys.stderr, flush=True)  # fmt: skip
        result = function(*given, **named)
        if inspect.isgenerator(result) or hasattr(result, "__next__"):
            for _, _ in zip(range(5), result, strict=False):
                pass
        elif type(result).__module__.startswith("fastsock"):
            self.made.append(result)
        elif isinstance(result, memoryview):
            self.views.append(result)

    def cycle(self):
        """Have the collector clear what a weakref's callback then uses."""
        one = self.choose.choice(self.made)
        code = compile("1", "", "eval")  # weakly referenced, and not the collector's

        class Owner(bytearray):
            pass

        owner = Owner(self.choose.choice(self.buffers))
        if type(one).__name__.endswith("View"):
            try:
                one = type(one)(owner)
            except (ValueError, TypeError):
                return
        elif isinstance(one, fastsock.RecvAccumulator):
            one = fastsock.RecvAccumulator()
            one.feed(PROXY * 9)
            one.frames(fastsock.Delimiter(b"\r\n"), limit=2)
        names = [name for name in dir(one) if not name.startswith("__")]
        chosen = [self.choose.choice(names) for _ in range(4)]

        calls = [(name, self.arguments(getattr(type(one), name))[0][1:]) for name in chosen]

        # Its defaults hold all that it needs: CPython crashes where a function that the collector
        # has cleared uses its globals or its closure.
        def use(_, one=one, calls=calls, get=getattr, refused=Exception, can=callable):
            for name, given in calls:
                try:
                    found = get(one, name)
                    if can(found):
                        found(*given)
                except refused:
                    pass

        owner.cycle = [one, weakref.ref(code, use), code]
        owner.cycle.append(owner)
        if self.choose.random() < 0.5:
            owner.cycle.reverse()
        if isinstance(one, fastsock.RecvAccumulator):
            self.tie(one, owner)
        self.made = [each for each in self.made if each is not one]
        del one, code, owner, use
        gc.collect()

    @staticmethod
    def tie(one, owner):
        """Have an accumulator refer to its owner, by the separator that it was last asked for."""
        with suppress(TypeError):
            one.take_until(SimpleNamespace(owner=owner))

    def run(self):
        for _ in range(CALLS):
            try:
                (self.cycle if self.choose.random() < 0.08 else self.call)()
                if self.choose.random() < 0.2:
                    self.act()
            except SystemError:
                raise
            except (Exception, RecursionError) as error:
                if self.trace:
                    print("    ->", type(error).__name__, str(error)[:90], file=sys.stderr)
        gc.collect()


def faces():
    """Parts whose names are called: not aio, which waits for the network, nor cli, which exits."""
    for part in pkgutil.iter_modules(fastsock.__path__):
        if part.ispkg and part.name not in ("_core", "aio", "cli", "engines"):
            yield import_module(f"fastsock.{part.name}")


FUNCTIONS = {
    name: value
    for face in faces()
    for name in face.__all__
    if callable(value := getattr(face, name))
    and name not in LEFT_OUT
    and not (isinstance(value, type) and issubclass(value, (BaseException, int)))
}


def one_round(seed, trace=False):
    warnings.simplefilter("ignore")
    sys.unraisablehook = lambda _: None
    faulthandler.dump_traceback_later(HANGS, exit=True)
    Round(seed, trace).run()
    faulthandler.cancel_dump_traceback_later()


def rounds(first, seconds, place):
    """Rounds one after the other; `place` always holds the seed of the one that is running."""
    end = time.monotonic() + seconds
    limit_memory()
    gc.freeze()  # keeps the many collections to the rounds' objects
    seed = first
    while time.monotonic() < end:
        struct.pack_into("<Q", place, 0, seed)
        one_round(seed)
        seed += 1
    struct.pack_into("<Q", place, 8, 1)
    struct.pack_into("<Q", place, 0, seed)


def limit_memory():
    """Make a hostile size a MemoryError, not the end of the machine. ASan needs its terabytes."""
    if "libasan" not in os.environ.get("LD_PRELOAD", ""):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))


def attack(first, seconds, width=3):
    """The seeds that ended their process, each with how."""
    end, seed, ended = time.monotonic() + seconds, first, {}
    while (left := end - time.monotonic()) > 0.2:
        with open_place() as (path, place):
            command = [sys.executable, __file__, "--first", str(seed), "--place", path]
            done = subprocess.run(
                [*command, "--seconds", str(left)], capture_output=True, check=False
            )
            reached, finished = struct.unpack_from("<QQ", place)
        if done.returncode == 0 and finished:
            break
        text = done.stderr.decode("utf-8", "replace").strip()
        ended[reached] = (done.returncode, text[-3000:])
        print(f"seed {reached}: ended by {done.returncode}\n{text[: width * 400]}", flush=True)
        seed = reached + 1
    print(
        f"attack: {reached - first} rounds from seed {first}, {len(ended)} crashes: {sorted(ended)}"
    )
    return ended


class open_place:  # noqa: N801 -- a context manager
    """A mapped file that a process and its parent share."""

    def __enter__(self):
        import tempfile

        self.file = tempfile.NamedTemporaryFile(prefix="fastsock-attack-")
        self.file.write(bytes(16))
        self.file.flush()
        self.memory = mmap.mmap(self.file.fileno(), 16)
        return self.file.name, self.memory

    def __exit__(self, *_):
        self.memory.close()
        self.file.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, help="run this round alone, and tell of its calls")
    parser.add_argument("--first", type=int, default=time.time_ns() // 1_000_000 * 1000)
    parser.add_argument(
        "--seconds", type=float, default=float(os.environ.get("FUZZ_SECONDS", "20"))
    )
    parser.add_argument("--place", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if os.environ.get("PYTHONHASHSEED") != "0":  # so that a seed repeats its round
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | {"PYTHONHASHSEED": "0"})
    faulthandler.enable()
    if given.seed is not None:
        limit_memory()
        one_round(given.seed, trace=True)
        return 0
    if given.place is not None:
        with open(given.place, "r+b") as file, mmap.mmap(file.fileno(), 16) as place:
            rounds(given.first, given.seconds, place)
        return 0
    return 1 if attack(given.first, given.seconds) else 0


if __name__ == "__main__":
    sys.exit(main())
