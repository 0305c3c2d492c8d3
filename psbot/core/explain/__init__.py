"""Why psbot changed an item, or why it did not: what `psbot explain` prints.

``explanation`` puts everything about one item together: ``recognition`` (how psbot matched it), ``rules`` (transitions,
gates and the acceptance period), ``wanted`` (whether the engagement has such an item) and ``staleness``. ``reference``
parses how people name an item, ``statement`` is one line of the explanation.
"""
