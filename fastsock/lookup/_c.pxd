"""Declarations of the compiled look-ups."""

from cpython.object cimport PyObject
from libc.stdint cimport uint8_t


cdef extern from "fastsock/_core/pyobjects.h":
    const uint8_t *fs_ascii(PyObject *text, Py_ssize_t *size) noexcept
    const uint8_t *fs_utf8(object text, Py_ssize_t *size) except NULL
    object fs_new_text(const uint8_t *text, Py_ssize_t size)
    long fs_long(object value, int *overflow) noexcept
    int fs_dict_item(dict table, object key, PyObject **found) except -1
    object fs_list_item(list items, Py_ssize_t index)


cdef extern from "fastsock/address/family.h" nogil:
    int AF_UNSPEC
    int AF_INET
    int AF_INET6


cdef extern from "fastsock/address/inet6.h" nogil:
    const uint8_t *fs_parse4(const uint8_t *p, const uint8_t *end, uint8_t *out) noexcept
    const uint8_t *fs_parse6(const uint8_t *p, const uint8_t *end, uint8_t *out) noexcept
    enum: FS_TEXT6_MAX
    size_t fs_format6(const uint8_t *packed, uint8_t *out) noexcept


cdef extern from "fastsock/lookup/netdb.h" nogil:
    # libc's entry for a service or protocol, by its reentrant functions: whether there is one.
    enum: FS_NETDB_REENTRANT       # whether libc has such functions
    bint fs_service_port(const char *name, const char *protocol, int *port) noexcept
    bint fs_service_name(int port, const char *protocol, char *name, size_t room) noexcept
    bint fs_protocol_number(const char *name, int *number) noexcept


cdef enum:
    PORT_MAX = 0xFFFF
    FLOW_MAX = 0xFFFFF
    NAME_ROOM = 256                # no service's name is as long
    PORTS = 0                      # the fields of services.Tables
    SERVICES = 1
    PROTOCOLS = 2
    SHAPES = 36                    # IPv4 or 6, family given or not, three types, three protocols


cdef enum:                         # the parameters of getaddrinfo
    HOST
    PORT
    FAMILY
    TYPE
    PROTO
    FLAGS
    STRICT
    PARAMETERS


cdef class _Guard:
    """What `socket` must have under a name for a fast path of ours to be open."""

    cdef dict socket               # vars(socket), asked at each call
    cdef object name
    cdef object stdlib             # the standard library's function ...
    cdef object ours               # ... or ours; None where the path stays shut

    cdef bint is_open(self) except -1


cdef class _State:
    """What the functions need of Python: one for each interpreter, found by one look-up."""

    cdef _Guard getaddrinfo
    cdef _Guard gethostbyname
    cdef _Guard getnameinfo
    cdef _Guard getservbyname
    cdef _Guard getservbyport
    cdef _Guard getprotobyname
    cdef dict services             # vars(fastsock.lookup.services), which has the tables
    cdef object any_protocol       # what stands for a protocol that was left out
    cdef list shapes               # by hints, (family, type, proto) of a literal's rows, or None
    cdef tuple parameters          # of getaddrinfo, by name
    cdef object plain              # getaddrinfo as Cython makes it
    cdef object current            # three constants, whose look-ups would take time
    cdef object empty
    cdef object zero

    cdef tuple tables(self)


ctypedef struct Literal:
    int family                     # 0: it is none
    int port
    uint8_t packed[16]
