# One pseudo-terminal: prints the name of its far end, then carries bytes between its near end and the standard streams.
import os, pty, select, sys, tty

near, far = pty.openpty()
tty.setraw(far)
os.write(1, (os.ttyname(far) + "\n").encode())
while True:
    for source in select.select([near, 0], [], [])[0]:
        try:
            data = os.read(source, 4096)
        except OSError:
            data = b""
        if not data and source == 0:
            sys.exit(0)
        os.write(near if source == 0 else 1, data)
