/* IPv4Address and IPv6Address: subclasses of the stdlib's that store a C number, not an int.
 *
 * C handles values that are addresses without a scope id. It leaves all else to the standard
 * library's functions, which read `_ip` and `_scope_id`.
 */
#ifndef FASTSOCK_IPADDRESS_ADDRESS_H
#define FASTSOCK_IPADDRESS_ADDRESS_H

#include "fastsock/ipaddress/types/flags.h"

/* --- making them --- */

static PyObject *address_vectorcall_4(PyObject *, PyObject *const *, size_t, PyObject *);
static PyObject *address_vectorcall_6(PyObject *, PyObject *const *, size_t, PyObject *);
static Py_hash_t address_hash_4(PyObject *self);
static PyObject *address_str_4(PyObject *self), *address_str_6(PyObject *self);
static PyObject *address_compare_4(PyObject *, PyObject *, int);
static PyObject *address_compare_6(PyObject *, PyObject *, int);

/* Whether the type is our class itself: subclasses do not inherit a vector call. */
static inline int fs_is_address(int v6, PyObject *object)
{
    return Py_TYPE(object)->tp_vectorcall == (v6 ? address_vectorcall_6 : address_vectorcall_4);
}

/* Make an address of our class. The garbage collector need not track it: it can't be in a cycle. */
static inline PyObject *fs_new_address(fs_ip_state *state, int v6, fs_ip value)
{
    PyTypeObject *type = state->fast[FS_ADDRESS + v6];
    PyObject *self;
    if (FS_IP_FREE_MAX > 0 && state->free_count[v6]) {
        self = state->free[v6][--state->free_count[v6]];
        PyObject_Init(self, type); /* the other fields were cleared when it was freed */
    } else {
        self = PyObject_GC_New(PyObject, type);
        if (self == NULL)
            return NULL;
        memset((char *)self + sizeof(PyObject), 0, (size_t)type->tp_basicsize - sizeof(PyObject));
    }
    fs_store_value(v6, self, value);
    if (v6)
        FS_SCOPE(self) = Py_NewRef(Py_None);
    return self;
}

static void address_dealloc(int v6, PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    int exact = fs_is_address(v6, self);
    if (exact && type->tp_finalize != NULL && PyObject_CallFinalizerFromDealloc(self) < 0)
        return; /* __del__ kept it alive */
    PyObject_GC_UnTrack(self);
    PyObject_ClearWeakRefs(self);
    PyObject **odd = FS_FIELD(PyObject *, self, fs_ip_slot[v6]);
    Py_CLEAR(*odd);
    if (v6)
        Py_CLEAR(FS_SCOPE(self));
    if (FS_IP_FREE_MAX > 0 && exact) {
        fs_ip_state *state = fs_ip_state_of(type);
        if (state->free_count[v6] < FS_IP_FREE_MAX && type == state->fast[FS_ADDRESS + v6]) {
            state->free[v6][state->free_count[v6]++] = self;
            Py_DECREF(type);
            return;
        }
    }
    type->tp_free(self);
    Py_DECREF(type);
}
static void address_dealloc_4(PyObject *self) { address_dealloc(0, self); }
static void address_dealloc_6(PyObject *self) { address_dealloc(1, self); }

/* Whether the constructors are ours: one that a user has set in their place must be called. */
static inline int fs_makes_address(PyTypeObject *type, initproc init)
{
    return type->tp_init == init && type->tp_new == PyBaseObject_Type.tp_new;
}

/* Set an object's number, whatever its state before. */
static int fs_set_value(int v6, PyObject *self, fs_ip value)
{
    fs_ip_state *state = fs_ip_state_of(Py_TYPE(self));
    if (state == NULL)
        return -1;
    if (v6 && FS_IP_LOAD(&FS_SCOPE(self)) != Py_None &&
        Py_TYPE(state->std_scope)->tp_descr_set(state->std_scope, self, Py_None) < 0)
        return -1;
    if (*fs_kind(v6, self) == FS_ODD)
        Py_TYPE(state->std_ip[v6])->tp_descr_set(state->std_ip[v6], self, NULL);
    fs_store_value(v6, self, value);
    return 0;
}

