"""Compiled twin of `fastsock.datagram`: many datagrams per system call, around kernels in C.

The kernel writes to the batch's arrays. Python objects and flat columns are made from them when
asked for.
"""

cimport cython
from cpython.buffer cimport (
    PyBUF_FORMAT,
    PyBUF_ND,
    PyBUF_STRIDES,
    PyBUF_WRITABLE,
    PyBuffer_Release,
)
from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_CheckExact,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from cpython.exc cimport PyErr_CheckSignals
from cpython.list cimport PyList_New, PyList_SET_ITEM
from cpython.mem cimport PyMem_RawCalloc, PyMem_RawFree, PyMem_RawMalloc
from cpython.number cimport PyNumber_Index
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_GET_SIZE
from cpython.weakref cimport PyWeakref_NewRef
from libc.errno cimport EBADF, EINTR
from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memcmp, memcpy

from fastsock._core.buffers cimport get_contiguous
from fastsock.sockaddr._c cimport (
    AF_INET,
    AF_INET6,
    AF_UNIX,
    FS_HAVE_UNIX,
    FS_SOCKADDR_4,
    FS_SOCKADDR_6,
    FS_SOCKADDR_NONE,
    address_of,
    fs_endpoint,
    fs_read_sockaddr,
    fs_sockaddr,
    fs_sockaddr_kind,
    pack_into,
)

from os import strerror

from fastsock.datagram import errors as _errors
from fastsock.datagram import support as _support


cdef extern from *:
    """
    #define FS_UNSIGNED_BYTES ((char *)"B")
    """
    char *FS_UNSIGNED_BYTES

cdef extern from "Python.h":
    object PyMemoryView_FromObject(object exporter)

cdef extern from "fastsock/address/inet6.h" nogil:
    bint fs_is_mapped(const uint8_t *packed) noexcept

cdef enum:
    GRO = 1               # as in support.py
    LOCAL = 2
    TOS = 4
    TIMESTAMPS = 8
    NAP = 1000000         # nanoseconds


@cython.final
cdef class _Constants:
    cdef frozenset refusals

    def __cinit__(self):
        self.refusals = _support.REFUSALS


_constants = _Constants()


cdef object os_error(int code):
    """Make the OSError of an errno, of its subclass."""
    return OSError(code, strerror(code))


cdef int descriptor_of(object sock) except -1:
    # Read the descriptor for each call: another thread may have closed the socket, and the number
    # may belong to another file now.
    cdef int fd = sock.fileno()
    if fd < 0:
        raise os_error(EBADF)
    return fd


cdef int64_t deadline_of(object timeout) except -1:
    return fs_clock() + <int64_t>(min(<double>timeout, 1e9) * 1e9)


cdef int wait_until(object sock, bint for_writing, int64_t deadline) except -1:
    """Wait for the socket: FS_SHUT_DOWN, or 0 if it is ready. TimeoutError after the deadline."""
    cdef int64_t left = deadline - fs_clock()
    cdef int fd = descriptor_of(sock), found
    if left < 0:
        raise TimeoutError("timed out")
    with nogil:
        found = fs_wait(fd, for_writing, left)
    PyErr_CheckSignals()
    return FS_SHUT_DOWN if found == FS_SHUT_DOWN else 0


@cython.final
cdef class _Block:
    """Memory that datagrams are received into. It lives as long as any view of it."""

    def __cinit__(self, Py_ssize_t size):
        self.data = <uint8_t *>PyMem_RawMalloc(size)
        if self.data == NULL:
            raise MemoryError()
        self.size = size

    def __dealloc__(self):
        PyMem_RawFree(self.data)

    def __reduce__(self):
        raise TypeError("cannot pickle '_Block' object")

    cdef memoryview view(self, Py_ssize_t start, Py_ssize_t size):
        self.lent = self.data + start
        self.lent_size = size
        try:
            return PyMemoryView_FromObject(self)
        finally:
            self.lent = NULL

    cdef bint is_shared(self) noexcept:
        with cython.critical_section(self):
            return self.exports != 0

    @cython.critical_section
    def __getbuffer__(self, Py_buffer *view, int flags):
        # Python code can reach a block as the `obj` of a view. It must not see more of the memory
        # than the view shows.
        if self.lent == NULL or flags & PyBUF_WRITABLE:
            raise BufferError("only the batch makes views of its memory")
        view.buf = self.lent
        view.obj = self
        view.len = self.lent_size
        view.itemsize = 1
        view.readonly = True
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


