"""Outside GDB: find the tools, build a fixture, start the debugger."""