static int address_init(int v6, PyObject *self, PyObject *args, PyObject *kwargs)
{
    fs_ip value;
    if (kwargs == NULL && PyTuple_GET_SIZE(args) == 1 &&
        fs_take_address(v6, PyTuple_GET_ITEM(args, 0), &value))
        return fs_set_value(v6, self, value);
    return fs_init_slowly(FS_ADDRESS + v6, self, args, kwargs);
}
FS_BOTH(int, address_init, (PyObject *self, PyObject *args, PyObject *kwargs), self, args, kwargs)

static inline PyObject *address_vectorcall(int v6, PyObject *class, PyObject *const *args,
                                           size_t flags, PyObject *names)
{
    PyTypeObject *type = (PyTypeObject *)class;
    fs_ip value;
    if (PyVectorcall_NARGS(flags) == 1 && names == NULL && fs_take_address(v6, args[0], &value) &&
        fs_makes_address(type, v6 ? address_init_6 : address_init_4))
        return fs_new_address(fs_ip_state_of(type), v6, value);
    return fs_construct(type, args, flags, names);
}
FS_BOTH(PyObject *, address_vectorcall,
        (PyObject *class, PyObject *const *args, size_t flags, PyObject *names), class, args, flags,
        names)

/* --- the fields that the standard library's functions read and write --- */

static PyObject *address_get_ip(int v6, PyObject *self)
{
    if (fs_is_set(v6, self))
        return fs_int_of(fs_value(v6, self));
    fs_ip_state *state = fs_ip_state_of(Py_TYPE(self));
    if (state == NULL) /* not set: the base's descriptor raises the error */
        return NULL;
    return Py_TYPE(state->std_ip[v6])->tp_descr_get(state->std_ip[v6], self,
                                                    (PyObject *)Py_TYPE(self));
}
FS_BOTH_GET(address_get_ip)

static int address_set_ip(int v6, PyObject *self, PyObject *number)
{
    fs_ip_state *state = fs_ip_state_of(Py_TYPE(self));
    fs_ip value;
    if (state == NULL)
        return -1;
    PyObject *slot = state->std_ip[v6];
    uint32_t *kind = fs_kind(v6, self);
    int fits = number != NULL && PyLong_CheckExact(number) && fs_take_int(v6, number, &value);
    if (*kind == FS_ODD || !fits) {
        int from_slot = *kind != FS_SET || number != NULL;
        if (from_slot && Py_TYPE(slot)->tp_descr_set(slot, self, fits ? NULL : number) < 0)
            return -1;
    }
    if (fits)
        fs_store_value(v6, self, value);
    else
        *kind = number != NULL ? FS_ODD : FS_UNSET;
    return 0;
}
static int address_set_ip_4(PyObject *self, PyObject *number, void *Py_UNUSED(closure))
{
    return address_set_ip(0, self, number);
}
static int address_set_ip_6(PyObject *self, PyObject *number, void *Py_UNUSED(closure))
{
    return address_set_ip(1, self, number);
}

static PyObject *address_scope_id(PyObject *self, void *Py_UNUSED(closure))
{
    fs_ip_state *state = fs_ip_state_of(Py_TYPE(self));
    if (state == NULL)
        return NULL;
    if (FS_IP_LOAD(&FS_SCOPE(self)) == Py_None)
        Py_RETURN_NONE;
    return Py_TYPE(state->std_scope)->tp_descr_get(state->std_scope, self,
                                                   (PyObject *)Py_TYPE(self));
}

/* --- numbers --- */

static PyObject *address_int(int v6, PyObject *self)
{
    if (!fs_is_set(v6, self))
        return fs_slow(FS_ADDRESS + v6, fs_slow_int, self);
    return fs_int_of(fs_value(v6, self));
}
FS_BOTH(PyObject *, address_int, (PyObject *self), self)

static PyObject *address_packed(int v6, PyObject *self)
{
    if (!fs_is_set(v6, self))
        return fs_slow(FS_ADDRESS + v6, fs_slow_packed, self);
    PyObject *packed = PyBytes_FromStringAndSize(NULL, v6 ? 16 : 4);
    if (packed != NULL)
        fs_ip_pack(v6, fs_value(v6, self), (uint8_t *)PyBytes_AS_STRING(packed));
    return packed;
}
FS_BOTH_GET(address_packed)

