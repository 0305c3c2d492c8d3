"""``psbot doctor --probe``: tries on a server, in a scratch group, whether GitLab behaves as psbot expects."""
