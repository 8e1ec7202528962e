"""Spark on this machine: look-ups by an Arrow UDF, captures by mapInArrow."""

import os
import sys
import tempfile
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql.functions import spark_partition_id

import fastsock
from fastsock.engines.spark import captures, lookup

os.environ["PYSPARK_PYTHON"] = sys.executable
spark = (
    SparkSession.builder.master("local[1]")
    .config("spark.driver.memory", "512m")
    .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
    .config("spark.ui.showConsoleProgress", "false")
    .config("spark.ui.enabled", "false")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.sql.shuffle.partitions", "1")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("OFF")
networks = {"10.0.0.0/8": "office", "192.0.2.0/24": "docs"}
table, frozen, empty = (fastsock.PrefixTable(given) for given in (networks, networks, {}))
frozen.freeze()
rows = [("10.1.1.1",), ("192.0.2.3",), ("x",), (None,)]
frame = spark.createDataFrame(rows, "src string")
found = frame.select(
    lookup(table)("src"),
    lookup(table, values=False)("src"),
    lookup(frozen)("src"),
    lookup(frozen, values=False)("src"),
    lookup(empty)("src"),
).collect()
names, values = ["office", "docs", None, None], table.values_list()
for first in (0, 2):
    assert [row[first] for row in found] == names, found
    assert [None if row[first + 1] is None else values[row[first + 1]] for row in found] == names
assert [row[4] for row in found] == [None] * 4, found

udp = bytes.fromhex("45000020000100004011 8e92 c0000201 c6336405 0035 1000 000c 0000 61626364")
with tempfile.TemporaryDirectory() as folder:
    for name, count in (("a", 3), ("b", 5)):
        with fastsock.CaptureWriter(f"{folder}/{name}.pcap", link="raw") as writer:
            for n in range(count):
                writer.write(udp, 1_500_000_000_000_000_000 + n)
    packets = captures(spark, f"{folder}/*.pcap", ["timestamp_ns", "src", "dport", "icmp_type"])
    parts = packets.select(spark_partition_id(), "source").distinct().collect()
    assert sorted(part for part, _ in parts) == [0, 1], parts  # each file in a task of its own
    seen = packets.collect()
    assert len(seen) == 8, seen
    assert {(row["src"], row["dport"], row["icmp_type"]) for row in seen} == {
        ("192.0.2.1", 4096, None)
    }
    # Spark casts nothing of what mapInArrow gives: all 28 columns have its own types.
    whole = captures(spark, f"{folder}/*.pcap", addresses="binary")
    row = whole.filter("timestamp_ns is not null").first()
    assert row["src"] == bytes(10) + b"\xff\xff\xc0\x00\x02\x01", row
    assert (row["sport"], row["dport"], row["ttl"], row["seq"]) == (53, 4096, 64, None), row
    kinds = {"short", "integer", "long", "timestamp", "binary", "string"}
    assert {field.dataType.typeName() for field in whole.schema} <= kinds, whole.schema
    assert len(whole.schema) == 29
    assert sorted(Path(row["source"]).name for row in seen) == ["a.pcap"] * 3 + ["b.pcap"] * 5
spark.stop()
print("done")
