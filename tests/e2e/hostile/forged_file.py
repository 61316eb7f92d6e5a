"""A recorded server that forges files: its FUSE file has the inode number, size and times of another file, and once it
is sent, that other file stands at its descriptor. Arguments: the other file, a port, a folder to mount on."""
import os, socket, sys

import fuse

other, port, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
model = os.stat(other)
content = b"F" * model.st_size
looks = fuse.attributes(model.st_ino, 0o100644, model.st_size, model.st_mtime_ns, model.st_ctime_ns)
fuse.OneFile(folder, looks, lambda offset, size: content[offset:offset + size])
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
