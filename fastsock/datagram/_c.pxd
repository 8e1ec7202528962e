"""A batch: slots that the kernel fills, in a block that lives as long as its views."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from fastsock.sockaddr._c cimport fs_sockaddr


cdef extern from "fastsock/datagram/mmsg.h" nogil:
    enum: FS_HAVE_MSG
    enum: FS_SHUT_DOWN
    ctypedef unsigned int socklen_t

    ctypedef struct msghdr:
        socklen_t msg_namelen

    ctypedef struct fs_mmsghdr:
        msghdr msg_hdr

    int fs_wait(int fd, bint for_writing, int64_t nanoseconds) noexcept
    int64_t fs_clock() noexcept
    void fs_nap(int64_t nanoseconds) noexcept
    bint fs_is_would_block(int error) noexcept


cdef extern from "fastsock/datagram/slots.h" nogil:
    ctypedef struct fs_control:
        uint32_t stride
        uint32_t dropped

    ctypedef struct fs_message:
        fs_control control
        uint32_t size
        uint32_t count

    ctypedef struct fs_slots:
        unsigned slots
        size_t slot_size
        fs_mmsghdr *heads
        fs_sockaddr *names
        fs_message *messages
        int deferred

    size_t fs_slots_room(unsigned slots) noexcept
    void fs_slots_divide(fs_slots *slots, uint8_t *memory, unsigned count, size_t size) noexcept
    void fs_slots_place(fs_slots *slots, uint8_t *data) noexcept
    void fs_slots_reset(fs_slots *slots, unsigned count) noexcept
    int fs_receive(int fd, fs_slots *slots, bint wait) noexcept
    size_t fs_examine(fs_slots *slots, unsigned *count, int fd, bint internet) noexcept

    ctypedef enum fs_column:
        FS_PEERS
        FS_LOCALS
        FS_PORTS
        FS_INTERFACES
        FS_TIMES
        FS_TOS
        FS_TRUNCATED

    size_t fs_column_width(fs_column column, int family) noexcept
    void fs_fill_column(
        const fs_slots *slots, unsigned count, fs_column column, size_t width, uint8_t *out
    ) noexcept


cdef extern from "fastsock/datagram/trains.h" nogil:
    ctypedef struct fs_outgoing:
        const uint8_t *data
        size_t size
        size_t name

    ctypedef struct fs_sending:
        fs_mmsghdr *heads
        fs_sockaddr *names
        socklen_t *name_sizes
        fs_outgoing *datagrams

    size_t fs_sending_room(size_t count) noexcept
    void fs_sending_divide(fs_sending *sending, uint8_t *memory, size_t count) noexcept
    size_t fs_train(const fs_outgoing *first, size_t left, size_t most) noexcept
    unsigned fs_arrange(fs_sending *sending, size_t start, size_t count, size_t most) noexcept
    int64_t fs_send(int fd, fs_mmsghdr *heads, unsigned count, bint wait) noexcept


# The memory that datagrams are received into. Views hold references, so it can outlive its batch.
cdef class _Block:
    cdef uint8_t *data
    cdef Py_ssize_t size
    cdef Py_ssize_t exports       # the number of living views
    cdef uint8_t *lent            # the memory of a view while it is made; otherwise NULL
    cdef Py_ssize_t lent_size
    cdef memoryview view(self, Py_ssize_t start, Py_ssize_t size)
    cdef bint is_shared(self) noexcept


cdef class DatagramBatch:
    cdef object __weakref__
    cdef _Block block
    cdef uint8_t *memory          # of the arrays in `kernel`
    cdef fs_slots kernel
    cdef unsigned messages        # slots in use ...
    cdef Py_ssize_t count         # ... and the datagrams in them
    cdef unsigned touched         # slots that the kernel may have changed since the reset
    cdef object ready             # a weak reference to the last socket whose options are set
    cdef long family              # of that socket
    cdef int wanted
    cdef bint ipv4                # mapped peers become IPv4
    cdef bint busy

    cdef int enter(self) except -1
    cdef int receive(self, object sock) except -1
    cdef int make_ready(self, object sock) except -1
    cdef list make_payloads(self)
    cdef list make_views(self)
    cdef list make_peers(self)
    cdef object peer_of(self, unsigned i)
    cdef long find_family(self) except -1
    cdef long internet_family(self) except -1
    cdef bytes column(self, fs_column which, int bit, str name)


cdef class _Sending:
    cdef object sock
    cdef long family
    cdef tuple items              # keeps the datagrams' bytes alive
    cdef uint8_t *memory          # of the arrays in `kernel`
    cdef fs_sending kernel
    cdef Py_ssize_t count
    cdef size_t names
    cdef Py_buffer *views         # of payloads that are not bytes objects
    cdef Py_ssize_t held

    cdef int gather(self, object peers) except -1
    cdef int add_payload(self, Py_ssize_t row, object payload) except -1
    cdef int add_address(self, object address) except -1
    cdef void keep_name(self, size_t size) noexcept
    cdef int gather_replies(self, DatagramBatch batch) except -1
    cdef void copy_names(self, DatagramBatch batch) noexcept
    cdef Py_ssize_t send_all(self, bint gso) except -1
    cdef bint wait_for_room(self, int64_t deadline, Py_ssize_t spins, Py_ssize_t sent) except -1
