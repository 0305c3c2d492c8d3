"""GraphQL mutations: each writes several items in one request."""

from functools import cache


@cache
def _batch_mutation(operation: str, field: str, input_type: str, answer: str, count: int) -> str:
    variables = ", ".join(f"$input{number}: {input_type}!" for number in range(count))
    fields = "".join(
        f"\n  write{number}: {field}(input: $input{number}) {{ errors {answer} }}" for number in range(count)
    )
    return f"mutation {operation}({variables}) {{{fields}\n}}"


def create_labels(count: int) -> str:
    """Return the mutation that creates *count* labels, ``$input0`` and so on, answered as ``write0`` …."""
    return _batch_mutation("CreateLabels", "labelCreate", "LabelCreateInput", "label { id title }", count)


def create_items(count: int) -> str:
    """Return the mutation that creates *count* work items, ``$input0`` and so on, answered as ``write0`` …."""
    return _batch_mutation(
        "CreateItems", "workItemCreate", "WorkItemCreateInput", "workItem { id iid webUrl }", count
    )


def update_items(count: int) -> str:
    """Return the mutation that updates *count* work items, ``$input0`` and so on, answered as ``write0`` …."""
    return _batch_mutation(
        "UpdateItems", "workItemUpdate", "WorkItemUpdateInput", "workItem { id iid webUrl state }", count
    )


def create_notes(count: int) -> str:
    """Return the mutation that posts *count* notes, ``$input0`` and so on, answered as ``write0`` …."""
    return _batch_mutation("CreateNotes", "createNote", "CreateNoteInput", "note { id url }", count)


def update_notes(count: int) -> str:
    """Return the mutation that edits *count* notes, ``$input0`` and so on, answered as ``write0`` …."""
    return _batch_mutation("UpdateNotes", "updateNote", "UpdateNoteInput", "note { id url }", count)


def delete_items(count: int) -> str:
    """Return the mutation that deletes *count* work items, ``$input0`` and so on, answered as ``write0`` …."""
    return _batch_mutation("DeleteItems", "workItemDelete", "WorkItemDeleteInput", "namespace { id }", count)
