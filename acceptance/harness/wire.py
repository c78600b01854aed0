"""Kafka's messages as dictionaries, read and written by their definitions (crates/protocol/messages): a second codec, slow and
plain, that shares no line with the Rust one. Field names are those of the definitions."""

import functools
import json
import socket
import struct

from . import places

DEFINITIONS = places.ROOT / "crates" / "protocol" / "messages" / "protocol"
NUMBERS = {"int8": ">b", "int16": ">h", "uint16": ">H", "int32": ">i", "uint32": ">I", "int64": ">q", "float64": ">d"}


def versions(text):
    """A set of versions as a test: "3+", "2-5", "0", "none"."""
    if not text or text == "none":
        return lambda version: False
    low, _, high = text.partition("-")
    if low.endswith("+"):
        return lambda version: version >= int(low[:-1])
    return lambda version: int(low) <= version <= int(high or low)


@functools.cache
def definition(name):
    """The definition of a message, with its named structs."""
    found = json.loads((DEFINITIONS / f"{name}.json").read_text())
    found["structs"] = {struct["name"]: struct["fields"] for struct in found.get("commonStructs", [])}
    return found


@functools.cache
def request_of(key):
    """The name of the request with this key, without "Request"."""
    for path in DEFINITIONS.glob("*Request.json"):
        if json.loads(path.read_text()).get("apiKey") == key:
            return path.stem.removesuffix("Request")
    raise KeyError(key)


class Writer:
    def __init__(self, message, version):
        self.structs, self.version, self.out = message["structs"], version, bytearray()
        self.flexible = versions(message.get("flexibleVersions"))(version)

    def number(self, form, value):
        self.out += struct.pack(form, value)

    def varint(self, value):
        while value >= 0x80:
            self.out.append(value & 0x7F | 0x80)
            value >>= 7
        self.out.append(value)

    def size(self, value, form):
        """A length in front of something; None is a null."""
        if self.flexible:
            self.varint(0 if value is None else value + 1)
        else:
            self.number(form, -1 if value is None else value)

    def value(self, kind, fields, value):
        if kind in NUMBERS:
            self.number(NUMBERS[kind], value)
        elif kind == "bool":
            self.out.append(bool(value))
        elif kind == "uuid":
            self.out += value
        elif kind == "string":
            data = None if value is None else value.encode()
            self.size(None if data is None else len(data), ">h")
            self.out += data or b""
        elif kind in ("bytes", "records"):
            self.size(None if value is None else len(value), ">i")
            self.out += value or b""
        elif kind.startswith("[]"):
            self.size(None if value is None else len(value), ">i")
            for element in value or []:
                self.value(kind[2:], fields, element)
        else:
            self.struct(fields or self.structs[kind], value)

    def field(self, field, value):
        """A field; a struct that may be null has a byte in front that says so."""
        kind = field["type"]
        is_struct = kind not in NUMBERS and kind not in ("bool", "uuid", "string", "bytes", "records") and not kind.startswith("[]")
        if is_struct and versions(field.get("nullableVersions"))(self.version):
            self.number(">b", -1 if value is None else 1)
            if value is None:
                return
        self.value(kind, field.get("fields"), value)

    def struct(self, fields, values):
        unknown = set(values) - {field["name"] for field in fields}
        if unknown:
            raise KeyError(f"no such fields: {sorted(unknown)}")
        tagged = {}
        for field in fields:
            if not versions(field["versions"])(self.version):
                continue
            value = values.get(field["name"], default(field, self.structs))
            if versions(field.get("taggedVersions"))(self.version):
                if field["name"] in values:
                    inner = Writer({"structs": self.structs, "flexibleVersions": "0+"}, self.version)
                    inner.field(field, value)
                    tagged[field["tag"]] = bytes(inner.out)
            else:
                self.field(field, value)
        if self.flexible:
            self.varint(len(tagged))
            for tag, data in sorted(tagged.items()):
                self.varint(tag)
                self.varint(len(data))
                self.out += data


