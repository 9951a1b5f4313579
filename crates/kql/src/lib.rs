//! The Kusto Query Language over tables in memory.
