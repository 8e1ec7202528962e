/* The state that the types of one interpreter share, and calls to the standard library. */
#ifndef FASTSOCK_IPADDRESS_STATE_H
#define FASTSOCK_IPADDRESS_STATE_H

#include <Python.h>
#include <stddef.h>
#include <structmember.h>

#include "fastsock/_core/pyobjects.h"
#include "fastsock/ipaddress/ip.h"

#ifdef Py_GIL_DISABLED
#define FS_IP_LOCK(object) Py_BEGIN_CRITICAL_SECTION(object);
#define FS_IP_UNLOCK() Py_END_CRITICAL_SECTION();
#define FS_IP_LOAD(address) __atomic_load_n(address, __ATOMIC_RELAXED)
#define FS_IP_STORE(address, value) __atomic_store_n(address, value, __ATOMIC_RELAXED)
#define FS_IP_ACQUIRE(address) __atomic_load_n(address, __ATOMIC_ACQUIRE)
#define FS_IP_PUBLISH(address, value) __atomic_store_n(address, value, __ATOMIC_RELEASE)
#else /* the GIL is the lock */
#define FS_IP_LOCK(object) {
#define FS_IP_UNLOCK() }
#define FS_IP_LOAD(address) (*(address))
#define FS_IP_STORE(address, value) (void)(*(address) = (value))
#define FS_IP_ACQUIRE FS_IP_LOAD
#define FS_IP_PUBLISH FS_IP_STORE
#endif

/* Free lists: not without the GIL, and not under a sanitizer, which would miss errors. */
#if defined(Py_GIL_DISABLED) || defined(__SANITIZE_ADDRESS__) || defined(FASTSOCK_NO_FREELIST)
enum { FS_IP_FREE_MAX = 0 };
#else
enum { FS_IP_FREE_MAX = 64 };
#endif

/* The six classes; the family is the lowest bit. */
enum { FS_ADDRESS, FS_INTERFACE = 2, FS_NETWORK = 4, FS_KINDS = 6 };

static const char *const fs_ip_class_names[FS_KINDS] = {
    "IPv4Address",   "IPv6Address", "IPv4Interface",
    "IPv6Interface", "IPv4Network", "IPv6Network",
};

/* Methods that C implements for usual values, and the standard library's functions for all others. */
#define FS_SLOW_NAMES(X)                                                                        \
    X(init, "__init__") X(lt, "__lt__") X(le, "__le__") X(eq, "__eq__") X(ne, "__ne__")          \
    X(gt, "__gt__") X(ge, "__ge__") X(str, "__str__") X(repr, "__repr__") X(hash, "__hash__")    \
    X(format, "__format__") X(add, "__add__") X(sub, "__sub__") X(reduce, "__reduce__")          \
    X(contains, "__contains__") X(iter, "__iter__") X(getitem, "__getitem__")                    \
    X(int, "__int__") X(packed, "packed") X(exploded, "exploded")                                \
    X(reverse_pointer, "reverse_pointer") X(ipv4_mapped, "ipv4_mapped")                          \
    X(sixtofour, "sixtofour") X(teredo, "teredo") X(ip, "ip") X(hosts, "hosts")                  \
    X(subnets, "subnets") X(supernet, "supernet") X(overlaps, "overlaps")                        \
    X(subnet_of, "subnet_of") X(supernet_of, "supernet_of")                                      \
    X(num_addresses, "num_addresses") X(with_prefixlen, "with_prefixlen")                        \
    X(is_private, "is_private") X(is_global, "is_global") X(is_multicast, "is_multicast")        \
    X(is_reserved, "is_reserved") X(is_loopback, "is_loopback")                                  \
    X(is_link_local, "is_link_local") X(is_unspecified, "is_unspecified")                        \
    X(is_site_local, "is_site_local")
#define FS_SLOW_ENUM(name, text) fs_slow_##name,
enum { FS_SLOW_NAMES(FS_SLOW_ENUM) FS_SLOW_COUNT };
#undef FS_SLOW_ENUM
#define FS_SLOW_TEXT(name, text) text,
static const char *const fs_slow_names[FS_SLOW_COUNT] = {FS_SLOW_NAMES(FS_SLOW_TEXT)};
#undef FS_SLOW_TEXT
enum { FS_FLAGS = fs_slow_is_site_local - fs_slow_is_private + 1 };

