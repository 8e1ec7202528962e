/* IPv4Network and IPv6Network: a number and a prefix length. Address and netmask are made when asked
 * for.
 *
 * C handles objects of exactly these classes whose fields are consistent. A subclass may override
 * `network_address`, and Python may set any field to anything: C leaves those to the standard
 * library's functions.
 */
#ifndef FASTSOCK_IPADDRESS_NETWORK_H
#define FASTSOCK_IPADDRESS_NETWORK_H

#include "fastsock/ipaddress/types/iterator.h"

static PyObject *network_vectorcall_4(PyObject *, PyObject *const *, size_t, PyObject *);
static PyObject *network_vectorcall_6(PyObject *, PyObject *const *, size_t, PyObject *);

static inline int fs_is_network(int v6, PyObject *object)
{
    return Py_TYPE(object)->tp_vectorcall == (v6 ? network_vectorcall_6 : network_vectorcall_4);
}

static inline int fs_is_usual_network(int v6, PyObject *object)
{
    fs_network *fields = FS_NETWORK_OF(v6, object);
    return fs_is_network(v6, object) && fields->length1 && !fields->odd;
}

static inline fs_ip fs_network_first(int v6, PyObject *self)
{
    return (fs_ip){FS_NETWORK_OF(v6, self)->hi, FS_NETWORK_OF(v6, self)->lo};
}

static inline int fs_network_length(int v6, PyObject *self)
{
    return FS_NETWORK_OF(v6, self)->length1 - 1;
}

static inline fs_ip fs_network_last(int v6, PyObject *self)
{
    return fs_ip_or(fs_network_first(v6, self), fs_ip_hostmask(v6, fs_network_length(v6, self)));
}

/* --- making them --- */

/* Make a network of our class, which is `type`. The value has no host bits. */
static inline PyObject *fs_new_network_of(PyTypeObject *type, int v6, fs_ip value, int length)
{
    PyObject *self = type->tp_alloc(type, 0);
    if (self != NULL) {
        fs_network *fields = FS_NETWORK_OF(v6, self);
        fields->hi = value.hi;
        fields->lo = value.lo;
        fields->length1 = length + 1;
    }
    return self;
}

static inline PyObject *fs_new_network(fs_ip_state *state, int v6, fs_ip value, int length)
{
    return fs_new_network_of(state->fast[FS_NETWORK + v6], v6, value, length);
}

/* 1, 0, or -1 if Python must decide. */
static int fs_take_strict(PyObject *strict)
{
    return strict == Py_True ? 1 : strict == Py_False ? 0 : -1;
}

/* Read a network from a constructor's argument. 1, or 0 to leave it to the standard library. */
static inline int fs_take_strict_network(int v6, PyObject *given, int strict, fs_ip *value,
                                         int *length)
{
    fs_ip whole;
    if (strict < 0 || !fs_take_network(v6, given, &whole, length))
        return 0;
    *value = fs_ip_and(whole, fs_ip_netmask(v6, *length));
    return !strict || fs_ip_equal(whole, *value);
}

static int network_init(int v6, PyObject *self, PyObject *args, PyObject *kwargs)
{
    fs_ip value;
    int length;
    if (kwargs != NULL || PyTuple_GET_SIZE(args) != 1 ||
        !fs_take_strict_network(v6, PyTuple_GET_ITEM(args, 0), 1, &value, &length))
        return fs_init_slowly(FS_NETWORK + v6, self, args, kwargs);
    fs_network *fields = FS_NETWORK_OF(v6, self), old;
    FS_IP_LOCK(self)
    old = *fields;
    *fields = (fs_network){value.hi, value.lo, NULL, NULL, NULL, length + 1, 0};
    FS_IP_UNLOCK()
    Py_XDECREF(old.address);
    Py_XDECREF(old.netmask);
    Py_XDECREF(old.odd_length);
    return 0;
}
FS_BOTH(int, network_init, (PyObject *self, PyObject *args, PyObject *kwargs), self, args, kwargs)

