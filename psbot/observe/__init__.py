"""Reads what GitLab has of engagements.

``observe`` is the entry; ``group`` reads the lists of a group, ``histories`` what was done to items, ``access`` and
``visibility`` check who may read and write.
"""
