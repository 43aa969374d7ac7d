#!/usr/bin/env python3
"""A tiny remote_write receiver for trying things out: decodes what arrives and prints a line a request.

    examples/sink.py [PORT]       (default 9009; send to http://127.0.0.1:9009/api/v1/write)

It is for demonstrations and tests: it checks nothing and keeps nothing.
"""
import http.server
import math
import struct
import sys


def read_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def snappy_uncompress(data):
    """The block format: a length, then literals and copies from what is already there."""
    length, at = read_varint(data, 0)
    out = bytearray()
    while at < len(data):
        tag = data[at]
        at += 1
        if tag & 3 == 0:
            size = tag >> 2
            if size >= 60:
                width = size - 59
                size = int.from_bytes(data[at:at + width], "little")
                at += width
            out += data[at:at + size + 1]
            at += size + 1
            continue
        if tag & 3 == 1:
            size, offset = ((tag >> 2) & 7) + 4, (tag >> 5) << 8 | data[at]
            at += 1
        else:
            width = 2 if tag & 3 == 2 else 4
            size, offset = (tag >> 2) + 1, int.from_bytes(data[at:at + width], "little")
            at += width
        start = len(out) - offset
        if offset >= size:
            out += out[start:start + size]
        else:
            for i in range(size):
                out.append(out[start + i])
    assert len(out) == length, (len(out), length)
    return bytes(out)


def fields(data):
    """(number, value) of each field of a protobuf message."""
    at = 0
    while at < len(data):
        key, at = read_varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = read_varint(data, at)
        elif kind == 1:
            value, at = data[at:at + 8], at + 8
        elif kind == 2:
            size, at = read_varint(data, at)
            value, at = data[at:at + size], at + size
        else:
            value, at = data[at:at + 4], at + 4
        yield key >> 3, value


def decode_write_request(body):
    """[(labels, [(milliseconds, value)])] of a compressed remote_write 1.0 request."""
    result = []
    for number, series in fields(snappy_uncompress(body)):
        if number != 1:
            continue
        labels, samples = {}, []
        for part, content in fields(series):
            if part == 1:
                label = dict(fields(content))
                labels[label.get(1, b"").decode()] = label.get(2, b"").decode()
            elif part == 2:
                sample = dict(fields(content))
                value = struct.unpack("<d", sample.get(1, bytes(8)))[0]
                samples.append((sample.get(2, 0), value))
        result.append((labels, samples))
    return result


def spell(labels):
    rest = ", ".join(f'{k}="{v}"' for k, v in sorted(labels.items()) if k != "__name__")
    return f"{labels.get('__name__', '')}{{{rest}}}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        series = decode_write_request(body)
        count = sum(len(samples) for _, samples in series)
        shown = ""
        for labels, samples in series:
            if samples and not math.isnan(samples[-1][1]):
                shown = f", such as {spell(labels)} {samples[-1][1]:g}"
                if labels.get("__name__") == "up":
                    break
        print(f"sink: {count} samples of {len(series)} series in {len(body)} bytes{shown}", flush=True)
        self.send_response(204)
        self.end_headers()


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9009
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    print(f"sink: http://127.0.0.1:{server.server_address[1]}/api/v1/write", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