/* Turn the result of __hash__ into a hash as hash() does: -1 and large numbers change. */
static Py_hash_t fs_slow_hash_of(int kind, PyObject *self)
{
    PyObject *number = fs_slow(kind, fs_slow_hash, self);
    if (number == NULL)
        return -1;
    Py_hash_t hash = PyLong_AsSsize_t(number);
    if (hash == -1) {
        PyErr_Clear();
        hash = PyObject_Hash(number);
    }
    Py_DECREF(number);
    return hash;
}

#if PY_VERSION_HEX >= 0x030D0000 && PY_VERSION_HEX < 0x030E0000
PyAPI_FUNC(Py_hash_t) _Py_HashBytes(const void *, Py_ssize_t); /* exported, but in no public header */
#endif

static Py_hash_t fs_hash_bytes(const uint8_t *text, Py_ssize_t size)
{
#if PY_VERSION_HEX >= 0x030E0000
    return Py_HashBuffer(text, size);
#else
    return _Py_HashBytes(text, size);
#endif
}

static Py_hash_t address_hash_4(PyObject *self)
{
    if (!fs_is_set(0, self))
        return fs_slow_hash_of(FS_ADDRESS, self);
    fs_value4 *fields = FS_VALUE4(self);
    Py_hash_t hash = FS_IP_LOAD(&fields->hash);
    if (hash == 0) {
        uint8_t text[10];
        hash = ~fs_hash_bytes(text, (Py_ssize_t)fs_ip_format_hex(fields->value, text));
        FS_IP_STORE(&fields->hash, hash);
    }
    return ~hash;
}

static Py_hash_t address_hash_6(PyObject *self)
{
    if (!FS_IP_LOAD(&fs_hashes_known) || !fs_is_plain(1, self))
        return fs_slow_hash_of(FS_ADDRESS + 1, self);
    uint64_t hashes[2] = {fs_ip_hash_number(fs_value(1, self)),
                          (uint64_t)FS_IP_LOAD(&fs_hash_of_none)};
    return (Py_hash_t)fs_ip_hash_tuple(hashes, 2);
}

static inline PyObject *address_compare(int v6, PyObject *self, PyObject *other, int operator)
{
    /* Leave a subclass that overrides an operator to the standard library, whose operators call
     * one another. */
    if (Py_TYPE(self) == Py_TYPE(other) && fs_is_plain(v6, self) && fs_is_plain(v6, other) &&
        Py_TYPE(self)->tp_richcompare == (v6 ? address_compare_6 : address_compare_4)) {
        int order = fs_ip_compare(fs_value(v6, self), fs_value(v6, other));
        Py_RETURN_RICHCOMPARE(order, 0, operator);
    }
    return fs_slow_compare(FS_ADDRESS + v6, fs_is_address(v6, self), self, other, operator);
}
FS_BOTH(PyObject *, address_compare, (PyObject *self, PyObject *other, int operator), self, other,
        operator)

/* Compute self + step or self - step, if both are plain and the result is in range. */
static PyObject *address_move(int v6, PyObject *self, PyObject *step, int back)
{
    long number;
    if (fs_is_address(v6, self) && fs_is_set(v6, self) && PyLong_CheckExact(step) &&
        fs_is_small(step, &number)) {
        fs_ip value = fs_value(v6, self), moved;
        int down = (number < 0) != back;
        fs_ip distance = {0, (uint64_t)(number < 0 ? -number : number)};
        moved = down ? fs_ip_subtract(value, distance) : fs_ip_add(value, distance);
        int order = fs_ip_compare(moved, value); /* the order is reversed if it wrapped */
        if ((down ? order <= 0 : order >= 0) && fs_ip_compare(moved, fs_ip_ones(v6)) <= 0)
            return fs_new_address(fs_ip_state_of(Py_TYPE(self)), v6, moved);
    }
    return fs_slow_with(FS_ADDRESS + v6, back ? fs_slow_sub : fs_slow_add, self, step);
}
FS_BOTH(PyObject *, address_move, (PyObject *self, PyObject *step, int back), self, step, back)
static PyObject *address_add_4(PyObject *self, PyObject *step) { return address_move_4(self, step, 0); }
static PyObject *address_add_6(PyObject *self, PyObject *step) { return address_move_6(self, step, 0); }
static PyObject *address_sub_4(PyObject *self, PyObject *step) { return address_move_4(self, step, 1); }
static PyObject *address_sub_6(PyObject *self, PyObject *step) { return address_move_6(self, step, 1); }

