"""What tests share: factories, recordings, GDB sessions, and judges of outputs.

A test imports from here, never from another test.
"""
