"""Finds stale items and decides who is notified of them, for ``psbot stale``.

``measure.py`` applies the policies of staleness.yml, ``escalation.py`` decides who is notified, ``flags.py`` which
labels change, and ``response.py`` turns that into a plan. ``portfolio_digest.py`` does so for a manager's portfolio.
"""
