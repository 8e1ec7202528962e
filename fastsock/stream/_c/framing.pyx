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


cdef fs_separator text_of(object text) except *:
    cdef fs_separator result
    if not PyBytes_CheckExact(text):
        raise TypeError("a framer's text must be bytes")
    result.text = <const uint8_t *>PyBytes_AS_STRING(text)
    result.size = PyBytes_GET_SIZE(text)
    return result


# The collector must not clear it: a weakref callback can still use it then, and the separators
# would point into texts that are gone.
@cython.final
@cython.no_gc_clear
cdef class Plan:
    """A framer, made ready for the kernel. The framer keeps it, so all accumulators share it."""

    def __cinit__(self, framer):
        cdef fs_framer *rules = &self.framer
        # A framer here was checked already. These checks stop one whose class was tampered with.
        most = _framers.limit_of(framer.max_frame)
        rules.max_frame = <uint64_t>INT64_MAX if most is None else min(most, INT64_MAX)
        rules.keep = type(framer) in _framers.KINDS and getattr(framer, "keep", False)
        if type(framer) not in _framers.KINDS:
            rules.kind = FS_OWN
            self.own = framer
        elif isinstance(framer, _framers.LengthPrefix):
            rules.kind = FS_LENGTH_PREFIX
            rules.little = framer.byteorder == "little"
            rules.negative = framer.signed
            rules.width = within(framer.width, 1, 8)
            rules.header = within(framer.offset, 0, 1 << 30) + rules.width
            rules.adjust = within(framer.adjust, -MOST, MOST)
            rules.strip = within(framer.strip, 0, MOST)
        elif isinstance(framer, (_framers.Delimiter, _framers.Lines)):
            rules.kind = FS_DELIMITER
            rules.last = framer.last
            self.separate(framer.separator)
            self.around = (framer.writes,)
            rules.written = text_of(framer.writes)
        elif isinstance(framer, _framers.FixedSize):
            rules.kind = FS_FIXED
            rules.max_frame = within(framer.size, 1, MOST)
        elif isinstance(framer, _framers.Varint):
            rules.kind = FS_VARINT
        else:
            rules.kind = FS_TEXT
            self.measure(framer)

    cdef object measure(self, object framer):
        """Take over the rules of a length in text, of which a netstring is one."""
        cdef fs_framer *rules = &self.framer
        self.netstring = isinstance(framer, _framers.Netstring)
        text = _framers.TextLength(b":", trailer=b",") if self.netstring else framer
        self.around = (text.prefix, text.end, text.trailer)
        rules.prefix = text_of(text.prefix)
        rules.stop = text_of(text.end)
        rules.trailer = text_of(text.trailer)
        rules.hex = text.base == 16
        rules.most_digits = within(text.digits or text.max_digits, 1, 15 if rules.hex else 18)
        rules.least_digits = rules.most_digits if text.digits else 1
        rules.zeros = text.zeros
        rules.extensions = text.extensions and rules.stop.size > 0
        rules.adjust = within(text.adjust, -MOST, MOST)
        rules.markers = within(text.markers, 0, MOST)
        rules.keep = not text.strip

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
    if type(framer) not in _framers.KINDS:
        if not _framers.is_own(framer):
            raise _errors.not_framer(framer)
        return Plan(framer)
    plan = framer._plan
    if type(plan) is not Plan:
        plan = Plan(_framers.checked_again(framer))
        object.__setattr__(framer, "_plan", plan)
    return plan