/* The same for the module's functions, and for the networks' cached properties. */
enum {
    fs_module_ip_address,
    fs_module_ip_network,
    fs_module_ip_interface,
    fs_module_collapse,
    fs_module_summarize,
    fs_module_broadcast_address,
    fs_module_hostmask,
    FS_MODULE_COUNT
};
static const char *const fs_module_names[FS_MODULE_COUNT] = {
    "ip_address",         "ip_network",              "ip_interface",
    "collapse_addresses", "summarize_address_range", "broadcast_address",
    "hostmask",
};

/* Cached answers of the standard library: see flags.h. */
typedef struct {
    size_t count;
    fs_ip *keys;
    uint16_t *addresses; /* one per interval */
    uint16_t *networks;  /* one per pair of intervals, allocated on first use */
} fs_ip_answers;

typedef struct {
    PyObject *module; /* borrowed: the module that owns this state */
    PyTypeObject *std[FS_KINDS], *fast[FS_KINDS], *interface_base[2], *iterator;
    PyObject *slow[FS_KINDS][FS_SLOW_COUNT], *module_slow[FS_MODULE_COUNT];
    PyObject *std_ip[2], *std_scope; /* descriptors of the slots _ip and _scope_id */
    PyObject *names[FS_KINDS], *ipaddress;
    PyObject *boundaries, *copy, *deepcopy; /* Python functions: tables.py, rebind.py */
    fs_ip_answers answers[2];
    int answers_ready;
    /* Behaviour that differs between versions and patch levels; asked for, never guessed. */
    int mapped_dotted, exploded_hex, reverse_hex, network_hash_tuple, single_host_list, pickle_text;
    PyObject *free[2][FS_IP_FREE_MAX + 1];
    int free_count[2];
} fs_ip_state;

static struct PyModuleDef fs_ip_module;

/* Whether C computes hashes as this platform does, and hash(None). They are the same in every
 * interpreter of a process: each that starts writes the same numbers. */
static int fs_hashes_known;
static Py_hash_t fs_hash_of_none;

/* Find the state of one of our classes or a subclass. Its layout is ours, so one of its bases is our
 * class. Interpreters share no types. */
static inline fs_ip_state *fs_ip_state_of(PyTypeObject *type)
{
    for (; type != NULL && PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE); type = type->tp_base) {
        PyObject *module = ((PyHeapTypeObject *)type)->ht_module;
        if (module != NULL && PyModule_GetDef(module) == &fs_ip_module)
            return (fs_ip_state *)PyModule_GetState(module);
    }
    PyErr_SetString(PyExc_TypeError, "not a class of fastsock.ipaddress");
    return NULL;
}

/* --- layouts --- */

/* Whether an address has a number. A zero-filled object, as object.__new__ makes it, has none. */
enum { FS_UNSET, FS_SET, FS_ODD /* _ip is not an address: stored in the base's slot */ };

typedef struct {
    Py_hash_t hash; /* inverted: -1 is never a hash, so 0 means not computed */
    uint32_t kind, value;
} fs_value4;

typedef struct {
    uint64_t hi, lo;
    uint32_t kind, unused;
} fs_value6;

typedef struct {
    PyObject *network, *netmask; /* made when asked for, or set by Python */
    PyObject *odd_length;        /* the value of _prefixlen, if it is not a prefix length */
    int32_t length1;             /* the prefix length + 1, or 0 for none */
    int32_t odd;                 /* the fields are inconsistent: leave it to Python */
} fs_interface;

typedef struct {
    uint64_t hi, lo;
    PyObject *address, *netmask; /* made when asked for, or set by Python */
    PyObject *odd_length;
    int32_t length1;
    int32_t odd;
} fs_network;

/* Offsets of these structs in an object: after the standard library's slots, whose size only it
 * knows. Each interpreter that starts finds the same numbers, or fails to import. */
static Py_ssize_t fs_at[FS_KINDS], fs_ip_slot[2], fs_scope_slot;

#define FS_FIELD(type, self, offset) ((type *)((char *)(self) + (offset)))
#define FS_VALUE4(self) FS_FIELD(fs_value4, self, fs_at[FS_ADDRESS])
#define FS_VALUE6(self) FS_FIELD(fs_value6, self, fs_at[FS_ADDRESS + 1])
#define FS_INTERFACE_OF(v6, self) FS_FIELD(fs_interface, self, fs_at[FS_INTERFACE + (v6)])
#define FS_NETWORK_OF(v6, self) FS_FIELD(fs_network, self, fs_at[FS_NETWORK + (v6)])
#define FS_SCOPE(self) (*FS_FIELD(PyObject *, self, fs_scope_slot))

