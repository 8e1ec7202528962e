"""Spark on two executors of which one is killed in the middle: no row is lost or doubled.

The first argument is the master's URL; without one, Spark starts both executors itself. A task
counts as done when the driver says so: all others wait until an executor has been killed.
"""

import ipaddress
import os
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

os.environ["PYSPARK_PYTHON"] = sys.executable
os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"

import pyspark
from pyspark import TaskContext
from pyspark.sql import SparkSession

import fastsock
from fastsock.engines.spark import captures, lookup

ROWS, PARTS, FILES, PACKETS = 40_000, 10, 8, 500
DONE_BEFORE = 3  # tasks of a job
JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # fewer seconds to start
DEADLINE = 120  # seconds until a waiting task gives up
NETWORKS = {"10.0.0.0/8": "ten", "10.0.128.0/17": "upper", "10.0.130.0/24": "lab"}


def session(master, folder):
    if master.startswith("local"):  # executors work below SPARK_HOME: one that is deleted later
        home = Path(folder, "spark")
        home.mkdir()
        for entry in Path(pyspark.__file__).parent.iterdir():
            if entry.name != "work":
                home.joinpath(entry.name).symlink_to(entry)
        os.environ["SPARK_HOME"] = str(home)
    made = (
        SparkSession.builder.master(master)
        .config("spark.driver.memory", "768m")
        .config("spark.driver.extraJavaOptions", JAVA)
        .config("spark.executor.memory", "640m")
        .config("spark.executor.extraJavaOptions", JAVA)
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.ui.liveUpdate.period", "0")  # the tracker counts each task at once
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.scheduler.minRegisteredResourcesRatio", "1.0")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.parquet.compression.codec", "zstd")
        .getOrCreate()
    )
    made.sparkContext.setLogLevel("OFF")
    return made


def executors(context):
    """The processes of an application's executors."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = entry.joinpath("cmdline").read_bytes().split(b"\0")
        except OSError:
            continue  # it has just ended
        names = {b"org.apache.spark.executor.CoarseGrainedExecutorBackend"}
        if names | {context.applicationId.encode()} <= set(words):
            found.append(int(entry.name))
    return found


def completed(context):
    tracker = context.statusTracker()
    stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
    return sum(stage.numCompletedTasks for stage in stages if stage is not None)


def waiting(killed):
    """Let a job's first tasks through, and the others once the file `killed` is there."""

    def wait(batches):
        end = time.monotonic() + DEADLINE
        while TaskContext.get().partitionId() > DONE_BEFORE and not Path(killed).exists():
            if time.monotonic() > end:
                raise TimeoutError("no executor was killed")
            time.sleep(0.02)
        yield from batches

    return wait


def run_with_a_kill(context, job, killed):
    """Run a job, and kill an executor when some of its tasks are done and others run."""
    errors = []

    def work():
        try:
            job()
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    while thread.is_alive() and completed(context) < DONE_BEFORE:
        time.sleep(0.02)
    assert thread.is_alive(), errors or "the job was done before an executor could be killed"
    before = executors(context)
    assert len(before) == 2, before
    os.kill(before[0], signal.SIGKILL)
    Path(killed).touch()
    thread.join()
    assert not errors, errors


def network_of(text):
    address = ipaddress.ip_address(text)
    nets = [net for net in map(ipaddress.ip_network, NETWORKS) if address in net]
    return NETWORKS[str(max(nets, key=lambda net: net.prefixlen))]


def look_ups(spark, folder):
    table = fastsock.PrefixTable(NETWORKS)
    table.freeze()
    frame = spark.range(0, ROWS, 1, PARTS).selectExpr(
        "id", "concat('10.0.', cast(id div 256 as string), '.', cast(id % 256 as string)) as src"
    )
    frame = frame.mapInArrow(waiting(f"{folder}/killed-1"), frame.schema)
    found = frame.select("id", "src", lookup(table)("src").alias("net"))
    write = found.write.parquet
    run_with_a_kill(spark.sparkContext, lambda: write(f"{folder}/nets"), f"{folder}/killed-1")
    written = spark.read.parquet(f"{folder}/nets")
    rows = sorted(map(tuple, written.collect()))
    texts = [f"10.0.{n >> 8}.{n & 255}" for n in range(ROWS)]
    nets = {text.rpartition(".")[0]: network_of(text) for text in texts[::256]}
    expected = [(n, text, nets[text.rpartition(".")[0]]) for n, text in enumerate(texts)]
    assert rows == expected
    counts, sums = Counter(row[2] for row in expected), Counter()
    for n, _, net in expected:
        sums[net] += n
    grouped = written.groupBy("net").agg({"id": "sum", "src": "count"}).collect()
    assert {row["net"]: row["sum(id)"] for row in grouped} == sums
    assert {row["net"]: row["count(src)"] for row in grouped} == counts


def packets(spark, folder):
    udp = bytes.fromhex("45000020000100004011 8e92 c0000201 c6336405 0035 1000 000c 0000 61626364")
    for number in range(FILES):
        with fastsock.CaptureWriter(f"{folder}/{number}.pcap", link="raw") as writer:
            for n in range(PACKETS):
                writer.write(udp, (number * PACKETS + n) * 1000)
    read = captures(spark, f"{folder}/*.pcap", ["timestamp_ns", "src", "dport", "seq"])
    read = read.mapInArrow(waiting(f"{folder}/killed-2"), read.schema)
    write = read.write.parquet
    run_with_a_kill(spark.sparkContext, lambda: write(f"{folder}/packets"), f"{folder}/killed-2")
    rows = (
        spark.read.parquet(f"{folder}/packets")
        .selectExpr("unix_micros(timestamp_ns) as n", "src", "dport", "seq", "source")
        .collect()
    )
    expected = [
        (number * PACKETS + n, "192.0.2.1", 4096, None, f"{folder}/{number}.pcap")
        for number in range(FILES)
        for n in range(PACKETS)
    ]
    assert sorted(map(tuple, rows)) == expected


def main():
    master = sys.argv[1] if len(sys.argv) > 1 else "local-cluster[2,1,1024]"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        spark = session(master, folder)
        look_ups(spark, folder)
        packets(spark, folder)
        spark.stop()
    print("done")


if __name__ == "__main__":
    main()
