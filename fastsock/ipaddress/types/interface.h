/* Bases of IPv4Interface and IPv6Interface: our addresses with a prefix length. The public classes
 * are made in Python, from these and the standard library's interfaces. */
#ifndef FASTSOCK_IPADDRESS_INTERFACE_H
#define FASTSOCK_IPADDRESS_INTERFACE_H

#include "fastsock/ipaddress/types/network.h"

static PyObject *interface_vectorcall_4(PyObject *, PyObject *const *, size_t, PyObject *);
static PyObject *interface_vectorcall_6(PyObject *, PyObject *const *, size_t, PyObject *);

static inline int fs_is_interface(int v6, PyObject *object)
{
    return Py_TYPE(object)->tp_vectorcall == (v6 ? interface_vectorcall_6 : interface_vectorcall_4);
}

static inline int fs_is_usual_interface(int v6, PyObject *object)
{
    fs_interface *fields = FS_INTERFACE_OF(v6, object);
    return fs_is_interface(v6, object) && fields->length1 && !fields->odd && fs_is_plain(v6, object);
}

static inline int fs_interface_length(int v6, PyObject *self)
{
    return FS_INTERFACE_OF(v6, self)->length1 - 1;
}

static inline fs_ip fs_interface_network(int v6, PyObject *self)
{
    return fs_ip_and(fs_value(v6, self), fs_ip_netmask(v6, fs_interface_length(v6, self)));
}

/* --- making them --- */

/* Make an interface of our class, which is `type`. */
static inline PyObject *fs_new_interface(PyTypeObject *type, int v6, fs_ip value, int length)
{
    PyObject *self = type->tp_alloc(type, 0);
    if (self != NULL) {
        fs_store_value(v6, self, value);
        if (v6)
            FS_SCOPE(self) = Py_NewRef(Py_None);
        FS_INTERFACE_OF(v6, self)->length1 = length + 1;
    }
    return self;
}

static int interface_init(int v6, PyObject *self, PyObject *args, PyObject *kwargs)
{
    fs_ip value;
    int length;
    if (kwargs != NULL || PyTuple_GET_SIZE(args) != 1 ||
        !fs_take_network(v6, PyTuple_GET_ITEM(args, 0), &value, &length))
        return fs_init_slowly(FS_INTERFACE + v6, self, args, kwargs);
    if (fs_set_value(v6, self, value) < 0)
        return -1;
    fs_interface *fields = FS_INTERFACE_OF(v6, self), old;
    FS_IP_LOCK(self)
    old = *fields;
    *fields = (fs_interface){NULL, NULL, NULL, length + 1, 0};
    FS_IP_UNLOCK()
    Py_XDECREF(old.network);
    Py_XDECREF(old.netmask);
    Py_XDECREF(old.odd_length);
    return 0;
}
FS_BOTH(int, interface_init, (PyObject *self, PyObject *args, PyObject *kwargs), self, args, kwargs)

static inline PyObject *interface_vectorcall(int v6, PyObject *class, PyObject *const *args,
                                             size_t flags, PyObject *names)
{
    PyTypeObject *type = (PyTypeObject *)class;
    fs_ip value;
    int length;
    if (PyVectorcall_NARGS(flags) == 1 && names == NULL &&
        fs_take_network(v6, args[0], &value, &length) &&
        fs_makes_address(type, v6 ? interface_init_6 : interface_init_4))
        return fs_new_interface(type, v6, value, length);
    return fs_construct(type, args, flags, names);
}
FS_BOTH(PyObject *, interface_vectorcall,
        (PyObject *class, PyObject *const *args, size_t flags, PyObject *names), class, args, flags,
        names)

/* --- fields --- */

/* Whether network, netmask and prefix length still agree with the address and the length. */
static int interface_judge(int v6, PyObject *self)
{
    fs_interface *fields = FS_INTERFACE_OF(v6, self);
    fields->odd = fields->odd_length != NULL;
    if (fields->length1 == 0)
        return 0;
    if (fields->netmask != NULL)
        fields->odd |= !fs_is_address_of(v6, fields->netmask,
                                         fs_ip_netmask(v6, fields->length1 - 1));
    if (fields->network != NULL)
        fields->odd |= !fs_is_usual_network(v6, fields->network) ||
                       fs_network_length(v6, fields->network) != fields->length1 - 1 ||
                       !fs_ip_equal(fs_network_first(v6, fields->network),
                                    fs_interface_network(v6, self));
    return 0;
}

