"""Encoders of the framers: many bodies into one buffer."""

cimport cython
from cpython.buffer cimport PyBuffer_Release
from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_CheckExact,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE
from libc.stdint cimport int64_t, uint8_t, uint64_t

from fastsock._core.buffers cimport get_contiguous
from fastsock.stream._c.framing cimport (
    FS_DELIMITER,
    FS_OWN,
    Plan,
    fs_framer,
    plan_of,
)

from fastsock.stream import errors as _errors


cdef extern from "Python.h":
    Py_ssize_t PY_SSIZE_T_MAX

cdef extern from "fastsock/stream/encode.h" nogil:
    ctypedef enum fs_unwritten:
        FS_WRITTEN
        FS_UNWRITTEN_SHORT
        FS_UNWRITTEN_LENGTH
        FS_UNWRITTEN_SIZE
        FS_UNWRITTEN_LIMIT
        FS_UNWRITTEN_OTHER

    ctypedef struct fs_layout:
        uint64_t total
        size_t before
        uint64_t length
        int negative
        size_t digits
        uint64_t declared
        uint64_t limit

    fs_unwritten fs_lay_out(const fs_framer *framer, size_t size, fs_layout *layout) noexcept
    void fs_put_before(
        const fs_framer *framer, const fs_layout *layout, size_t size, uint8_t *out
    ) noexcept
    bint fs_sure(const fs_framer *framer) noexcept
    fs_unwritten fs_encode(
        const fs_framer *framer, fs_layout *layout, const uint8_t *body, size_t size,
        uint8_t *out, size_t max_size
    ) noexcept


# A body, kept in place until it is written.
cdef struct Body:
    const uint8_t *data
    size_t size
    Py_buffer *view     # NULL for bytes, which nobody can move


cdef object refusal(Plan plan, Py_ssize_t place, size_t size, fs_unwritten why, fs_layout *layout):
    """The error of a body that can't be framed."""
    cdef const fs_framer *rules = &plan.framer
    if why == FS_UNWRITTEN_LIMIT:
        return _errors.FrameTooLargeError(layout.declared, layout.limit)
    if why == FS_UNWRITTEN_SHORT:
        text = _errors.SHORT
    elif why == FS_UNWRITTEN_LENGTH:
        text = _errors.other_length(
            <int64_t>layout.length if layout.negative else <object>layout.length
        )
    elif why == FS_UNWRITTEN_SIZE:
        text = _errors.other_size(size, rules.max_frame)
    elif rules.kind != FS_DELIMITER:
        text = _errors.HEADER
    else:
        text = _errors.DELIMITER_AMISS if rules.keep else _errors.DELIMITER_INSIDE
    return _errors.unframed(place, text)


@cython.no_gc_clear  # its release reads the items that it holds
@cython.final
cdef class _Bodies:
    """Bodies held in place: their buffers are not resized before they are released."""

    cdef tuple items
    cdef Body *bodies
    cdef Py_ssize_t held

    def __cinit__(self, tuple items):
        cdef Py_ssize_t count = PyTuple_GET_SIZE(items), i
        cdef Body *body
        self.items = items
        self.bodies = <Body *>PyMem_RawMalloc(max(count, 1) * sizeof(Body))
        if self.bodies == NULL:
            raise MemoryError()
        for i in range(count):
            body = &self.bodies[i]
            item = <object>PyTuple_GET_ITEM(items, i)
            body.view = NULL
            if PyBytes_CheckExact(item):
                body.data = <const uint8_t *>PyBytes_AS_STRING(item)
                body.size = PyBytes_GET_SIZE(item)
            else:
                self.hold(item, body)
            self.held += 1

    cdef int hold(self, object item, Body *body) except -1:
        cdef Py_buffer *view = <Py_buffer *>PyMem_RawMalloc(sizeof(Py_buffer))
        if view == NULL:
            raise MemoryError()
        try:
            get_contiguous(item, view, "a body")
        except BaseException:
            PyMem_RawFree(view)
            raise
        body.view = view
        body.data = <const uint8_t *>view.buf
        body.size = view.len
        return 0

    cdef object write(self, Plan plan, bint many):
        """All frames, measured first and then written into one buffer."""
        cdef const fs_framer *rules = &plan.framer
        cdef fs_layout layout
        cdef fs_unwritten why
        cdef Py_ssize_t i
        cdef uint64_t total = 0
        cdef uint8_t *out
        if rules.kind == FS_OWN:  # the kernel has no rules of it
            raise _errors.not_framer(plan.own)
        for i in range(self.held):
            why = fs_lay_out(rules, self.bodies[i].size, &layout)
            if why != FS_WRITTEN:
                raise refusal(plan, i if many else -1, self.bodies[i].size, why, &layout)
            total += layout.total
            if total > <uint64_t>PY_SSIZE_T_MAX:
                raise MemoryError()
        frames = PyBytes_FromStringAndSize(NULL, total)
        out = <uint8_t *>PyBytes_AS_STRING(frames)
        for i in range(self.held):
            fs_lay_out(rules, self.bodies[i].size, &layout)
            why = fs_encode(
                rules, &layout, self.bodies[i].data, self.bodies[i].size, out, PY_SSIZE_T_MAX // 4
            )
            if why != FS_WRITTEN:
                raise refusal(plan, i if many else -1, self.bodies[i].size, why, &layout)
            out += layout.total
        return frames

    def __dealloc__(self):
        cdef Py_ssize_t i
        for i in range(self.held):
            if self.bodies[i].view != NULL:
                PyBuffer_Release(self.bodies[i].view)
                PyMem_RawFree(self.bodies[i].view)
        PyMem_RawFree(self.bodies)


def encode(framer, body, /):
    """Write the frame of a body, by one of the framers of this package."""
    return _Bodies((body,)).write(plan_of(framer), False)


def encode_many(framer, bodies, /):
    """Write the frames of many bodies into one buffer."""
    return _Bodies(tuple(bodies)).write(plan_of(framer), True)


def surround(framer, Py_ssize_t size, Py_ssize_t place, /):
    """What precedes and follows a body of a size, or None where that depends on the body."""
    cdef Plan plan = plan_of(framer)
    cdef const fs_framer *rules = &plan.framer
    cdef fs_layout layout
    if not fs_sure(rules):
        return None
    cdef fs_unwritten why = fs_lay_out(rules, size, &layout)
    if why != FS_WRITTEN:
        raise refusal(plan, place, size, why, &layout)
    before = PyBytes_FromStringAndSize(NULL, layout.before)
    fs_put_before(rules, &layout, size, <uint8_t *>PyBytes_AS_STRING(before))
    after = PyBytes_FromStringAndSize(<const char *>rules.trailer.text, rules.trailer.size)
    return before, after
