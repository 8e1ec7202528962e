"""Framers made ready for the kernel."""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from libc.stdint cimport INT64_MAX, uint8_t, uint64_t
from libc.string cimport memset

from fastsock import errors as _errors
from fastsock.stream import framers as _framers


@cython.final
cdef class Plan:
    """A framer, made ready for the kernel. The framer keeps it, so all accumulators share it."""

    def __cinit__(self, framer):
        cdef fs_framer *rules = &self.framer
        rules.max_frame = <uint64_t>INT64_MAX
        if framer.max_frame is not None and framer.max_frame < INT64_MAX:
            rules.max_frame = framer.max_frame
        rules.keep = getattr(framer, "keep", False)
        if isinstance(framer, _framers.LengthPrefix):
            rules.kind = FS_LENGTH_PREFIX
            rules.little = framer.byteorder == "little"
            rules.negative = framer.signed
            rules.width = framer.width
            rules.header = framer.offset + framer.width
            rules.adjust = framer.adjust
            rules.strip = framer.strip
        elif isinstance(framer, (_framers.Delimiter, _framers.Lines)):
            rules.kind = FS_DELIMITER
            rules.last = getattr(framer, "last", False)
            self.separate(framer.separator)
        elif isinstance(framer, _framers.FixedSize):
            rules.kind = FS_FIXED
        elif isinstance(framer, _framers.Varint):
            rules.kind = FS_VARINT
        else:
            rules.kind = FS_NETSTRING

    cdef object separate(self, object separator):
        cdef fs_framer *rules = &self.framer
        texts = {separator} if isinstance(separator, bytes) else set(separator)
        self.texts = sorted(texts, key=len, reverse=True)
        self.separators = <fs_separator *>PyMem_RawMalloc(len(texts) * sizeof(fs_separator))
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
    if not isinstance(framer, _framers.Framer):
        raise _errors.not_framer(framer)
    if type(framer._plan) is not Plan:
        object.__setattr__(framer, "_plan", Plan(framer))
    return framer._plan