static PyObject *interface_get_network(int v6, PyObject *self)
{
    fs_interface *fields = FS_INTERFACE_OF(v6, self);
    PyObject *network = fs_get_field(self, &fields->network);
    if (network != NULL)
        return network;
    fs_ip_state *state = fs_ip_state_of(Py_TYPE(self));
    if (state == NULL)
        return NULL;
    FS_IP_LOCK(self)
    if (fields->network == NULL && fields->length1)
        fields->network = fs_new_network(state, v6, fs_interface_network(v6, self),
                                         fields->length1 - 1);
    network = Py_XNewRef(fields->network);
    FS_IP_UNLOCK()
    if (network == NULL && !PyErr_Occurred())
        return fs_no_attribute(self, "network");
    return network;
}
FS_BOTH_GET(interface_get_network)

static PyObject *interface_get_netmask(int v6, PyObject *self)
{
    fs_interface *fields = FS_INTERFACE_OF(v6, self);
    PyObject *netmask = fs_get_field(self, &fields->netmask);
    if (netmask != NULL)
        return netmask;
    if (fields->length1)
        return fs_fill_address(v6, self, &fields->netmask,
                               fs_ip_netmask(v6, fields->length1 - 1));
    return fs_no_attribute(self, "netmask");
}
FS_BOTH_GET(interface_get_netmask)

static PyObject *interface_get_length(int v6, PyObject *self)
{
    fs_interface *fields = FS_INTERFACE_OF(v6, self);
    return fs_get_length(self, fields->length1, &fields->odd_length);
}
FS_BOTH_GET(interface_get_length)

/* Make the lazy parts from the current fields, before one of these is written. */
static int interface_settle(int v6, PyObject *self)
{
    if (FS_INTERFACE_OF(v6, self)->length1 == 0)
        return 0;
    PyObject *network = interface_get_network(v6, self);
    PyObject *netmask = network ? interface_get_netmask(v6, self) : NULL;
    int failed = netmask == NULL;
    Py_XDECREF(network);
    Py_XDECREF(netmask);
    return failed ? -1 : 0;
}

enum { FS_SET_NETWORK, FS_SET_NETMASK, FS_SET_LENGTH, FS_SET_IP };

static int interface_set(int v6, PyObject *self, PyObject *object, int which)
{
    fs_interface *fields = FS_INTERFACE_OF(v6, self);
    if (interface_settle(v6, self) < 0)
        return -1;
    if (which == FS_SET_NETWORK)
        fs_swap_field(self, &fields->network, object);
    else if (which == FS_SET_NETMASK)
        fs_swap_field(self, &fields->netmask, object);
    else if (which == FS_SET_LENGTH)
        fs_set_length(v6, self, object, &fields->length1, &fields->odd_length);
    else if (address_set_ip(v6, self, object) < 0)
        return -1;
    return interface_judge(v6, self);
}
static int interface_set_4(PyObject *self, PyObject *object, void *which)
{
    return interface_set(0, self, object, (int)(intptr_t)which);
}
static int interface_set_6(PyObject *self, PyObject *object, void *which)
{
    return interface_set(1, self, object, (int)(intptr_t)which);
}

static PyObject *interface_ip(int v6, PyObject *self)
{
    if (!fs_is_interface(v6, self) || !fs_is_plain(v6, self))
        return fs_slow(FS_INTERFACE + v6, fs_slow_ip, self);
    return fs_new_address(fs_ip_state_of(Py_TYPE(self)), v6, fs_value(v6, self));
}
FS_BOTH_GET(interface_ip)

/* --- text, hash, order --- */

static PyObject *interface_str(int v6, PyObject *self)
{
    if (!fs_is_usual_interface(v6, self))
        return fs_slow(FS_INTERFACE + v6, fs_slow_str, self);
    return fs_network_text(fs_ip_state_of(Py_TYPE(self)), v6, fs_value(v6, self),
                           fs_interface_length(v6, self));
}
FS_BOTH(PyObject *, interface_str, (PyObject *self), self)

static PyObject *interface_repr(int v6, PyObject *self)
{
    if (!fs_is_usual_interface(v6, self))
        return fs_slow(FS_INTERFACE + v6, fs_slow_repr, self);
    return fs_repr_of(fs_ip_state_of(Py_TYPE(self)), FS_INTERFACE + v6, PyObject_Str(self));
}
FS_BOTH(PyObject *, interface_repr, (PyObject *self), self)

static Py_hash_t interface_hash(int v6, PyObject *self)
{
    if (!fs_is_usual_interface(v6, self))
        return fs_slow_hash_of(FS_INTERFACE + v6, self);
    fs_ip numbers[3] = {
        fs_value(v6, self),
        {0, (uint64_t)fs_interface_length(v6, self)},
        fs_interface_network(v6, self),
    };
    return fs_hash_numbers(numbers, 3);
}
FS_BOTH(Py_hash_t, interface_hash, (PyObject *self), self)

