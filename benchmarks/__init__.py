"""What is fast, measured against what: `make bench`, or `python -m benchmarks NAME...`."""
