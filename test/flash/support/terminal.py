# Opens a pseudo-terminal, prints its name, and copies bytes between the pseudo-terminal and the standard streams.
import os, pty, select, sys, tty

controller, terminal = pty.openpty()
tty.setraw(terminal)
os.write(1, (os.ttyname(terminal) + "\n").encode())
while True:
    for source in select.select([controller, 0], [], [])[0]:
        try:
            data = os.read(source, 4096)
        except OSError:
            data = b""
        if not data and source == 0:
            sys.exit(0)
        os.write(controller if source == 0 else 1, data)