def default(field, structs):
    """The value of a field that nobody gave."""
    kind, given = field["type"], field.get("default")
    if given == "null":
        return None
    if kind in NUMBERS:
        return float(given or 0) if kind == "float64" else int(str(given or 0), 0)
    if kind == "bool":
        return str(given).lower() == "true"
    if kind == "uuid":
        return bytes(16)
    if kind == "string":
        return given or ""
    if kind in ("bytes", "records"):
        return b""
    if kind.startswith("[]"):
        return []
    return {}


class Reader:
    def __init__(self, message, version, data):
        self.structs, self.version, self.data, self.at = message["structs"], version, data, 0
        self.flexible = versions(message.get("flexibleVersions"))(version)

    def take(self, size):
        if self.at + size > len(self.data):
            raise ValueError(f"{size} bytes wanted, {len(self.data) - self.at} left")
        self.at += size
        return self.data[self.at - size:self.at]

    def number(self, form):
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def size(self, form):
        value = self.varint() - 1 if self.flexible else self.number(form)
        return None if value < 0 else value

    def value(self, kind, fields, nullable):
        if kind in NUMBERS:
            return self.number(NUMBERS[kind])
        if kind == "bool":
            return self.take(1) != b"\0"
        if kind == "uuid":
            return self.take(16)
        if kind == "string":
            size = self.size(">h")
            return None if size is None else self.take(size).decode()
        if kind in ("bytes", "records"):
            size = self.size(">i")
            return None if size is None else self.take(size)
        if kind.startswith("[]"):
            size = self.size(">i")
            return None if size is None else [self.value(kind[2:], fields, False) for _ in range(size)]
        if nullable and self.number(">b") < 0:
            return None
        return self.struct(fields or self.structs[kind])

    def struct(self, fields):
        found, tagged = {}, {}
        for field in fields:
            if not versions(field["versions"])(self.version):
                continue
            if versions(field.get("taggedVersions"))(self.version):
                tagged[field["tag"]] = field
                continue
            nullable = versions(field.get("nullableVersions"))(self.version)
            found[field["name"]] = self.value(field["type"], field.get("fields"), nullable)
        for _ in range(self.varint() if self.flexible else 0):
            tag, size = self.varint(), self.varint()
            end = self.at + size
            if tag in tagged:
                field = tagged[tag]
                nullable = versions(field.get("nullableVersions"))(self.version)
                found[field["name"]] = self.value(field["type"], field.get("fields"), nullable)
            else:
                found[f"tag {tag}"] = self.take(size)
            if self.at != end:
                raise ValueError(f"tag {tag} has {size} bytes, {size - (end - self.at)} understood")
        return found


def encode(name, version, values):
    """The bytes of a message."""
    message = definition(name)
    writer = Writer(message, version)
    writer.struct(message["fields"], values)
    return bytes(writer.out)


def decode(name, version, data):
    """A message from bytes, which it must fill."""
    message = definition(name)
    reader = Reader(message, version, data)
    found = reader.struct(message["fields"])
    if reader.at != len(data):
        raise ValueError(f"{len(data) - reader.at} bytes left over")
    return found


def frame(api, version, values, correlation_id=1, client_id="wire"):
    """A request with header and length."""
    message = definition(f"{api}Request")
    header = struct.pack(">hhih", message["apiKey"], version, correlation_id, len(client_id)) + client_id.encode()
    if versions(message.get("flexibleVersions"))(version):
        header += b"\0"
    payload = header + encode(f"{api}Request", version, values)
    return struct.pack(">i", len(payload)) + payload


class Connection:
    """A connection on which one request is asked after the other."""

    def __init__(self, address, seconds=15):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), seconds)
        self.socket.settimeout(seconds)
        self.count = 0

    def exactly(self, size):
        data = b""
        while len(data) < size:
            part = self.socket.recv(size - len(data))
            if not part:
                raise ConnectionError("closed without an answer")
            data += part
        return data

    def call(self, api, version, **values):
        """Asks and answers."""
        self.count += 1
        self.socket.sendall(frame(api, version, values, self.count))
        answer = self.exactly(struct.unpack(">i", self.exactly(4))[0])
        message = definition(f"{api}Response")
        flexible = versions(message.get("flexibleVersions"))(version) and api != "ApiVersions"
        if struct.unpack(">i", answer[:4])[0] != self.count:
            raise ValueError("another request's answer")
        return decode(f"{api}Response", version, answer[5 if flexible else 4:])

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
