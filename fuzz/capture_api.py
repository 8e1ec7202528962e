"""Both twins over the same capture, in one piece, dripping, and by several threads: the same
records, columns, reasons.

Run it as ``make fuzz`` does, or by hand with libFuzzer's arguments.
"""

import io
import sys

import atheris

with atheris.instrument_imports(include=["fastsock"]):
    from fastsock import CaptureError
    from fastsock.capture import threads as counts
    from fastsock.capture._c import reader as compiled
    from fastsock.capture._py import reader as pure
    from fastsock.packet.fields import COLUMNS

counts.PART = 1  # any part is worth a thread
LIMITS = [1, 40, 262_144, 0xFFFFFFFF]


class Dripping:
    """A file that gives only so many bytes at once."""

    def __init__(self, data, most):
        self._file = io.BytesIO(data)
        self._most = most

    def read(self, size):
        return self._file.read(min(size, self._most))


def records(twin, source, limit):
    try:
        capture = twin.open_capture(source, max_record=limit)
    except CaptureError as error:
        return str(error)
    found = [(*record[:3], bytes(record.data)) for record in capture]
    return found, capture.stopped, capture.offset, capture.records, capture.format


def columns(twin, source, limit, chunk):
    try:
        capture = twin.open_capture(source, max_record=limit)
    except CaptureError as error:
        return str(error)
    parts = [
        [bytes(part[name]) for name in part]
        for part in capture.to_columns(COLUMNS, verify=True, chunk=chunk)
    ]
    return parts, capture.stopped, capture.offset, capture.records


def by_threads(source, limit, threads):
    try:
        capture = compiled.open_capture(source, max_record=limit)
    except CaptureError as error:
        return str(error)
    found = capture.to_columns(COLUMNS, verify=True, threads=threads)
    rows = [bytes(found[name]) for name in found]
    return rows, capture.stopped, capture.offset, capture.records, list(capture)


def one_input(raw):
    data = atheris.FuzzedDataProvider(raw)
    limit = data.PickValueInList(LIMITS)
    most = data.ConsumeIntInRange(1, 100)
    chunk = data.ConsumeIntInRange(1, 40)
    file = data.ConsumeBytes(data.remaining_bytes())
    for say, arguments in ((records, (limit,)), (columns, (limit, chunk))):
        sources = [lambda: file, lambda: Dripping(file, most)]
        said = [say(twin, source(), *arguments) for twin in (compiled, pure) for source in sources]
        if any(other != said[0] for other in said):
            raise AssertionError(f"{say.__name__}: {said}")
    one = by_threads(file, limit, 1)
    for threads in (2, 3):
        if by_threads(file, limit, threads) != one:
            raise AssertionError(
                f"{threads} threads: {by_threads(file, limit, threads)}, not {one}"
            )


atheris.Setup(sys.argv, one_input)
atheris.Fuzz()
