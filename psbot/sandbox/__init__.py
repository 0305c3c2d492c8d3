"""A stateful local GitLab for demonstrations, simulation and tests: GitLab's documented behaviour over HTTP."""