/* --- text --- */

static PyObject *address_str_4(PyObject *self)
{
    if (!fs_is_set(0, self))
        return fs_slow(FS_ADDRESS, fs_slow_str, self);
    uint8_t text[FS_IP_TEXT_MAX];
    size_t size = fs_ip_format(0, fs_value(0, self), 0, text);
    return fs_new_text(text, (Py_ssize_t)size);
}

static PyObject *address_str_6(PyObject *self)
{
    if (!fs_is_plain(1, self))
        return fs_slow(FS_ADDRESS + 1, fs_slow_str, self);
    fs_ip value = fs_value(1, self);
    int dotted = 0;
    if (value.hi == 0 && value.lo >> 32 == 0xffff) {
        fs_ip_state *state = fs_ip_state_of(Py_TYPE(self));
        if (state == NULL)
            return NULL;
        dotted = state->mapped_dotted;
    }
    uint8_t text[FS_IP_TEXT_MAX];
    size_t size = fs_ip_format(1, value, dotted, text);
    return fs_new_text(text, (Py_ssize_t)size);
}

/* Whether str() calls our function: not for an interface, nor a subclass that overrides it. */
static inline int fs_has_our_text(int v6, PyObject *self)
{
    return Py_TYPE(self)->tp_str == (v6 ? address_str_6 : address_str_4) && fs_is_plain(v6, self);
}

static PyObject *address_repr(int v6, PyObject *self)
{
    if (!fs_is_address(v6, self) || !fs_is_plain(v6, self))
        return fs_slow(FS_ADDRESS + v6, fs_slow_repr, self);
    return fs_repr_of(fs_ip_state_of(Py_TYPE(self)), FS_ADDRESS + v6, PyObject_Str(self));
}
FS_BOTH(PyObject *, address_repr, (PyObject *self), self)

static PyObject *address_format(int v6, PyObject *self, PyObject *spec)
{
    if (PyUnicode_CheckExact(spec) && PyUnicode_GET_LENGTH(spec) == 0)
        return PyObject_Str(self);
    return fs_slow_with(FS_ADDRESS + v6, fs_slow_format, self, spec);
}
FS_BOTH(PyObject *, address_format, (PyObject *self, PyObject *spec), self, spec)

static PyObject *fs_get_str(PyObject *self, void *Py_UNUSED(closure))
{
    return PyObject_Str(self);
}

static int fs_is_mapped_value(int v6, fs_ip value)
{
    return v6 && value.hi == 0 && value.lo >> 32 == 0xffff;
}

static PyObject *address_exploded(int v6, PyObject *self)
{
    if (!v6)
        return PyObject_Str(self);
    fs_ip_state *state = fs_ip_state_of(Py_TYPE(self));
    if (state == NULL)
        return NULL;
    fs_ip value = fs_value(v6, self);
    if (!fs_has_our_text(v6, self) || (fs_is_mapped_value(v6, value) && !state->exploded_hex))
        return fs_slow(FS_ADDRESS + v6, fs_slow_exploded, self);
    uint8_t text[FS_IP_EXPLODED];
    fs_ip_format_exploded(value, text);
    return fs_new_text(text, FS_IP_EXPLODED);
}
FS_BOTH_GET(address_exploded)

static PyObject *address_reverse_pointer(int v6, PyObject *self)
{
    fs_ip_state *state = fs_ip_state_of(Py_TYPE(self));
    if (state == NULL)
        return NULL;
    fs_ip value = fs_value(v6, self);
    if (!fs_has_our_text(v6, self) || (fs_is_mapped_value(v6, value) && !state->reverse_hex))
        return fs_slow(FS_ADDRESS + v6, fs_slow_reverse_pointer, self);
    uint8_t text[FS_IP_REVERSE_MAX];
    Py_ssize_t size = (Py_ssize_t)fs_ip_format_reverse(v6, value, text);
    return PyUnicode_FromKindAndData(PyUnicode_1BYTE_KIND, text, size);
}
FS_BOTH_GET(address_reverse_pointer)

