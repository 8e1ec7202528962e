"""Parts of a capture, which threads decode at the same time."""

from libc.stdint cimport uint8_t

from fastsock.capture._c.sink cimport Sink, fs_capture, fs_sink


# One thread's part. It keeps its bytes and its rows in place itself: nothing is taken from it when
# the call that waits for it is interrupted, and the capture is closed.
cdef class Part:
    cdef fs_capture first         # the walk where the part begins ...
    cdef fs_capture walk          # ... and as far as it came
    cdef const uint8_t *window    # the bytes of the whole capture ...
    cdef size_t size              # ... and how many they are
    cdef const uint8_t *until     # where the next part begins, or the file ends
    cdef Py_buffer pin
    cdef bytes interfaces         # a copy of what `first` and `walk` refer to
    cdef object source            # where the bytes come from, a sources.Source
    cdef object stop              # an Event: the call was interrupted
    cdef size_t rows              # as they were counted, ...
    cdef const uint8_t *last      # ... and where the last one ended
    cdef Sink to                  # whose memory has room for them, once they are counted
    cdef fs_sink sink             # where they are in that memory
    cdef bint keep(self, memoryview view) except -1
    cdef size_t there(self) except? 0
    cdef int give(self, Sink to, size_t row) except -1
    cdef bint meets(self, Part after) noexcept


cdef int decode_parts(
    fs_capture *walk,
    const uint8_t *window,
    size_t size,
    memoryview view,
    object source,
    Sink sink,
    size_t threads,
) except -1
