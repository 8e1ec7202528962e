/* The hidden module that owns the classes: through it they find their interpreter's state. `_c.pyx`
 * creates it, and Python completes it (rebind.py). */
#ifndef FASTSOCK_IPADDRESS_TYPES_H
#define FASTSOCK_IPADDRESS_TYPES_H

#include "fastsock/ipaddress/types/functions.h"

/* Find the offset of a slot in objects of a standard library's class. */
static Py_ssize_t fs_slot_offset(PyObject *descriptor)
{
    if (!Py_IS_TYPE(descriptor, &PyMemberDescr_Type)) {
        PyErr_SetString(PyExc_ImportError, "ipaddress: the classes have no such slots as known");
        return -1;
    }
    return ((PyMemberDescrObject *)descriptor)->d_member->offset;
}

/* Record an offset in the objects' layout. All interpreters of a process have the same library. */
static int fs_note_offset(Py_ssize_t *noted, Py_ssize_t offset)
{
    if (offset < 0)
        return -1;
    Py_ssize_t before = FS_IP_LOAD(noted);
    if (offset % (Py_ssize_t)sizeof(void *) != 0 || (before != 0 && before != offset)) {
        PyErr_SetString(PyExc_ImportError, "ipaddress: the classes' layout is not as known");
        return -1;
    }
    FS_IP_STORE(noted, offset);
    return 0;
}

static int fs_find_std(fs_ip_state *state)
{
    PyObject *std = PyImport_ImportModule("ipaddress");
    for (int kind = 0; std != NULL && kind < FS_KINDS; kind++) {
        PyObject *class = PyObject_GetAttrString(std, fs_ip_class_names[kind]);
        if (class == NULL || !PyType_Check(class)) {
            Py_XDECREF(class);
            Py_CLEAR(std);
        } else {
            state->std[kind] = (PyTypeObject *)class;
        }
    }
    if (std == NULL) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_ImportError, "ipaddress: a class is no class");
        return -1;
    }
    Py_DECREF(std);
    if (!(state->std_ip[0] = PyObject_GetAttrString((PyObject *)state->std[0], "_ip")) ||
        !(state->std_ip[1] = PyObject_GetAttrString((PyObject *)state->std[1], "_ip")) ||
        !(state->std_scope = PyObject_GetAttrString((PyObject *)state->std[1], "_scope_id")))
        return -1;
    return fs_note_offset(&fs_ip_slot[0], fs_slot_offset(state->std_ip[0])) < 0 ||
                   fs_note_offset(&fs_ip_slot[1], fs_slot_offset(state->std_ip[1])) < 0 ||
                   fs_note_offset(&fs_scope_slot, fs_slot_offset(state->std_scope)) < 0
               ? -1
               : 0;
}

/* Make a subclass of a standard library's class, with `size` more bytes at the end. The references in
 * these are declared as members, so that the inherited functions visit and clear them; the members'
 * names are then deleted. */
static PyTypeObject *fs_make_type(PyObject *module, int kind, const char *name, PyTypeObject *base,
                                  size_t size, PyType_Slot *slots, PyMemberDef *members,
                                  const char *signature)
{
    char doc[4096];
    PyType_Slot filled[24];
    int count = 0;
    if (fs_note_offset(&fs_at[kind], base->tp_basicsize) < 0)
        return NULL;
    PyObject *text = PyObject_GetAttrString((PyObject *)base, "__doc__");
    const char *words = text && PyUnicode_Check(text) ? PyUnicode_AsUTF8(text) : "";
    PyOS_snprintf(doc, sizeof doc, "%s\n--\n\n%s", signature, words ? words : "");
    Py_XDECREF(text);
    PyErr_Clear();
    for (; slots->slot; slots++) {
        if (slots->slot == Py_tp_members && members == NULL)
            continue;
        filled[count] = *slots;
        if (slots->slot == Py_tp_members)
            filled[count].pfunc = members;
        else if (slots->slot == Py_tp_doc)
            filled[count].pfunc = doc;
        count++;
    }
    filled[count] = (PyType_Slot){0, NULL};
    PyType_Spec spec = {name, (int)(base->tp_basicsize + (Py_ssize_t)size), 0,
                        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, filled};
    PyObject *bases = PyTuple_Pack(1, base);
    PyObject *type = bases ? PyType_FromModuleAndSpec(module, &spec, bases) : NULL;
    Py_XDECREF(bases);
    for (; type != NULL && members != NULL && members->name != NULL; members++)
        if (PyObject_DelAttrString(type, members->name) < 0)
            Py_CLEAR(type);
    return (PyTypeObject *)type;
}

