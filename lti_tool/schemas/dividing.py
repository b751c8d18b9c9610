"""Which groups of a course get a space of their own, and what each is called."""

from collections.abc import Mapping

from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from lti_tool.schemas.fields import Form, Text, row_number
from lti_tool.services.dividing import LONGEST_NAME

MOST_GROUPS = 200


class _NameSchema(Form):
    name = Text(limit=LONGEST_NAME, one_line=True)


def chosen_groups(form: MultiDict) -> Mapping[int, str]:
    """Return the groups that are chosen in a form, by their numbers, with the names of their spaces.

    :raises ValidationError: a name is empty or too long, by the field of its group.
    """
    numbers = [row_number(one) for one in form.getlist("chosen")][:MOST_GROUPS]
    names, problems = {}, {}
    for number in dict.fromkeys(one for one in numbers if one):
        field = f"name-{number}"
        try:
            names[number] = _NameSchema().load({"name": form.get(field, "")})["name"]
        except ValidationError as err:
            problems[field] = err.messages["name"]
    if problems:
        raise ValidationError(problems)
    return names
