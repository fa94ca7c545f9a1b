"""XML into a document that a mapping can read. The rule, the one of BadgerFish's simpler relatives:

* an element with neither attributes nor elements in it is its text, without blanks around it;
* any other is an object: its attributes as ``@name``, its elements by name, those of one name that come
  several times as a list, and its own text, where there is any, as ``#text``;
* prefixes and namespaces are left out: ``<b:ID>`` and ``<ID>`` are both ``ID``;
* the whole is an object with one member, the root element.

There are no document types here, so there are no entities that could grow or fetch anything.
"""

from xml.parsers import expat

from ..refusal import not_xml

DEEPEST = 64
MOST_ELEMENTS = 100_000


class _Refused(Exception):
    pass


class _Element:
    __slots__ = ("name", "members", "texts")

    def __init__(self, name, attributes):
        self.name = _local(name)
        self.members = {f"@{_local(key)}": value for key, value in attributes.items()}
        self.texts = []

    def add(self, name, value):
        if name not in self.members:
            self.members[name] = value
        elif isinstance(self.members[name], list):
            self.members[name].append(value)
        else:
            self.members[name] = [self.members[name], value]

    def value(self):
        text = "".join(self.texts).strip()
        if not self.members:
            return text
        return {**self.members, "#text": text} if text else self.members


class _Reader:
    def __init__(self):
        self.open = [_Element("", {})]
        self.count = 0

    def start(self, name, attributes):
        self.count += 1
        if len(self.open) > DEEPEST:
            raise _Refused(f"it is nested more than {DEEPEST} levels deep")
        if self.count > MOST_ELEMENTS:
            raise _Refused(f"it has more than {MOST_ELEMENTS:,} elements")
        self.open.append(_Element(name, attributes))

    def end(self, _name):
        element = self.open.pop()
        self.open[-1].add(element.name, element.value())

    def text(self, text):
        self.open[-1].texts.append(text)

    def doctype(self, *_arguments):
        raise _Refused("document types (DTD, entities) are not taken")


def _local(name):
    return name.rpartition("\n")[2]


def read(body, charset=None):
    """The document in ``body`` (bytes).

    :param charset: what the transport says; else what the document itself says.
    :raises Refused: with what the sender's developer has to change.
    """
    try:
        # A namespace's name has no line break in it: the part after it is the local name.
        parser = expat.ParserCreate(charset, namespace_separator="\n")
    except ValueError as error:
        raise not_xml(f"the charset {charset!r} is not known") from error
    reader = _Reader()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.doctype
    try:
        parser.Parse(body, True)
    except _Refused as error:
        raise not_xml(error) from error
    except expat.ExpatError as error:
        raise not_xml(f"{expat.ErrorString(error.code)} (line {error.lineno})") from error
    except (ValueError, LookupError) as error:
        raise not_xml("its encoding is not known") from error
    return reader.open[0].members
