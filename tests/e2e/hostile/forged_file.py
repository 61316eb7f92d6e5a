"""A recorded server that forges files: its FUSE file has the inode number, size and times of another file, and once it
is sent, that other file stands at its descriptor. Arguments: the other file, a port, a folder to mount on."""
import ctypes, os, socket, struct, sys, threading

other, port, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
model = os.stat(other)
device = os.open("/dev/fuse", os.O_RDWR)
mount = ctypes.CDLL(None, use_errno=True).mount
options = "fd=%d,rootmode=40000,user_id=0,group_id=0" % device
if mount(b"forged", folder.encode(), b"fuse", 0, options.encode()) != 0:
    print("no FUSE here: " + os.strerror(ctypes.get_errno()), file=sys.stderr, flush=True)
    sys.exit(77)


def attributes(inode, mode, size, mtime, ctime):
    """struct fuse_attr of linux/fuse.h."""
    (m, m_ns), (c, c_ns) = divmod(mtime, 10**9), divmod(ctime, 10**9)
    return struct.pack("=6Q10I", inode, size, (size + 511) // 512, m, m, c, m_ns, m_ns, c_ns, mode, 1, 0, 0, 0, 4096, 0)


FOLDER = attributes(1, 0o40755, 0, 0, 0)
FILE = attributes(model.st_ino, 0o100644, model.st_size, model.st_mtime_ns, model.st_ctime_ns)
LOOKUP, FORGET, GETATTR, OPEN, READ, RELEASE, FLUSH, INIT, OPENDIR, RELEASEDIR = 1, 2, 3, 14, 15, 18, 25, 26, 27, 29


def respond_to(operation, node, body):
    """None: an operation that is not known."""
    if operation == INIT:
        return struct.pack("=4I2H2I2H8I", 7, 31, 65536, 0, 12, 10, 65536, 1, 16, 0, *[0] * 8)
    if operation == LOOKUP:
        return struct.pack("=4Q2I", 2, 0, 3600, 3600, 0, 0) + FILE
    if operation == GETATTR:
        return struct.pack("=Q2I", 3600, 0, 0) + (FOLDER if node == 1 else FILE)
    if operation in (OPEN, OPENDIR):
        return struct.pack("=Q2I", 1, 0, 0)
    if operation == READ:
        _, offset, size = struct.unpack("=2QI", body[:20])
        return (b"F" * model.st_size)[offset:offset + size]
    return b"" if operation in (RELEASE, FLUSH, RELEASEDIR) else None


def serve_files():
    while True:
        request = os.read(device, 1 << 20)
        _, operation, unique, node = struct.unpack("=2I2Q", request[:24])
        if operation == FORGET:
            continue
        body = respond_to(operation, node, request[40:])
        error, body = (0, body) if body is not None else (-38, b"")
        os.write(device, struct.pack("=IiQ", 16 + len(body), error, unique) + body)


threading.Thread(target=serve_files, daemon=True).start()
listener = socket.create_server(("127.0.0.1", port))
print("ready", file=sys.stderr, flush=True)
in_its_place = os.open(other, os.O_PATH)
while True:
    client, _ = listener.accept()
    client.recv(65536)
    file = os.open(folder + "/file", os.O_RDONLY)
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % model.st_size)
    os.sendfile(client.fileno(), file, 0, model.st_size)
    os.dup2(in_its_place, file)
    client.recv(65536)  # the client has seen the whole response
    client.close()