static inline PyObject *network_vectorcall(int v6, PyObject *class, PyObject *const *args,
                                           size_t flags, PyObject *names)
{
    PyTypeObject *type = (PyTypeObject *)class;
    Py_ssize_t count = PyVectorcall_NARGS(flags);
    int strict = -1, length;
    fs_ip value;
    if (names == NULL)
        strict = count == 1 ? 1 : count == 2 ? fs_take_strict(args[1]) : -1;
    else if (count == 1 && PyTuple_GET_SIZE(names) == 1 &&
             PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, 0), "strict") == 0)
        strict = fs_take_strict(args[1]);
    if (strict >= 0 && fs_take_strict_network(v6, args[0], strict, &value, &length) &&
        fs_makes_address(type, v6 ? network_init_6 : network_init_4))
        return fs_new_network_of(type, v6, value, length);
    return fs_construct(type, args, flags, names);
}
FS_BOTH(PyObject *, network_vectorcall,
        (PyObject *class, PyObject *const *args, size_t flags, PyObject *names), class, args, flags,
        names)

/* --- fields: swapped under the object's lock, released outside of it --- */

static PyObject *fs_no_attribute(PyObject *self, const char *name)
{
    PyErr_Format(PyExc_AttributeError, "'%.100s' object has no attribute '%s'",
                 Py_TYPE(self)->tp_name, name);
    return NULL;
}

/* Return a field's object, or NULL without an error if it has none yet. */
static inline PyObject *fs_get_field(PyObject *self, PyObject **field)
{
    PyObject *object;
    (void)self;
    FS_IP_LOCK(self)
    object = Py_XNewRef(*field);
    FS_IP_UNLOCK()
    return object;
}

/* Make an address and store it in a field, unless another thread has. Return the field's object. */
static PyObject *fs_fill_address(int v6, PyObject *self, PyObject **field, fs_ip value)
{
    fs_ip_state *state = fs_ip_state_of(Py_TYPE(self));
    PyObject *object;
    if (state == NULL)
        return NULL;
    FS_IP_LOCK(self)
    if (*field == NULL)
        *field = fs_new_address(state, v6, value);
    object = Py_XNewRef(*field);
    FS_IP_UNLOCK()
    return object;
}

static void fs_swap_field(PyObject *self, PyObject **field, PyObject *object)
{
    PyObject *old;
    FS_IP_LOCK(self)
    old = *field;
    *field = Py_XNewRef(object);
    FS_IP_UNLOCK()
    Py_XDECREF(old);
}

/* Whether an object is our address, without scope id, of this value. */
static int fs_is_address_of(int v6, PyObject *object, fs_ip value)
{
    return fs_is_address(v6, object) && fs_is_plain(v6, object) &&
           fs_ip_equal(fs_value(v6, object), value);
}

static int network_judge(int v6, PyObject *self)
{
    fs_network *fields = FS_NETWORK_OF(v6, self);
    fs_ip value = fs_network_first(v6, self);
    int length = fields->length1 - 1;
    fields->odd = fields->odd_length != NULL ||
                  (fields->address != NULL && !fs_is_address_of(v6, fields->address, value));
    if (length >= 0) {
        fs_ip mask = fs_ip_netmask(v6, length);
        fields->odd |= !fs_ip_equal(fs_ip_and(value, mask), value) ||
                       (fields->netmask != NULL && !fs_is_address_of(v6, fields->netmask, mask));
    }
    return 0;
}

/* A network whose fields are only partly set has no prefix length: leave it to Python. */
static PyObject *network_get_address(int v6, PyObject *self)
{
    fs_network *fields = FS_NETWORK_OF(v6, self);
    PyObject *address = fs_get_field(self, &fields->address);
    if (address != NULL)
        return address;
    if (fields->length1)
        return fs_fill_address(v6, self, &fields->address, fs_network_first(v6, self));
    return fs_no_attribute(self, "network_address");
}
FS_BOTH_GET(network_get_address)

