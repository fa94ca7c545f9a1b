"""The life of one object in one declaration: an event for each of its transitions."""

from collections.abc import Callable
from dataclasses import dataclass

from .events import EventDeclaration, add, module_of


@dataclass(frozen=True)
class Transition:
    """One event of a life. Built by :func:`transition`."""

    summary: str
    triggers: tuple
    only_if: Callable | None
    options: dict


def transition(summary, *when, only_if=None, **options):
    """:param summary: what happened, in a sentence for the catalog.
    :param when: the triggers; any of them suffices. :param only_if: as for ``event``.
    """
    return Transition(summary, when, only_if, options)


def lifecycle(name, on, data, version=1, key="reference", **named):
    """Declare the events ``name.transition`` of one model; the function builds their data from one record.

    :param named: ``transition=transition(…)``, in the order of a life: of several in one transaction, the
        earlier one is told first. What is no transition is an attribute of every event (``part_of=``).
    """
    transitions = {word: t for word, t in named.items() if isinstance(t, Transition)}
    options = {word: value for word, value in named.items() if word not in transitions}

    def declare(build):
        for word, step in transitions.items():
            add(
                EventDeclaration(
                    name=f"{name}.{word}",
                    version=version,
                    data=data,
                    build=build,
                    model=on,
                    triggers=step.triggers,
                    module=module_of(build),
                    key=key,
                    only_if=step.only_if,
                    description=step.summary,
                    **{**options, **step.options},
                )
            )
        return build

    return declare
