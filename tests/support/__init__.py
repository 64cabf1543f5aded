"""What tests share: factories, recordings, GDB sessions, and checks of outputs.

A test imports from here, never from another test.
"""