static inline fs_ip fs_value(int v6, PyObject *self)
{
    if (v6)
        return (fs_ip){FS_VALUE6(self)->hi, FS_VALUE6(self)->lo};
    return (fs_ip){0, FS_VALUE4(self)->value};
}

static inline uint32_t *fs_kind(int v6, PyObject *self)
{
    return v6 ? &FS_VALUE6(self)->kind : &FS_VALUE4(self)->kind;
}

static inline int fs_is_set(int v6, PyObject *self)
{
    return *fs_kind(v6, self) == FS_SET;
}

/* Whether an address is only a number: no scope id, nothing unusual. */
static inline int fs_is_plain(int v6, PyObject *self)
{
    return fs_is_set(v6, self) && (!v6 || FS_IP_LOAD(&FS_SCOPE(self)) == Py_None);
}

/* Write the number. The caller sets the scope and the base's slot. */
static inline void fs_store_value(int v6, PyObject *self, fs_ip value)
{
    if (v6) {
        *FS_VALUE6(self) = (fs_value6){value.hi, value.lo, FS_SET, 0};
    } else {
        *FS_VALUE4(self) = (fs_value4){0, FS_SET, (uint32_t)value.lo};
    }
}

/* --- the standard library's functions --- */

static PyObject *fs_slow_missing(int which)
{
    PyErr_SetString(PyExc_AttributeError, fs_slow_names[which]);
    return NULL;
}

static PyObject *fs_slow(int kind, int which, PyObject *self)
{
    fs_ip_state *state = fs_ip_state_of(Py_TYPE(self));
    if (state == NULL)
        return NULL;
    if (state->slow[kind][which] == NULL)
        return fs_slow_missing(which);
    return PyObject_CallOneArg(state->slow[kind][which], self);
}

static PyObject *fs_slow_with(int kind, int which, PyObject *self, PyObject *other)
{
    fs_ip_state *state = fs_ip_state_of(Py_TYPE(self));
    if (state == NULL)
        return NULL;
    if (state->slow[kind][which] == NULL)
        return fs_slow_missing(which);
    return PyObject_CallFunctionObjArgs(state->slow[kind][which], self, other, NULL);
}

/* Compare as the standard library does. There Python tries a subclass on the right first. Here a
 * subclass of theirs does not derive from ours, so the interpreter does not. `exact`: self is of
 * exactly our class. */
static PyObject *fs_slow_compare(int kind, int exact, PyObject *self, PyObject *other, int operator)
{
    static const int swapped[] = {Py_GT, Py_GE, Py_EQ, Py_NE, Py_LT, Py_LE};
    fs_ip_state *state = fs_ip_state_of(Py_TYPE(self));
    if (state == NULL)
        return NULL;
    PyTypeObject *type = Py_TYPE(other);
    if (exact && type != state->std[kind] && PyType_IsSubtype(type, state->std[kind]) &&
        !PyType_IsSubtype(type, Py_TYPE(self)) && type->tp_richcompare != NULL) {
        PyObject *answer = type->tp_richcompare(other, self, swapped[operator]);
        if (answer != Py_NotImplemented)
            return answer;
        Py_DECREF(answer);
    }
    return fs_slow_with(kind, fs_slow_lt + operator, self, other);
}

/* function(self, *args, **kwargs) */
static PyObject *fs_call_method(PyObject *function, PyObject *self, PyObject *args, PyObject *kwargs)
{
    Py_ssize_t count = PyTuple_GET_SIZE(args);
    PyObject *all = PyTuple_New(count + 1), *result;
    if (all == NULL)
        return NULL;
    PyTuple_SET_ITEM(all, 0, Py_NewRef(self));
    for (Py_ssize_t i = 0; i < count; i++)
        PyTuple_SET_ITEM(all, i + 1, Py_NewRef(PyTuple_GET_ITEM(args, i)));
    result = PyObject_Call(function, all, kwargs);
    Py_DECREF(all);
    return result;
}

static PyObject *fs_slow_call(int kind, int which, PyObject *self, PyObject *args, PyObject *kwargs)
{
    fs_ip_state *state = fs_ip_state_of(Py_TYPE(self));
    if (state == NULL)
        return NULL;
    if (state->slow[kind][which] == NULL)
        return fs_slow_missing(which);
    return fs_call_method(state->slow[kind][which], self, args, kwargs);
}

static int fs_init_slowly(int kind, PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyObject *none = fs_slow_call(kind, fs_slow_init, self, args, kwargs);
    Py_XDECREF(none);
    return none == NULL ? -1 : 0;
}

