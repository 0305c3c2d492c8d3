"""The only folder that knows GitLab."""
