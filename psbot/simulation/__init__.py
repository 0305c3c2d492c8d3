"""The life of an engagement on the sandbox's clock: people act by a script or on time, psbot runs once a day."""
