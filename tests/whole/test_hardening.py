"""How the extensions were linked and compiled, by what their files say."""

import struct
import sys
from importlib import import_module
from pathlib import Path

import pytest
from contract import ROOMS

RELRO = 0x6474E552  # the type of a segment that is read-only once it is relocated
DYNAMIC = 2
FLAGS, FLAGS_1 = 30, 0x6FFFFFFB
BIND_NOW, NOW = 8, 1


def segments(image):
    """Type, offset and size of each segment of an ELF file."""
    wide, order = image[4] == 2, "<" if image[5] == 1 else ">"
    place = struct.unpack_from(order + ("Q" if wide else "I"), image, 32 if wide else 28)[0]
    size, count = struct.unpack_from(order + "HH", image, 54 if wide else 42)
    for at in range(place, place + size * count, size):
        if wide:
            kind, _, offset, _, _, length = struct.unpack_from(order + "IIQQQQ", image, at)
        else:
            kind, offset, _, _, length = struct.unpack_from(order + "IIIII", image, at)
        yield kind, offset, length


def dynamic(image):
    """The tags of the dynamic section."""
    wide, order = image[4] == 2, "<" if image[5] == 1 else ">"
    ((place, size),) = ((at, size) for kind, at, size in segments(image) if kind == DYNAMIC)
    return dict(struct.iter_unpack(order + ("QQ" if wide else "II"), image[place : place + size]))


if sys.platform == "linux":

    @pytest.fixture(params=ROOMS)
    def part(request, compiled):
        room = import_module(f"fastsock.{request.param}")
        return request.param.partition(".")[0], Path(room.__file__).read_bytes()

    def test_calls_of_libraries_are_fixed_at_start(part):
        _, image = part
        tags = dynamic(image)
        assert RELRO in {kind for kind, _, _ in segments(image)}
        assert tags.get(FLAGS, 0) & BIND_NOW or tags.get(FLAGS_1, 0) & NOW

    def test_stack_arrays_are_guarded_where_callbacks_run(part):
        name, image = part
        if name in {"capture", "headers", "stream"}:
            assert b"__stack_chk_fail" in image or b"__stack_chk_guard" in image
