"""The GraphQL API at ``/api/graphql``, run by graphql-core on the part of GitLab's schema in ``schema.graphql``.

``route`` takes the request, ``endpoint`` runs it, ``schema`` connects fields to the resolvers of the other modules.
"""
