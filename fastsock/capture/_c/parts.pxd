"""Parts of a pcap file, which threads decode at the same time."""

from libc.stdint cimport uint8_t

from fastsock.capture._c.sink cimport Sink, fs_capture


# One thread's part. It keeps its bytes in place itself: nothing is taken from it when the call that
# waits for it is interrupted and the capture is closed.
cdef class Part:
    cdef fs_capture walk
    cdef const uint8_t *window    # the bytes of the whole capture ...
    cdef size_t size              # ... and how many they are
    cdef const uint8_t *until     # where the next part begins, or the file ends
    cdef const uint8_t *expect    # the end of the bytes that its columns have room for
    cdef Py_buffer pin
    cdef object source            # where the bytes come from, a sources.Source
    cdef object stop              # an Event: the call was interrupted
    cdef Sink sink
    cdef bint keep(self, memoryview view) except -1
    cdef size_t there(self) except? 0


cdef Sink decode_parts(
    fs_capture *walk,
    const uint8_t *window,
    size_t size,
    memoryview view,
    object source,
    tuple names,
    bint verify,
    size_t threads,
)
