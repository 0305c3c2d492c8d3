"""The plan: operations that bring GitLab in line with the engagement file.

``plan`` compares desired and observed items; ``update`` decides about items of the file, ``unlisted`` about items that
it does not have, ``duplicates`` about items that exist twice. ``sequence`` says what is written first, ``cost`` what
a plan costs, and ``checksum`` and ``review`` what reviewers approve.
"""
