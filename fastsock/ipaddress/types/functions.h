/* The functions of the module. Each handles the usual arguments, and leaves all others to the standard
 * library's function of the same name, rebound to our classes. */
#ifndef FASTSOCK_IPADDRESS_FUNCTIONS_H
#define FASTSOCK_IPADDRESS_FUNCTIONS_H

#include "fastsock/ipaddress/types/interface.h"

static fs_ip_state *fs_state_in(PyObject *module)
{
    return (fs_ip_state *)PyModule_GetState(module);
}

static PyObject *fs_module_slow(fs_ip_state *state, int which, PyObject *const *args,
                                Py_ssize_t count, PyObject *names)
{
    return PyObject_Vectorcall(state->module_slow[which], args, (size_t)count, names);
}

/* Make an address of either family, or return NULL without an error. */
static inline PyObject *fs_any_address(fs_ip_state *state, PyObject *given)
{
    fs_ip value;
    if (fs_take_address(0, given, &value))
        return fs_new_address(state, 0, value);
    if (fs_take_address(1, given, &value))
        return fs_new_address(state, 1, value);
    return NULL;
}

static PyObject *fs_ip_address(PyObject *module, PyObject *const *args, Py_ssize_t count,
                               PyObject *names)
{
    fs_ip_state *state = fs_state_in(module);
    if (count == 1 && names == NULL) {
        PyObject *made = fs_any_address(state, args[0]);
        if (made != NULL || PyErr_Occurred())
            return made;
    }
    return fs_module_slow(state, fs_module_ip_address, args, count, names);
}

static PyObject *fs_ip_interface(PyObject *module, PyObject *const *args, Py_ssize_t count,
                                 PyObject *names)
{
    fs_ip_state *state = fs_state_in(module);
    fs_ip value;
    int length;
    if (count == 1 && names == NULL) {
        if (fs_take_network(0, args[0], &value, &length))
            return fs_new_interface(state->fast[FS_INTERFACE], 0, value, length);
        if (fs_take_network(1, args[0], &value, &length))
            return fs_new_interface(state->fast[FS_INTERFACE + 1], 1, value, length);
    }
    return fs_module_slow(state, fs_module_ip_interface, args, count, names);
}

static PyObject *fs_ip_network(PyObject *module, PyObject *const *args, Py_ssize_t count,
                               PyObject *names)
{
    fs_ip_state *state = fs_state_in(module);
    fs_ip value, whole;
    int length, strict = -1;
    if (names == NULL)
        strict = count == 1 ? 1 : count == 2 ? fs_take_strict(args[1]) : -1;
    else if (count == 1 && PyTuple_GET_SIZE(names) == 1 &&
             PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, 0), "strict") == 0)
        strict = fs_take_strict(args[1]);
    if (strict >= 0) {
        if (fs_take_strict_network(0, args[0], strict, &value, &length))
            return fs_new_network(state, 0, value, length);
        /* An IPv4 network with host bits set is an error: do not try IPv6. */
        if (!fs_take_network(0, args[0], &whole, &length) &&
            fs_take_strict_network(1, args[0], strict, &value, &length))
            return fs_new_network(state, 1, value, length);
    }
    return fs_module_slow(state, fs_module_ip_network, args, count, names);
}

/* The functions of the cached properties `broadcast_address` and `hostmask` of networks. */
static PyObject *fs_part_of(PyObject *module, PyObject *network, int which)
{
    fs_ip_state *state = fs_state_in(module);
    PyObject *part = fs_network_part(state, network, which == fs_module_hostmask);
    if (part != NULL || PyErr_Occurred())
        return part;
    return PyObject_CallOneArg(state->module_slow[which], network);
}

static PyObject *fs_broadcast_address(PyObject *module, PyObject *network)
{
    return fs_part_of(module, network, fs_module_broadcast_address);
}

static PyObject *fs_hostmask(PyObject *module, PyObject *network)
{
    return fs_part_of(module, network, fs_module_hostmask);
}

/* --- ranges --- */

static PyObject *fs_summarize(PyObject *module, PyObject *const *args, Py_ssize_t count,
                              PyObject *names)
{
    fs_ip_state *state = fs_state_in(module);
    for (int v6 = 0; v6 < 2 && count == 2 && names == NULL; v6++) {
        if (!fs_is_address(v6, args[0]) || !fs_is_address(v6, args[1]) ||
            !fs_is_plain(v6, args[0]) || !fs_is_plain(v6, args[1]))
            continue;
        fs_ip first = fs_value(v6, args[0]), last = fs_value(v6, args[1]);
        if (fs_ip_compare(first, last) <= 0)
            return fs_new_iterator(state, v6, first, last, FS_LARGEST);
    }
    return fs_module_slow(state, fs_module_summarize, args, count, names);
}

/* Read the number of a standard library's object. 1; 0 if it is unusual; -1 with an error. */
static int fs_std_number(PyObject *object, int v6, fs_ip *value)
{
    PyObject *number = PyObject_GetAttrString(object, "_ip");
    if (number == NULL)
        return -1;
    int usual = PyLong_CheckExact(number) && fs_take_int(v6, number, value);
    Py_DECREF(number);
    if (usual && v6) {
        PyObject *scope = PyObject_GetAttrString(object, "_scope_id");
        if (scope == NULL)
            return -1;
        usual = scope == Py_None;
        Py_DECREF(scope);
    }
    return usual;
}

