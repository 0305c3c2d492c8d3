"""Reads, checks, creates and amends engagement files.

``schema`` is the shape of a file, ``checks`` are the rules across its keys, ``loader`` reads files.
``interview`` creates a file, ``amend`` writes a signed change into one, ``scaffold`` creates a repository for them.
"""
