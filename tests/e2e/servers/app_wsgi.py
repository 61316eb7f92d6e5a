# gunicorn app_wsgi:app
LETTERS = b"abcdefghijklmnopqrstuvwxyz"


def letters(count):
    return (LETTERS * (count // 26 + 1))[:count]


def app(environ, start_response):
    parts = environ["PATH_INFO"].split("/")
    name, count = parts[1], int(parts[2]) if len(parts) > 2 else 0
    if name == "bytes":
        start_response("200 OK", [("Content-Length", str(count))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [letters(count)]
    if name == "chunked":
        start_response("200 OK", [("Content-Type", "text/plain")])
        body = letters(count)
        return (body[at:at + 10000] for at in range(0, count, 10000))
    if name == "cached":
        if environ.get("HTTP_IF_NONE_MATCH") == '"v1"':
            start_response("304 Not Modified", [("ETag", '"v1"')])
            return []
        start_response("200 OK", [("ETag", '"v1"'), ("Content-Length", "6")])
        return [b"cached"]
    if name == "upload":
        length = str(len(environ["wsgi.input"].read())).encode()
        start_response("200 OK", [("Content-Length", str(len(length)))])
        return [length]
    start_response("404 Not Found", [("Content-Length", "0")])
    return []
