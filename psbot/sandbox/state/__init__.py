"""What a sandbox instance holds, without the rules for changing it.

``world`` is the whole state; the other modules define its parts, ``seed`` fills it, ``snapshot`` compares it.
"""
