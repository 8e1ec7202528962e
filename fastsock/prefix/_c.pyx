"""Compiled twin of `fastsock.prefix`: arguments, results, locks and memory around the kernels.

A `_Form` never changes: whoever holds a reference reads it without a lock or the GIL. A `_Table` is
read and changed inside its critical section, in which no Python code runs.
"""

cimport cython
from cpython.buffer cimport (
    PyBUF_SIMPLE,
    PyBuffer_FillInfo,
    PyBuffer_Release,
    PyObject_GetBuffer,
)
from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_CheckExact,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from cpython.list cimport PyList_GET_SIZE
from cpython.long cimport PyLong_CheckExact
from cpython.number cimport PyNumber_Index
from cpython.ref cimport Py_INCREF, Py_XDECREF
from cpython.tuple cimport PyTuple_CheckExact, PyTuple_GET_SIZE
from cpython.unicode cimport PyUnicode_CheckExact
from libc.stdint cimport uintptr_t
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memcpy, memset

from fastsock._core.buffers cimport get_contiguous

from collections.abc import MutableMapping as _MutableMapping
from zlib import crc32 as _zlib_crc32

from .._core import machine as _machine
from . import arguments as _arguments
from . import errors as _errors
from . import image as _image
from . import sets as _sets
from . import special_sets as _special_sets
from . import table as _table
from .values import UNREAD as _UNREAD

cdef enum:
    FIX_ROWS = 1024     # rows looked up in the trie before other threads get a turn
    KEPT_SLOTS = 64     # unused slots to keep before the oldest is used again

cdef extern from "Python.h":
    object PyMemoryView_FromObject(object buffer)


fs_choose_walk("avx2" in _machine.SIMD_USED)
_KERNEL = "avx2" if fs_use_avx2 else "scalar"


# --- Arguments ------------------------------------------------------------------------------------

cdef inline int unmapped(fs_key *key, bint wide) noexcept:
    """Turn a mapped address into IPv4. Return whether the result is IPv6."""
    if wide and fs_is_mapped_key(key.hi, key.lo):
        key.hi = key.lo << 32
        key.lo = 0
        return 0
    return wide


cdef int read_packed(const uint8_t *packed, Py_ssize_t size, fs_key *key) except -1:
    if size == 4:
        key[0] = fs_key_of4(fs_be32(packed))
        return 0
    if size == 16:
        key[0] = fs_key_of16(packed)
        return unmapped(key, True)
    raise _errors.bad_packed(size)


cdef int read_address(object address, object family, fs_key *key) except -1:
    """Read an address. Return whether it is IPv6."""
    cdef const uint8_t *p
    cdef Py_ssize_t size
    cdef bint wide
    if PyUnicode_CheckExact(address):
        p = fs_ascii(<PyObject *>address, &size)
        if p != NULL and fs_parse_either(p, p + size, key, &wide):
            return unmapped(key, wide)
    elif PyBytes_CheckExact(address):
        return read_packed(
            <const uint8_t *>PyBytes_AS_STRING(address), PyBytes_GET_SIZE(address), key
        )
    packed = _arguments.read_address(address, family)
    return read_packed(<const uint8_t *>PyBytes_AS_STRING(packed), PyBytes_GET_SIZE(packed), key)


cdef int read_network(object network, bint strict, fs_prefix *out) except -1:
    """Read a network. Return whether it is IPv6."""
    cdef const uint8_t *p
    cdef Py_ssize_t size
    cdef bint wide
    if PyUnicode_CheckExact(network):
        p = fs_ascii(<PyObject *>network, &size)
        if p != NULL and fs_parse_network(p, p + size, out, &wide):
            return settle_network(network, strict, out, wide)
    elif PyTuple_CheckExact(network) and PyTuple_GET_SIZE(network) == 2:
        packed, length = <tuple>network
        if PyBytes_CheckExact(packed) and PyLong_CheckExact(length):
            size = PyBytes_GET_SIZE(packed)
            if (size == 4 or size == 16) and 0 <= length <= 8 * size:
                p = <const uint8_t *>PyBytes_AS_STRING(packed)
                wide = size == 16
                out.key = fs_key_of16(p) if wide else fs_key_of4(fs_be32(p))
                out.length = length
                return settle_network(network, strict, out, wide)
    packed, length = _arguments.read_network(network, strict)
    out.length = length
    return read_packed(
        <const uint8_t *>PyBytes_AS_STRING(packed), PyBytes_GET_SIZE(packed), &out.key
    ) if PyBytes_GET_SIZE(packed) == 4 else wide_network(packed, out)


cdef int wide_network(object packed, fs_prefix *out) except -1:
    # Not read_packed: the base of a network that contains the mapped range may look mapped itself.
    out.key = fs_key_of16(<const uint8_t *>PyBytes_AS_STRING(packed))
    return 1


cdef int settle_network(object network, bint strict, fs_prefix *out, bint wide) except -1:
    """Refuse or clear host bits, and turn a network of mapped addresses into IPv4."""
    cdef fs_key key = fs_key_masked(out.key, out.length)
    if strict and not fs_key_equal(key, out.key):
        raise _errors.has_host_bits(network)
    out.key = key
    if wide and out.length >= 96 and not unmapped(&out.key, True):
        out.length -= 96
        return 0
    return wide


cdef int is_wide(object family) except -1:
    number = PyNumber_Index(family)
    if number == AF_INET:
        return 0
    if number == AF_INET6 or number == AF_UNSPEC:
        return 1
    raise _errors.bad_family(family)


cdef Py_ssize_t get_records(object packed, bint wide, Py_buffer *view) except -1:
    """Get a contiguous buffer of records. Return their number. The caller releases `view`."""
    cdef Py_ssize_t size = 16 if wide else 4
    get_contiguous(packed, view, "packed")
    if view.len % size:
        total = view.len
        PyBuffer_Release(view)
        raise _errors.bad_records(total, size)
    return view.len // size


cdef inline object network_text(const fs_prefix *prefix, bint wide):
    cdef uint8_t text[FS_NETWORK_MAX]
    return fs_new_text(
        text, <Py_ssize_t>fs_format_network(prefix.key, prefix.length, wide, text)
    )


# --- Values ---------------------------------------------------------------------------------------

cdef inline size_t hashed(PyObject *value, size_t mask) noexcept:
    # Fibonacci hashing of the object's address. The low bits are dropped: alignment makes them 0.
    return <size_t>((<uint64_t><uintptr_t>value >> 4) * <uint64_t>0x9E3779B97F4A7C15 >> 24) & mask


