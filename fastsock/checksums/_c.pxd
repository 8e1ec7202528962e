"""The kernels of the compiled checksums."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t


cdef extern from "fastsock/_core/pyobjects.h":
    # The value of an int; `overflow` is set where 64 bits can't hold it.
    long long fs_long_long(object value, int *overflow) except? -1


cdef extern from "fastsock/checksums/checksum.h" nogil:
    uint64_t FS_SUM_ODD
    uint32_t fs_sum(const uint8_t *data, size_t size) noexcept
    uint32_t fs_sum_fold(uint64_t sum) noexcept
    uint64_t fs_sum_join(uint64_t running, uint32_t sum, size_t size) noexcept
    uint32_t fs_checksum_update(uint32_t checksum, uint32_t old, uint32_t new_) noexcept


cdef extern from "fastsock/checksums/crc32c.h" nogil:
    void fs_choose_crc32c(bint sse42) noexcept
    uint32_t fs_crc32c(const uint8_t *p, size_t size, uint32_t crc) noexcept
    uint32_t fs_crc32c_run(
        const uint8_t *p, size_t size, uint32_t crc, const char **kernel
    ) noexcept


cdef class _Entry:
    cdef tuple parameters       # their names, interned; None where a caller has no name for it
    cdef object plain           # Cython's own checksum(), for unusual calls