cdef inline void set_row(list rows, Py_ssize_t row, object value) noexcept:
    Py_INCREF(value)  # PyList_SET_ITEM steals a reference
    PyList_SET_ITEM(rows, row, value)


@cython.no_gc_clear
@cython.final
cdef class DatagramBatch:
    """DatagramBatch(slots=32, slot_size=2048, *, gro=False, mapped="keep", local=False, \
tos=False, timestamps=False)\n--\n\n\
    A batch of datagrams: received by one call, and kept in slots of fixed size.

    The slots are allocated once. Each `recv` overwrites them, except while a view exists: a view
    keeps its bytes, and the batch continues in new slots.

    With `gro` the kernel joins datagrams of one peer, and one slot holds a train of up to 64. The
    batch splits trains, so that only the speed differs; it can have more datagrams than slots.
    Receive from such a socket only by batches with `gro`: any other reader would take a train for
    one large datagram.

    One call at a time: while one runs, a call from another thread, a signal handler or a finaliser
    raises `RuntimeError`.

    Args:
        slots: the most datagrams, or trains, that a call receives.
        slot_size: the most bytes of a datagram. The kernel cuts off the rest, and `truncated`
            reports it. With `gro` it is at least 65,535.
        gro: let the kernel join datagrams, on UDP sockets.
        mapped: the form of IPv4 peers of an IPv6 socket: ``"keep"`` for mapped IPv6 addresses, as
            in the `socket` module, ``"ipv4"`` for IPv4 addresses.
        local: ask for the destination address and the interface of each datagram.
        tos: ask for the TOS, or traffic class, byte, whose last two bits are ECN.
        timestamps: ask for the time when the kernel received each datagram.

    Raises:
        TypeError, ValueError: an argument of another type, or out of range.

    Source: recvmmsg(2), udp(7), ip(7), ipv6(7), socket(7); RFC 3542 section 6.

    >>> import socket
    >>> here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    >>> with here, there:
    ...     for word in (b"one", b"", b"three"):
    ...         _ = there.send(word)
    ...     batch = DatagramBatch(8, 4)
    ...     batch.recv(here), batch.payloads(), batch.truncated
    (3, [b'one', b'', b'thre'], b'\\x00\\x00\\x01')
    """

    __module__ = "fastsock.datagram"

    def __cinit__(
        self, slots=32, slot_size=2048, *, gro=False, mapped="keep", local=False, tos=False,
        timestamps=False,
    ):
        slots, slot_size = PyNumber_Index(slots), PyNumber_Index(slot_size)
        if not 1 <= slots <= _errors.SLOTS_MAX:
            raise _errors.out_of_range("slots", slots, 1, _errors.SLOTS_MAX)
        if not 1 <= slot_size <= _errors.SLOT_SIZE_MAX:
            raise _errors.out_of_range("slot_size", slot_size, 1, _errors.SLOT_SIZE_MAX)
        if mapped not in ("keep", "ipv4"):
            raise _errors.bad_mapped(mapped)
        cdef size_t size = max(slot_size, 65535) if gro else slot_size
        cdef unsigned count = slots
        self.ipv4 = mapped == "ipv4"
        self.wanted = (
            (GRO if gro else 0) | (LOCAL if local else 0) | (TOS if tos else 0)
            | (TIMESTAMPS if timestamps else 0)
        )
        self.memory = <uint8_t *>PyMem_RawMalloc(fs_slots_room(count))
        if self.memory == NULL:
            raise MemoryError()
        fs_slots_divide(&self.kernel, self.memory, count, size)
        self.block = _Block(count * size)
        fs_slots_place(&self.kernel, self.block.data)
        self.touched = count

    def __dealloc__(self):
        PyMem_RawFree(self.memory)

    def __reduce__(self):
        raise TypeError("cannot pickle 'DatagramBatch' object")

    def __repr__(self):
        return (
            f"<DatagramBatch datagrams={self.count} slots={self.kernel.slots} "
            f"slot_size={self.kernel.slot_size}>"
        )

    def __len__(self):
        return self.count

    def __iter__(self):
        return iter(list(zip(self.payloads(), self.peers(), strict=True)))

    @property
    def slots(self):
        """The most datagrams, or trains, that a call receives."""
        return self.kernel.slots

    @property
    def slot_size(self):
        """The most bytes of a datagram."""
        return self.kernel.slot_size

    cdef int enter(self) except -1:
        # During a call the kernel writes to the slots while other threads and signal handlers run.
        if self.busy:
            raise _errors.in_use()
        self.busy = True
        return 0

    def prepare(self, sock, /):
        """Set the options on a socket that the batch needs.

        The first `recv` from a socket does it. Datagrams that were queued before have no trains,
        local addresses or time stamps: call this right after opening the socket.

        Args:
            sock: the socket.

        Raises:
            OSError: it is closed. `info` reports options that the kernel refuses.

        >>> import socket
        >>> with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        ...     DatagramBatch(timestamps=True).prepare(sock)
        """
        descriptor_of(sock)
        _support.prepare(sock, self.wanted)

    def recv(self, sock, /):
        """Receive waiting datagrams; if none are waiting, wait for one.

        A blocking socket waits for the first datagram, one with a timeout only that long. Then all
        waiting datagrams are taken without further waiting, up to the number of slots.

        Args:
            sock: a datagram socket: UDP over IPv4 or IPv6, or UNIX. Its descriptor is read
                directly.

        Returns:
            The number of datagrams. An empty datagram counts. 0 if the socket was shut down for
            reading; a non-blocking socket raises BlockingIOError instead.

        Raises:
            TimeoutError, BlockingIOError: no datagram came in time, or none is waiting.
            OSError: as `socket.recv`. An ICMP error of a connected peer is raised once.
            RuntimeError: another call is using the batch.

        >>> import socket
        >>> with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        ...     sock.bind(("127.0.0.1", 0))
        ...     for word in (b"ping", b"pong"):
        ...         _ = sock.sendto(word, sock.getsockname())
        ...     DatagramBatch().recv(sock)
        2
        """
        with cython.critical_section(self):
            self.enter()
            try:
                self.messages = 0
                self.count = 0
                self.receive(sock)
                return self.count
            finally:
                self.busy = False

    cdef int make_ready(self, object sock) except -1:
        if self.ready is None or self.ready() is not sock:
            self.ready = None
            self.kernel.deferred = 0
            self.family = sock.family
            _support.prepare(sock, self.wanted)
            try:
                self.ready = PyWeakref_NewRef(sock, None)
            except TypeError:  # without weak references it is not remembered
                pass
        if self.block.is_shared():  # leave the old block to its views
            self.block = _Block(self.block.size)
            fs_slots_place(&self.kernel, self.block.data)
        return 0

    cdef int receive(self, object sock) except -1:
        """Receive with the socket's mode and timeout."""
        cdef int64_t deadline = -1
        cdef int fd = descriptor_of(sock), found
        cdef bint wait, ended = False
        self.make_ready(sock)
        timeout = sock.gettimeout()
        wait = timeout is None
        while True:
            fs_slots_reset(&self.kernel, self.touched)
            self.touched = 0
            with nogil:
                found = fs_receive(fd, &self.kernel, wait)
            if found >= 0:
                break
            if found == -EINTR:
                PyErr_CheckSignals()
            elif not fs_is_would_block(-found) or not timeout:
                raise os_error(-found)
            elif ended:  # shut down: no data, and none will come
                return 0
            else:
                if deadline < 0:
                    deadline = deadline_of(timeout)
                ended = wait_until(sock, False, deadline) == FS_SHUT_DOWN
            fd = descriptor_of(sock)
        self.touched = self.messages = found
        self.count = fs_examine(
            &self.kernel, &self.messages, fd, self.family == AF_INET or self.family == AF_INET6
        )
        return 0

    def payloads(self):
        """List the datagrams' bytes.

        Returns:
            A bytes object for each, in order of arrival.

        Raises:
            RuntimeError: another call is using the batch.
        """
        with cython.critical_section(self):
            self.enter()
            try:
                return self.make_payloads()
            finally:
                self.busy = False

    cdef list make_payloads(self):
        cdef list rows = PyList_New(self.count)
        cdef Py_ssize_t row = 0
        cdef const fs_message *message
        cdef const char *data
        cdef size_t left, size
        cdef unsigned i
        for i in range(self.messages):
            message = &self.kernel.messages[i]
            data = <const char *>self.block.data + i * self.kernel.slot_size
            left = message.size
            while True:
                size = min(message.control.stride, left) if message.control.stride else left
                set_row(rows, row, PyBytes_FromStringAndSize(data, size))
                row += 1
                data += size
                left -= size
                if left == 0:
                    break
        return rows

    def views(self):
        """List the datagrams' bytes without a copy.

        Views are faster than bytes from about 2 KiB per datagram on.

        Returns:
            A read-only memoryview for each. Later calls do not change it. It keeps all slots in
            memory.

        Raises:
            RuntimeError: another call is using the batch.
        """
        with cython.critical_section(self):
            self.enter()
            try:
                return self.make_views()
            finally:
                self.busy = False

    cdef list make_views(self):
        cdef list rows = []
        cdef const fs_message *message
        cdef size_t start, left, size
        cdef unsigned i
        for i in range(self.messages):
            message = &self.kernel.messages[i]
            start = i * self.kernel.slot_size
            left = message.size
            while True:
                size = min(message.control.stride, left) if message.control.stride else left
                rows.append(self.block.view(start, size))
                start += size
                left -= size
                if left == 0:
                    break
        return rows

    cdef object peer_of(self, unsigned i):
        cdef fs_endpoint endpoint
        cdef const uint8_t *name = <const uint8_t *>&self.kernel.names[i]
        cdef fs_sockaddr_kind kind = fs_read_sockaddr(
            name, name + self.kernel.heads[i].msg_hdr.msg_namelen, &endpoint
        )
        if kind == FS_SOCKADDR_NONE:
            return None
        if self.ipv4 and kind == FS_SOCKADDR_6 and fs_is_mapped(endpoint.packed):
            memcpy(endpoint.packed, endpoint.packed + 12, 4)
            kind = FS_SOCKADDR_4
        return address_of(kind, &endpoint)

    def peers(self):
        """List the datagrams' senders.

        Returns:
            An address for each, as the `socket` module has it: ``(host, port)``, ``(host, port,
            flowinfo, scope_id)``, a UNIX path or abstract name, or None for an unnamed UNIX
            socket.

        Raises:
            RuntimeError: another call is using the batch.
        """
        with cython.critical_section(self):
            self.enter()
            try:
                return self.make_peers()
            finally:
                self.busy = False

    cdef list make_peers(self):
        cdef list rows = PyList_New(self.count)
        cdef Py_ssize_t row = 0, _n
        cdef unsigned i, last = 0
        cdef size_t size, last_size = 0
        peer = None
        for i in range(self.messages):
            size = self.kernel.heads[i].msg_hdr.msg_namelen
            # Neighbouring datagrams often have one sender: reuse the previous address object.
            if i == 0 or size != last_size or memcmp(
                &self.kernel.names[i], &self.kernel.names[last], size
            ):
                peer = self.peer_of(i)
                last, last_size = i, size
            for _n in range(self.kernel.messages[i].count):
                set_row(rows, row, peer)
                row += 1
        return rows

    cdef long find_family(self) except -1:
        cdef fs_endpoint endpoint
        cdef const uint8_t *name
        cdef unsigned i
        if self.messages == 0:
            return 0
        if self.family == AF_INET6 and self.ipv4:
            for i in range(self.messages):
                name = <const uint8_t *>&self.kernel.names[i]
                fs_read_sockaddr(
                    name, name + self.kernel.heads[i].msg_hdr.msg_namelen, &endpoint
                )
                if endpoint.family == AF_INET6 and not fs_is_mapped(endpoint.packed):
                    return AF_INET6
            return AF_INET
        if self.family == AF_INET or self.family == AF_INET6:
            return self.family
        return AF_UNIX if FS_HAVE_UNIX and self.family == AF_UNIX else 0

    cdef long internet_family(self) except -1:
        cdef long family = self.find_family()
        if family != AF_INET and family != AF_INET6 and self.messages:
            raise _errors.no_columns()
        return family

    @property
    def peer_family(self):
        """The family of the records in `peer_addresses` and `local_addresses`.

        `AF_INET`: 4 bytes each. `AF_INET6`: 16 bytes each, IPv4 peers mapped. `AF_UNIX`: no
        records, because names have no fixed size. `AF_UNSPEC`: the batch is empty.
        """
        with cython.critical_section(self):
            self.enter()
            try:
                return self.find_family()
            finally:
                self.busy = False

    cdef bytes column(self, fs_column which, int bit, str name):
        """Make a column: one value per datagram. `bit` is the option that the batch must have."""
        cdef long family = 0
        cdef size_t width
        cdef bytes made
        if bit and not self.wanted & bit:
            raise _errors.not_asked(name)
        with cython.critical_section(self):
            self.enter()
            try:
                if which == FS_PEERS or which == FS_LOCALS or which == FS_PORTS:
                    family = self.internet_family()
                width = fs_column_width(which, family)
                made = PyBytes_FromStringAndSize(NULL, self.count * width)
                fs_fill_column(
                    &self.kernel, self.messages, which, width,
                    <uint8_t *>PyBytes_AS_STRING(made)
                )
                return made
            finally:
                self.busy = False

    @property
    def peer_addresses(self):
        """The senders' addresses, packed, in one buffer.

        One record per datagram, of 4 or 16 bytes as `peer_family` tells. Each access makes a new
        buffer, as for all columns.

        Raises:
            ValueError: they are not internet addresses.
        """
        return self.column(FS_PEERS, 0, None)

    @property
    def peer_ports(self):
        """The senders' ports, as a buffer of uint16 in the machine's order.

        Raises:
            ValueError: the senders have no ports.
        """
        return PyMemoryView_FromObject(self.column(FS_PORTS, 0, None)).cast("H")

    @property
    def truncated(self):
        """One byte per datagram: 1 if it was larger than its slot, and was cut off."""
        return self.column(FS_TRUNCATED, 0, None)

    @property
    def dropped(self):
        """How many datagrams the socket has dropped so far because its queue was full.

        This is the count when the last datagram of the batch was queued: later drops show in the
        next batch. 0 if the kernel does not count.
        """
        with cython.critical_section(self):
            self.enter()
            try:
                if self.messages == 0:
                    return 0
                return self.kernel.messages[self.messages - 1].control.dropped
            finally:
                self.busy = False

    @property
    def local_addresses(self):
        """The addresses that the datagrams were sent to, as records like those of the senders.

        Zeros if the kernel did not tell.

        Raises:
            ValueError: `local` was not asked for, or the socket is not an internet socket.
        """
        return self.column(FS_LOCALS, LOCAL, "local")

    @property
    def interfaces(self):
        """The index of each datagram's interface, as a buffer of uint32.

        0 if the kernel did not tell.

        Raises:
            ValueError: `local` was not asked for.
        """
        return PyMemoryView_FromObject(self.column(FS_INTERFACES, LOCAL, "local")).cast("I")

    @property
    def tos(self):
        """The TOS, or traffic class, byte of each datagram; 0 if the kernel did not tell.

        Raises:
            ValueError: `tos` was not asked for.
        """
        return self.column(FS_TOS, TOS, "tos")

    @property
    def timestamps(self):
        """When the kernel received each datagram: int64, nanoseconds since 1970.

        0 if the kernel did not tell.

        Raises:
            ValueError: `timestamps` was not asked for.
        """
        return PyMemoryView_FromObject(self.column(FS_TIMES, TIMESTAMPS, "timestamps")).cast("q")