static int fs_make_types(PyObject *module, fs_ip_state *state, int v6)
{
    static const char *const public_names[FS_KINDS] = {
        "fastsock.ipaddress.IPv4Address",    "fastsock.ipaddress.IPv6Address",
        "fastsock.ipaddress._c.Interface4",  "fastsock.ipaddress._c.Interface6",
        "fastsock.ipaddress.IPv4Network",    "fastsock.ipaddress.IPv6Network",
    };
    static const char *const signatures[FS_KINDS] = {
        "IPv4Address(address)",   "IPv6Address(address)",   "IPv4Interface(address)",
        "IPv6Interface(address)", "IPv4Network(address, strict=True)",
        "IPv6Network(address, strict=True)",
    };
    int kind = FS_ADDRESS + v6;
    PyTypeObject *type =
        fs_make_type(module, kind, public_names[kind], state->std[kind],
                     v6 ? sizeof(fs_value6) : sizeof(fs_value4),
                     v6 ? address_slots_6 : address_slots_4, NULL, signatures[kind]);
    if (type == NULL)
        return -1;
    type->tp_vectorcall = v6 ? address_vectorcall_6 : address_vectorcall_4;
    state->fast[kind] = type;

    kind = FS_INTERFACE + v6;
    Py_ssize_t at = type->tp_basicsize;
    PyMemberDef in_interface[] = {
        {"network_", T_OBJECT_EX, at + (Py_ssize_t)offsetof(fs_interface, network), 0, NULL},
        {"netmask_", T_OBJECT_EX, at + (Py_ssize_t)offsetof(fs_interface, netmask), 0, NULL},
        {"odd_length_", T_OBJECT_EX, at + (Py_ssize_t)offsetof(fs_interface, odd_length), 0, NULL},
        {0},
    };
    state->interface_base[v6] =
        fs_make_type(module, kind, public_names[kind], type, sizeof(fs_interface),
                     v6 ? interface_slots_6 : interface_slots_4, in_interface, signatures[kind]);
    if (state->interface_base[v6] == NULL)
        return -1;

    kind = FS_NETWORK + v6;
    at = state->std[kind]->tp_basicsize;
    PyMemberDef in_network[] = {
        {"address_", T_OBJECT_EX, at + (Py_ssize_t)offsetof(fs_network, address), 0, NULL},
        {"netmask_", T_OBJECT_EX, at + (Py_ssize_t)offsetof(fs_network, netmask), 0, NULL},
        {"odd_length_", T_OBJECT_EX, at + (Py_ssize_t)offsetof(fs_network, odd_length), 0, NULL},
        {0},
    };
    type = fs_make_type(module, kind, public_names[kind], state->std[kind], sizeof(fs_network),
                        v6 ? network_slots_6 : network_slots_4, in_network, signatures[kind]);
    if (type == NULL)
        return -1;
    type->tp_vectorcall = v6 ? network_vectorcall_6 : network_vectorcall_4;
    state->fast[kind] = type;
    return 0;
}

/* Check hash() of numbers and pairs against our C code: other machines and versions may differ. */
static int fs_knows_hashes(void)
{
    fs_ip value = {0x123456789abcdef0, 0xfedcba9876543210};
    uint64_t pair[2];
    PyObject *number = fs_int_of(value);
    PyObject *tuple = number ? PyTuple_Pack(2, number, Py_None) : NULL;
    int known = 0;
    if (tuple != NULL && sizeof(Py_hash_t) == 8) {
        pair[0] = fs_ip_hash_number(value);
        pair[1] = (uint64_t)PyObject_Hash(Py_None);
        known = PyObject_Hash(number) == (Py_hash_t)pair[0] &&
                PyObject_Hash(tuple) == (Py_hash_t)fs_ip_hash_tuple(pair, 2);
    }
    Py_XDECREF(number);
    Py_XDECREF(tuple);
    PyErr_Clear();
    return known;
}

