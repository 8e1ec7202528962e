/* What this processor can run. Every build has "scalar"; the rest is asked for at run time, so one
 * wheel serves the oldest machine of its platform and the newest. */
#ifndef FASTSOCK_CPU_H
#define FASTSOCK_CPU_H

#if (defined(__x86_64__) || defined(_M_X64)) && !defined(FASTSOCK_NO_SIMD)
#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
static inline int fs_cpu_has_sse41(void)
{
    int info[4];
    __cpuid(info, 1);
    return info[2] >> 19 & 1; /* CPUID leaf 1, ECX bit 19 */
}
static inline int fs_cpu_has_sse42(void)
{
    int info[4];
    __cpuid(info, 1);
    return info[2] >> 20 & 1; /* the bit beside it */
}
static inline int fs_cpu_has_avx2(void)
{
    int info[4];
    __cpuid(info, 0);
    if (info[0] < 7)
        return 0;
    __cpuid(info, 1);
    if (!(info[2] >> 27 & 1) || !(info[2] >> 23 & 1)) /* OSXSAVE: xgetbv works; POPCNT */
        return 0;
    if ((_xgetbv(0) & 6) != 6) /* the system saves XMM and YMM when it switches threads */
        return 0;
    __cpuidex(info, 7, 0);
    return info[1] >> 5 & 1; /* CPUID leaf 7, EBX bit 5 */
}
#else
static inline int fs_cpu_has_sse41(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("sse4.1") != 0;
}
static inline int fs_cpu_has_sse42(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("sse4.2") != 0;
}
/* The compiler's answer takes into account whether the system saves YMM registers. Every processor
 * with AVX2 has POPCNT; an emulator may be told otherwise. */
static inline int fs_cpu_has_avx2(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("popcnt") != 0;
}
#endif
#else
static inline int fs_cpu_has_sse41(void)
{
    return 0;
}
static inline int fs_cpu_has_sse42(void)
{
    return 0;
}
static inline int fs_cpu_has_avx2(void)
{
    return 0;
}
#endif

/* The compiler, as `info` tells it. */
#if defined(__clang__)
#define FS_COMPILER "Clang " __clang_version__
#elif defined(__GNUC__)
#define FS_COMPILER "GCC " __VERSION__
#elif defined(_MSC_VER)
#define FS_STRING_(x) #x
#define FS_STRING(x) FS_STRING_(x)
#define FS_COMPILER "MSVC " FS_STRING(_MSC_VER)
#else
#define FS_COMPILER "unknown"
#endif

#ifndef FASTSOCK_FLAVOUR
#define FASTSOCK_FLAVOUR "unknown"
#endif

#endif
