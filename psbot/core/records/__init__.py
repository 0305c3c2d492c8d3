"""What psbot remembers in the markers of items, so that it needs no database: one module for each thing remembered.

``phase`` is in the epic's marker, ``sign_off`` and ``change_decision`` in those of their items, and ``ownership`` in
every marker: the values that psbot wrote last.
"""