static int network_set_address(int v6, PyObject *self, PyObject *object)
{
    fs_network *fields = FS_NETWORK_OF(v6, self);
    if (object == NULL && fields->length1 == 0 && fields->address == NULL)
        return fs_no_attribute(self, "network_address") ? 0 : -1;
    if (object != NULL && fs_is_address(v6, object) && fs_is_plain(v6, object)) {
        fields->hi = fs_value(v6, object).hi;
        fields->lo = fs_value(v6, object).lo;
    }
    fs_swap_field(self, &fields->address, object ? object : Py_None);
    return network_judge(v6, self);
}
static int network_set_address_4(PyObject *self, PyObject *object, void *Py_UNUSED(closure))
{
    return network_set_address(0, self, object);
}
static int network_set_address_6(PyObject *self, PyObject *object, void *Py_UNUSED(closure))
{
    return network_set_address(1, self, object);
}

static PyObject *network_get_netmask(int v6, PyObject *self)
{
    fs_network *fields = FS_NETWORK_OF(v6, self);
    PyObject *netmask = fs_get_field(self, &fields->netmask);
    if (netmask != NULL)
        return netmask;
    if (fields->length1)
        return fs_fill_address(v6, self, &fields->netmask,
                               fs_ip_netmask(v6, fields->length1 - 1));
    return fs_no_attribute(self, "netmask");
}
FS_BOTH_GET(network_get_netmask)

static int network_set_netmask(int v6, PyObject *self, PyObject *object)
{
    fs_swap_field(self, &FS_NETWORK_OF(v6, self)->netmask, object ? object : Py_None);
    return network_judge(v6, self);
}
static int network_set_netmask_4(PyObject *self, PyObject *object, void *Py_UNUSED(closure))
{
    return network_set_netmask(0, self, object);
}
static int network_set_netmask_6(PyObject *self, PyObject *object, void *Py_UNUSED(closure))
{
    return network_set_netmask(1, self, object);
}

/* Read a prefix length that Python sets: its number + 1, or 0 if it is not one. */
static int32_t fs_length1_of(int v6, PyObject *object)
{
    long number;
    if (object == NULL || !PyLong_CheckExact(object) || !fs_is_small(object, &number) ||
        number < 0 || number > fs_ip_bits(v6))
        return 0;
    return (int32_t)number + 1;
}

static PyObject *fs_get_length(PyObject *self, int32_t length1, PyObject **odd)
{
    if (length1)
        return PyLong_FromLong(length1 - 1);
    PyObject *object = fs_get_field(self, odd);
    return object ? object : fs_no_attribute(self, "_prefixlen");
}

static void fs_set_length(int v6, PyObject *self, PyObject *object, int32_t *length1, PyObject **odd)
{
    *length1 = fs_length1_of(v6, object);
    fs_swap_field(self, odd, *length1 ? NULL : object);
}

static PyObject *network_get_length(int v6, PyObject *self)
{
    fs_network *fields = FS_NETWORK_OF(v6, self);
    return fs_get_length(self, fields->length1, &fields->odd_length);
}
FS_BOTH_GET(network_get_length)

static int network_set_length(int v6, PyObject *self, PyObject *object)
{
    fs_network *fields = FS_NETWORK_OF(v6, self);
    /* Make the lazy parts from the old length first. */
    PyObject *address = fields->length1 ? network_get_address(v6, self) : NULL;
    PyObject *netmask = fields->length1 ? network_get_netmask(v6, self) : NULL;
    int failed = fields->length1 && (address == NULL || netmask == NULL);
    Py_XDECREF(address);
    Py_XDECREF(netmask);
    if (failed)
        return -1;
    fs_set_length(v6, self, object, &fields->length1, &fields->odd_length);
    return network_judge(v6, self);
}
static int network_set_length_4(PyObject *self, PyObject *object, void *Py_UNUSED(closure))
{
    return network_set_length(0, self, object);
}
static int network_set_length_6(PyObject *self, PyObject *object, void *Py_UNUSED(closure))
{
    return network_set_length(1, self, object);
}

/* --- text, hash, order --- */

static PyObject *fs_network_str(int v6, PyObject *self)
{
    return fs_network_text(fs_ip_state_of(Py_TYPE(self)), v6, fs_network_first(v6, self),
                           fs_network_length(v6, self));
}

static PyObject *network_str(int v6, PyObject *self)
{
    if (!fs_is_usual_network(v6, self))
        return fs_slow(FS_NETWORK + v6, fs_slow_str, self);
    return fs_network_str(v6, self);
}
FS_BOTH(PyObject *, network_str, (PyObject *self), self)

