"""``psbot stale``: ``scan`` finds stale items, ``write`` flags them, ``portfolio_digests`` informs managers, ``run`` combines them."""