@cython.no_gc_clear
@cython.final
cdef class _Sending:
    """One call of send_batch. Collects bytes and names of all datagrams before sending any."""

    def __cinit__(self, sock, tuple items):
        self.sock = sock
        self.family = sock.family
        self.items = items
        self.count = PyTuple_GET_SIZE(items)
        # Allocate at least one of each, because malloc(0) may return NULL.
        self.memory = <uint8_t *>PyMem_RawMalloc(fs_sending_room(self.count + 1))
        self.views = <Py_buffer *>PyMem_RawCalloc(self.count + 1, sizeof(Py_buffer))
        if self.memory == NULL or self.views == NULL:
            raise MemoryError()
        fs_sending_divide(&self.kernel, self.memory, self.count + 1)

    def __dealloc__(self):
        cdef Py_ssize_t i
        if self.views != NULL:
            for i in range(self.held):
                PyBuffer_Release(&self.views[i])
        PyMem_RawFree(self.views)
        PyMem_RawFree(self.memory)

    cdef int add_payload(self, Py_ssize_t row, object payload) except -1:
        cdef fs_outgoing *out = &self.kernel.datagrams[row]
        cdef Py_buffer *view = &self.views[self.held]
        if PyBytes_CheckExact(payload):
            out.data = <const uint8_t *>PyBytes_AS_STRING(payload)
            out.size = PyBytes_GET_SIZE(payload)
            return 0
        get_contiguous(payload, view, "a payload")
        self.held += 1
        out.data = <const uint8_t *>view.buf
        out.size = view.len
        return 0

    cdef int add_address(self, object address) except -1:
        """Append an address to the names, unless it equals the last one."""
        cdef fs_sockaddr *name = &self.kernel.names[self.names]
        cdef Py_ssize_t size = 0
        if address is not None:
            if self.family != AF_INET and self.family != AF_INET6 and not (
                FS_HAVE_UNIX and self.family == AF_UNIX
            ):
                raise _errors.bad_family(self.family)
            size = pack_into(self.family, address, name, True)
        self.keep_name(size)
        return 0

    cdef void keep_name(self, size_t size) noexcept:
        """Keep the name just written after the others, unless it equals the last one."""
        cdef fs_sockaddr *name = &self.kernel.names[self.names]
        if self.names == 0 or self.kernel.name_sizes[self.names - 1] != size or memcmp(
            name, name - 1, size
        ):
            self.kernel.name_sizes[self.names] = size
            self.names += 1

    cdef int gather_replies(self, DatagramBatch batch) except -1:
        """Collect payloads for the senders of a batch. Copy the names as the kernel wrote them."""
        cdef Py_ssize_t row, peers = batch.count
        if peers == self.count:
            for row in range(self.count):
                self.add_payload(row, self.items[row])
            with cython.critical_section(batch):
                batch.enter()
                # The payload's code may have received into the batch meanwhile.
                peers = batch.count
                if peers == self.count:
                    self.copy_names(batch)
                batch.busy = False
        if peers != self.count:
            raise _errors.not_many(self.count, peers)
        return 0

    cdef void copy_names(self, DatagramBatch batch) noexcept:
        cdef Py_ssize_t row = 0, _n
        cdef size_t size
        cdef unsigned i
        for i in range(batch.messages):
            size = batch.kernel.heads[i].msg_hdr.msg_namelen
            memcpy(&self.kernel.names[self.names], &batch.kernel.names[i], size)
            self.keep_name(size)
            for _n in range(batch.kernel.messages[i].count):
                self.kernel.datagrams[row].name = self.names - 1
                row += 1

    cdef int gather(self, object peers) except -1:
        cdef Py_ssize_t row
        cdef bint many = isinstance(peers, list)
        cdef tuple several = tuple(peers) if many else ()
        last = wanted = None
        if many and PyTuple_GET_SIZE(several) != self.count:
            raise _errors.not_many(self.count, len(several))
        for row in range(self.count):
            payload, wanted = self.items[row], peers
            if peers is None and isinstance(payload, tuple):
                if PyTuple_GET_SIZE(payload) != 2:
                    raise _errors.bad_pair(row)
                payload, wanted = <tuple>payload
            elif many:
                wanted = several[row]
            self.add_payload(row, payload)
            if row == 0 or wanted is not last:
                self.add_address(wanted)
                last = wanted
            self.kernel.datagrams[row].name = self.names - 1
        return 0

    cdef Py_ssize_t send_all(self, bint gso) except -1:
        """Send with the socket's mode and timeout. Return how many were sent."""
        cdef int64_t deadline = -1, went
        cdef Py_ssize_t sent = 0, spins = 0
        cdef size_t most = _support.train_limit(self.sock) if gso and self.count > 1 else 0
        cdef unsigned messages
        cdef bint wait
        cdef int fd
        timeout = self.sock.gettimeout()
        wait = timeout is None
        while sent < self.count:
            messages = fs_arrange(&self.kernel, sent, self.count, most)
            fd = descriptor_of(self.sock)
            with nogil:
                went = fs_send(fd, self.kernel.heads, messages, wait)
            if went > 0:
                sent += went
                spins = 0
            elif went == -EINTR:
                PyErr_CheckSignals()
            elif (-went) in (<_Constants>_constants).refusals and fs_train(
                &self.kernel.datagrams[sent], self.count - sent, most
            ) > 1:
                most = _support.refuse_trains(
                    self.sock, self.kernel.datagrams[sent].size, <int>-went
                )
            elif timeout and fs_is_would_block(<int>-went):
                if deadline < 0:
                    deadline = deadline_of(timeout)
                if not self.wait_for_room(deadline, spins, sent):
                    return sent
                spins += 1
            elif sent:
                return sent
            else:
                raise os_error(<int>-went)
        return sent

    cdef bint wait_for_room(self, int64_t deadline, Py_ssize_t spins, Py_ssize_t sent) except -1:
        """Wait until the socket may take more. Return False after the deadline."""
        try:
            wait_until(self.sock, True, deadline)
        except TimeoutError:
            if sent:
                return False
            raise
        if spins > 0:  # an unconnected UNIX peer's queue is full: poll can't tell
            with nogil:
                fs_nap(NAP)
        return True