/* --- IPv4 addresses in IPv6 addresses (RFC 4291 section 2.5.5.2, RFC 3056, RFC 4380) --- */

static PyObject *fs_address4(fs_ip_state *state, uint64_t value)
{
    return fs_new_address(state, 0, (fs_ip){0, value & UINT32_MAX});
}

static PyObject *address_ipv4_mapped(PyObject *self, void *Py_UNUSED(closure))
{
    if (!fs_is_set(1, self))
        return fs_slow(FS_ADDRESS + 1, fs_slow_ipv4_mapped, self);
    fs_ip value = fs_value(1, self);
    if (!fs_is_mapped_value(1, value))
        Py_RETURN_NONE;
    fs_ip_state *state = fs_ip_state_of(Py_TYPE(self));
    return state ? fs_address4(state, value.lo) : NULL;
}

static PyObject *address_sixtofour(PyObject *self, void *Py_UNUSED(closure))
{
    if (!fs_is_set(1, self))
        return fs_slow(FS_ADDRESS + 1, fs_slow_sixtofour, self);
    uint64_t high = fs_value(1, self).hi;
    if (high >> 48 != 0x2002)
        Py_RETURN_NONE;
    fs_ip_state *state = fs_ip_state_of(Py_TYPE(self));
    return state ? fs_address4(state, high >> 16) : NULL;
}

static PyObject *address_teredo(PyObject *self, void *Py_UNUSED(closure))
{
    if (!fs_is_set(1, self))
        return fs_slow(FS_ADDRESS + 1, fs_slow_teredo, self);
    fs_ip value = fs_value(1, self);
    if (value.hi >> 32 != 0x20010000)
        Py_RETURN_NONE;
    fs_ip_state *state = fs_ip_state_of(Py_TYPE(self));
    PyObject *server = state ? fs_address4(state, value.hi) : NULL;
    PyObject *client = server ? fs_address4(state, ~value.lo) : NULL;
    PyObject *both = client ? PyTuple_Pack(2, server, client) : NULL;
    Py_XDECREF(server);
    Py_XDECREF(client);
    return both;
}

/* --- is_private and its kin; the closure is the flag's number --- */

static PyObject *address_flag(int v6, PyObject *self, int flag)
{
    /* IPv4's is_unspecified uses ==, which an interface or a subclass may override. */
    int compares = !v6 && flag == fs_slow_is_unspecified - fs_slow_is_private;
    if (!fs_is_set(v6, self) || (compares && Py_TYPE(self)->tp_richcompare != address_compare_4))
        return fs_slow(FS_ADDRESS + v6, fs_slow_is_private + flag, self);
    fs_ip_state *state = fs_ip_state_of(Py_TYPE(self));
    return state ? fs_address_flag(state, v6, fs_value(v6, self), flag) : NULL;
}
static PyObject *address_flag_4(PyObject *self, void *flag)
{
    return address_flag(0, self, (int)(intptr_t)flag);
}
static PyObject *address_flag_6(PyObject *self, void *flag)
{
    return address_flag(1, self, (int)(intptr_t)flag);
}

/* --- copies and pickles --- */

static PyObject *address_copy(int v6, PyObject *self)
{
    fs_ip_state *state = fs_ip_state_of(Py_TYPE(self));
    if (state == NULL)
        return NULL;
    if (fs_is_address(v6, self) && fs_is_plain(v6, self))
        return fs_new_address(state, v6, fs_value(v6, self));
    return PyObject_CallOneArg(state->copy, self);
}
FS_BOTH_CALL(address_copy)

static PyObject *address_deepcopy(int v6, PyObject *self, PyObject *memo)
{
    fs_ip_state *state = fs_ip_state_of(Py_TYPE(self));
    if (state == NULL)
        return NULL;
    if (fs_is_address(v6, self) && fs_is_plain(v6, self))
        return fs_new_address(state, v6, fs_value(v6, self));
    return PyObject_CallFunctionObjArgs(state->deepcopy, self, memo, NULL);
}
FS_BOTH(PyObject *, address_deepcopy, (PyObject *self, PyObject *memo), self, memo)

