"""Handlers for labels of groups and projects."""

from psbot.sandbox.rest_api.call import Call, MissingParameter, RestResponse
from psbot.sandbox.rest_api.entities import label_entity
from psbot.sandbox.rest_api.paging import paginate
from psbot.sandbox.rules import access, labels
from psbot.sandbox.rules.refusals import NotFound
from psbot.sandbox.state.labels import Label


def list_labels(call: Call, *, is_group: bool) -> RestResponse:
    """Return labels, by default with those of the ancestors."""
    place = call.namespace(is_group=is_group)
    places = place.self_and_ancestors if call.flag("include_ancestor_groups") is not False else [place]
    if call.flag("include_descendant_groups"):
        places = [*places, *(one for one in list(call.world.subtree(place))[1:] if one.is_group)]
    found = [label for one in places for label in call.world.labels_of[one.namespace_id].values()]
    text = (call.text("search") or "").lower()
    shown = [label for label in found if text in label.title.lower()]
    return paginate(call, sorted(shown, key=lambda label: (label.title, label.id)), label_entity)


def _find_own_label(call: Call, *, is_group: bool) -> Label:
    """Return a label of the namespace itself, by ID or by title."""
    place = call.namespace(is_group=is_group)
    own = call.world.labels_of[place.namespace_id]
    text = call.path_parameters.get("label_id") or call.text("label_id") or call.required("name")
    by_number = next((label for label in own.values() if text.isdigit() and label.id == int(text)), None)
    found = by_number or own.get(text)
    if found is None:
        raise NotFound("404 Label Not Found")
    return found


def get_label(call: Call, *, is_group: bool) -> object:
    """Return one label."""
    return label_entity(_find_own_label(call, is_group=is_group))


def create_label(call: Call, *, is_group: bool) -> RestResponse:
    """Create a label. Raises Conflict if the namespace or an ancestor has the title."""
    place = call.namespace(is_group=is_group)
    name, color = call.required("name"), call.required("color")
    label = labels.create_label(
        call.world, call.user, place, name, color, description=call.text("description")
    )
    return RestResponse(label_entity(label), 201)


def update_label(call: Call, *, is_group: bool) -> object:
    """Change a label's title, colour or description."""
    label = _find_own_label(call, is_group=is_group)
    if not any(
        name in call.parameters for name in ("new_name", "color", "description", "priority", "archived")
    ):
        raise MissingParameter("new_name, color, description, priority, archived are missing")
    changed = labels.update_label(
        call.world,
        call.user,
        label,
        title=call.text("new_name"),
        color=call.text("color"),
        description=call.text("description"),
    )
    return label_entity(changed)


def delete_label(call: Call, *, is_group: bool) -> RestResponse:
    """Delete a label."""
    label = _find_own_label(call, is_group=is_group)
    access.require(access.can_manage_labels(call.world, call.user, label.namespace))
    call.world.remove_label(label)
    return RestResponse(None, 204)