static PyObject *network_with_prefixlen(int v6, PyObject *self)
{
    if (!fs_is_usual_network(v6, self))
        return fs_slow(FS_NETWORK + v6, fs_slow_with_prefixlen, self);
    return fs_network_str(v6, self);
}
FS_BOTH_GET(network_with_prefixlen)

static PyObject *network_repr(int v6, PyObject *self)
{
    if (!fs_is_usual_network(v6, self))
        return fs_slow(FS_NETWORK + v6, fs_slow_repr, self);
    return fs_repr_of(fs_ip_state_of(Py_TYPE(self)), FS_NETWORK + v6, PyObject_Str(self));
}
FS_BOTH(PyObject *, network_repr, (PyObject *self), self)

static Py_hash_t network_hash(int v6, PyObject *self)
{
    if (!fs_is_usual_network(v6, self))
        return fs_slow_hash_of(FS_NETWORK + v6, self);
    fs_ip_state *state = fs_ip_state_of(Py_TYPE(self));
    fs_ip value = fs_network_first(v6, self);
    fs_ip mask = fs_ip_netmask(v6, fs_network_length(v6, self));
    if (state->network_hash_tuple)
        return fs_hash_numbers((fs_ip[]){value, mask}, 2);
    if (FS_IP_LOAD(&fs_hashes_known))
        return (Py_hash_t)fs_ip_hash_number((fs_ip){value.hi ^ mask.hi, value.lo ^ mask.lo});
    return fs_slow_hash_of(FS_NETWORK + v6, self);
}
FS_BOTH(Py_hash_t, network_hash, (PyObject *self), self)

static PyObject *network_compare(int v6, PyObject *self, PyObject *other, int operator)
{
    if (fs_is_usual_network(v6, self) && fs_is_usual_network(v6, other)) {
        int order = fs_ip_compare(fs_network_first(v6, self), fs_network_first(v6, other));
        if (order == 0)
            order = fs_network_length(v6, self) - fs_network_length(v6, other);
        Py_RETURN_RICHCOMPARE(order, 0, operator);
    }
    return fs_slow_compare(FS_NETWORK + v6, fs_is_network(v6, self), self, other, operator);
}
FS_BOTH(PyObject *, network_compare, (PyObject *self, PyObject *other, int operator), self, other,
        operator)

/* --- membership and size --- */

static int network_contains(int v6, PyObject *self, PyObject *other)
{
    if (fs_is_usual_network(v6, self) && fs_is_address(v6, other) && fs_is_set(v6, other)) {
        fs_ip mask = fs_ip_netmask(v6, fs_network_length(v6, self));
        return fs_ip_equal(fs_ip_and(fs_value(v6, other), mask), fs_network_first(v6, self));
    }
    PyObject *answer = fs_slow_with(FS_NETWORK + v6, fs_slow_contains, self, other);
    int truth = answer ? PyObject_IsTrue(answer) : -1;
    Py_XDECREF(answer);
    return truth;
}
FS_BOTH(int, network_contains, (PyObject *self, PyObject *other), self, other)

static PyObject *network_overlaps(int v6, PyObject *self, PyObject *other)
{
    if (!fs_is_usual_network(v6, self) || !fs_is_usual_network(v6, other))
        return fs_slow_with(FS_NETWORK + v6, fs_slow_overlaps, self, other);
    return PyBool_FromLong(
        fs_ip_compare(fs_network_first(v6, self), fs_network_last(v6, other)) <= 0 &&
        fs_ip_compare(fs_network_first(v6, other), fs_network_last(v6, self)) <= 0);
}
FS_BOTH(PyObject *, network_overlaps, (PyObject *self, PyObject *other), self, other)

static inline int fs_is_within(int v6, PyObject *inner, PyObject *outer)
{
    return fs_ip_compare(fs_network_first(v6, outer), fs_network_first(v6, inner)) <= 0 &&
           fs_ip_compare(fs_network_last(v6, inner), fs_network_last(v6, outer)) <= 0;
}

