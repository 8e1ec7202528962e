"""Use accumulators and framers from a weakref callback, while the collector clears what they hold.

    python collected.py {c,py}

The callback of a weak reference to an object that the collector does not track runs in the midst
of the clearing of a cycle, when some members of the cycle have been cleared and some not, and
`gc.get_objects` has those that were. Prints how many of them were used; a use of freed memory
crashes, or gives other bytes.
"""

import gc
import sys
import weakref
from contextlib import suppress
from importlib import import_module

from fastsock import Delimiter

stream = import_module(f"fastsock.stream._{sys.argv[1]}")
SEPARATORS = (b"--a-boundary-of-some-length--", b"--and-another-boundary--")
DATA = b"one" + SEPARATORS[0] + b"two" + SEPARATORS[1] + b"three"
failures = []
references = []
used = 0


class Member:
    """The object that makes the cycle."""


def use(acc, framer):
    """Do all that a callback may do, with known answers."""
    litter = [b"-" * len(one) for one in SEPARATORS for _ in range(100)]  # where texts were freed
    try:
        if acc.frames(framer, limit=1) != [b"one"] or acc.frames(framer, views=True) != [b"two"]:
            failures.append("frames")
        repr(acc), len(acc), acc.eof
        if acc.peek() != b"three" or acc.take_line() is not None:
            failures.append("peek")
        acc.feed(b"\n")
        if acc.take_line() != b"three\n":
            failures.append("take_line")
        acc.get_buffer()[:1] = b"x"
        acc.buffer_updated(1)
        acc.clear()
    except (AttributeError, TypeError):
        pass  # the pure twin's own attributes may be gone, and so may a framer's
    return litter


def make(order):
    """A cycle that holds an accumulator, a framer with its plan, and an untracked object."""
    parts = {}
    for name in order:
        if name == "acc":
            parts["acc"] = stream.RecvAccumulator()
        elif name == "framer":
            parts["framer"] = Delimiter(SEPARATORS)
        else:
            parts["code"] = compile("0", "untracked", "eval")
    acc, framer = parts["acc"], parts["framer"]
    acc.feed(DATA)
    acc.frames(framer, limit=1)
    acc.clear()
    acc.feed(DATA)
    member = Member()  # made last: it is cleared last
    member.untracked = parts["code"]
    member.acc, member.framer, member.itself = acc, framer, member
    references.append(weakref.ref(parts["code"], callback))


def callback(_):
    """Use what has been cleared, by a framer that may have been, too."""
    global used
    found = gc.get_objects()
    framers = [one for one in found if type(one) is Delimiter]
    for acc in [one for one in found if type(one) is stream.RecvAccumulator]:
        for framer in framers or [Delimiter(SEPARATORS)]:
            used += 1
            use(acc, framer)
            with suppress(AttributeError, TypeError):
                acc.feed(DATA)


gc.disable()
for order in (
    ("acc", "framer", "code"),
    ("framer", "acc", "code"),
    ("code", "acc", "framer"),
    ("acc", "code", "framer"),
):
    for _ in range(50):
        make(order)
        gc.collect()
        references.clear()
assert not failures, failures
print(used)
