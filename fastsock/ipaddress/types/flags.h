/* is_private and similar properties of addresses and networks: the running module's answers, cached.
 *
 * Each property tests whether the first and the last address lie in networks of the module's tables.
 * So all addresses between two neighbouring boundaries of these tables have one answer, and likewise
 * all networks that begin in one interval and end in another. Ask the standard library once, and cache
 * the answer: eight answers in the low byte, and in the high byte which of them are known.
 */
#ifndef FASTSOCK_IPADDRESS_FLAGS_H
#define FASTSOCK_IPADDRESS_FLAGS_H

#include "fastsock/ipaddress/types/state.h"

static void fs_free_answers(fs_ip_answers *answers)
{
    for (int v6 = 0; v6 < 2; v6++) {
        PyMem_Free(answers[v6].keys);
        PyMem_Free(answers[v6].addresses);
        PyMem_Free(answers[v6].networks);
        memset(answers + v6, 0, sizeof *answers);
    }
}

/* Read a family's boundaries: packed, 16 bytes each, ascending, the first one 0. None: unknown, so the
 * standard library is asked each time. */
static int fs_read_boundaries(PyObject *boundaries, int v6, fs_ip_answers *answers)
{
    PyObject *packed = PyObject_CallFunction(boundaries, "i", v6 ? 6 : 4);
    if (packed == NULL)
        return -1;
    size_t count = PyBytes_Check(packed) ? (size_t)PyBytes_GET_SIZE(packed) / 16 : 0;
    if (count) {
        answers->keys = PyMem_Calloc(count, sizeof *answers->keys);
        answers->addresses = PyMem_Calloc(count, sizeof *answers->addresses);
        answers->networks = PyMem_Calloc(count * count, sizeof *answers->networks);
        if (answers->keys == NULL || answers->addresses == NULL || answers->networks == NULL) {
            Py_DECREF(packed);
            PyErr_NoMemory();
            return -1;
        }
        for (size_t i = 0; i < count; i++)
            answers->keys[i] = fs_ip_unpack(1, (uint8_t *)PyBytes_AS_STRING(packed) + 16 * i);
    }
    answers->count = count;
    Py_DECREF(packed);
    return 0;
}

/* Make the tables of both families. This runs Python code, so other threads may do the same: the
 * first to finish publishes its tables, and the others discard theirs. */
static int fs_load_answers(fs_ip_state *state)
{
    fs_ip_answers fresh[2] = {{0}, {0}};
    int failed = fs_read_boundaries(state->boundaries, 0, fresh) < 0 ||
                 fs_read_boundaries(state->boundaries, 1, fresh + 1) < 0;
    FS_IP_LOCK(state->module)
    if (!failed && !state->answers_ready) {
        memcpy(state->answers, fresh, sizeof fresh);
        memset(fresh, 0, sizeof fresh);
        FS_IP_PUBLISH(&state->answers_ready, 1);
    }
    FS_IP_UNLOCK()
    fs_free_answers(fresh);
    return failed ? -1 : 0;
}

/* Read the attribute from a new object of the standard library's: no subclass can override it. */
static PyObject *fs_ask_std(fs_ip_state *state, int kind, PyObject *argument, int flag)
{
    PyObject *object = argument ? PyObject_CallOneArg((PyObject *)state->std[kind], argument) : NULL;
    PyObject *answer =
        object ? PyObject_GetAttrString(object, fs_slow_names[fs_slow_is_private + flag]) : NULL;
    Py_XDECREF(argument);
    Py_XDECREF(object);
    return answer;
}

/* Cache an answer that is True or False. A concurrent write to the same entry may be lost; that
 * answer is then asked for again. */
static PyObject *fs_keep_answer(uint16_t *kept, int flag, PyObject *answer)
{
    if (answer != NULL && PyBool_Check(answer)) {
        uint16_t bits = (uint16_t)(0x100 << flag | (answer == Py_True) << flag);
        FS_IP_STORE(kept, (uint16_t)(FS_IP_LOAD(kept) | bits));
    }
    return answer;
}

static inline PyObject *fs_address_flag(fs_ip_state *state, int v6, fs_ip value, int flag)
{
    fs_ip_answers *answers = &state->answers[v6];
    if (!FS_IP_ACQUIRE(&state->answers_ready) && fs_load_answers(state) < 0)
        return NULL;
    if (answers->count == 0)
        return fs_ask_std(state, FS_ADDRESS + v6, fs_int_of(value), flag);
    uint16_t *kept = answers->addresses + fs_ip_interval(answers->keys, answers->count, value);
    unsigned word = FS_IP_LOAD(kept);
    if (word >> (8 + flag) & 1)
        return PyBool_FromLong(word >> flag & 1);
    return fs_keep_answer(kept, flag, fs_ask_std(state, FS_ADDRESS + v6, fs_int_of(value), flag));
}

static inline PyObject *fs_network_flag(fs_ip_state *state, int v6, fs_ip value, int length, int flag)
{
    fs_ip_answers *answers = &state->answers[v6];
    uint16_t *kept = NULL;
    if (!FS_IP_ACQUIRE(&state->answers_ready) && fs_load_answers(state) < 0)
        return NULL;
    if (answers->count) {
        fs_ip last = fs_ip_or(value, fs_ip_hostmask(v6, length));
        size_t row = fs_ip_interval(answers->keys, answers->count, value);
        size_t column = fs_ip_interval(answers->keys, answers->count, last);
        kept = answers->networks + row * answers->count + column;
        unsigned word = FS_IP_LOAD(kept);
        if (word >> (8 + flag) & 1)
            return PyBool_FromLong(word >> flag & 1);
    }
    PyObject *number = fs_int_of(value);
    PyObject *pair = number ? Py_BuildValue("(Ni)", number, length) : NULL;
    PyObject *answer = fs_ask_std(state, FS_NETWORK + v6, pair, flag);
    return kept ? fs_keep_answer(kept, flag, answer) : answer;
}

#endif
