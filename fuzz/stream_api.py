"""Both twins of the accumulator under the same operations: the same results or the same errors.

Views that were handed out keep their contents, whatever comes after them. Run it as ``make fuzz``
does, or by hand with libFuzzer's arguments.
"""

import sys

import atheris

with atheris.instrument_imports(include=["fastsock"]):
    from fastsock.errors import FrameError, IncompleteReadError, LimitOverrunError
    from fastsock.stream._c import accumulator as compiled
    from fastsock.stream._py import accumulator as pure
    from fastsock.stream.framers import Delimiter, FixedSize, LengthPrefix, Lines, Netstring, Varint

DOCUMENTED = (FrameError, IncompleteReadError, LimitOverrunError, RuntimeError, ValueError)
SIZES = [1, 2, 3, 7, 16, 100, 70_000, 1 << 24]
EDGES = [-(1 << 62), 1 << 62, (1 << 61) + 1]
LETTERS = [b"a", b";", b"\r", b"\n", b"\r\n", b"a;", b";;a", b"\n\n"]


def some_limit(data):
    return data.ConsumeIntInRange(0, 20) if data.ConsumeBool() else None


def some_number(data):
    return data.ConsumeIntInRange(-12, 12) if data.ConsumeBool() else data.PickValueInList(EDGES)


def some_separator(data):
    count = data.ConsumeIntInRange(0, 3)
    many = tuple(data.PickValueInList(LETTERS) for _ in range(count))
    return many or data.PickValueInList(LETTERS)


def some_framer(data):
    kind = data.PickValueInList([LengthPrefix, Delimiter, Lines, FixedSize, Varint, Netstring])
    if kind is LengthPrefix:
        return LengthPrefix(
            data.ConsumeIntInRange(1, 8),
            byteorder=data.PickValueInList(["big", "little"]),
            offset=data.ConsumeIntInRange(0, 4),
            adjust=some_number(data),
            strip=data.PickValueInList([None, 0, 3, 12, 1 << 62]),
            max_frame=some_limit(data),
            signed=data.ConsumeBool(),
        )
    if kind is FixedSize:
        return FixedSize(data.ConsumeIntInRange(1, 40))
    if kind is Netstring:
        return Netstring(max_frame=some_limit(data))
    options = {"max_frame": some_limit(data), "keep": data.ConsumeBool()}
    if kind is Delimiter:
        return Delimiter(some_separator(data), **options)
    if kind is Lines:
        newline = data.PickValueInList([None, b"\n", b"\r\n"])
        return Lines(newline, last=data.ConsumeBool(), **options)
    return Varint(**options)


def feed(data):
    piece = data.ConsumeBytes(data.ConsumeIntInRange(0, 60)) * data.PickValueInList([1, 1, 1, 999])
    return lambda acc: acc.feed(piece)


def write(data):
    piece, hint = data.ConsumeBytes(20), data.PickValueInList([-1, 0, 5, 100_000])

    def write(acc):
        buffer = acc.get_buffer(hint)
        count = min(len(buffer), len(piece))
        buffer[:count] = piece[:count]
        acc.buffer_updated(count)
        return count

    return write


def update(data):
    count = data.ConsumeIntInRange(-1, 1)
    return lambda acc: acc.buffer_updated(count)


def frames(data):
    framer, views = some_framer(data), data.ConsumeBool()
    return lambda acc: acc.frames(framer, views)


def offsets(data):
    framer = some_framer(data)
    return lambda acc: acc.frame_offsets(framer)


def skip(data):
    framer = some_framer(data)
    return lambda acc: acc.skip_frame(framer)


def skip_and_go_on(data):
    framer, piece = some_framer(data), data.ConsumeBytes(20)
    return lambda acc: (acc.skip_frame(framer), acc.feed(piece), acc.frames(framer))


def take(data):
    name, count = data.PickValueInList(["take", "peek"]), data.ConsumeIntInRange(-1, 50)
    view = data.ConsumeBool()
    return lambda acc: getattr(acc, name)(count, view=view)


def take_until(data):
    separator, limit, keep = some_separator(data), some_limit(data), data.ConsumeBool()
    return lambda acc: acc.take_until(separator, max_frame=limit, keep=keep)


def take_line(data):
    limit, keep = some_limit(data), data.ConsumeBool()
    return lambda acc: acc.take_line(max_frame=limit, keep=keep)


def end(data):
    # Seldom, for little can follow.
    really = data.ConsumeIntInRange(0, 7) == 0
    return lambda acc: acc.feed_eof() if really else None


def clear(data):
    return lambda acc: acc.clear()


OPERATIONS = [feed, feed, feed, write, update, frames, frames, offsets, skip, skip_and_go_on, take,
              take_until, take_line, end, clear]  # fmt: skip


class Held:
    """Views that one accumulator handed out, with what they showed then."""

    def __init__(self):
        self._views = []

    def plain(self, result):
        """A result that can be compared; its views are held."""
        if isinstance(result, list | tuple):
            return type(result)(self.plain(one) for one in result)
        if not isinstance(result, memoryview):
            return result
        self._views.append((result, bytes(result)))
        return bytes(result)

    def check(self):
        for view, contents in self._views:
            if view != contents:
                raise AssertionError(f"a view of {contents!r} shows {bytes(view)!r}")

    def forget(self, count):
        del self._views[:count]


def outcome(operation, acc, held):
    """A result, or a documented error with all it says; any other error goes up."""
    try:
        result = held.plain(operation(acc))
    except DOCUMENTED as error:
        result = type(error), str(error), vars(error)
    return result, len(acc), acc.eof


def one_input(raw):
    data = atheris.FuzzedDataProvider(raw)
    max_size = data.PickValueInList(SIZES)
    pairs = [(twin.RecvAccumulator(max_size), Held()) for twin in (compiled, pure)]
    for _ in range(40):
        if data.remaining_bytes() == 0:
            break
        choice = data.PickValueInList(OPERATIONS)
        operation, dropped = choice(data), data.ConsumeIntInRange(0, 3)
        first, second = [outcome(operation, acc, held) for acc, held in pairs]
        if first != second:
            raise AssertionError(f"{choice.__name__}: {first} and {second}")
        for _, held in pairs:
            held.check()
            held.forget(dropped)


atheris.Setup(sys.argv, one_input)
atheris.Fuzz()
