"""Round trips of columns leave nothing behind."""

CODE = """
import gc, resource, sys
import fastsock
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
table = fastsock.PrefixTable({"10.0.0.0/8": "office"})
texts = ["10.1.2.3", None, "2001:db8::1", "no"] * ROWS
def work():
    column = fastsock.pton_column(texts)
    again = fastsock.pton_column(fastsock.ntop_column(column))  # by the interface, both ways
    assert len(again) == len(texts)
    table.lookup_column(again, values=True).__arrow_c_array__()
    fastsock.special("private").contains_column(fastsock.ntop_column(column))
    try:
        fastsock.inet_pton_many(0, fastsock.ntop_column(column))
    except TypeError:
        pass
    try:
        fastsock.pton_column(column)  # packed: no texts
    except TypeError:
        pass
for _ in range(TIMES): work()
gc.collect()
before = peak()
for _ in range(3 * TIMES): work()
grown = peak() - before
assert grown < 6144, grown
print("flat")
"""


def test_round_trips(run_python, twin):
    rows, times = (5000, 40) if twin.tag == "c" else (500, 12)
    code = CODE.replace("ROWS", str(rows)).replace("TIMES", str(times))
    done = run_python("-c", code, FASTSOCK_BACKEND=twin.tag)
    assert (done.stdout, done.stderr) == ("flat\n", "")
