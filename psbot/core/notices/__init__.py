"""Notes that psbot posts in the engagement log: ``notice`` plans those of findings, ``digest`` that of stale items."""
