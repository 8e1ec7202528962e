"""A capture: the kernel walks over a window of the file."""

from libc.stdint cimport uint8_t

from fastsock.capture._c.sink cimport Sink, fs_capture, fs_record, fs_walked


cdef class Capture:
    cdef object __weakref__
    cdef fs_capture walk
    cdef memoryview view          # the window: a mapping, or bytes read; records are its slices
    cdef const uint8_t *window    # its bytes, which the walk goes over ...
    cdef Py_ssize_t window_size
    cdef Py_buffer pin            # ... and which this keeps in place
    cdef list ahead               # bytes read that are not in the window yet ...
    cdef size_t ahead_size        # ... and how many they are
    cdef object source            # where they come from, a sources.Source
    cdef object name_             # the path of the file, or None
    cdef object format_
    cdef object stopped_
    cdef object record_type
    cdef size_t records_
    cdef bint done
    cdef bint busy
    cdef bint closed_

    cdef object end(self)
    cdef int enter(self) except -1
    cdef int begin(self) except -1
    cdef int show(self, memoryview view) except -1
    cdef int drop(self) except -1
    cdef int more(self, size_t size) except -1
    cdef int look_further(self, size_t size) except -1
    cdef int read_further(self, size_t size) except -1
    cdef int join_ahead(self) except -1
    cdef int help(self, fs_walked state) except -1
    cdef int make_room(self) except -1
    cdef object record(self, const fs_record *found)
    cdef int decode(self, Sink sink, size_t most, size_t threads) except -1
    cdef int decode_several(self, Sink sink, size_t threads) except -1
    cdef int decode_into(self, Sink sink, size_t most) except -1
