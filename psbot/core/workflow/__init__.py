"""The rules of ``psbot advance``: what happens in GitLab → phases, states, gates, acceptance and change requests.

Start with ``advance.py``, which applies the rules in order. ``transition.py`` decides on a change of phase,
``guards.py`` holds the conditions, ``permission.py`` says whose changes count, ``progress.py`` collects the results.
"""
