"""Text that goes into GitLab and comes out of it.

``escape`` makes text of people harmless, ``marker`` reads and writes the marker and the managed sections of a
description, and ``form`` reads the fields that people fill in.
"""
