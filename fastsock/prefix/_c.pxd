"""Declarations of the compiled prefix part: kernels, and the classes that own their memory."""

from cpython.buffer cimport Py_buffer
from cpython.object cimport PyObject
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t


cdef extern from "fastsock/_core/pyobjects.h":
    const uint8_t *fs_ascii(PyObject *text, Py_ssize_t *size) noexcept
    object fs_new_text(const uint8_t *text, Py_ssize_t size)
    long fs_long(object value, int *overflow) except? -1


cdef extern from "fastsock/address/family.h" nogil:
    int AF_UNSPEC
    int AF_INET
    int AF_INET6


cdef extern from "fastsock/address/inet6.h" nogil:
    # Parse one address at [p, end). Return where it ends, or NULL. Write on success only.
    const uint8_t *fs_parse4(const uint8_t *p, const uint8_t *end, uint8_t *out) noexcept
    const uint8_t *fs_parse6(const uint8_t *p, const uint8_t *end, uint8_t *out) noexcept


cdef extern from "fastsock/prefix/key.h" nogil:
    ctypedef struct fs_key:
        uint64_t hi     # the first 64 bits of an address; an IPv4 address has the upper 32
        uint64_t lo

    ctypedef struct fs_prefix:
        fs_key key
        uint32_t slot
        uint8_t length

    uint32_t fs_be32(const uint8_t *p) noexcept
    fs_key fs_key_of4(uint32_t address) noexcept
    fs_key fs_key_of16(const uint8_t *packed) noexcept
    bint fs_is_mapped_key(uint64_t hi, uint64_t lo) noexcept
    fs_key fs_key_masked(fs_key key, unsigned length) noexcept
    fs_key fs_key_last(fs_key key, unsigned length) noexcept
    bint fs_key_equal(fs_key a, fs_key b) noexcept


cdef extern from "fastsock/prefix/block.h" nogil:
    # Allocate zeroed memory, aligned to a cache line. `raw` is the pointer for free().
    uint8_t *fs_block_new(size_t size, void **raw) noexcept


cdef extern from "fastsock/prefix/crc32.h" nogil:
    bint fs_cpu_has_pclmul() noexcept
    # The CRC-32 of a multiple of 16 bytes, at least 64. Only where the processor has pclmul.
    uint32_t fs_crc32_blocks(const uint8_t *p, size_t size, uint32_t crc) noexcept


cdef extern from "fastsock/prefix/text.h" nogil:
    enum: FS_NETWORK_MAX
    bint fs_parse_either(
        const uint8_t *p, const uint8_t *end, fs_key *key, bint *wide
    ) noexcept
    # Write a network as text. Return the length of the text.
    size_t fs_format_network(fs_key key, unsigned length, bint wide, uint8_t *out) noexcept
    # Parse a network. Return whether the text is one; write on success only.
    bint fs_parse_network(
        const uint8_t *p, const uint8_t *end, fs_prefix *out, bint *wide
    ) noexcept


cdef extern from "fastsock/prefix/mask.h" nogil:
    void fs_mask4(const uint8_t *p, size_t rows, unsigned bits, uint8_t *out) noexcept
    void fs_mask6(
        const uint8_t *p, size_t rows, unsigned bits4, unsigned bits6, uint8_t *out
    ) noexcept


cdef extern from "fastsock/prefix/sweep.h" nogil:
    ctypedef struct fs_range:
        fs_key start
        uint32_t value

    void fs_sort_prefixes(fs_prefix *list, size_t count, fs_prefix *spare) noexcept
    size_t fs_unique_prefixes(fs_prefix *list, size_t count) noexcept
    size_t fs_sweep(const fs_prefix *list, size_t count, fs_range *ranges) noexcept


cdef extern from "fastsock/prefix/form.h" nogil:
    enum: FS_HEADER
    enum: FS_ALIGN
    enum: FS_MOST
    enum: FS_SECTIONS

    ctypedef struct fs_tree:
        uint32_t keys

    ctypedef struct fs_counts:
        uint64_t slots, prefixes4, keys4, prefixes6, keys6, nodes6, values6, records6, trees6

    ctypedef struct fs_form:
        fs_counts counts
        fs_tree *trees

    bint fs_layout(const fs_counts *counts, uint64_t *offsets) noexcept
    void fs_form_place(
        fs_form *form, uint8_t *block, const fs_counts *counts, fs_tree *trees
    ) noexcept
    bint fs_measure(
        size_t count4, const fs_range *ranges6, size_t count6, fs_counts *counts
    ) noexcept
    void fs_index(
        fs_form *form, const fs_range *ranges4, size_t count4,
        const fs_range *ranges6, size_t count6
    ) noexcept
    void fs_write_list(fs_form *form, bint wide, const fs_prefix *list, size_t count) noexcept
    const char *fs_form_fault(fs_form *form) noexcept
    # Make the tables of where walks of batches start. Return whether there was memory.
    bint fs_form_jump(fs_form *form) noexcept
    void fs_form_jump_free(fs_form *form) noexcept


