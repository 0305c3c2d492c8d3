"""GitLab's behaviour: who may do what, how items change, and which notes and notifications follow."""
