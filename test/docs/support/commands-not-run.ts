/** Documented commands that no scenario in `test/docs/scenarios/` runs, with the reason for each. */
export const COMMANDS_NOT_RUN: Readonly<Record<string, string>> = {
  // These commands take minutes, or change files of the repository.
  "npm run check": "takes a minute or more; CI runs it before any test",
  "npm run format": "rewrites files",
  "npm run server -- --data tutorial-data":
    "is an example of the flag in test/docs/tutorials.test.ts, which runs the server with a data folder of its own",
  "npm run chaos -- --seed 7 --minutes 3": "takes minutes; test/chaos/chaos.test.ts has a run of two minutes",
  "npm run chaos -- --seed 11 --minutes 3": "takes minutes",
  "npm run chaos -- --seed 7 --minutes 30 --broker mosquitto --boards 4": "takes half an hour",
  'npm run chaos -- --fault "black hole" --minutes 1 --log chaos.log': "takes more than a minute",
  "npm run bench": "takes minutes; test/bench/loop.test.ts has a short run",
  "npm run bench -- all --full --write": "takes twenty minutes, and rewrites a page",
  "npm run bench -- --help": "test/bench/loop.test.ts tests the command line",
  "npm run bench -- history --full": "takes minutes and 300 MB",
  "npm run bench -- mqtt": "takes three minutes",
  "npm run bench -- loop --loop cold": "takes minutes; test/bench/loop.test.ts measures a server whose devices are new",
  "npm run bench:cluster": "takes minutes, Redis and Mosquitto",
  "nightlight-server --broker mqtt://broker.example.org --state redis://redis.example.org --history postgres://nightlight@db.example.org/nightlight":
    "uses example addresses; test/server/cluster.test.ts and history-postgres.test.ts run real ones",
  "npm run fleet -- --devices 100000": "takes minutes; test/sim/fleet/main.test.ts has a small run",
  "npm run fleet -- --devices 100000 --rate 5000": "the same",
  "npm run fleet -- --devices 100000 --rate 200 --seconds 15": "the same",
  "npm run fleet -- --devices 100 --vms 20": "the same",
  "npm run fleet -- --broker mqtt://me:secret@broker.example.org --prefix test --devices 5000":
    "uses an example broker; test/sim/fleet/fleet.test.ts runs with Mosquitto",
  "npm run fleet -- --help": "test/sim/fleet/main.test.ts tests the command line",
  "npm run flash -- --pin": "downloads from the internet, and rewrites a file; test/flash/runtime.test.ts tests it",
  "git diff flashing/runtimes.json": "shows what the command before it changed",
  "npx vitest run test/docs": "runs the scenarios themselves",
  "NIGHTLIGHT_LONG=1 npx vitest run test/server/fuzz-accounts.test.ts":
    "takes minutes; the same test runs with a fixed seed",
  "NIGHTLIGHT_POWER_CUTS=100 npx vitest run test/e2e/update-power-cuts.test.ts":
    "takes minutes; five power cuts run with all other tests",
  "npx vitest run test/mqtt test/packages": "they run with all other tests",
  "npx devicescript run packages/devicescript-mqtt/test/main.ts --test -k": "test/packages runs it",
  "npm run bench:protocols": "test/docs/protocols.test.ts runs it",
  "npm run bench:protocols -- --battery 3000": "the same, with the default battery",
  "npm run setup": "asks questions; test/setup/run.test.ts answers them, and a scenario runs it with flags",
  "npm run build:firmware": "builds the firmware, as the tutorials do",
  // These commands need boards that can be updated; test/server/updates/command.test.ts runs them with such boards.
  "nightlight-server update url nightlight/porch --url http://192.168.1.20:8080": "prints a random key",
  "nightlight-server update url ID --url http://ADDRESS:8080": "the same",
  "nightlight-server update board nightlight/porch": "needs a board",
  "nightlight-server update board nightlight/porch --to v0.1.0+5843b51": "needs a board",
  "nightlight-server update cancel": "needs a board",
  "curl -X POST http://127.0.0.1:8080/api/devices/nightlight/porch/update -H 'content-type: application/json' -d '{}'":
    "needs a board",
  "nightlight-server update list": "needs a board",
  "nightlight-server update all": "needs boards",
  "nightlight-server update resume": "needs boards",
  "nightlight-server update roll-back": "needs boards",
  // These commands run as part of other commands.
  "npm ci": "runs as part of `npm ci && npm start`",
  "npm start": "runs as part of `npm ci && npm start`",
  "npm run test:all": "runs all tests, and so this one",
  "npm test": "runs as part of `npm ci && npm test`",
  // These commands need the internet.
  'python3 -m pip install "esptool>=4.5,<5"': "installs from the internet",
  'pipx install "esptool<5"': "installs from the internet",
  counterfit: "CounterFit comes from the internet; a program without it takes its place",
  "pip install paho-mqtt": "installs from the internet",
  "pip install --upgrade paho-mqtt": "installs from the internet",
  "nightlight-server --broker mqtts://broker.example.org --username me --topic-prefix my-house --id 1f3b2a":
    "uses an example broker; test/server/remote-broker.test.ts connects to a real one",
  // These commands need a board. The tests in test/flash/ simulate one.
  "npm run flash -- --board qt_py_esp32c3 --port /dev/ttyACM0": "would write to a connected board",
  "npm run flash -- --esptool":
    "needs esptool and a board; test/flash/flash.test.ts runs it with a stand-in for esptool",
  "npm run flash -- --esptool /opt/esptool/esptool.py": "the same",
  "devs init": "DeviceScript's own command; test/mqtt/example.test.ts creates such a project",
  // These commands are incomplete.
  "git clone ADDRESS nightlight": "needs the address of the repository",
  "cd nightlight": "the folder that `git clone` creates",
  "npm run server --": "the beginning of commands",
  "git pull": "needs a repository to fetch from",
  "git restore contract server/src test": "undoes the changes of a tutorial; the test works in a copy",
  "npm install": "a warning not to run it without `npm run build`",
  "npm run broker": "test/docs/tutorials.test.ts runs it with free ports",
  "npx vitest run test/docs/tutorials.test.ts": "runs tutorials itself",
  "npm run sim": "other scenarios run it with flags",
  "code --install-extension devicescript.vsix": "needs VS Code, and a file from the internet",
  "nightlight-server user password | remove | list": "three commands; test/server/user-command.test.ts runs each",
  "nightlight-server user": "a group of commands",
  "curl -u name": "only a flag; test/server/login.test.ts tests it",
  "curl -H \"Authorization: Bearer $TOKEN\" http://127.0.0.1:8080/api/devices": "needs an account; test/server/http-docs.test.ts runs it", // prettier-ignore
  "systemctl reload": "incomplete",
  "sudo mosquitto_passwd /etc/mosquitto/nightlight.passwd porch": "asks for a password at the terminal",
  "NIGHTLIGHT_PASSWORD=… nightlight-server --broker mqtt://127.0.0.1:1883 --username nightlight-server":
    "test/server/mosquitto-conf.test.ts runs it",
};

/** Commands that need accounts or a server in a certain state. test/server/http-docs.test.ts runs these commands. */
export const COMMANDS_RUN_ELSEWHERE = /^curl .*\/api\/(users|login-sessions|first-administrator|new-board)/;