cdef extern from "fastsock/prefix/find.h" nogil:
    ctypedef struct fs_changes:
        unsigned count

    void fs_choose_walk(bint avx2) noexcept
    bint fs_use_avx2
    int64_t fs_find4(const fs_form *form, uint32_t address) noexcept
    int64_t fs_find6(const fs_form *form, fs_key key) noexcept
    bint fs_changed(const fs_changes *changes, fs_key key) noexcept
    void fs_note_change(fs_changes *changes, fs_key key, unsigned length) noexcept
    void fs_find_many(
        const fs_form *form, const fs_changes *changes4, const fs_changes *changes6, bint wide,
        const uint8_t *p, size_t rows, int32_t none, int32_t again, int32_t *out
    ) noexcept
    void fs_contains_many(
        const fs_form *form, bint wide, const uint8_t *p, size_t rows, uint8_t *out
    ) noexcept
    size_t fs_list_size(const fs_form *form, bint wide) noexcept
    fs_prefix fs_listed(const fs_form *form, bint wide, size_t i) noexcept
    size_t fs_list_bound(
        const fs_form *form, bint wide, fs_key key, unsigned length, bint with_equal
    ) noexcept
    size_t fs_list_match(
        const fs_form *form, bint wide, fs_key key, unsigned length
    ) noexcept
    size_t fs_list_parent(const fs_form *form, bint wide, size_t at) noexcept


cdef extern from "fastsock/prefix/trie.h" nogil:
    ctypedef struct fs_node:
        fs_key key
        uint32_t value
        uint8_t length

    ctypedef struct fs_trie:
        fs_node *nodes

    void fs_trie_free(fs_trie *trie) noexcept
    bint fs_trie_reserve(fs_trie *trie, size_t more) noexcept
    uint32_t fs_trie_set(
        fs_trie *trie, bint wide, fs_key key, unsigned length, uint32_t value
    ) noexcept
    uint32_t fs_trie_remove(fs_trie *trie, bint wide, fs_key key, unsigned length) noexcept
    unsigned fs_trie_chain(
        const fs_trie *trie, bint wide, fs_key key, unsigned length, uint32_t *numbers
    ) noexcept
    uint32_t fs_trie_match(
        const fs_trie *trie, bint wide, fs_key key, unsigned length
    ) noexcept
    uint32_t fs_trie_get(const fs_trie *trie, bint wide, fs_key key, unsigned length) noexcept
    size_t fs_trie_walk(
        const fs_trie *trie, bint wide, fs_key key, unsigned length, fs_prefix *out
    ) noexcept


cdef struct Slot:
    uint32_t users      # networks that have this value
    uint32_t next       # the next slot in the queue of unused slots


cdef class _Slots:
    """The values of a table: one slot for each object, shared by all networks that have it."""
    cdef readonly list values
    cdef object reader          # decodes a value of a file when it is first used
    cdef Slot *slots
    cdef uint32_t *index        # a hash table keyed by the objects' addresses: slot + 1
    cdef size_t room, index_room, index_used
    cdef uint32_t first_free, last_free, free_count

    cdef object get(self, size_t slot)
    cdef int64_t find(self, object value) noexcept
    cdef int reindex(self, size_t room) except -1
    cdef int64_t claim(self, object value, PyObject **dropped) except -1
    cdef int reserve(self) except -1
    cdef int reserve_index(self) except -1
    cdef void enter(self, uint32_t slot, object value) noexcept
    cdef bint swap(self, uint32_t slot, object value, PyObject **dropped) except -1
    cdef void release(self, uint32_t slot) noexcept
    cdef int recount(self, _Form form) except -1


cdef class _Form:
    """A compiled table: immutable, so that any thread may look up in it without a lock."""
    cdef fs_form c
    cdef uint8_t *block
    cdef Py_ssize_t size
    cdef void *raw              # the block in our own memory, or NULL ...
    cdef Py_buffer view         # ... when the block is another object's buffer
    cdef bint is_viewed

    cdef int64_t find(self, fs_key key, bint wide) noexcept nogil


cdef class _Table:
    cdef object __weakref__
    cdef _Slots slots
    cdef _Form form
    cdef fs_trie trie           # all networks, from the first change on
    cdef fs_changes[2] changes  # of IPv4 and IPv6, since `form` was compiled
    cdef uint64_t asked         # rows looked up in the trie since then
    cdef Py_ssize_t size
    cdef bint is_frozen
    cdef bint strict

    cdef int64_t find(self, fs_key key, bint wide) except -2
    cdef int must_be_mutable(self) except -1
    cdef int compile(self) except -1
    cdef int thaw(self) except -1
    cdef int set_one(self, const fs_prefix *prefix, bint wide, object value) except -1
    cdef object remove_one(self, const fs_prefix *prefix, bint wide)
    cdef int64_t get_exact(self, const fs_prefix *prefix, bint wide) except -2
    cdef list pairs(self, const fs_prefix *found, size_t count, bint wide)
    cdef list chain(self, fs_key key, unsigned length, bint wide)
    cdef void settle(self) noexcept
    cdef int fill(
        self, bint wide, const Py_buffer *view, Py_ssize_t rows, int32_t none, int32_t *out
    ) except -1
    cdef int32_t find_row(self, bint wide, const uint8_t *p, int32_t none) except? -1
    cdef _Form _compiled(self)
    cdef int _merge(self, object builder) except -1
