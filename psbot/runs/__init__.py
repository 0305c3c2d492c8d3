"""What a command does between its arguments and its printed output.

``plans`` turns an observation into a plan, one planner a command; ``reconcile`` writes one engagement, ``portfolio``
many; ``attempt``, ``ledger`` and ``settle`` are its rounds. The other modules have the name of their command.
"""
