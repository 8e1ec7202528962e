/* Iterators over the addresses of a range, the subnets of a network, the networks that make up
 * ranges. The standard library has generators instead. */
#ifndef FASTSOCK_IPADDRESS_ITERATOR_H
#define FASTSOCK_IPADDRESS_ITERATOR_H

#include "fastsock/ipaddress/types/address.h"

static inline PyObject *fs_new_network(fs_ip_state *state, int v6, fs_ip value, int length);

typedef struct {
    PyObject_HEAD
    fs_ip next, last;     /* the rest of this range */
    fs_ip_range *ranges;  /* the ranges that follow, owned, or NULL */
    size_t at, count;
    int v6, done;
    int length;           /* of the networks; -1: the largest that fit; -2: addresses */
} fs_iterator;

enum { FS_LARGEST = -1, FS_ADDRESSES = -2 };

static PyObject *fs_new_iterator(fs_ip_state *state, int v6, fs_ip first, fs_ip last, int length)
{
    fs_iterator *self = PyObject_New(fs_iterator, state->iterator);
    if (self == NULL)
        return NULL;
    self->next = first;
    self->last = last;
    self->ranges = NULL;
    self->at = self->count = 0;
    self->v6 = v6;
    self->done = fs_ip_compare(first, last) > 0;
    self->length = length;
    return (PyObject *)self;
}

/* Iterate the networks of merged ranges. Takes ownership of `ranges`. */
static PyObject *fs_new_ranges_iterator(fs_ip_state *state, int v6, fs_ip_range *ranges, size_t count)
{
    fs_iterator *self = NULL;
    if (count)
        self = (fs_iterator *)fs_new_iterator(state, v6, ranges->first, ranges->last, FS_LARGEST);
    else
        self = (fs_iterator *)fs_new_iterator(state, v6, (fs_ip){0, 1}, (fs_ip){0, 0}, FS_LARGEST);
    if (self == NULL) {
        PyMem_Free(ranges);
        return NULL;
    }
    self->ranges = ranges;
    self->at = 1;
    self->count = count;
    return (PyObject *)self;
}

/* Step past the item that was returned. */
static void fs_iterator_advance(fs_iterator *self, fs_ip given_last)
{
    if (fs_ip_compare(given_last, self->last) < 0) {
        self->next = fs_ip_add(given_last, (fs_ip){0, 1});
    } else if (self->ranges != NULL && self->at < self->count) {
        self->next = self->ranges[self->at].first;
        self->last = self->ranges[self->at].last;
        self->at++;
    } else {
        self->done = 1;
    }
}

static inline PyObject *fs_iterator_take(int v6, fs_iterator *self)
{
    fs_ip_state *state = fs_ip_state_of(Py_TYPE(self));
    fs_ip first = self->next;
    if (self->length == FS_ADDRESSES) {
        fs_iterator_advance(self, first);
        return fs_new_address(state, v6, first);
    }
    int length = self->length == FS_LARGEST ? fs_ip_largest(v6, first, self->last) : self->length;
    fs_iterator_advance(self, fs_ip_or(first, fs_ip_hostmask(v6, length)));
    return fs_new_network(state, v6, first, length);
}

static PyObject *fs_iterator_next(PyObject *object)
{
    fs_iterator *self = (fs_iterator *)object;
    PyObject *result = NULL;
    FS_IP_LOCK(object)
    if (!self->done)
        result = self->v6 ? fs_iterator_take(1, self) : fs_iterator_take(0, self);
    FS_IP_UNLOCK()
    return result;
}

/* Return how many are left, if that is known and not huge, so that list() allocates once. */
static PyObject *fs_iterator_hint(PyObject *object, PyObject *Py_UNUSED(none))
{
    fs_iterator *self = (fs_iterator *)object;
    Py_ssize_t hint = 0;
    FS_IP_LOCK(object)
    fs_ip span = fs_ip_subtract(self->last, self->next);
    if (!self->done && self->length == FS_ADDRESSES && span.hi == 0 && span.lo < PY_SSIZE_T_MAX / 64)
        hint = (Py_ssize_t)span.lo + 1;
    FS_IP_UNLOCK()
    return PyLong_FromSsize_t(hint);
}

static void fs_iterator_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyMem_Free(((fs_iterator *)self)->ranges);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef fs_iterator_methods[] = {
    {"__length_hint__", fs_iterator_hint, METH_NOARGS, NULL},
    {0},
};
static PyType_Slot fs_iterator_slots[] = {
    {Py_tp_dealloc, fs_iterator_dealloc},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, fs_iterator_next},
    {Py_tp_methods, fs_iterator_methods},
    {0, NULL},
};
static PyType_Spec fs_iterator_spec = {
    "fastsock.ipaddress._c.Iterator",
    sizeof(fs_iterator),
    0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    fs_iterator_slots,
};

#endif
