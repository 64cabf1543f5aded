"""What bench/goroutines.py is made of."""
