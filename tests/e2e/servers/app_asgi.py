# uvicorn app_asgi:app
LETTERS = b"abcdefghijklmnopqrstuvwxyz"


def letters(count):
    return (LETTERS * (count // 26 + 1))[:count]


async def whole_body(receive):
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def start(send, status, headers):
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def end(send, body=b""):
    await send({"type": "http.response.body", "body": body})


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    parts = scope["path"].split("/")
    name, count = parts[1], int(parts[2]) if len(parts) > 2 else 0
    headers = dict(scope["headers"])
    if name == "bytes":
        await start(send, 200, [(b"content-length", str(count).encode())])
        await end(send, b"" if scope["method"] == "HEAD" else letters(count))
    elif name == "chunked":
        await start(send, 200, [])
        body = letters(count)
        for at in range(0, count, 10000):
            await send({"type": "http.response.body", "body": body[at:at + 10000], "more_body": True})
        await end(send)
    elif name == "cached":
        same = headers.get(b"if-none-match") == b'"v1"'
        await start(send, 304 if same else 200, [(b"etag", b'"v1"')] + ([] if same else [(b"content-length", b"6")]))
        await end(send, b"" if same else b"cached")
    elif name == "upload":
        length = str(len(await whole_body(receive))).encode()
        await start(send, 200, [(b"content-length", str(len(length)).encode())])
        await end(send, length)
    else:
        await start(send, 404, [(b"content-length", b"0")])
        await end(send)
