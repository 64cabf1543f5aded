"""What runs outside GDB: find the tools, build a fixture, start the debugger."""
