"""What psbot expects of GitLab and a probe does not try, with the reason; an empty source: nobody could confirm it."""

from psbot.doctor.probe.assumed_accounts import ACCOUNTS
from psbot.doctor.probe.assumed_reading import READING
from psbot.doctor.probe.assumed_texts import TEXTS
from psbot.doctor.probe.assumed_writing import WRITING
from psbot.doctor.probe.expectation import Assumption

ASSUMPTIONS: tuple[Assumption, ...] = (*ACCOUNTS, *WRITING, *READING, *TEXTS)
