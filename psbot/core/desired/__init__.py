"""What should exist in GitLab for an engagement, from its file, the process and the date.

``schedule`` lists the items with their dates and people, ``build`` renders their text and puts everything together.
``template_facts``, ``intake``, ``raid_log``, ``wrap_up`` and ``action_table`` compute what templates show;
``on_demand`` creates an item that somebody requests; ``file_findings`` are warnings that the file alone gives.
"""
