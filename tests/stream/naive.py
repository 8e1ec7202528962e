"""A third accumulator, as naive as can be: it starts from the first byte with every question.

It shares no code with either twin and remembers nothing but the bytes. Slow and short is its use.
"""

import re

from fastsock import Delimiter, FixedSize, LengthPrefix, Lines, Netstring, TextLength, Varint


class Refused(Exception):  # noqa: N818 - it stands for other errors
    """An error: the name of its class, and its attributes."""

    def __init__(self, kind, total=0, **attributes):
        super().__init__(kind)
        self.kind, self.total, self.attributes = kind, total, attributes


def too_large(declared, limit, total):
    return Refused("FrameTooLargeError", total, declared=declared, limit=limit)


def overrun(consumed):
    return Refused("LimitOverrunError", consumed=consumed)


BAD = "FrameError"
MORE = "more"


def room(max_frame, max_size, around):
    left = max(max_size - around, 0)
    return left if max_frame is None else min(max_frame, left)


def front(framer, data, ended, max_size):
    """The frame at the front: ``(start, end, next)``, or ``(MORE, its size or None)``."""
    return FRONTS[type(framer)](framer, data, ended, max_size)


def prefixed(framer, data, ended, max_size):
    head = framer.offset + framer.width
    if len(data) < head:
        return MORE, None
    field = data[framer.offset : head]
    body = int.from_bytes(field, framer.byteorder, signed=framer.signed) + framer.adjust
    if body < 0 or head + body < framer.strip:
        raise Refused(BAD)
    if body > (limit := room(framer.max_frame, max_size, head)):
        raise too_large(body, limit, head + body)
    if len(data) < head + body:
        return MORE, head + body
    return framer.strip, head + body, head + body


def separators(framer):
    found = framer.separator
    return (found,) if isinstance(found, bytes) else found


def first_delimiter(framer, data):
    """Where the frame ends and where its delimiter does: the one that is complete first."""
    for end in range(1, len(data) + 1):
        fitting = [s for s in separators(framer) if data[:end].endswith(s)]
        if fitting:
            return end - max(map(len, fitting)), end
    return None


def delimited(framer, data, ended, max_size):
    longest = max(map(len, separators(framer)))
    limit = room(framer.max_frame, max_size, longest)
    found = first_delimiter(framer, data)
    if found is None and len(data) < limit + longest:
        if not (ended and framer.last):
            return MORE, None
        found = len(data), len(data)
    if found is None or found[0] > limit:
        raise overrun(limit + 1)
    return 0, found[framer.keep], found[1]


def fixed(framer, data, ended, max_size):
    if framer.size > max_size:
        raise too_large(framer.size, max_size, framer.size)
    if len(data) < framer.size:
        return MORE, framer.size
    return 0, framer.size, framer.size


def counted(data, head, body, trailer, max_frame, max_size):
    """The end of a frame whose header is `head` bytes."""
    total = head + body + len(trailer)
    if body > (limit := room(max_frame, max_size, head + len(trailer))):
        raise too_large(body, limit, total)
    if len(data) < total:
        return MORE, total
    if data[head + body : total] != trailer:
        raise Refused(BAD)
    return total


def varint(framer, data, ended, max_size):
    head = re.match(rb"[\x80-\xff]*[\x00-\x7f]", data[:10])
    if head is None:
        if len(data) >= 10:
            raise Refused(BAD)
        return MORE, None
    size = sum((byte % 128) << 7 * place for place, byte in enumerate(head[0]))
    if size >= 1 << 64:
        raise Refused(BAD)
    found = counted(data, head.end(), size, b"", framer.max_frame, max_size)
    return found if isinstance(found, tuple) else (0 if framer.keep else head.end(), found, found)


def grammar(framer):
    """The header of a length in text as a pattern, and the endings that some could have."""
    digit = "[0-9]" if framer.base == 10 else "[0-9a-fA-F]"
    most = framer.digits or framer.max_digits
    digits = f"{digit}{{{framer.digits or 1},{most}}}"
    if not framer.zeros:
        digits = f"(?!0{digit}){digits}"
    close = re.escape(framer.end[:1].decode("latin-1"))
    extension = f"(?:[ \\t]*;[^\\x00-\\x08\\n-\\x1f\\x7f{close}]*)?" if framer.extensions else ""
    pattern = f"{re.escape(framer.prefix.decode('latin-1'))}({digits}){extension}"
    pattern += re.escape(framer.end.decode("latin-1"))
    whole = [
        framer.prefix + b"1" * count + extra + framer.end
        for count in range(framer.digits or 1, most + 1)
        for extra in ([b"", b" ;"] if framer.extensions else [b""])
    ]
    endings = {text[at:] for text in whole for at in range(len(text))}
    return re.compile(pattern.encode("latin-1")), endings


GRAMMARS = {}


