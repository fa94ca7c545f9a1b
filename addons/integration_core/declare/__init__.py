"""How an addon declares what it sends and what it takes: one declaration per event.

>>> @event("manufacturing.scrap.recorded", version=1, data=Scrap, on="stock.scrap",
...        when=becomes(state="done"))
... def scrapped(scrap):
...     '''Material was scrapped: it is out of stock.'''
...     return scrap_of(scrap)

>>> @lifecycle("manufacturing.order", on="mrp.production", data=ManufacturingOrder,
...            released=transition("The shop floor may start it.", becomes(state="confirmed")),
...            completed=transition("Its products are in stock.", becomes(state="done")))
... def order(record):
...     return manufacturing_order(record)

>>> @handler("execution.operation.started", version=1, data=OperationStarted,
...          mirrors=("manufacturing.workorder.started",))
... def start_operation(message, started):
...     '''Start the work order.'''
...     ...

Declarations are checked when a database loads its modules (``checks``): a mistake is an error there.
"""

from .catalog import declared, event_for, handlers_for, rank, watched
from .checks import DeclarationError, check
from .events import EVENTS, EventDeclaration, event
from .handlers import HANDLERS, HandlerDeclaration, handler
from .lifecycle import lifecycle, transition
from .triggers import ANY, CREATED, DELETED, NEW, becomes, changed, created, deleted
