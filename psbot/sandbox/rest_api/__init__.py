"""The REST API at ``/api/v4``.

``table`` lists all routes, ``route`` dispatches requests to them, ``call`` is one request with its parameters,
``entities`` are the JSON objects of responses. The other modules are the handlers, one module a resource.
"""