static PyObject *network_subnet_of(int v6, PyObject *self, PyObject *other)
{
    if (!fs_is_usual_network(v6, self) || !fs_is_usual_network(v6, other))
        return fs_slow_with(FS_NETWORK + v6, fs_slow_subnet_of, self, other);
    return PyBool_FromLong(fs_is_within(v6, self, other));
}
FS_BOTH(PyObject *, network_subnet_of, (PyObject *self, PyObject *other), self, other)

static PyObject *network_supernet_of(int v6, PyObject *self, PyObject *other)
{
    if (!fs_is_usual_network(v6, self) || !fs_is_usual_network(v6, other))
        return fs_slow_with(FS_NETWORK + v6, fs_slow_supernet_of, self, other);
    return PyBool_FromLong(fs_is_within(v6, other, self));
}
FS_BOTH(PyObject *, network_supernet_of, (PyObject *self, PyObject *other), self, other)

static PyObject *network_num_addresses(int v6, PyObject *self)
{
    if (!fs_is_usual_network(v6, self))
        return fs_slow(FS_NETWORK + v6, fs_slow_num_addresses, self);
    int bits = fs_ip_bits(v6) - fs_network_length(v6, self);
    if (bits < 128)
        return fs_int_of(fs_ip_power(bits));
    PyObject *most = fs_int_of(fs_ip_ones(1)), *one = PyLong_FromLong(1); /* 2**128 has no fs_ip */
    PyObject *count = most && one ? PyNumber_Add(most, one) : NULL;
    Py_XDECREF(most);
    Py_XDECREF(one);
    return count;
}
FS_BOTH_GET(network_num_addresses)

/* Compute the cached properties broadcast_address and hostmask of our networks, or return NULL
 * without an error. */
static PyObject *fs_network_part(fs_ip_state *state, PyObject *self, int hostmask)
{
    for (int v6 = 0; v6 < 2; v6++)
        if (fs_is_usual_network(v6, self))
            return fs_new_address(state, v6,
                                  hostmask ? fs_ip_hostmask(v6, fs_network_length(v6, self))
                                           : fs_network_last(v6, self));
    return NULL;
}

static PyObject *network_iter(int v6, PyObject *self)
{
    if (!fs_is_usual_network(v6, self))
        return fs_slow(FS_NETWORK + v6, fs_slow_iter, self);
    return fs_new_iterator(fs_ip_state_of(Py_TYPE(self)), v6, fs_network_first(v6, self),
                           fs_network_last(v6, self), FS_ADDRESSES);
}
FS_BOTH(PyObject *, network_iter, (PyObject *self), self)

/* All addresses but the first and, for IPv4, the last. Of two give both; a single one in a list. */
static PyObject *network_hosts(int v6, PyObject *self)
{
    if (!fs_is_usual_network(v6, self))
        return fs_slow(FS_NETWORK + v6, fs_slow_hosts, self);
    fs_ip_state *state = fs_ip_state_of(Py_TYPE(self));
    fs_ip first = fs_network_first(v6, self), last = fs_network_last(v6, self), one = {0, 1};
    int bits = fs_ip_bits(v6) - fs_network_length(v6, self);
    if (bits == 0 && state->single_host_list) {
        PyObject *address = fs_new_address(state, v6, first);
        return address ? Py_BuildValue("[N]", address) : NULL;
    }
    if (bits > 1) {
        first = fs_ip_add(first, one);
        last = v6 ? last : fs_ip_subtract(last, one);
    }
    return fs_new_iterator(state, v6, first, last, FS_ADDRESSES);
}
FS_BOTH_CALL(network_hosts)

static PyObject *network_getitem(int v6, PyObject *self, PyObject *index)
{
    long number;
    if (fs_is_usual_network(v6, self) && PyLong_CheckExact(index) && fs_is_small(index, &number)) {
        fs_ip first = fs_network_first(v6, self), last = fs_network_last(v6, self), found;
        fs_ip span = fs_ip_subtract(last, first);
        fs_ip distance = {0, (uint64_t)(number < 0 ? -(number + 1) : number)};
        if (fs_ip_compare(distance, span) <= 0) {
            found = number < 0 ? fs_ip_subtract(last, distance) : fs_ip_add(first, distance);
            return fs_new_address(fs_ip_state_of(Py_TYPE(self)), v6, found);
        }
    }
    return fs_slow_with(FS_NETWORK + v6, fs_slow_getitem, self, index);
}
FS_BOTH(PyObject *, network_getitem, (PyObject *self, PyObject *index), self, index)