static PyObject *address_reduce(int v6, PyObject *self)
{
    if (!fs_is_address(v6, self))
        return fs_slow(FS_ADDRESS + v6, fs_slow_reduce, self);
    fs_ip_state *state = fs_ip_state_of(Py_TYPE(self));
    return fs_reduced(state, FS_ADDRESS + v6,
                      v6 && state->pickle_text ? PyObject_Str(self) : address_get_ip(v6, self));
}
FS_BOTH_CALL(address_reduce)

static PyObject *address_reduce_ex(int v6, PyObject *self, PyObject *protocol)
{
    if (fs_is_address(v6, self) && PyLong_CheckExact(protocol))
        return address_reduce(v6, self);
    return fs_object_reduce_ex(self, protocol);
}
FS_BOTH(PyObject *, address_reduce_ex, (PyObject *self, PyObject *protocol), self, protocol)

/* --- the types --- */

#define FS_FLAG(shape, v, name) \
    {#name, shape##_flag_##v, NULL, NULL, (void *)(intptr_t)(fs_slow_##name - fs_slow_is_private)}
#define FS_FLAGS_OF(shape, v)                                                                  \
    FS_FLAG(shape, v, is_private), FS_FLAG(shape, v, is_global),                               \
        FS_FLAG(shape, v, is_multicast), FS_FLAG(shape, v, is_reserved),                       \
        FS_FLAG(shape, v, is_loopback), FS_FLAG(shape, v, is_link_local),                      \
        FS_FLAG(shape, v, is_unspecified)

#define FS_ADDRESS_GETSET(v)                                                                   \
    {"_ip", address_get_ip_##v, address_set_ip_##v, NULL, NULL},                               \
        {"packed", address_packed_##v, NULL, NULL, NULL},                                      \
        {"compressed", fs_get_str, NULL, NULL, NULL},                                          \
        {"exploded", address_exploded_##v, NULL, NULL, NULL},                                  \
        {"reverse_pointer", address_reverse_pointer_##v, NULL, NULL, NULL},                    \
        FS_FLAGS_OF(address, v)

static PyGetSetDef address_getset_4[] = {FS_ADDRESS_GETSET(4), {0}};
static PyGetSetDef address_getset_6[] = {
    FS_ADDRESS_GETSET(6),
    FS_FLAG(address, 6, is_site_local),
    {"scope_id", address_scope_id, NULL, NULL, NULL},
    {"ipv4_mapped", address_ipv4_mapped, NULL, NULL, NULL},
    {"sixtofour", address_sixtofour, NULL, NULL, NULL},
    {"teredo", address_teredo, NULL, NULL, NULL},
    {0},
};

#define FS_PICKLED(shape, v)                                                                   \
    {"__copy__", shape##_copy_##v, METH_NOARGS, NULL},                                         \
        {"__deepcopy__", shape##_deepcopy_##v, METH_O, NULL},                                  \
        {"__reduce__", shape##_reduce_##v, METH_NOARGS, NULL},                                 \
        {"__reduce_ex__", shape##_reduce_ex_##v, METH_O, NULL}

#define FS_ADDRESS_TYPE(v)                                                                     \
    static PyMethodDef address_methods_##v[] = {                                               \
        FS_PICKLED(address, v),                                                                \
        {"__format__", address_format_##v, METH_O, NULL},                                      \
        {"__add__", address_add_##v, METH_O, NULL}, /* not slots: these would add __radd__ */  \
        {"__sub__", address_sub_##v, METH_O, NULL},                                            \
        {0},                                                                                   \
    };                                                                                         \
    static PyType_Slot address_slots_##v[] = {                                                 \
        {Py_tp_init, address_init_##v},                                                        \
        {Py_tp_dealloc, address_dealloc_##v},                                                  \
        {Py_tp_hash, address_hash_##v},                                                        \
        {Py_tp_str, address_str_##v},                                                          \
        {Py_tp_repr, address_repr_##v},                                                        \
        {Py_tp_richcompare, address_compare_##v},                                              \
        {Py_nb_int, address_int_##v},                                                          \
        {Py_tp_getset, address_getset_##v},                                                    \
        {Py_tp_methods, address_methods_##v},                                                  \
        {Py_tp_members, NULL},                                                                 \
        {Py_tp_doc, NULL},                                                                     \
        {0, NULL},                                                                             \
    };
FS_ADDRESS_TYPE(4)
FS_ADDRESS_TYPE(6)

#endif
