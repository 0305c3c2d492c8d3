"""A local GitLab server for demos, simulations and tests. It follows GitLab's documented behaviour over HTTP.

It knows nothing of psbot. From the bottom up:

- ``state`` holds what is in the instance; ``rules`` holds what GitLab allows and does.
- ``faults`` makes requests fail on purpose.
- ``graphql_api`` and ``rest_api`` are the two APIs; ``web`` shows the items in a browser.
- ``server`` puts them together and serves them on a loopback port.
"""
