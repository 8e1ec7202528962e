"""Memory for received bytes: blocks that live as long as their views, and a pool of idle ones."""

cimport cython
from cpython.buffer cimport PyBUF_FORMAT, PyBUF_ND, PyBUF_STRIDES, PyBUF_WRITABLE
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc


cdef extern from *:
    """
    #define FS_UNSIGNED_BYTES ((char *)"B")
    """
    char *FS_UNSIGNED_BYTES

cdef extern from "Python.h":
    object PyMemoryView_FromObject(object exporter)

cdef enum:
    POOL_BLOCKS = 64        # kept for reuse ...
    POOL_SIZE = 1 << 22     # ... and how many bytes of them


@cython.final
cdef class Block:
    """Memory that bytes arrive in. It lives as long as a view of it does."""

    def __cinit__(self, Py_ssize_t size):
        self.data = <uint8_t *>PyMem_RawMalloc(size)
        if self.data == NULL:
            raise MemoryError()
        self.size = size

    def __dealloc__(self):
        PyMem_RawFree(self.data)

    def __reduce__(self):
        raise TypeError("cannot pickle 'Block' object")

    cdef memoryview view(self, Py_ssize_t start, Py_ssize_t size, bint writable):
        self.lent = self.data + start
        self.lent_size = size
        self.writable = writable
        try:
            return PyMemoryView_FromObject(self)
        finally:
            self.lent = NULL

    cdef bint is_shared(self) noexcept:
        with cython.critical_section(self):
            return self.exports != 0

    @cython.critical_section
    def __getbuffer__(self, Py_buffer *view, int flags):
        # Python code gets hold of a block as the `obj` of a view. It must not see more through
        # it than the view shows.
        if self.lent == NULL or (flags & PyBUF_WRITABLE and not self.writable):
            raise BufferError("only the accumulator makes views of its memory")
        view.buf = self.lent
        view.obj = self
        view.len = self.lent_size
        view.itemsize = 1
        view.readonly = not self.writable
        view.ndim = 1
        view.format = FS_UNSIGNED_BYTES if flags & PyBUF_FORMAT else NULL
        view.shape = &view.len if flags & PyBUF_ND else NULL
        view.strides = &view.itemsize if flags & PyBUF_STRIDES == PyBUF_STRIDES else NULL
        view.suboffsets = NULL
        view.internal = NULL
        self.exports += 1

    @cython.critical_section
    def __releasebuffer__(self, Py_buffer *view):
        self.exports -= 1


@cython.final
cdef class Pool:
    """Unused blocks, for the accumulators of one interpreter."""

    def __cinit__(self):
        self.blocks = []

    @cython.critical_section
    cdef Block take(self, Py_ssize_t size):
        cdef Py_ssize_t row = len(self.blocks)
        while row > 0:
            row -= 1
            if (<Block?>self.blocks[row]).size == size:  # checked: the collector shows the list
                self.size -= size
                return self.blocks.pop(row)
        return Block(size)

    @cython.critical_section
    cdef int give(self, Block block) except -1:
        if len(self.blocks) < POOL_BLOCKS and self.size + block.size <= POOL_SIZE:
            self.blocks.append(block)
            self.size += block.size
