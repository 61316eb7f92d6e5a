"""A file system of one file, as little of linux/fuse.h as that needs. Exit code 77: it cannot be mounted here."""
import ctypes, os, struct, sys, threading

LOOKUP, FORGET, GETATTR, OPEN, READ, RELEASE, FLUSH, INIT, OPENDIR, RELEASEDIR = 1, 2, 3, 14, 15, 18, 25, 26, 27, 29


def attributes(inode, mode, size, mtime_ns=0, ctime_ns=0):
    """struct fuse_attr"""
    (m, m_ns), (c, c_ns) = divmod(mtime_ns, 10**9), divmod(ctime_ns, 10**9)
    return struct.pack("=6Q10I", inode, size, (size + 511) // 512, m, m, c, m_ns, m_ns, c_ns, mode, 1, 0, 0, 0, 4096, 0)


class OneFile:
    """`read(offset, size)` gives bytes, or None: then the request is never responded to."""

    def __init__(self, folder, attributes_of_file, read):
        self.file, self.folder, self.read = attributes_of_file, attributes(1, 0o40755, 0), read
        self.device = os.open("/dev/fuse", os.O_RDWR)
        options = "fd=%d,rootmode=40000,user_id=0,group_id=0" % self.device
        if ctypes.CDLL(None, use_errno=True).mount(b"file", folder.encode(), b"fuse", 0, options.encode()) != 0:
            print("no FUSE here: " + os.strerror(ctypes.get_errno()), file=sys.stderr, flush=True)
            sys.exit(77)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            request = os.read(self.device, 1 << 20)
            _, operation, unique, node = struct.unpack("=2I2Q", request[:24])
            error, body = self.respond(operation, node, request[40:])
            if body is not None:
                os.write(self.device, struct.pack("=IiQ", 16 + len(body), error, unique) + body)

    def respond(self, operation, node, body):
        if operation == INIT:
            return 0, struct.pack("=4I2H2I2H8I", 7, 31, 65536, 0, 12, 10, 65536, 1, 16, 0, *[0] * 8)
        if operation == LOOKUP:
            return 0, struct.pack("=4Q2I", 2, 0, 3600, 3600, 0, 0) + self.file
        if operation == GETATTR:
            return 0, struct.pack("=Q2I", 3600, 0, 0) + (self.folder if node == 1 else self.file)
        if operation in (OPEN, OPENDIR):
            return 0, struct.pack("=Q2I", 1, 0, 0)
        if operation == READ:
            return 0, self.read(*struct.unpack("=QI", body[8:20]))
        if operation == FORGET:
            return 0, None
        return (0 if operation in (RELEASE, FLUSH, RELEASEDIR) else -38), b""
