/* What a fuzz target demands: a lie ends the process, with its place. */
#ifndef FASTSOCK_FUZZ_CHECK_H
#define FASTSOCK_FUZZ_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#define CHECK(truth) \
    do { \
        if (!(truth)) { \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #truth); \
            abort(); \
        } \
    } while (0)

#endif
