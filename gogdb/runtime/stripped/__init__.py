"""Find the runtime of a program without a symbol table, by its tables and its code."""
