"""Framers made ready for the kernel."""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from libc.stdint cimport INT64_MAX, int64_t, uint8_t, uint64_t
from libc.string cimport memset

from fastsock.stream import errors as _errors
from fastsock.stream import framers as _framers


cdef extern from *:
    """
    #define FS_MOST (INT64_C(1) << 62)
    """
    const int64_t MOST "FS_MOST"  # a sum with any length that could be buffered fits in 64 bits

cdef int64_t within(object value, int64_t least, int64_t most) except? -1:
    """A field of a framer. Out of its bounds it would send the kernel to other memory."""
    cdef int64_t number = value
    if not least <= number <= most:
        raise OverflowError(f"a framer's field must be between {least} and {most}, not {number}")
    return number


# The collector must not clear it: a weakref callback can still use it then, and the separators
# would point into texts that are gone.
@cython.final
@cython.no_gc_clear
cdef class Plan:
    """A framer, made ready for the kernel. The framer keeps it, so all accumulators share it."""

    def __cinit__(self, framer):
        cdef fs_framer *rules = &self.framer
        # The framer's own checks have passed. These stop a framer whose class was tampered with.
        rules.max_frame = <uint64_t>INT64_MAX
        if framer.max_frame is not None and framer.max_frame < INT64_MAX:
            rules.max_frame = framer.max_frame
        rules.keep = getattr(framer, "keep", False)
        if isinstance(framer, _framers.LengthPrefix):
            rules.kind = FS_LENGTH_PREFIX
            rules.little = framer.byteorder == "little"
            rules.negative = framer.signed
            rules.width = within(framer.width, 1, 8)
            rules.header = within(framer.offset, 0, 1 << 30) + rules.width
            rules.adjust = within(framer.adjust, -MOST, MOST)
            rules.strip = within(framer.strip, 0, MOST)
        elif isinstance(framer, (_framers.Delimiter, _framers.Lines)):
            rules.kind = FS_DELIMITER
            rules.last = getattr(framer, "last", False)
            self.separate(framer.separator)
        elif isinstance(framer, _framers.FixedSize):
            rules.kind = FS_FIXED
            rules.max_frame = within(framer.size, 1, MOST)
        elif isinstance(framer, _framers.Varint):
            rules.kind = FS_VARINT
        else:
            rules.kind = FS_NETSTRING

    cdef object separate(self, object separator):
        cdef fs_framer *rules = &self.framer
        texts = {separator} if isinstance(separator, bytes) else set(separator)
        for text in texts:
            if not PyBytes_CheckExact(text) or not text:
                raise TypeError("a separator must be bytes, at least one")
        self.texts = tuple(sorted(texts, key=len, reverse=True))
        self.separators = <fs_separator *>PyMem_RawMalloc(len(self.texts) * sizeof(fs_separator))
        if self.separators == NULL:
            raise MemoryError()
        rules.separators = self.separators
        rules.longest = len(self.texts[0])
        memset(rules.ends, 0, sizeof(rules.ends))
        for text in self.texts:
            self.separators[rules.count].text = <const uint8_t *>PyBytes_AS_STRING(text)
            self.separators[rules.count].size = PyBytes_GET_SIZE(text)
            rules.ends[<uint8_t>text[-1]] = 1
            rules.count += 1
        lasts = {text[-1] for text in self.texts}
        rules.common = lasts.pop() if len(lasts) == 1 else -1
        sizes = [len(text) for text in self.texts]
        rules.line = rules.common >= 0 and sizes in ([1], [2, 1])

    def __dealloc__(self):
        PyMem_RawFree(self.separators)

    def __reduce__(self):
        raise TypeError("cannot pickle 'Plan' object")


cdef Plan plan_of(object framer):
    if type(framer) not in _framers.KINDS:  # isinstance() believes a false __class__
        raise _errors.not_framer(framer)
    plan = framer._plan
    if type(plan) is not Plan:
        plan = Plan(_framers.checked_again(framer))
        object.__setattr__(framer, "_plan", plan)
    return plan