static int fs_ip_exec(PyObject *module)
{
    fs_ip_state *state = fs_state_in(module);
    state->module = module;
    FS_IP_STORE(&fs_hash_of_none, PyObject_Hash(Py_None));
    FS_IP_STORE(&fs_hashes_known, fs_knows_hashes());
    if (fs_find_std(state) < 0 || (state->ipaddress = PyUnicode_InternFromString("ipaddress")) == NULL)
        return -1;
    for (int kind = 0; kind < FS_KINDS; kind++)
        if ((state->names[kind] = PyUnicode_InternFromString(fs_ip_class_names[kind])) == NULL)
            return -1;
    state->iterator = (PyTypeObject *)PyType_FromModuleAndSpec(module, &fs_iterator_spec, NULL);
    if (state->iterator == NULL || fs_make_types(module, state, 0) < 0 ||
        fs_make_types(module, state, 1) < 0)
        return -1;
    for (int v6 = 0; v6 < 2; v6++) {
        const char *base = v6 ? "Interface6" : "Interface4";
        if (PyModule_AddObjectRef(module, fs_ip_class_names[FS_ADDRESS + v6],
                                  (PyObject *)state->fast[FS_ADDRESS + v6]) < 0 ||
            PyModule_AddObjectRef(module, fs_ip_class_names[FS_NETWORK + v6],
                                  (PyObject *)state->fast[FS_NETWORK + v6]) < 0 ||
            PyModule_AddObjectRef(module, base, (PyObject *)state->interface_base[v6]) < 0)
            return -1;
    }
    return 0;
}

/* --- called by rebind.py --- */

/* _set_slow(kind, name, function): kind 6 is the module. False if C does not use that name. */
static PyObject *fs_set_slow(PyObject *module, PyObject *args)
{
    fs_ip_state *state = fs_state_in(module);
    PyObject *function;
    const char *name;
    int kind;
    if (!PyArg_ParseTuple(args, "isO", &kind, &name, &function))
        return NULL;
    if (kind < 0 || kind > FS_KINDS) {
        PyErr_SetString(PyExc_ValueError, "no such class");
        return NULL;
    }
    const char *const *names = kind == FS_KINDS ? fs_module_names : fs_slow_names;
    PyObject **functions = kind == FS_KINDS ? state->module_slow : state->slow[kind];
    int count = kind == FS_KINDS ? FS_MODULE_COUNT : FS_SLOW_COUNT;
    for (int i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            Py_XSETREF(functions[i], Py_NewRef(function));
            Py_RETURN_TRUE;
        }
    }
    Py_RETURN_FALSE;
}

/* _set_interface(family index, class) */
static PyObject *fs_set_interface(PyObject *module, PyObject *args)
{
    fs_ip_state *state = fs_state_in(module);
    PyTypeObject *class;
    int v6;
    if (!PyArg_ParseTuple(args, "pO!", &v6, &PyType_Type, &class))
        return NULL;
    if (class->tp_base != state->interface_base[v6]) {
        PyErr_SetString(PyExc_TypeError, "not made over our interface");
        return NULL;
    }
    class->tp_vectorcall = v6 ? interface_vectorcall_6 : interface_vectorcall_4;
    Py_XSETREF(state->fast[FS_INTERFACE + v6], (PyTypeObject *)Py_NewRef((PyObject *)class));
    Py_RETURN_NONE;
}

/* _set_rules(mapped_dotted, exploded_hex, reverse_hex, network_hash_tuple, single_host_list,
 *            pickle_text, boundaries, copy, deepcopy) */
static PyObject *fs_set_rules(PyObject *module, PyObject *args)
{
    fs_ip_state *state = fs_state_in(module);
    PyObject *boundaries, *copy, *deepcopy;
    if (!PyArg_ParseTuple(args, "ppppppOOO", &state->mapped_dotted, &state->exploded_hex,
                          &state->reverse_hex, &state->network_hash_tuple,
                          &state->single_host_list, &state->pickle_text, &boundaries, &copy,
                          &deepcopy))
        return NULL;
    Py_XSETREF(state->boundaries, Py_NewRef(boundaries));
    Py_XSETREF(state->copy, Py_NewRef(copy));
    Py_XSETREF(state->deepcopy, Py_NewRef(deepcopy));
    Py_RETURN_NONE;
}

#define FS_FUNCTION(name, function, doc) \
    {name, FS_METHOD(function), METH_FASTCALL | METH_KEYWORDS, doc}
