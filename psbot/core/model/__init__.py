"""Frozen facts that everything else works on; nothing here decides, reads or writes.

From the engagement file: ``engagement``. From ``config/``: ``process`` with ``labels``, ``workflow``, ``change_policy``
and ``staleness_policy``. From GitLab: ``work_item``, ``item`` and ``history``, together in ``facts``. Results:
``verdict``, ``finding`` and ``operations``. ``calendar`` counts business days.
"""