static PyObject *network_flag(int v6, PyObject *self, int flag)
{
    if (!fs_is_usual_network(v6, self))
        return fs_slow(FS_NETWORK + v6, fs_slow_is_private + flag, self);
    return fs_network_flag(fs_ip_state_of(Py_TYPE(self)), v6, fs_network_first(v6, self),
                           fs_network_length(v6, self), flag);
}
static PyObject *network_flag_4(PyObject *self, void *flag)
{
    return network_flag(0, self, (int)(intptr_t)flag);
}
static PyObject *network_flag_6(PyObject *self, void *flag)
{
    return network_flag(1, self, (int)(intptr_t)flag);
}

/* --- supernets and subnets --- */

/* Read prefixlen_diff or new_prefix of supernet() and subnets(). Return the new length, or -1 to leave
 * the call to the standard library. */
static int fs_take_new_length(int length, int direction, PyObject *args, PyObject *kwargs)
{
    long number = 1;
    int is_length = 0;
    PyObject *given = NULL;
    if (PyTuple_GET_SIZE(args) + (kwargs ? PyDict_GET_SIZE(kwargs) : 0) > 1)
        return -1;
    if (PyTuple_GET_SIZE(args)) {
        given = PyTuple_GET_ITEM(args, 0);
    } else if (kwargs != NULL) {
        PyObject *key;
        Py_ssize_t at = 0; /* the dict belongs to this call, so nothing changes it */
        while (PyDict_Next(kwargs, &at, &key, &given))
            is_length = PyUnicode_CompareWithASCIIString(key, "new_prefix") == 0;
        if (given != NULL && !is_length)
            return -1;
    }
    if (given != NULL && (!PyLong_CheckExact(given) || !fs_is_small(given, &number)))
        return -1;
    if (number < 0 || number > 128)
        return -1;
    return is_length ? (int)number : length + direction * (int)number;
}

static PyObject *network_supernet(int v6, PyObject *self, PyObject *args, PyObject *kwargs)
{
    if (fs_is_usual_network(v6, self)) {
        int length = fs_network_length(v6, self);
        int wanted = fs_take_new_length(length, -1, args, kwargs);
        if (length > 0 && wanted >= 0 && wanted <= length)
            return fs_new_network(
                fs_ip_state_of(Py_TYPE(self)), v6,
                fs_ip_and(fs_network_first(v6, self), fs_ip_netmask(v6, wanted)), wanted);
    }
    return fs_slow_call(FS_NETWORK + v6, fs_slow_supernet, self, args, kwargs);
}
FS_BOTH(PyObject *, network_supernet, (PyObject *self, PyObject *args, PyObject *kwargs), self,
        args, kwargs)

static PyObject *network_subnets(int v6, PyObject *self, PyObject *args, PyObject *kwargs)
{
    if (fs_is_usual_network(v6, self)) {
        int length = fs_network_length(v6, self), bits = fs_ip_bits(v6);
        int wanted = fs_take_new_length(length, 1, args, kwargs);
        if (length < bits && wanted >= length && wanted <= bits)
            return fs_new_iterator(fs_ip_state_of(Py_TYPE(self)), v6, fs_network_first(v6, self),
                                   fs_network_last(v6, self), wanted);
    }
    return fs_slow_call(FS_NETWORK + v6, fs_slow_subnets, self, args, kwargs);
}
FS_BOTH(PyObject *, network_subnets, (PyObject *self, PyObject *args, PyObject *kwargs), self, args,
        kwargs)

/* --- copies and pickles --- */

static PyObject *network_copy(int v6, PyObject *self)
{
    fs_ip_state *state = fs_ip_state_of(Py_TYPE(self));
    if (state == NULL)
        return NULL;
    if (fs_is_usual_network(v6, self))
        return fs_new_network(state, v6, fs_network_first(v6, self), fs_network_length(v6, self));
    return PyObject_CallOneArg(state->copy, self);
}
FS_BOTH_CALL(network_copy)

