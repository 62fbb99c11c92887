"""A folder through FUSE whose disk can be told to answer nothing any more, as a dead network mount does.

usage: hanging-disk.py FOLDER MOUNTPOINT

Reads one command a line from its standard input and answers each with the command's name: hang (whoever asks for anything waits),
answer. Ends with its standard input, and unmounts.
"""

import os
import subprocess
import sys
import threading

from fusepy import FUSE, Operations

root, mountpoint = sys.argv[1:3]
answers = threading.Event()
answers.set()


class Disk(Operations):
    def __call__(self, op, *args):
        if op not in ("init", "destroy"):
            answers.wait()
        return super().__call__(op, *args)

    def getattr(self, path, fh=None):
        found = os.lstat(root + path)
        keys = ("st_mode", "st_size", "st_nlink", "st_uid", "st_gid", "st_atime", "st_mtime", "st_ctime")
        return {key: getattr(found, key) for key in keys}

    def readdir(self, path, fh):
        return [".", "..", *os.listdir(root + path)]

    def open(self, path, flags):
        return os.open(root + path, os.O_RDONLY)

    def read(self, path, size, offset, fh):
        return os.pread(fh, size, offset)

    def release(self, path, fh):
        os.close(fh)

    def init(self, path):
        print("ready", flush=True)


def obey():
    for line in sys.stdin:
        command = line.strip()
        if command == "hang":
            answers.clear()
        else:
            answers.set()
        print(command, flush=True)
    answers.set()
    subprocess.run(["umount", "-l", mountpoint], check=False)
    os._exit(0)


threading.Thread(target=obey, daemon=True).start()
# Nothing is remembered by the kernel: each question comes here.
FUSE(Disk(), mountpoint, foreground=True, ro=True, direct_io=True, attr_timeout=0, entry_timeout=0, negative_timeout=0)
