"""The parts of bench/goroutines.py."""