def in_text(framer, data, ended, max_size):
    rules = TextLength(b":", trailer=b",", max_frame=framer.max_frame)
    rules = rules if isinstance(framer, Netstring) else framer
    if rules not in GRAMMARS:
        GRAMMARS[rules] = grammar(rules)
    pattern, endings = GRAMMARS[rules]
    head = pattern.match(data)
    if head is None:
        if any(pattern.fullmatch(data + ending) for ending in endings):
            return MORE, None
        raise Refused(BAD)
    length = int(head[1], rules.base)
    body = 0 if length < rules.markers else length + rules.adjust
    if body < 0:
        raise Refused(BAD)
    found = counted(data, head.end(), body, rules.trailer, rules.max_frame, max_size)
    if isinstance(found, tuple):
        return found
    return (head.end(), head.end() + body, found) if rules.strip else (0, found, found)


def own(framer, data, ended, max_size):
    """A framer of the user's own, which announces sizes: see Announcing."""
    total = data[0] % 16 + 1
    if data[0] == 0xFF:
        raise Refused(BAD)
    if total > (limit := room(framer.max_frame, max_size, 0)):
        raise too_large(total, limit, total)
    return (1, total, total) if len(data) >= total else (MORE, total)


FRONTS = {
    LengthPrefix: prefixed,
    Delimiter: delimited,
    Lines: delimited,
    FixedSize: fixed,
    Varint: varint,
    Netstring: in_text,
    TextLength: in_text,
}


class RecvAccumulator:
    """The methods of a RecvAccumulator, with `Refused` for their errors."""

    def __init__(self, max_size):
        self.max_size = max_size
        self.data = b""
        self.eof = False
        self.to_skip = 0
        self.skipped_by = None
        self.hidden = b""  # of a frame that is skipped up to its delimiter

    def __len__(self):
        return len(self.data)

    def kept(self):
        """How many hidden bytes a delimiter could begin in."""
        if self.skipped_by is None:
            return 0
        return min(len(self.hidden), max(map(len, separators(self.skipped_by))) - 1)

    def left(self):
        return self.max_size - len(self.data) - self.kept()

    def arrive(self, data):
        dropped = min(self.to_skip, len(data))
        self.to_skip -= dropped
        data = data[dropped:]
        if self.skipped_by is None:
            self.data += data
            return
        self.hidden += data
        found = first_delimiter(self.skipped_by, self.hidden)
        if found is not None:
            self.data, self.hidden, self.skipped_by = self.hidden[found[1] :], b"", None

    def feed(self, data):
        if self.eof:
            raise Refused("RuntimeError")
        if len(data) > self.left():
            raise overrun(len(self.data) + self.kept())
        self.arrive(data)

    def write(self, data):
        if self.eof:
            raise Refused("RuntimeError")
        return self.receive(data)

    def fill(self, data):
        if self.eof:
            return 0
        count = self.receive(data)
        self.eof = not data
        return count

    def receive(self, data):
        if self.left() <= 0:
            raise overrun(len(self.data) + self.kept())
        data = data[: self.left()]
        self.arrive(data)
        return len(data)

    def feed_eof(self):
        self.eof = True

    def clear(self):
        self.data, self.to_skip, self.skipped_by, self.hidden = b"", 0, None, b""

    def drop(self, count):
        taken, self.data = self.data[:count], self.data[count:]
        return taken

    def incomplete(self, expected):
        return Refused("IncompleteReadError", partial=self.data, expected=expected)

    def take(self, n=-1):
        if n > len(self.data):
            if self.eof:
                raise self.incomplete(n)
            if n > self.max_size:
                raise too_large(n, self.max_size, 0)
            return None
        return self.drop(len(self.data) if n < 0 else n)

    def peek(self, n=-1):
        return self.data if n < 0 else self.data[:n]

    def frames(self, framer, limit=None):
        found = []
        while self.data and (limit is None or len(found) < limit):
            try:
                place = front(framer, self.data, self.eof, self.max_size)
            except Refused:
                if found:
                    break
                raise
            if place[0] == MORE:
                if self.eof and not found:
                    raise self.incomplete(place[1])
                break
            start, end, following = place
            found.append(self.data[start:end])
            self.drop(following)
        return found

    def take_delimited(self, framer, keep=True):
        if not self.data:
            if self.eof and framer.last:
                return b""
            if self.eof:
                raise self.incomplete(None)
            return None
        place = delimited(framer, self.data, self.eof, self.max_size)
        if place[0] == MORE:
            if self.eof:
                raise self.incomplete(None)
            return None
        taken = self.data[: place[1]]
        self.drop(place[2])
        return taken

    def take_until(self, separator, max_frame, keep):
        return self.take_delimited(Delimiter(separator, max_frame=max_frame, keep=keep))

    def take_line(self, max_frame, keep):
        return self.take_delimited(Lines(max_frame=max_frame, keep=keep))

    def skip_frame(self, framer):
        if not self.data:
            return False
        error = None
        try:
            place = front(framer, self.data, self.eof, self.max_size)
        except Refused as refused:
            place, error = (MORE, refused.total or None), refused
        if place[0] != MORE:
            self.drop(place[2])
        elif error is None and self.eof:
            self.drop(len(self.data))
        elif isinstance(framer, Delimiter | Lines):
            everything, self.data, self.skipped_by, self.hidden = self.data, b"", framer, b""
            self.arrive(everything)
        elif place[1]:
            here = min(place[1], len(self.data))
            self.to_skip = place[1] - here
            self.drop(here)
        elif error is None:
            return False
        else:
            raise error
        return True
