"""Writes plans to GitLab.

``apply`` performs one plan, ``send_all`` sends in rounds, ``preflight`` checks before the first write, ``recheck`` and
``dedupe`` prevent and resolve duplicates.
"""
