/* Enter an interpreter from any thread, and leave it as it was.
 *
 * PyGILState_Ensure knows the main interpreter alone; a callback of another one must run there. Before
 * 3.12 a thread can't ask what it is attached to, and there it has to do. */
#ifndef FASTSOCK_VISIT_H
#define FASTSOCK_VISIT_H

#include <Python.h>

#if PY_VERSION_HEX < 0x030C0000

typedef PyGILState_STATE fs_visit;

static inline fs_visit fs_enter(PyInterpreterState *home)
{
    (void)home;
    return PyGILState_Ensure();
}

static inline void fs_leave(fs_visit visit)
{
    PyGILState_Release(visit);
}

#else

#if PY_VERSION_HEX >= 0x030D0000
#define fs_attached PyThreadState_GetUnchecked
#else
#define fs_attached _PyThreadState_UncheckedGet
#endif

typedef struct {
    PyThreadState *before; /* attached when the visit began, to another interpreter */
    PyThreadState *made;   /* made for the visit, in a thread that was never there */
    int entered;           /* 0 where the thread was there already */
} fs_visit;

static inline fs_visit fs_enter(PyInterpreterState *home)
{
    fs_visit visit = {NULL, NULL, 0};
    PyThreadState *state = fs_attached();
    if (state != NULL && PyThreadState_GetInterpreter(state) == home)
        return visit;
    visit.entered = 1;
    if (state != NULL)
        visit.before = PyEval_SaveThread();
    state = PyGILState_GetThisThreadState(); /* detached while C code runs */
    if (state == NULL || PyThreadState_GetInterpreter(state) != home)
        state = visit.made = PyThreadState_New(home);
    PyEval_RestoreThread(state);
    return visit;
}

static inline void fs_leave(fs_visit visit)
{
    if (!visit.entered)
        return;
    if (visit.made != NULL) {
        PyThreadState_Clear(visit.made);
        PyThreadState_DeleteCurrent();
    } else {
        PyEval_SaveThread();
    }
    if (visit.before != NULL)
        PyEval_RestoreThread(visit.before);
}

#endif

#endif