@cython.no_gc_clear
@cython.final
cdef class _Slots:
    def __cinit__(self, list values=None, reader=None):
        self.values = [] if values is None else values
        self.reader = reader
        self.room = 0

    def __dealloc__(self):
        free(self.slots)
        free(self.index)

    cdef object get(self, size_t slot):
        # The list's bounds check rejects the slot of a damaged file.
        value = self.values[slot]
        if self.reader is not None and value is _UNREAD:
            value = self.reader.read(slot)
            if self.values[slot] is _UNREAD:    # decoding may have run code that replaced it
                self.values[slot] = value
        return value

    cdef int reserve(self) except -1:
        """Ensure capacity for one more slot."""
        cdef size_t wanted = <size_t>PyList_GET_SIZE(self.values) + 1
        cdef size_t room
        if wanted <= self.room:
            return 0
        room = max(wanted, <size_t>16, self.room + self.room // 2)
        grown = <Slot *>realloc(self.slots, room * sizeof(Slot))
        if grown == NULL:
            raise MemoryError
        memset(grown + self.room, 0, (room - self.room) * sizeof(Slot))
        self.slots = grown
        self.room = room
        return 0

    cdef int64_t find(self, object value) noexcept:
        """Find the slot of this object, by identity; -1 if it has none."""
        cdef size_t mask, at
        cdef uint32_t slot
        if self.index_room == 0:
            return -1
        mask = self.index_room - 1
        at = hashed(<PyObject *>value, mask)
        while self.index[at] != 0:
            slot = self.index[at] - 1
            # Otherwise the entry is stale: its slot is free, or holds another value.
            if self.slots[slot].users != 0 and (<list>self.values)[slot] is value:
                return slot
            at = at + 1 & mask
        return -1

    cdef int reindex(self, size_t room) except -1:
        """Rebuild the hash table of all values in use. `room` is its size, a power of two."""
        cdef size_t mask = room - 1, at, slot
        cdef size_t count = min(<size_t>PyList_GET_SIZE(self.values), self.room)
        index = <uint32_t *>calloc(room, sizeof(uint32_t))
        if index == NULL:
            raise MemoryError
        self.index_used = 0
        for slot in range(count):
            if self.slots[slot].users != 0:
                at = hashed(<PyObject *>self.values[slot], mask)
                while index[at] != 0:
                    at = at + 1 & mask
                index[at] = <uint32_t>slot + 1
                self.index_used += 1
        free(self.index)
        self.index = index
        self.index_room = room
        return 0

    cdef int64_t claim(self, object value, PyObject **dropped) except -1:
        """Find or make the slot of a value, and count one more user.

        `dropped` receives the slot's former value. The caller releases it when the table is
        consistent again, because that may run any code.
        """
        cdef int64_t found = self.find(value)
        cdef uint32_t slot
        cdef size_t live = <size_t>PyList_GET_SIZE(self.values)
        dropped[0] = NULL
        if found >= 0:
            self.slots[found].users += 1
            return found
        self.reserve_index()
        if self.free_count > KEPT_SLOTS and self.free_count > live // 4:
            slot = self.first_free
            self.first_free = self.slots[slot].next
            self.free_count -= 1
            old = self.values[slot]
            Py_INCREF(old)
            dropped[0] = <PyObject *>old
            self.values[slot] = value
        else:
            if live >= FS_MOST:
                raise _errors.too_many()
            self.reserve()
            self.values.append(value)
            slot = <uint32_t>live
        self.slots[slot].users = 1
        self.enter(slot, value)
        return slot

    cdef int reserve_index(self) except -1:
        """Ensure capacity for one more value. At most half of the hash table is used."""
        cdef size_t room = 64
        if 2 * (self.index_used + 1) > self.index_room:
            while room < 4 * (<size_t>PyList_GET_SIZE(self.values) + 1):
                room *= 2
            self.reindex(room)
        return 0

    cdef void enter(self, uint32_t slot, object value) noexcept:
        cdef size_t mask = self.index_room - 1
        cdef size_t at = hashed(<PyObject *>value, mask)
        while self.index[at] != 0:
            at = at + 1 & mask
        self.index[at] = slot + 1
        self.index_used += 1

    cdef bint swap(self, uint32_t slot, object value, PyObject **dropped) except -1:
        """Replace a value that only one network has by a value without a slot."""
        if self.slots[slot].users != 1 or self.find(value) >= 0:
            return False
        self.reserve_index()
        old = self.values[slot]
        Py_INCREF(old)
        dropped[0] = <PyObject *>old
        self.values[slot] = value
        self.enter(slot, value)
        return True

    cdef void release(self, uint32_t slot) noexcept:
        """Count one user less. A value without users is kept for a while: see `values_list`."""
        self.slots[slot].users -= 1
        if self.slots[slot].users != 0:
            return
        if self.free_count == 0:
            self.first_free = slot
        else:
            self.slots[self.last_free].next = slot
        self.last_free = slot
        self.free_count += 1

    cdef int recount(self, _Form form) except -1:
        """Recount the users of each slot from a form's prefixes."""
        cdef size_t i, count, slots = <size_t>PyList_GET_SIZE(self.values)
        cdef bint wide
        free(self.slots)
        self.slots = NULL
        self.room = 0
        self.free_count = 0
        self.slots = <Slot *>calloc(slots + 1, sizeof(Slot))
        if self.slots == NULL:
            raise MemoryError
        self.room = slots + 1
        for wide in range(2):
            count = fs_list_size(&form.c, wide)
            for i in range(count):
                self.slots[fs_listed(&form.c, wide, i).slot].users += 1
        for i in range(slots):
            if self.slots[i].users == 0:
                self.slots[i].users = 1
                self.release(<uint32_t>i)
        room = 64
        while room < 4 * (slots + 1):
            room *= 2
        return self.reindex(room)


# --- The compiled form ----------------------------------------------------------------------------

cdef _Form new_form(const fs_counts *counts):
    """Allocate the block of a form with these counts, and write its header."""
    cdef uint64_t offsets[FS_SECTIONS + 1]
    cdef _Form form = _Form.__new__(_Form)
    if not fs_layout(counts, offsets):
        raise _errors.too_many()
    form.size = <Py_ssize_t>offsets[FS_SECTIONS]
    form.block = fs_block_new(form.size, &form.raw)
    trees = <fs_tree *>malloc((counts.trees6 + 1) * sizeof(fs_tree))
    if form.block == NULL or trees == NULL:
        free(trees)
        raise MemoryError
    fs_form_place(&form.c, form.block, counts, trees)
    header = _image.write_start(form.counts)
    memcpy(form.block, PyBytes_AS_STRING(header), FS_HEADER)
    return form


cdef _Form form_of_ranges(
    fs_range *ranges4, size_t count4, fs_range *ranges6, size_t count6, fs_counts *counts
):
    if not fs_measure(count4, ranges6, count6, counts):
        raise _errors.too_many()
    form = new_form(counts)
    fs_index(&form.c, ranges4, count4, ranges6, count6)
    if not fs_form_jump(&form.c):
        raise MemoryError
    return form


cdef _Form form_of_lists(
    const fs_prefix *list4, size_t count4, const fs_prefix *list6, size_t count6, size_t slots
):
    """Compile sorted lists without duplicates."""
    cdef fs_counts counts
    cdef size_t found4, found6
    cdef _Form form
    memset(&counts, 0, sizeof(counts))
    counts.slots = slots
    counts.prefixes4 = count4
    counts.prefixes6 = count6
    ranges4 = <fs_range *>malloc((2 * count4 + 1) * sizeof(fs_range))
    ranges6 = <fs_range *>malloc((2 * count6 + 1) * sizeof(fs_range))
    try:
        if ranges4 == NULL or ranges6 == NULL:
            raise MemoryError
        found4 = fs_sweep(list4, count4, ranges4)
        found6 = fs_sweep(list6, count6, ranges6)
        form = form_of_ranges(ranges4, found4, ranges6, found6, &counts)
        fs_write_list(&form.c, False, list4, count4)
        fs_write_list(&form.c, True, list6, count6)
        return form
    finally:
        free(ranges4)
        free(ranges6)


@cython.final
cdef class _Form:
    def __dealloc__(self):
        fs_form_jump_free(&self.c)
        free(self.c.trees)
        free(self.raw)
        if self.is_viewed:
            PyBuffer_Release(&self.view)

    def __getbuffer__(self, Py_buffer *buffer, int flags):
        PyBuffer_FillInfo(buffer, self, self.block, self.size, True, flags)

    @property
    def image(self):
        """The block: a header and sections, laid out as in a file."""
        return PyMemoryView_FromObject(self)

    @property
    def counts(self):
        """The sizes of all sections, as in the header."""
        cdef fs_counts *c = &self.c.counts
        return _image.Counts(
            c.slots, c.prefixes4, c.keys4, c.prefixes6, c.keys6,
            c.nodes6, c.values6, c.records6, c.trees6,
        )  # fmt: skip

    cdef int64_t find(self, fs_key key, bint wide) noexcept nogil:
        return fs_find6(&self.c, key) if wide else fs_find4(&self.c, key.hi >> 32)

    def contains(self, address, family=None):
        """Whether any network matches an address."""
        cdef fs_key key
        cdef bint wide = read_address(address, family, &key)
        return self.find(key, wide) >= 0

    def contains_many(self, family, packed):
        """Return one byte per row, 1 where any network matches."""
        cdef Py_buffer view
        cdef bint wide = is_wide(family)
        cdef Py_ssize_t rows = get_records(packed, wide, &view)
        try:
            result = PyBytes_FromStringAndSize(NULL, rows)
            out = <uint8_t *>PyBytes_AS_STRING(result)
            with nogil:
                fs_contains_many(&self.c, wide, <const uint8_t *>view.buf, rows, out)
            return result
        finally:
            PyBuffer_Release(&view)

    def first_use(self):
        """The slots in use, in the order of their first prefixes."""
        cdef size_t slots = self.c.counts.slots, i
        cdef uint32_t slot
        cdef bint wide
        cdef list order = []
        seen = <uint8_t *>calloc(slots + 1, 1)
        if seen == NULL:
            raise MemoryError
        try:
            for wide in range(2):
                for i in range(fs_list_size(&self.c, wide)):
                    slot = fs_listed(&self.c, wide, i).slot
                    if not seen[slot]:
                        seen[slot] = 1
                        order.append(slot)
        finally:
            free(seen)
        return order

    def renumbered(self, mapping, size_t slots):
        """Copy the form with new slots: `mapping` gives one for each old slot in use."""
        cdef size_t count[2]
        cdef fs_prefix *lists[2]
        cdef bint wide
        cdef size_t i
        cdef Py_buffer view
        cdef const uint32_t *fresh
        memset(lists, 0, sizeof(lists))
        PyObject_GetBuffer(mapping, &view, PyBUF_SIMPLE)
        try:
            if <size_t>view.len < 4 * self.c.counts.slots:
                raise _errors.bad_file("too few slots")
            fresh = <const uint32_t *>view.buf
            for wide in range(2):
                count[wide] = fs_list_size(&self.c, wide)
                lists[wide] = <fs_prefix *>malloc((count[wide] + 1) * sizeof(fs_prefix))
                if lists[wide] == NULL:
                    raise MemoryError
                for i in range(count[wide]):
                    lists[wide][i] = fs_listed(&self.c, wide, i)
                    lists[wide][i].slot = fresh[lists[wide][i].slot]
            return form_of_lists(lists[0], count[0], lists[1], count[1], slots)
        finally:
            PyBuffer_Release(&view)
            free(lists[0])
            free(lists[1])


def _read_form(buffer):
    """Make a form of a block in memory or in a mapped file, or raise TableFileError.

    A block is copied if it is writable or not aligned to a cache line.
    """
    cdef _Form form = _Form.__new__(_Form)
    cdef fs_counts counts
    found, _ = _image.read_header(memoryview(buffer).cast("B"), whole=False)
    (
        counts.slots, counts.prefixes4, counts.keys4, counts.prefixes6, counts.keys6,
        counts.nodes6, counts.values6, counts.records6, counts.trees6,
    ) = found  # fmt: skip
    PyObject_GetBuffer(buffer, &form.view, PyBUF_SIMPLE)
    form.is_viewed = True
    form.size = form.view.len
    if form.view.readonly and <uintptr_t>form.view.buf % FS_ALIGN == 0:
        form.block = <uint8_t *>form.view.buf
    else:
        form.block = fs_block_new(form.size, &form.raw)
        if form.block == NULL:
            raise MemoryError
        memcpy(form.block, form.view.buf, form.size)
        PyBuffer_Release(&form.view)
        form.is_viewed = False
    trees = <fs_tree *>calloc(counts.trees6 + 1, sizeof(fs_tree))
    if trees == NULL:
        raise MemoryError
    fs_form_place(&form.c, form.block, &counts, trees)
    fault = fs_form_fault(&form.c)
    if fault != NULL:
        raise _errors.bad_file((<bytes>fault).decode("ascii"))
    if not fs_form_jump(&form.c):
        raise MemoryError
    return form


def _crc32(packed):
    """The CRC-32 of a buffer, as zlib's, and as fast as memory where the processor can."""
    cdef Py_buffer view
    cdef uint32_t crc = 0
    cdef Py_ssize_t whole
    get_contiguous(packed, &view, "packed")
    try:
        whole = view.len & ~<Py_ssize_t>15
        if _KERNEL == "scalar" or whole < 64 or not fs_cpu_has_pclmul():
            return _zlib_crc32(packed)
        with nogil:
            crc = fs_crc32_blocks(<const uint8_t *>view.buf, whole, 0)
        return _zlib_crc32(memoryview(packed).cast("B")[whole:], crc)
    finally:
        PyBuffer_Release(&view)


cdef size_t write_bounds(list bounds, unsigned bits, fs_range *ranges) except 0:
    """Write a set's boundaries as ranges. Starts and ends alternate."""
    cdef size_t count = 0
    cdef uint32_t value = 1
    if not bounds or bounds[0] != 0:
        memset(ranges, 0, sizeof(fs_range))
        count = 1
    for bound in bounds:
        if bound >> bits:
            break
        ranges[count].start.hi = (bound << 32 if bits == 32 else bound >> 64)
        ranges[count].start.lo = (0 if bits == 32 else bound & 0xFFFFFFFFFFFFFFFF)
        ranges[count].value = value
        value = 1 - value
        count += 1
    return count


def _compile_set(list bounds4, list bounds6):
    """Compile a set from its sorted boundaries, in which starts and ends alternate."""
    cdef fs_counts counts
    cdef size_t found4, found6
    memset(&counts, 0, sizeof(counts))
    counts.slots = 1
    ranges4 = <fs_range *>malloc((len(bounds4) + 1) * sizeof(fs_range))
    ranges6 = <fs_range *>malloc((len(bounds6) + 1) * sizeof(fs_range))
    try:
        if ranges4 == NULL or ranges6 == NULL:
            raise MemoryError
        found4 = write_bounds(bounds4, 32, ranges4)
        found6 = write_bounds(bounds6, 128, ranges6)
        return form_of_ranges(ranges4, found4, ranges6, found6, &counts)
    finally:
        free(ranges4)
        free(ranges6)


def _read_bounds(networks, bint strict):
    """Read the first and last address of each network into two flat lists, IPv4 and IPv6."""
    cdef fs_prefix prefix
    cdef fs_key last
    cdef bint wide
    cdef list bounds4 = [], bounds6 = []
    for network in networks:
        wide = read_network(network, strict, &prefix)
        last = fs_key_last(prefix.key, prefix.length)
        if wide:
            bounds6.append((<object>prefix.key.hi << 64) | prefix.key.lo)
            bounds6.append((<object>last.hi << 64) | last.lo)
        else:
            bounds4.append(prefix.key.hi >> 32)
            bounds4.append(last.hi >> 32)
    return bounds4, bounds6


# --- Building -------------------------------------------------------------------------------------

cdef struct List:
    fs_prefix *items
    size_t count, room


@cython.no_gc_clear
@cython.final
cdef class _Builder:
    """Networks and values in the order given, private to one call."""
    cdef List[2] lists
    cdef _Slots slots

    def __cinit__(self):
        self.slots = _Slots()

    def __dealloc__(self):
        free(self.lists[0].items)
        free(self.lists[1].items)

    cdef int reserve(self, bint wide, size_t more) except -1:
        cdef List *of = &self.lists[wide]
        cdef size_t room
        if of.room - of.count >= more:
            return 0
        room = max(of.count + more, of.room + of.room // 2, <size_t>64)
        grown = <fs_prefix *>realloc(of.items, room * sizeof(fs_prefix))
        if grown == NULL:
            raise MemoryError
        of.items = grown
        of.room = room
        return 0

    cdef int add(self, object network, object value, bint strict) except -1:
        cdef fs_prefix prefix
        cdef PyObject *dropped
        cdef bint wide = read_network(network, strict, &prefix)
        prefix.slot = <uint32_t>self.slots.claim(value, &dropped)
        Py_XDECREF(dropped)
        self.reserve(wide, 1)
        self.lists[wide].items[self.lists[wide].count] = prefix
        self.lists[wide].count += 1
        return 0

    cdef int sort(self) except -1:
        """Sort the networks. Of equal networks keep the last."""
        cdef List *of
        cdef bint wide
        for wide in range(2):
            of = &self.lists[wide]
            spare = <fs_prefix *>malloc((of.count + 1) * sizeof(fs_prefix))
            if spare == NULL:
                raise MemoryError
            with nogil:
                fs_sort_prefixes(of.items, of.count, spare)
                of.count = fs_unique_prefixes(of.items, of.count)
            free(spare)
        return 0

    cdef _Form compile(self):
        return form_of_lists(
            self.lists[0].items, self.lists[0].count, self.lists[1].items, self.lists[1].count,
            PyList_GET_SIZE(self.slots.values),
        )


cdef _Builder build(object items, bint strict):
    cdef _Builder builder = _Builder()
    for item in items:
        try:
            network, value = item
        except (TypeError, ValueError):
            raise _errors.not_pair(item) from None
        builder.add(network, value, strict)
    builder.sort()
    return builder


# --- Iteration ------------------------------------------------------------------------------------

@cython.no_gc_clear
@cython.final
cdef class _Iterator:
    """Iterates networks, values or both in address order, over a snapshot of the table."""
    cdef _Form form
    cdef list values
    cdef object reader
    cdef size_t at
    cdef int kind       # 1: networks, 2: values, 3: pairs

    def __iter__(self):
        return self

    def __next__(self):
        cdef fs_prefix prefix
        # Read once: threads that share an iterator may skip or repeat items, but stay in bounds.
        cdef size_t at = self.at, narrow = fs_list_size(&self.form.c, False)
        cdef bint wide = at >= narrow
        if wide and at - narrow >= fs_list_size(&self.form.c, True):
            raise StopIteration
        prefix = fs_listed(&self.form.c, wide, at - narrow if wide else at)
        self.at = at + 1
        if self.kind == 1:
            return network_text(&prefix, wide)
        value = self.values[prefix.slot]
        if self.reader is not None and value is _UNREAD:
            value = self.reader.read(prefix.slot)
        if self.kind == 2:
            return value
        return network_text(&prefix, wide), value


# --- The table ------------------------------------------------------------------------------------

@cython.no_gc_clear
cdef class _Table:
    """The methods that each twin implements. `TableMethods` has those written once for both."""

    def __cinit__(self, *args, **kwargs):
        self.slots = _Slots()
        self.form = form_of_lists(NULL, 0, NULL, 0, 0)
        self.strict = True

    def __dealloc__(self):
        fs_trie_free(&self.trie)

    # Called inside the critical section; runs no Python code:

    cdef int must_be_mutable(self) except -1:
        if self.is_frozen:
            raise _errors.frozen()
        return 0

    cdef int compile(self) except -1:
        """Compile the trie, which holds all networks, into a form."""
        cdef size_t count[2]
        cdef fs_prefix *lists[2]
        cdef fs_key zero = fs_key_of4(0)
        cdef bint wide
        memset(lists, 0, sizeof(lists))
        try:
            for wide in range(2):
                count[wide] = fs_trie_walk(&self.trie, wide, zero, 0, NULL)
                lists[wide] = <fs_prefix *>malloc((count[wide] + 1) * sizeof(fs_prefix))
                if lists[wide] == NULL:
                    raise MemoryError
                fs_trie_walk(&self.trie, wide, zero, 0, lists[wide])
            self.form = form_of_lists(
                lists[0], count[0], lists[1], count[1], PyList_GET_SIZE(self.slots.values)
            )
        finally:
            free(lists[0])
            free(lists[1])
        self.settle()
        return 0

    cdef void settle(self) noexcept:
        """Note that the form is up to date."""
        self.changes[0].count = self.changes[1].count = 0
        self.asked = 0

    cdef int thaw(self) except -1:
        """Build the trie from the form's list."""
        cdef fs_prefix prefix
        cdef bint wide
        cdef size_t i
        if self.trie.nodes != NULL:
            return 0
        self.slots.recount(self.form)
        if not fs_trie_reserve(&self.trie, 2 * <size_t>self.size + 2):
            raise MemoryError
        for wide in range(2):
            for i in range(fs_list_size(&self.form.c, wide)):
                prefix = fs_listed(&self.form.c, wide, i)
                fs_trie_set(&self.trie, wide, prefix.key, prefix.length, prefix.slot + 1)
        return 0

    cdef int64_t find(self, fs_key key, bint wide) except -2:
        """Find the slot of the longest match, or -1."""
        if self.changes[wide].count != 0 and fs_changed(&self.changes[wide], key):
            self.asked += 1
            if self.asked * 8 < <uint64_t>self.size:
                return <int64_t>fs_trie_match(&self.trie, wide, key, 128 if wide else 32) - 1
            self.compile()
        return self.form.find(key, wide)

    cdef int64_t get_exact(self, const fs_prefix *prefix, bint wide) except -2:
        cdef size_t at
        cdef fs_prefix found
        if self.trie.nodes != NULL:
            return <int64_t>fs_trie_get(&self.trie, wide, prefix.key, prefix.length) - 1
        at = fs_list_bound(&self.form.c, wide, prefix.key, prefix.length, False)
        if at == fs_list_size(&self.form.c, wide):
            return -1
        found = fs_listed(&self.form.c, wide, at)
        if found.length == prefix.length and fs_key_equal(found.key, prefix.key):
            return found.slot
        return -1

    cdef int set_one(self, const fs_prefix *prefix, bint wide, object value) except -1:
        cdef PyObject *dropped = NULL
        cdef uint32_t before
        cdef int64_t slot
        self.must_be_mutable()
        self.thaw()
        if not fs_trie_reserve(&self.trie, 2):
            raise MemoryError
        before = fs_trie_get(&self.trie, wide, prefix.key, prefix.length)
        if before != 0 and self.slots.swap(before - 1, value, &dropped):
            Py_XDECREF(dropped)     # the form stays valid: it holds slots, not values
            return 0
        # Claim the slot before changing the trie: nothing after this can fail.
        slot = self.slots.claim(value, &dropped)
        before = fs_trie_set(&self.trie, wide, prefix.key, prefix.length, <uint32_t>slot + 1)
        if before != <uint32_t>slot + 1:
            fs_note_change(&self.changes[wide], prefix.key, prefix.length)
        if before == 0:
            self.size += 1
        else:
            self.slots.release(before - 1)
        Py_XDECREF(dropped)
        return 0

    cdef object remove_one(self, const fs_prefix *prefix, bint wide):
        """Remove a network and return its value; NotImplemented if it is absent."""
        cdef uint32_t before
        self.must_be_mutable()
        if self.get_exact(prefix, wide) < 0:
            return NotImplemented
        self.thaw()
        before = fs_trie_remove(&self.trie, wide, prefix.key, prefix.length)
        value = self.slots.values[before - 1]
        self.slots.release(before - 1)
        self.size -= 1
        fs_note_change(&self.changes[wide], prefix.key, prefix.length)
        if self.slots.reader is not None and value is _UNREAD:
            value = self.slots.reader.read(before - 1)
        return value

    cdef list chain(self, fs_key key, unsigned length, bint wide):
        """List the prefixes that cover a network or equal it, shortest first."""
        cdef uint32_t numbers[129]
        cdef fs_prefix found[129]
        cdef fs_node *node
        cdef unsigned i, count = 0
        cdef size_t at
        if self.trie.nodes != NULL:
            count = fs_trie_chain(&self.trie, wide, key, length, numbers)
            for i in range(count):
                node = &self.trie.nodes[numbers[i]]
                found[i].key = node.key
                found[i].length = node.length
                found[i].slot = node.value - 1
            return self.pairs(found, count, wide)
        at = fs_list_match(&self.form.c, wide, key, length)
        while at != 0 and count < 129:  # the chain of a damaged file may be longer
            found[count] = fs_listed(&self.form.c, wide, at - 1)
            count += 1
            at = fs_list_parent(&self.form.c, wide, at)
        pairs = self.pairs(found, count, wide)
        pairs.reverse()
        return pairs

    cdef list pairs(self, const fs_prefix *found, size_t count, bint wide):
        """List networks as text, with their values."""
        cdef size_t i
        cdef list values = self.slots.values
        reader = self.slots.reader
        pairs = [(network_text(&found[i], wide), values[found[i].slot]) for i in range(count)]
        if reader is None:
            return pairs
        # Decoding runs code, so all values were collected first.
        return [
            (text, reader.read(found[i].slot) if value is _UNREAD else value)
            for i, (text, value) in enumerate(pairs)
        ]

    # Public methods:

    def lookup(self, address, /, default=None, *, family=None):
        """Find the value of the longest network that an address is in.

        Args:
            address: text, 4 or 16 packed bytes, an address object, or an int with `family`.
                An IPv4-mapped IPv6 address is looked up as the IPv4 address it holds.
            default: the result where no network matches.
            family: `AF_INET` or `AF_INET6`, of an int.

        Returns:
            The value, or `default`.

        Raises:
            AddressError: a text that is not an address, or an address with a zone.
            TypeError, ValueError: another type; a wrong size or number.

        >>> table = PrefixTable({"10.0.0.0/8": "office", "10.9.0.0/16": "lab"})
        >>> table.lookup("10.9.8.7"), table.lookup("10.1.1.1"), table.lookup("192.0.2.1")
        ('lab', 'office', None)
        """
        cdef fs_key key
        cdef bint wide = read_address(address, family, &key)
        cdef int64_t slot
        with cython.critical_section(self):
            slot = self.find(key, wide)
            return default if slot < 0 else self.slots.get(slot)

    def lookup_many(self, family, packed, default=-1):
        """Find the longest matches of many packed addresses.

        Args:
            family: `AF_INET` (records of 4 bytes), or `AF_INET6` or `AF_UNSPEC` (16 bytes, IPv4
                as mapped addresses).
            packed: any contiguous bytes-like object of such records.
            default: the index of a row that no network matches, any int32.

        Returns:
            A memoryview with one int32 per row: indexes into `values_list()`.

        Raises:
            ValueError: another family, or a size that is not a multiple of the record's.
            TypeError, BufferError, OverflowError: not a buffer; not contiguous; not an int32.

        >>> from socket import AF_INET
        >>> table = PrefixTable({"10.0.0.0/8": "office", "10.9.0.0/16": "lab"})
        >>> rows = table.lookup_many(AF_INET, bytes([10, 9, 8, 7, 192, 0, 2, 1]))
        >>> rows.tolist(), table.values_list()[rows[0]]
        ([1, -1], 'lab')
        """
        cdef Py_buffer view
        cdef bint wide = is_wide(family)
        cdef object number = PyNumber_Index(default)
        if not -0x80000000 <= number < 0x80000000:
            raise _errors.bad_default(number)
        cdef Py_ssize_t rows = get_records(packed, wide, &view)
        try:
            result = PyBytes_FromStringAndSize(NULL, 4 * rows)
            self.fill(wide, &view, rows, number, <int32_t *>PyBytes_AS_STRING(result))
        finally:
            PyBuffer_Release(&view)
        return PyMemoryView_FromObject(result).cast("i")

    cdef int fill(
        self, bint wide, const Py_buffer *view, Py_ssize_t rows, int32_t none, int32_t *out
    ) except -1:
        """Write a slot for each row. Only this call has `out` yet."""
        cdef fs_changes changes4, changes6
        cdef const uint8_t *p = <const uint8_t *>view.buf
        cdef int32_t again = -3 if none == -2 else -2   # no slot, and not `none`
        cdef Py_ssize_t row, count, end
        cdef _Form form
        while True:
            with cython.critical_section(self):
                form = self.form    # our reference keeps it alive if another thread recompiles
                changes4 = self.changes[0]
                changes6 = self.changes[1]
            count = 0
            with nogil:
                fs_find_many(&form.c, &changes4, &changes6, wide, p, rows, none, again, out)
                if changes4.count | changes6.count:
                    for row in range(rows):
                        count += out[row] == again
            if count == 0:
                return 0
            with cython.critical_section(self):
                self.asked += count
                if self.asked * 8 < <uint64_t>self.size or self.trie.nodes == NULL:
                    break
                self.compile()
        row = 0
        while row < rows:
            end = min(row + FIX_ROWS, rows)
            with cython.critical_section(self):
                while row < end:
                    if out[row] == again:
                        out[row] = self.find_row(wide, p + (16 if wide else 4) * row, none)
                    row += 1
        return 0

    cdef int32_t find_row(self, bint wide, const uint8_t *p, int32_t none) except? -1:
        """Look up one row in the current table."""
        cdef fs_key key
        cdef int64_t slot
        cdef uint8_t packed[16]     # copied once, then examined
        memcpy(packed, p, 16 if wide else 4)
        if wide:
            key = fs_key_of16(packed)
            wide = unmapped(&key, True)
        else:
            key = fs_key_of4(fs_be32(packed))
        slot = self.find(key, wide)
        return none if slot < 0 else <int32_t>slot

    def lookup_prefix(self, address, /, *, family=None):
        """Find the longest network that an address is in, and its value.

        Args:
            address: as for `lookup`.
            family: `AF_INET` or `AF_INET6`, of an int.

        Returns:
            The network's text and its value, or None where no network matches.

        Raises:
            AddressError, TypeError, ValueError: as `lookup`.

        >>> PrefixTable({"10.0.0.0/8": "office"}).lookup_prefix("10.1.2.3")
        ('10.0.0.0/8', 'office')
        """
        cdef fs_key key
        cdef fs_prefix prefix
        cdef uint32_t numbers[129]
        cdef bint wide = read_address(address, family, &key)
        cdef unsigned length = 128 if wide else 32, count
        cdef size_t at
        with cython.critical_section(self):
            if self.trie.nodes != NULL:
                count = fs_trie_chain(&self.trie, wide, key, length, numbers)
                if count == 0:
                    return None
                prefix.key = self.trie.nodes[numbers[count - 1]].key
                prefix.length = self.trie.nodes[numbers[count - 1]].length
                prefix.slot = self.trie.nodes[numbers[count - 1]].value - 1
            else:
                at = fs_list_match(&self.form.c, wide, key, length)
                if at == 0:
                    return None
                prefix = fs_listed(&self.form.c, wide, at - 1)
            return network_text(&prefix, wide), self.slots.get(prefix.slot)

    def lookup_all(self, address, /, *, family=None):
        """Find every network that an address is in.

        Args:
            address: as for `lookup`.
            family: `AF_INET` or `AF_INET6`, of an int.

        Returns:
            A list of ``(network, value)``, the shortest prefix first.

        Raises:
            AddressError, TypeError, ValueError: as `lookup`.

        >>> PrefixTable({"10.0.0.0/8": 1, "10.9.0.0/16": 2}).lookup_all("10.9.8.7")
        [('10.0.0.0/8', 1), ('10.9.0.0/16', 2)]
        """
        cdef fs_key key
        cdef bint wide = read_address(address, family, &key)
        with cython.critical_section(self):
            return self.chain(key, 128 if wide else 32, wide)

    def covering(self, network, /):
        """Find the networks that a network lies in, itself among them.

        Args:
            network: text, ``(packed, length)`` or a network object; it need not be in the table.

        Returns:
            A list of ``(network, value)``, the shortest prefix first.

        Raises:
            AddressError, TypeError, ValueError: not a network.

        >>> PrefixTable({"10.0.0.0/8": 1, "10.9.0.0/16": 2}).covering("10.9.0.0/24")
        [('10.0.0.0/8', 1), ('10.9.0.0/16', 2)]
        """
        cdef fs_prefix prefix
        cdef bint wide = read_network(network, self.strict, &prefix)
        with cython.critical_section(self):
            return self.chain(prefix.key, prefix.length, wide)

    def covered(self, network, /):
        """Find the networks that lie in a network, itself among them.

        Args:
            network: text, ``(packed, length)`` or a network object; it need not be in the table.

        Returns:
            A list of ``(network, value)``, in address order.

        Raises:
            AddressError, TypeError, ValueError: not a network.

        >>> PrefixTable({"10.0.0.0/8": 1, "10.9.0.0/16": 2}).covered("10.8.0.0/14")
        [('10.9.0.0/16', 2)]
        """
        cdef fs_prefix prefix
        cdef bint wide = read_network(network, self.strict, &prefix)
        cdef size_t count, first, i
        cdef fs_prefix *inside
        with cython.critical_section(self):
            if self.trie.nodes == NULL:
                first = fs_list_bound(&self.form.c, wide, prefix.key, prefix.length, False)
                count = fs_list_bound(
                    &self.form.c, wide, fs_key_last(prefix.key, prefix.length), 128, True
                ) - first
            else:
                first = 0
                count = fs_trie_walk(&self.trie, wide, prefix.key, prefix.length, NULL)
            inside = <fs_prefix *>malloc((count + 1) * sizeof(fs_prefix))
            if inside == NULL:
                raise MemoryError
            if self.trie.nodes == NULL:
                for i in range(count):
                    inside[i] = fs_listed(&self.form.c, wide, first + i)
            else:
                fs_trie_walk(&self.trie, wide, prefix.key, prefix.length, inside)
            try:
                return self.pairs(inside, count, wide)
            finally:
                free(inside)

    def get(self, network, /, default=None):
        """Return the value of exactly this network, or `default`.

        >>> PrefixTable({"10.0.0.0/8": 1}).get("10.0.0.0/9", 0)
        0
        """
        cdef fs_prefix prefix
        cdef bint wide = read_network(network, self.strict, &prefix)
        cdef int64_t slot
        with cython.critical_section(self):
            slot = self.get_exact(&prefix, wide)
            return default if slot < 0 else self.slots.get(slot)

    def __getitem__(self, network):
        cdef fs_prefix prefix
        cdef bint wide = read_network(network, self.strict, &prefix)
        cdef int64_t slot
        with cython.critical_section(self):
            slot = self.get_exact(&prefix, wide)
            if slot >= 0:
                return self.slots.get(slot)
        raise KeyError(network)

    def __contains__(self, network):
        cdef fs_prefix prefix
        cdef bint wide = read_network(network, self.strict, &prefix)
        with cython.critical_section(self):
            return self.get_exact(&prefix, wide) >= 0

    def __setitem__(self, network, value):
        cdef fs_prefix prefix
        cdef bint wide = read_network(network, self.strict, &prefix)
        with cython.critical_section(self):
            self.set_one(&prefix, wide, value)

    def __delitem__(self, network):
        cdef fs_prefix prefix
        cdef bint wide = read_network(network, self.strict, &prefix)
        with cython.critical_section(self):
            value = self.remove_one(&prefix, wide)
        if value is NotImplemented:
            raise KeyError(network)

    def _remove(self, network):
        """Remove a network and return its value; NotImplemented if it is absent."""
        cdef fs_prefix prefix
        cdef bint wide = read_network(network, self.strict, &prefix)
        with cython.critical_section(self):
            return self.remove_one(&prefix, wide)

    def __len__(self):
        return self.size

    def values_list(self):
        """Return the values that the indexes of `lookup_many` stand for.

        Returns:
            A new list. Indexes stay valid until `freeze`: a value that no network has any more is
            kept until many others have been removed.

        >>> PrefixTable({"10.0.0.0/8": "office"}).values_list()
        ['office']
        """
        cdef _Slots slots
        with cython.critical_section(self):
            slots = self.slots
            values = list(slots.values)
        if slots.reader is None:
            return values
        return [slots.reader.read(i) if v is _UNREAD else v for i, v in enumerate(values)]

    # Used by the code that is written once:

    def _values_at(self, list slots):
        """The values of some slots."""
        cdef size_t slot
        with cython.critical_section(self):
            return [self.slots.get(slot) for slot in slots]

    def _iterate(self, int kind):
        cdef _Iterator iterator = _Iterator.__new__(_Iterator)
        iterator.kind = kind
        with cython.critical_section(self):
            iterator.form = self._compiled()
            if kind != 1:
                iterator.values = list(self.slots.values)
                iterator.reader = self.slots.reader
        return iterator

    cdef _Form _compiled(self):
        if self.changes[0].count | self.changes[1].count:
            self.compile()
        return self.form

    def _snapshot(self):
        """Return the compiled form, the values by slot, their reader and `strict`."""
        with cython.critical_section(self):
            return self._compiled(), list(self.slots.values), self.slots.reader, self.strict

    def _adopt(self, _Form form not None, list values, reader, bint frozen, bint strict):
        """Take over a form and its values."""
        cdef _Slots slots = _Slots(values, reader)
        if form.c.counts.slots > <uint64_t>len(values):
            raise _errors.bad_file("too few values")
        with cython.critical_section(self):
            _old = self.slots, self.form    # released when the table is consistent
            fs_trie_free(&self.trie)
            self.slots = slots
            self.form = form
            self.size = <Py_ssize_t>(form.c.counts.prefixes4 + form.c.counts.prefixes6)
            self.is_frozen = frozen
            self.strict = strict
            self.settle()

    @property
    def frozen(self):
        """Whether `freeze` was called, which forbids changes."""
        return self.is_frozen

    def _start(self, bint strict):
        self.strict = strict

    def _update(self, items):
        """Set many networks. If one pair is wrong, set none."""
        cdef _Builder builder = build(items, self.strict)
        cdef _Form form
        cdef bint wide
        cdef size_t i, count = builder.lists[0].count + builder.lists[1].count
        if count == 0:
            self.must_be_mutable()
            return
        with cython.critical_section(self):
            self.must_be_mutable()
            if self.size == 0:
                form = builder.compile()
                _old = self.slots, self.form
                fs_trie_free(&self.trie)
                self.slots = builder.slots
                self.form = form
                self.size = <Py_ssize_t>count
                self.settle()
                return
        if 8 * count >= <size_t>self.size:
            self._merge(builder)
            return
        for wide in range(2):
            for i in range(builder.lists[wide].count):
                value = builder.slots.values[builder.lists[wide].items[i].slot]
                with cython.critical_section(self):
                    self.set_one(&builder.lists[wide].items[i], wide, value)

    cdef int _merge(self, object given) except -1:
        """Set many networks at once, and compile."""
        cdef PyObject *dropped
        cdef bint wide
        cdef size_t i
        cdef fs_prefix prefix
        cdef _Builder builder = given
        cdef list kept = []     # released when the table is consistent
        with cython.critical_section(self):
            self.must_be_mutable()
            _old = self.form
            self.thaw()
            for wide in range(2):
                if not fs_trie_reserve(&self.trie, 2 * builder.lists[wide].count):
                    raise MemoryError
                for i in range(builder.lists[wide].count):
                    prefix = builder.lists[wide].items[i]
                    value = builder.slots.values[prefix.slot]
                    slot = self.slots.claim(value, &dropped)
                    if dropped != NULL:
                        kept.append(<object>dropped)
                        Py_XDECREF(dropped)
                    before = fs_trie_set(
                        &self.trie, wide, prefix.key, prefix.length, <uint32_t>slot + 1
                    )
                    fs_note_change(&self.changes[wide], prefix.key, prefix.length)
                    if before == 0:
                        self.size += 1
                    else:
                        self.slots.release(before - 1)
            self.compile()
        return 0


def _column_twin():
    """The twin's module of columns, which is imported where columns are used."""
    from fastsock.arrow import _c

    return _c


class PrefixTable(_Table, _table.TableMethods, _MutableMapping):
    __doc__ = _table.TABLE_DOC
    __slots__ = ()
    _read_form = staticmethod(_read_form)
    _column_twin = staticmethod(_column_twin)
    _crc32 = staticmethod(_crc32)


class PrefixSet(_sets.SetMethods):
    __doc__ = _sets.SET_DOC
    __slots__ = ()
    _compile_set = staticmethod(_compile_set)
    _read_bounds = staticmethod(_read_bounds)
    _column_twin = staticmethod(_column_twin)


def special(name):
    """Return all addresses with a property of this Python's `ipaddress`, as a set.

    IPv4-mapped addresses count as the IPv4 addresses they hold, in every release of Python.

    Args:
        name: ``"private"``, ``"global"``, ``"loopback"``, ``"link_local"``, ``"multicast"``,
            ``"reserved"``, ``"unspecified"`` or ``"site_local"``, for ``is_private`` and so on.

    Returns:
        A new `PrefixSet`.

    Raises:
        ValueError: another name.

    Source: the IANA special-purpose address registries, as the running `ipaddress` has them.

    >>> "10.1.2.3" in special("private"), "192.0.2.1" in special("global")
    (True, False)
    """
    return _special_sets.make(PrefixSet, name)


def mask_many(family, packed, bits4=24, bits6=48):
    """Clear the last bits of many packed addresses, to anonymise logs.

    Args:
        family: `AF_INET` (records of 4 bytes), or `AF_INET6` or `AF_UNSPEC` (16 bytes, IPv4 as
            mapped addresses).
        packed: any contiguous bytes-like object of such records.
        bits4: how many bits of an IPv4 address to keep, 0 to 32, also of a mapped one.
        bits6: how many bits of an IPv6 address to keep, 0 to 128.

    Returns:
        The same number of records, of the same size.

    Raises:
        ValueError: another family; a wrong buffer size; a number of bits out of range.
        TypeError, BufferError: not a buffer, or not contiguous.

    >>> from socket import AF_INET
    >>> mask_many(AF_INET, bytes([192, 0, 2, 77])).hex()
    'c0000200'
    """
    cdef Py_buffer view
    cdef bint wide = is_wide(family)
    cdef unsigned keep4, keep6
    four, six = PyNumber_Index(bits4), PyNumber_Index(bits6)
    if not 0 <= four <= 32:
        raise _errors.bad_bits("bits4", four, 32)
    if not 0 <= six <= 128:
        raise _errors.bad_bits("bits6", six, 128)
    keep4, keep6 = four, six
    cdef Py_ssize_t rows = get_records(packed, wide, &view)
    try:
        result = PyBytes_FromStringAndSize(NULL, view.len)
        p = <const uint8_t *>view.buf
        out = <uint8_t *>PyBytes_AS_STRING(result)
        with nogil:
            if wide:
                fs_mask6(p, rows, keep4, keep6, out)
            else:
                fs_mask4(p, rows, keep4, out)
        return result
    finally:
        PyBuffer_Release(&view)


def mask_column(column, bits4=24, bits6=48):
    """Clear the last bits of each address of a column, to anonymise logs.

    Args:
        column: as `PrefixTable.lookup_column` takes it.
        bits4: how many bits of an IPv4 address to keep, 0 to 32, also of a mapped one.
        bits6: how many bits of an IPv6 address to keep, 0 to 128.

    Returns:
        An `AddressColumn`, null where a row is null or no address.

    Raises:
        ValueError: a number of bits out of range; a damaged column.
        TypeError: a column of another type.

    >>> from fastsock import pton_column
    >>> list(mask_column(pton_column(["192.0.2.77", None])))
    ['192.0.2.0', None]
    """
    from fastsock.prefix import columns  # no part of the usual import

    return columns.mask_column(_column_twin(), mask_many, column, bits4, bits6)