/* Do a constructor's vector call as __new__, then __init__. */
static PyObject *fs_construct(PyTypeObject *type, PyObject *const *args, size_t flags,
                              PyObject *names)
{
    Py_ssize_t count = PyVectorcall_NARGS(flags);
    PyObject *positional = PyTuple_New(count), *keywords = NULL, *self = NULL;
    if (positional == NULL)
        return NULL;
    for (Py_ssize_t i = 0; i < count; i++)
        PyTuple_SET_ITEM(positional, i, Py_NewRef(args[i]));
    if (names != NULL && (keywords = PyDict_New()) == NULL)
        goto done;
    for (Py_ssize_t i = 0; names != NULL && i < PyTuple_GET_SIZE(names); i++)
        if (PyDict_SetItem(keywords, PyTuple_GET_ITEM(names, i), args[count + i]) < 0)
            goto done;
    self = type->tp_new(type, positional, keywords);
    if (self != NULL && PyObject_TypeCheck(self, type) &&
        Py_TYPE(self)->tp_init(self, positional, keywords) < 0)
        Py_CLEAR(self);
done:
    Py_DECREF(positional);
    Py_XDECREF(keywords);
    return self;
}

/* Make (class, (argument,)) for a pickle. The class is that of the module "ipaddress" in sys.modules,
 * which a program may have replaced by ours. Steals the reference to `argument`. */
static PyObject *fs_reduced(fs_ip_state *state, int kind, PyObject *argument)
{
    PyObject *module = NULL, *class = NULL, *result = NULL;
    if (argument == NULL)
        return NULL;
#if PY_VERSION_HEX >= 0x030D0000
    if (PyDict_GetItemRef(PyImport_GetModuleDict(), state->ipaddress, &module) < 0)
        goto done;
#else
    module = Py_XNewRef(PyDict_GetItemWithError(PyImport_GetModuleDict(), state->ipaddress));
#endif
    if (module == NULL && (PyErr_Occurred() || (module = PyImport_Import(state->ipaddress)) == NULL))
        goto done;
    class = PyObject_GetAttr(module, state->names[kind]);
    if (class != NULL)
        result = Py_BuildValue("(O(O))", class, argument);
done:
    Py_XDECREF(module);
    Py_XDECREF(class);
    Py_DECREF(argument);
    return result;
}

/* Call object.__reduce_ex__ for a subclass: that calls its __reduce__. */
static PyObject *fs_object_reduce_ex(PyObject *self, PyObject *protocol)
{
    PyObject *method = PyObject_GetAttrString((PyObject *)&PyBaseObject_Type, "__reduce_ex__");
    PyObject *result =
        method ? PyObject_CallFunctionObjArgs(method, self, protocol, NULL) : NULL;
    Py_XDECREF(method);
    return result;
}

/* --- Python's objects --- */

static PyObject *fs_int_of(fs_ip value)
{
    if (value.hi == 0)
        return PyLong_FromUnsignedLongLong(value.lo);
    uint8_t packed[16];
    fs_ip_pack(1, value, packed);
#if PY_VERSION_HEX >= 0x030D0000
    return PyLong_FromUnsignedNativeBytes(packed, 16, Py_ASNATIVEBYTES_BIG_ENDIAN);
#else
    return _PyLong_FromByteArray(packed, 16, 0, 0);
#endif
}

/* Read an exact int as an address of the family. Return whether it is one; raise nothing. */
static inline int fs_take_int(int v6, PyObject *number, fs_ip *value)
{
    long single;
    if (fs_is_small(number, &single)) {
        if (single < 0)
            return 0;
        *value = (fs_ip){0, (uint64_t)single};
        return 1;
    }
    if (!v6) {
        unsigned long long wide = PyLong_AsUnsignedLongLong(number);
        if (wide > UINT32_MAX) {
            PyErr_Clear();
            return 0;
        }
        *value = (fs_ip){0, wide};
        return 1;
    }
    uint8_t packed[16];
#if PY_VERSION_HEX >= 0x030D0000
    Py_ssize_t needed = PyLong_AsNativeBytes(
        number, packed, 16,
        Py_ASNATIVEBYTES_BIG_ENDIAN | Py_ASNATIVEBYTES_UNSIGNED_BUFFER |
            Py_ASNATIVEBYTES_REJECT_NEGATIVE);
    if (needed < 0 || needed > 16) {
        PyErr_Clear();
        return 0;
    }
#else
    if (_PyLong_Sign(number) < 0 || _PyLong_NumBits(number) > 128 ||
        _PyLong_AsByteArray((PyLongObject *)number, packed, 16, 0, 0) < 0) {
        PyErr_Clear();
        return 0;
    }
#endif
    *value = fs_ip_unpack(1, packed);
    return 1;
}

