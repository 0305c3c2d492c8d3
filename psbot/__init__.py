"""psbot turns a professional-services engagement into a GitLab epic and carries it by labels."""