static PyObject *network_deepcopy(int v6, PyObject *self, PyObject *memo)
{
    fs_ip_state *state = fs_ip_state_of(Py_TYPE(self));
    if (state == NULL)
        return NULL;
    if (fs_is_usual_network(v6, self))
        return fs_new_network(state, v6, fs_network_first(v6, self), fs_network_length(v6, self));
    return PyObject_CallFunctionObjArgs(state->deepcopy, self, memo, NULL);
}
FS_BOTH(PyObject *, network_deepcopy, (PyObject *self, PyObject *memo), self, memo)

static PyObject *network_reduce(int v6, PyObject *self)
{
    if (!fs_is_network(v6, self))
        return fs_slow(FS_NETWORK + v6, fs_slow_reduce, self);
    return fs_reduced(fs_ip_state_of(Py_TYPE(self)), FS_NETWORK + v6, PyObject_Str(self));
}
FS_BOTH_CALL(network_reduce)

static PyObject *network_reduce_ex(int v6, PyObject *self, PyObject *protocol)
{
    if (fs_is_network(v6, self) && PyLong_CheckExact(protocol))
        return network_reduce(v6, self);
    return fs_object_reduce_ex(self, protocol);
}
FS_BOTH(PyObject *, network_reduce_ex, (PyObject *self, PyObject *protocol), self, protocol)

/* --- the types --- */

#define FS_NETWORK_GETSET(v)                                                                   \
    {"network_address", network_get_address_##v, network_set_address_##v, NULL, NULL},         \
        {"netmask", network_get_netmask_##v, network_set_netmask_##v, NULL, NULL},             \
        {"_prefixlen", network_get_length_##v, network_set_length_##v, NULL, NULL},            \
        {"prefixlen", network_get_length_##v, NULL, NULL, NULL},                               \
        {"num_addresses", network_num_addresses_##v, NULL, NULL, NULL},                        \
        {"with_prefixlen", network_with_prefixlen_##v, NULL, NULL, NULL},                      \
        {"compressed", fs_get_str, NULL, NULL, NULL}, FS_FLAGS_OF(network, v)

static PyGetSetDef network_getset_4[] = {FS_NETWORK_GETSET(4), {0}};
static PyGetSetDef network_getset_6[] = {
    FS_NETWORK_GETSET(6),
    FS_FLAG(network, 6, is_site_local),
    {0},
};

#define FS_METHOD(function) (PyCFunction)(void (*)(void))(function)
#define FS_NETWORK_TYPE(v)                                                                     \
    static PyMethodDef network_methods_##v[] = {                                               \
        FS_PICKLED(network, v),                                                                \
        {"hosts", network_hosts_##v, METH_NOARGS, NULL},                                       \
        {"overlaps", network_overlaps_##v, METH_O, NULL},                                      \
        {"subnet_of", network_subnet_of_##v, METH_O, NULL},                                    \
        {"supernet_of", network_supernet_of_##v, METH_O, NULL},                                \
        {"supernet", FS_METHOD(network_supernet_##v), METH_VARARGS | METH_KEYWORDS, NULL},     \
        {"subnets", FS_METHOD(network_subnets_##v), METH_VARARGS | METH_KEYWORDS, NULL},       \
        {0},                                                                                   \
    };                                                                                         \
    static PyType_Slot network_slots_##v[] = {                                                 \
        {Py_tp_init, network_init_##v},                                                        \
        {Py_tp_hash, network_hash_##v},                                                        \
        {Py_tp_str, network_str_##v},                                                          \
        {Py_tp_repr, network_repr_##v},                                                        \
        {Py_tp_richcompare, network_compare_##v},                                              \
        {Py_tp_iter, network_iter_##v},                                                        \
        {Py_sq_contains, network_contains_##v},                                                \
        {Py_mp_subscript, network_getitem_##v},                                                \
        {Py_tp_getset, network_getset_##v},                                                    \
        {Py_tp_methods, network_methods_##v},                                                  \
        {Py_tp_members, NULL},                                                                 \
        {Py_tp_doc, NULL},                                                                     \
        {0, NULL},                                                                             \
    };
FS_NETWORK_TYPE(4)
FS_NETWORK_TYPE(6)

#endif
