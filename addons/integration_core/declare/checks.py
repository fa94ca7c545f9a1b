"""The checks of declarations, made when a database loads its modules. Each mistake is one sentence."""

from collections import defaultdict
from types import NoneType, UnionType
from typing import Union, get_args, get_origin

from pydantic import BaseModel

from . import handlers
from .catalog import declared
from .normal_form import KINDS
from .triggers import ANY, CREATED, DELETED


class DeclarationError(Exception):
    """Declarations of installed modules are wrong: nothing of it is emitted or applied. Says which, and where."""


def check(env, modules=None):
    """Check the declarations of a database.

    :param modules: those of these modules only; all, where none are given.
    :raises DeclarationError: with a sentence for each mistake.
    """
    of_interest = [d for d in declared(env.registry) if modules is None or d.module in modules]
    names = {d.name for d in declared(env.registry) if d.direction == "outbound"}
    mistakes = [*_doubles(env.registry, of_interest)]
    for declaration in of_interest:
        found = (
            _of_event(env, declaration)
            if declaration.direction == "outbound"
            else _of_handler(declaration, names)
        )
        mistakes += [
            f"{declaration.name} v{declaration.version} ({declaration.place}): {sentence}"
            for sentence in found
        ]
    if mistakes:
        raise DeclarationError("\n".join(dict.fromkeys(mistakes)))


def _doubles(pool, of_interest):
    found = defaultdict(list)
    for declaration in declared(pool):
        if declaration.direction == "outbound":
            found[declaration.name, declaration.version].append(declaration)
    pairs = [(same[0], other) for same in found.values() for other in same[1:]]
    pairs += [pair for pair in handlers.RIVALS if pair[1].module in pool._init_modules]
    for first, second in pairs:
        if first in of_interest or second in of_interest:
            yield (
                f"{second.name} v{second.version} is declared twice: in {first.place} and in {second.place}. "
                "Give one of them another name or version."
            )


def _of_handler(declaration, outbound):
    if not (isinstance(declaration.data, type) and issubclass(declaration.data, BaseModel)):
        yield f"its data {declaration.data!r} is no canonical model."
    for name in declaration.mirrors:
        if name not in outbound:
            yield f"it mirrors {name}, which no installed module declares."


def _of_event(env, declaration):
    if declaration.model not in env:
        yield f"there is no model {declaration.model}."
        return
    if not declaration.triggers:
        yield "nothing triggers it."
    for trigger in declaration.triggers:
        yield from _of_trigger(env, declaration, trigger)
    yield from _of_key(declaration)
    if declaration.company != "company_id":
        end, problem = _walk(env, declaration.model, declaration.company)
        if problem or end != "res.company":
            yield problem or f"{declaration.company} leads to {end}, not to a company."
    if declaration.part_of and declaration.part_of not in env:
        yield f"it is a part of {declaration.part_of}, which is no model."


def _of_trigger(env, declaration, trigger):
    model = trigger.model or declaration.model
    if model not in env:
        yield f"there is no model {model} to watch."
        return
    if trigger.via:
        end, problem = _walk(env, model, trigger.via)
        if problem or end != declaration.model:
            yield problem or f"{trigger.via} leads from {model} to {end}, not to {declaration.model}."
    elif model != declaration.model:
        yield f"it watches {model}, and does not say how that leads to {declaration.model} (via=)."
    for name in trigger.fields:
        if name in (CREATED, DELETED):
            continue
        yield from _of_field(env, model, name)
        yield from _of_values(env, model, name, getattr(trigger, "values", {}).get(name, ANY))


def _of_field(env, model, name):
    field = env[model]._fields.get(name)
    if field is None:
        yield f"{model} has no field {name}."
    elif not field.store:
        yield f"{model}.{name} is not stored, so nothing is seen when it changes."
    elif field.company_dependent:
        yield f"{model}.{name} has a value per company, which cannot be watched."
    elif field.type in ("one2many", "many2many"):
        yield f"{model}.{name} is a list: watch its lines (model=, via=)."
    elif field.type not in KINDS or not field.column_type:
        yield f"{model}.{name} ({field.type}) is of a kind that cannot be watched."


def _of_values(env, model, name, wanted):
    field = env[model]._fields.get(name)
    if wanted is ANY or field is None or field.type != "selection":
        return
    possible = field.get_values(env)
    for value in wanted:
        if value is not None and value not in possible:
            yield f"{model}.{name} never becomes {value!r}; it knows {', '.join(map(str, possible))}."


def _walk(env, model, path):
    """:return: the model at the end of a field path, and what is wrong with the path (or ``None``)."""
    for name in path.split("."):
        field = env[model]._fields.get(name)
        if field is None:
            return model, f"{model} has no field {name} (in {path})."
        if not field.relational:
            return model, f"{model}.{name} leads to no record (in {path})."
        model = field.comodel_name
    return model, None


def _of_key(declaration):
    data = declaration.data
    if not (isinstance(data, type) and issubclass(data, BaseModel)):
        yield f"its data {data!r} is no canonical model."
        return
    for name in declaration.key.split("."):
        known = getattr(data, "model_fields", {})
        if name not in known:
            yield f"its key {declaration.key} is not in {declaration.data.__name__}: there is no {name}."
            return
        data = _without_none(known[name].annotation)


def _without_none(annotation):
    if get_origin(annotation) in (Union, UnionType):
        return next((part for part in get_args(annotation) if part is not NoneType), annotation)
    return annotation
