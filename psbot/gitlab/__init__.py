"""The adapter to GitLab: the only package that knows its APIs.

``ports`` has the interfaces ``Reader`` and ``Writer``, ``values`` what they take and return. ``reader``,
``account_reader`` and ``writer`` implement them with GraphQL (``*_queries``, ``mutations``), ``rest`` covers what
GraphQL does not offer. ``connection`` sends the requests.
"""