/* Compare by network, then by address. */
static PyObject *interface_compare(int v6, PyObject *self, PyObject *other, int operator)
{
    if (fs_is_usual_interface(v6, self) && fs_is_usual_interface(v6, other)) {
        int order = fs_ip_compare(fs_interface_network(v6, self), fs_interface_network(v6, other));
        if (order == 0)
            order = fs_interface_length(v6, self) - fs_interface_length(v6, other);
        if (order == 0)
            order = fs_ip_compare(fs_value(v6, self), fs_value(v6, other));
        Py_RETURN_RICHCOMPARE(order, 0, operator);
    }
    return fs_slow_compare(FS_INTERFACE + v6, fs_is_interface(v6, self), self, other, operator);
}
FS_BOTH(PyObject *, interface_compare, (PyObject *self, PyObject *other, int operator), self, other,
        operator)

/* --- copies and pickles --- */

static PyObject *interface_copy(int v6, PyObject *self)
{
    if (fs_is_usual_interface(v6, self))
        return fs_new_interface(Py_TYPE(self), v6, fs_value(v6, self), fs_interface_length(v6, self));
    fs_ip_state *state = fs_ip_state_of(Py_TYPE(self));
    return state ? PyObject_CallOneArg(state->copy, self) : NULL;
}
FS_BOTH_CALL(interface_copy)

static PyObject *interface_deepcopy(int v6, PyObject *self, PyObject *memo)
{
    if (fs_is_usual_interface(v6, self))
        return fs_new_interface(Py_TYPE(self), v6, fs_value(v6, self), fs_interface_length(v6, self));
    fs_ip_state *state = fs_ip_state_of(Py_TYPE(self));
    return state ? PyObject_CallFunctionObjArgs(state->deepcopy, self, memo, NULL) : NULL;
}
FS_BOTH(PyObject *, interface_deepcopy, (PyObject *self, PyObject *memo), self, memo)

static PyObject *interface_reduce(int v6, PyObject *self)
{
    if (!fs_is_interface(v6, self))
        return fs_slow(FS_INTERFACE + v6, fs_slow_reduce, self);
    return fs_reduced(fs_ip_state_of(Py_TYPE(self)), FS_INTERFACE + v6, PyObject_Str(self));
}
FS_BOTH_CALL(interface_reduce)

static PyObject *interface_reduce_ex(int v6, PyObject *self, PyObject *protocol)
{
    if (fs_is_interface(v6, self) && PyLong_CheckExact(protocol))
        return interface_reduce(v6, self);
    return fs_object_reduce_ex(self, protocol);
}
FS_BOTH(PyObject *, interface_reduce_ex, (PyObject *self, PyObject *protocol), self, protocol)

/* --- the types --- */

#define FS_INTERFACE_TYPE(v)                                                                   \
    static PyGetSetDef interface_getset_##v[] = {                                              \
        {"network", interface_get_network_##v, interface_set_##v, NULL, (void *)FS_SET_NETWORK}, \
        {"netmask", interface_get_netmask_##v, interface_set_##v, NULL, (void *)FS_SET_NETMASK}, \
        {"_prefixlen", interface_get_length_##v, interface_set_##v, NULL, (void *)FS_SET_LENGTH}, \
        {"_ip", address_get_ip_##v, interface_set_##v, NULL, (void *)FS_SET_IP},               \
        {"ip", interface_ip_##v, NULL, NULL, NULL},                                            \
        {0},                                                                                   \
    };                                                                                         \
    static PyMethodDef interface_methods_##v[] = {FS_PICKLED(interface, v), {0}};              \
    static PyType_Slot interface_slots_##v[] = {                                               \
        {Py_tp_init, interface_init_##v},                                                      \
        {Py_tp_hash, interface_hash_##v},                                                      \
        {Py_tp_str, interface_str_##v},                                                        \
        {Py_tp_repr, interface_repr_##v},                                                      \
        {Py_tp_richcompare, interface_compare_##v},                                            \
        {Py_tp_getset, interface_getset_##v},                                                  \
        {Py_tp_methods, interface_methods_##v},                                                \
        {Py_tp_members, NULL},                                                                 \
        {Py_tp_doc, NULL},                                                                     \
        {0, NULL},                                                                             \
    };
FS_INTERFACE_TYPE(4)
FS_INTERFACE_TYPE(6)

#endif
