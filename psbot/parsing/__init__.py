"""Reads text into checked data, with the line and column of every error.

``yaml_document`` reads strict YAML, ``validation`` checks it against pydantic models, ``fields`` has the types that
files share, and ``import_shims`` keeps slow imports of libraries out.
"""
