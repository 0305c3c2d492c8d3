"""``psbot stale``.

``scan`` finds stale items, ``write`` flags them and posts digests, ``portfolio_digests`` informs managers of all their
engagements, ``run`` combines the three.
"""
