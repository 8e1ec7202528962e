"""Adapters for engines that run fastsock over their columns: one module an engine.

Each imports its engine, which is no dependency of fastsock: `fastsock.engines.polars`,
`fastsock.engines.duckdb`, `fastsock.engines.spark`.
"""
