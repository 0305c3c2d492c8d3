"""``psbot doctor``: checks what psbot needs in GitLab and never writes.

``examine`` checks server, token, groups, projects and people; ``customers`` that no customer can read the epics of
others; ``repository`` and ``schedules`` the engagements repository; ``labels`` is also ``psbot labels``;
``permissions`` has what each command needs.
"""
