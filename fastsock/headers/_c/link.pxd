"""Views of Ethernet headers and ARP packets."""

from fastsock.headers._c.views cimport View


cdef class EthernetView(View):
    cdef Py_ssize_t tags(self) noexcept


cdef class ARPView(View):
    cdef Py_ssize_t place(self, int which, Py_ssize_t *size) except -1
    cdef bytes part(self, int which)
    cdef int set_part(self, int which, str name, object value) except -1