def send_batch(sock, datagrams, peers=None, *, gso=True):
    """Send datagrams in as few system calls as the kernel allows.

    Consecutive datagrams of one size to one peer go as trains (GSO), which the kernel splits: 50
    datagrams then cost about as much as one. If the kernel, a device or the path refuses a train,
    its datagrams are sent one by one. The refusal is remembered for the socket; see `info`.

    Args:
        sock: a datagram socket: UDP over IPv4 or IPv6, or UNIX. Its descriptor is used directly.
        datagrams: pairs ``(data, address)``; or payloads, for a connected socket or with `peers`.
        peers: the destinations of payloads: one address for all, a list with one for each, or a
            `DatagramBatch`, to reply to its senders. A host must be an address: names are not
            looked up. On a socket of `AF_INET6` IPv4 addresses are mapped.
        gso: whether to send trains.

    Returns:
        How many were sent, counted from the first. Fewer than given if the socket would block, or
        its timeout ran out, or if one was refused: call again with the rest to get its error.

    Raises:
        BlockingIOError, TimeoutError: not even the first could be sent, or not in time.
        OSError: the first was refused: it is too large, no route exists, ICMP reported an error
            of the connected peer, ...
        AddressError, OverflowError, TypeError, ValueError, BufferError: an address or a payload
            is invalid; nothing was sent.

    Source: sendmmsg(2), udp(7).

    >>> import socket
    >>> with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    ...     sock.bind(("127.0.0.1", 0))
    ...     sent = send_batch(sock, [b"one", b"two"], sock.getsockname())
    ...     sent, sock.recv(100), sock.recv(100)
    (2, b'one', b'two')
    """
    descriptor_of(sock)
    cdef _Sending sending = _Sending(sock, tuple(datagrams))
    if isinstance(peers, DatagramBatch):
        if (<DatagramBatch>peers).family == sending.family:
            sending.gather_replies(peers)
            return sending.send_all(gso)
        peers = peers.peers()  # from a socket of another family: convert or refuse them
    sending.gather(peers)
    return sending.send_all(gso)


if not FS_HAVE_MSG:  # Windows, where a descriptor is not a socket handle
    from fastsock.datagram import _py
    globals().update(DatagramBatch=_py.DatagramBatch, send_batch=_py.send_batch)