static int fs_std_range(fs_ip_state *state, int v6, PyObject *object, fs_ip_range *range)
{
    if (Py_TYPE(object) == state->std[FS_ADDRESS + v6]) {
        int usual = fs_std_number(object, v6, &range->first);
        range->last = range->first;
        return usual;
    }
    if (Py_TYPE(object) != state->std[FS_NETWORK + v6])
        return 0;
    PyObject *address = PyObject_GetAttrString(object, "network_address");
    PyObject *length = address ? PyObject_GetAttrString(object, "_prefixlen") : NULL;
    int usual = -1;
    if (length != NULL) {
        int32_t length1 = fs_length1_of(v6, length);
        usual = length1 && Py_TYPE(address) == state->std[FS_ADDRESS + v6]
                    ? fs_std_number(address, v6, &range->first)
                    : 0;
        if (usual > 0)
            range->last = fs_ip_or(range->first, fs_ip_hostmask(v6, length1 - 1));
    }
    Py_XDECREF(address);
    Py_XDECREF(length);
    return usual;
}

/* Read the range of an address or network, ours or the standard library's, but not a subclass's. */
static int fs_range_of(fs_ip_state *state, int v6, PyObject *object, fs_ip_range *range)
{
    if (fs_is_address(v6, object) && fs_is_plain(v6, object)) {
        range->first = range->last = fs_value(v6, object);
        return 1;
    }
    if (fs_is_usual_network(v6, object)) {
        range->first = fs_network_first(v6, object);
        range->last = fs_network_last(v6, object);
        return 1;
    }
    return fs_std_range(state, v6, object, range);
}

static int fs_family_of(fs_ip_state *state, PyObject *object)
{
    for (int kind = 0; kind < FS_KINDS; kind++)
        if (Py_TYPE(object) == state->fast[kind] || Py_TYPE(object) == state->std[kind])
            return kind & 1;
    return 0;
}

/* Read the ranges of all objects in a list. 1; 0 if one is unusual; -1 with an error. */
static int fs_ranges_of(fs_ip_state *state, int v6, PyObject *list, fs_ip_range *ranges)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++) {
        int usual = fs_range_of(state, v6, PyList_GET_ITEM(list, i), ranges + i);
        if (usual <= 0)
            return usual;
    }
    return 1;
}

static PyObject *fs_collapse(PyObject *module, PyObject *const *args, Py_ssize_t count,
                             PyObject *names)
{
    fs_ip_state *state = fs_state_in(module);
    if (count != 1 || names != NULL)
        return fs_module_slow(state, fs_module_collapse, args, count, names);
    PyObject *list = PySequence_List(args[0]); /* a private copy, which no other code can change */
    if (list == NULL)
        return NULL;
    size_t size = (size_t)PyList_GET_SIZE(list);
    int v6 = size ? fs_family_of(state, PyList_GET_ITEM(list, 0)) : 0;
    fs_ip_range *ranges = PyMem_Calloc(size ? size : 1, sizeof *ranges);
    PyObject *result = NULL;
    if (ranges == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    int usual = fs_ranges_of(state, v6, list, ranges);
    if (usual > 0) {
        size = fs_ip_merge(ranges, size);
        result = fs_new_ranges_iterator(state, v6, ranges, size);
    } else {
        PyMem_Free(ranges);
        if (usual == 0)
            result = fs_module_slow(state, fs_module_collapse, &list, 1, NULL);
    }
done:
    Py_DECREF(list);
    return result;
}

/* --- many at once --- */

/* List the result of `ip_address` for each text. */
static PyObject *fs_parse_many(PyObject *module, PyObject *texts)
{
    fs_ip_state *state = fs_state_in(module);
    PyObject *iterator = PyObject_GetIter(texts), *result = iterator ? PyList_New(0) : NULL, *text;
    while (result != NULL && (text = PyIter_Next(iterator)) != NULL) {
        PyObject *made = fs_any_address(state, text);
        if (made == NULL && !PyErr_Occurred())
            made = fs_module_slow(state, fs_module_ip_address, &text, 1, NULL);
        Py_DECREF(text);
        if (made == NULL || PyList_Append(result, made) < 0)
            Py_CLEAR(result);
        Py_XDECREF(made);
    }
    Py_XDECREF(iterator);
    if (PyErr_Occurred())
        Py_CLEAR(result);
    return result;
}

/* List the addresses of packed records. The caller owns the buffer, and has checked its size. With
 * `unmap`, an IPv6 record with a mapped address gives an IPv4 address. */
static PyObject *fs_from_packed(PyObject *module, int v6, int unmap, const uint8_t *packed,
                                Py_ssize_t count)
{
    fs_ip_state *state = fs_state_in(module);
    PyObject *result = PyList_New(count);
    for (Py_ssize_t i = 0; result != NULL && i < count; i++) {
        fs_ip value = fs_ip_unpack(v6, packed + i * (v6 ? 16 : 4));
        PyObject *made = unmap && fs_is_mapped_value(v6, value) ? fs_address4(state, value.lo)
                                                                : fs_new_address(state, v6, value);
        if (made == NULL)
            Py_CLEAR(result);
        else
            PyList_SET_ITEM(result, i, made);
    }
    return result;
}

#endif