static PyMethodDef fs_ip_functions[] = {
    FS_FUNCTION("ip_address", fs_ip_address,
                "ip_address($module, /, address)\n--\n\n"
                "Take an IP string/int and return an object of the correct type."),
    FS_FUNCTION("ip_network", fs_ip_network,
                "ip_network($module, /, address, strict=True)\n--\n\n"
                "Take an IP string/int and return an object of the correct type."),
    FS_FUNCTION("ip_interface", fs_ip_interface,
                "ip_interface($module, /, address)\n--\n\n"
                "Take an IP string/int and return an object of the correct type."),
    FS_FUNCTION("summarize_address_range", fs_summarize,
                "summarize_address_range($module, /, first, last)\n--\n\n"
                "Summarize a network range given the first and last IP addresses."),
    FS_FUNCTION("collapse_addresses", fs_collapse,
                "collapse_addresses($module, /, addresses)\n--\n\n"
                "Collapse a list of IP objects."),
    {"broadcast_address", fs_broadcast_address, METH_O, "The last address of a network."},
    {"hostmask", fs_hostmask, METH_O, "The bits that a network leaves to its hosts, as an address."},
    {"_set_slow", fs_set_slow, METH_VARARGS, NULL},
    {"_set_interface", fs_set_interface, METH_VARARGS, NULL},
    {"_set_rules", fs_set_rules, METH_VARARGS, NULL},
    {0},
};

/* --- the module --- */

static int fs_ip_traverse(PyObject *module, visitproc visit, void *arg)
{
    fs_ip_state *state = fs_state_in(module);
    if (state == NULL)
        return 0;
    for (int kind = 0; kind < FS_KINDS; kind++) {
        Py_VISIT(state->std[kind]);
        Py_VISIT(state->fast[kind]);
        for (int which = 0; which < FS_SLOW_COUNT; which++)
            Py_VISIT(state->slow[kind][which]);
    }
    for (int which = 0; which < FS_MODULE_COUNT; which++)
        Py_VISIT(state->module_slow[which]);
    for (int v6 = 0; v6 < 2; v6++) {
        Py_VISIT(state->interface_base[v6]);
        Py_VISIT(state->std_ip[v6]);
    }
    Py_VISIT(state->std_scope);
    Py_VISIT(state->iterator);
    Py_VISIT(state->boundaries);
    Py_VISIT(state->copy);
    Py_VISIT(state->deepcopy);
    return 0;
}

/* Clear the module when its interpreter ends. The free lists then count as full, so that objects that
 * die later do not use them. */
static int fs_ip_clear(PyObject *module)
{
    fs_ip_state *state = fs_state_in(module);
    if (state == NULL)
        return 0;
    for (int v6 = 0; v6 < 2; v6++) {
        while (state->free_count[v6] > 0)
            PyObject_GC_Del(state->free[v6][--state->free_count[v6]]);
        state->free_count[v6] = 0;
    }
    for (int kind = 0; kind < FS_KINDS; kind++) {
        Py_CLEAR(state->std[kind]);
        Py_CLEAR(state->fast[kind]);
        for (int which = 0; which < FS_SLOW_COUNT; which++)
            Py_CLEAR(state->slow[kind][which]);
    }
    for (int which = 0; which < FS_MODULE_COUNT; which++)
        Py_CLEAR(state->module_slow[which]);
    for (int v6 = 0; v6 < 2; v6++) {
        Py_CLEAR(state->interface_base[v6]);
        Py_CLEAR(state->std_ip[v6]);
    }
    Py_CLEAR(state->std_scope);
    Py_CLEAR(state->iterator);
    Py_CLEAR(state->boundaries);
    Py_CLEAR(state->copy);
    Py_CLEAR(state->deepcopy);
    return 0;
}

static void fs_ip_free(void *module)
{
    fs_ip_state *state = fs_state_in((PyObject *)module);
    if (state == NULL)
        return;
    fs_ip_clear((PyObject *)module);
    Py_CLEAR(state->ipaddress);
    for (int kind = 0; kind < FS_KINDS; kind++)
        Py_CLEAR(state->names[kind]);
    fs_free_answers(state->answers);
}

static PyModuleDef_Slot fs_ip_slots[] = {
    {Py_mod_exec, (void *)fs_ip_exec},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#if PY_VERSION_HEX >= 0x030D0000
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static struct PyModuleDef fs_ip_module = {
    PyModuleDef_HEAD_INIT, "fastsock.ipaddress._c", NULL,           sizeof(fs_ip_state),
    fs_ip_functions,       fs_ip_slots,             fs_ip_traverse, fs_ip_clear,
    fs_ip_free,
};

/* Make a new module for this interpreter. */
static PyObject *fs_ip_new_module(PyObject *spec)
{
    PyObject *module = PyModule_FromDefAndSpec(&fs_ip_module, spec);
    if (module != NULL && PyModule_ExecDef(module, &fs_ip_module) < 0)
        Py_CLEAR(module);
    return module;
}

#endif
