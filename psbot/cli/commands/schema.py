"""``psbot schema``: prints the JSON Schema of an engagement file or a plan."""

import click

from psbot.cli.options import option


@click.command(short_help="Print the JSON Schema of an engagement file or a plan.")
@option("--plan", "of_plan", is_flag=True, help="Print the schema of psbot plan --format json instead.")
def schema(*, of_plan: bool) -> None:
    """Print the JSON Schema of an engagement file, for editors that complete and check YAML."""
    import json

    if of_plan:
        from psbot.report.plan_json import PLAN_SCHEMA

        document = PLAN_SCHEMA
    else:
        from psbot.engagements.schema import json_schema

        document = json_schema()
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))