/* Read an exact str, int or bytes as an address without a scope id. Raise nothing. */
static inline int fs_take_address(int v6, PyObject *given, fs_ip *value)
{
    if (PyUnicode_CheckExact(given)) {
        Py_ssize_t size;
        const uint8_t *text = fs_ascii(given, &size);
        return text != NULL && fs_ip_parse(v6, text, text + size, value);
    }
    if (PyLong_CheckExact(given))
        return fs_take_int(v6, given, value);
    if (PyBytes_CheckExact(given) && PyBytes_GET_SIZE(given) == (v6 ? 16 : 4)) {
        *value = fs_ip_unpack(v6, (const uint8_t *)PyBytes_AS_STRING(given));
        return 1;
    }
    return 0;
}

/* The same, followed by "/length"; or a pair of ints. Host bits are kept. */
static inline int fs_take_network(int v6, PyObject *given, fs_ip *value, int *length)
{
    if (PyUnicode_CheckExact(given)) {
        Py_ssize_t size;
        const uint8_t *text = fs_ascii(given, &size);
        return text != NULL && fs_ip_parse_network(v6, text, text + size, value, length);
    }
    if (PyTuple_CheckExact(given)) {
        long number;
        if (PyTuple_GET_SIZE(given) != 2 || !PyLong_CheckExact(PyTuple_GET_ITEM(given, 0)) ||
            !PyLong_CheckExact(PyTuple_GET_ITEM(given, 1)) ||
            !fs_take_int(v6, PyTuple_GET_ITEM(given, 0), value))
            return 0;
        number = PyLong_AsLong(PyTuple_GET_ITEM(given, 1));
        if (number < 0 || number > fs_ip_bits(v6)) {
            PyErr_Clear();
            return 0;
        }
        *length = (int)number;
        return 1;
    }
    *length = fs_ip_bits(v6);
    return fs_take_address(v6, given, value);
}

static PyObject *fs_network_text(fs_ip_state *state, int v6, fs_ip value, int length)
{
    uint8_t text[FS_IP_TEXT_MAX];
    size_t size = fs_ip_format_network(v6, value, length, state->mapped_dotted, text);
    return fs_new_text(text, (Py_ssize_t)size);
}

/* Write "Name('text')", the repr() of our classes. */
static PyObject *fs_repr_of(fs_ip_state *state, int kind, PyObject *text)
{
    if (text == NULL)
        return NULL;
    PyObject *result = PyUnicode_FromFormat("%U('%U')", state->names[kind], text);
    Py_DECREF(text);
    return result;
}

/* hash((number, ...)). Make the tuple only if this platform hashes it in another way. */
static Py_hash_t fs_hash_numbers(const fs_ip *numbers, unsigned count)
{
    if (FS_IP_LOAD(&fs_hashes_known)) {
        uint64_t hashes[3];
        for (unsigned i = 0; i < count; i++)
            hashes[i] = fs_ip_hash_number(numbers[i]);
        return (Py_hash_t)fs_ip_hash_tuple(hashes, count);
    }
    PyObject *tuple = PyTuple_New(count);
    Py_hash_t hash = -1;
    for (unsigned i = 0; tuple != NULL && i < count; i++) {
        PyObject *number = fs_int_of(numbers[i]);
        if (number == NULL)
            Py_CLEAR(tuple);
        else
            PyTuple_SET_ITEM(tuple, i, number);
    }
    if (tuple != NULL)
        hash = PyObject_Hash(tuple);
    Py_XDECREF(tuple);
    return hash;
}

/* --- both families from one function --- */

/* Define name_4 and name_6, the family a constant in each. */
#define FS_BOTH(result, name, parameters, ...)                                                    \
    static result name##_4 parameters { return name(0, __VA_ARGS__); }                            \
    static result name##_6 parameters { return name(1, __VA_ARGS__); }
#define FS_BOTH_GET(name)                                                                         \
    static PyObject *name##_4(PyObject *self, void *Py_UNUSED(closure)) { return name(0, self); } \
    static PyObject *name##_6(PyObject *self, void *Py_UNUSED(closure)) { return name(1, self); }
#define FS_BOTH_CALL(name)                                                                        \
    static PyObject *name##_4(PyObject *self, PyObject *Py_UNUSED(none)) { return name(0, self); } \
    static PyObject *name##_6(PyObject *self, PyObject *Py_UNUSED(none)) { return name(1, self); }

#endif
