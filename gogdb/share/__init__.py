"""A walk that browsers follow: one thread that serves a page and a stream of events over HTTP.

Nothing here imports gdb: a call into GDB from another thread than its main one aborts GDB.
"""
