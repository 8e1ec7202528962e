"""Both twins of the accumulator under the same operations: the same results or the same errors.

What both encoders write, or refuse, is the same too, and comes back when it is cut. Views that were
handed out keep their contents, whatever comes after them. Run it as ``make fuzz`` does, or by hand
with libFuzzer's arguments.
"""

import sys

import atheris

with atheris.instrument_imports(include=["fastsock"]):
    from fastsock.errors import FrameError, IncompleteReadError, LimitOverrunError
    from fastsock.stream._c import accumulator as compiled, encoding as compiled_encoding
    from fastsock.stream._py import accumulator as pure, encoding as pure_encoding
    from fastsock.stream.framers import (
        Delimiter,
        FixedSize,
        Framer,
        LengthPrefix,
        Lines,
        Netstring,
        TextLength,
        Varint,
    )

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


class Own(Framer):
    """A framer of the user's own, whose answers are the bytes': good ones and wrong ones."""

    def __init__(self, max_frame):
        self.max_frame = max_frame

    def __repr__(self):
        return f"Own({self.max_frame})"

    def find(self, view, eof):
        kind, number = view[0] >> 5, view[0] & 31
        if kind == 0:
            return number + len(view)
        if kind == 1:
            return None
        if kind == 2:
            raise FrameError("no frame")
        if kind == 3:
            return view[-1] - 9, number, number + 1
        size = number + 1
        return (min(kind - 4, size), size, size) if len(view) >= size else size


def text_length(data):
    digits = data.PickValueInList([None, None, 1, 4])
    ends = [b"a", b"\r\n", b";"] + ([b""] if digits else [])
    end, extensions = data.PickValueInList(ends), data.ConsumeBool()
    return TextLength(
        end,
        base=16 if end[:1] != b"a" and data.ConsumeBool() else 10,
        max_digits=data.PickValueInList([None, 1, 3]),
        trailer=data.PickValueInList([b"", b";", b"\r\n"]),
        adjust=some_number(data),
        digits=digits,
        strip=data.ConsumeBool(),
        prefix=data.PickValueInList([b"", b"a"]),
        zeros=data.ConsumeBool(),
        extensions=extensions and end[:1] not in (b"", b";"),
        markers=data.PickValueInList([0, 0, 3, EDGES[1]]),
        max_frame=some_limit(data),
    )


def some_framer(data):
    kind = data.PickValueInList(
        [LengthPrefix, Delimiter, Lines, FixedSize, Varint, Netstring, TextLength, Own]
    )
    if kind is TextLength:
        return text_length(data)
    if kind is Own:
        return Own(some_limit(data))
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
        return Delimiter(some_separator(data), last=data.ConsumeBool(), **options)
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
    limit = data.ConsumeIntInRange(1, 3) if data.ConsumeBool() else None
    return lambda acc: acc.frames(framer, views, limit=limit)


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


def check_encoders(data):
    """The encoders write the same or refuse alike; what they write comes back."""
    framer, count = some_framer(data), data.ConsumeIntInRange(0, 4)
    bodies = [data.ConsumeBytes(data.ConsumeIntInRange(0, 20)) for _ in range(count)]
    if isinstance(framer, Own):
        return
    written = []
    for twin in (compiled_encoding, pure_encoding):
        try:
            written.append(twin.encode_many(framer, bodies))
        except (FrameError, MemoryError) as error:  # no memory has what some framers strip
            written.append((type(error), str(error), vars(error)))
    if written[0] != written[1]:
        raise AssertionError(f"{framer} writes {bodies} as {written}")
    if isinstance(written[0], bytes):
        acc = compiled.RecvAccumulator()
        acc.feed(written[0])
        if acc.frames(framer) != bodies or len(acc):
            raise AssertionError(f"{framer} cuts {written[0]!r}, not to {bodies}")


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
    if data.ConsumeIntInRange(0, 3) == 0:
        check_encoders(data)
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
