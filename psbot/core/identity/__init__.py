"""Which GitLab items belong to an engagement.

``identify`` matches work items by marker, author and parent; ``trust`` has the rules that decide whether one counts,
``findings`` the messages for people, ``human_activity`` whether a person has edited an item, and ``relocation``
whether the engagement file was pointed at other projects or given another key.
"""
