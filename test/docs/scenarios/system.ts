/** Documented commands for system services, Mosquitto and other programs. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "vitest";
import { findProgram } from "../../support/programs.js";
import { PYTHON_WITH_PAHO } from "../../support/python.js";
import { startApiServer } from "../support/fixtures.js";
import { type Scenario } from "../support/scenario.js";

export const SCENARIOS: readonly Scenario[] = [
  {
    name: "the installation of Mosquitto's configuration files",
    requiredProgram: [findProgram("mosquitto_passwd"), "mosquitto_passwd"],
    files: { "etc/mosquitto/conf.d/README": "" },
    steps: [
      "sudo cp mosquitto.conf /etc/mosquitto/conf.d/nightlight.conf",
      "sudo cp nightlight.acl /etc/mosquitto/nightlight.acl",
      "sudo touch /etc/mosquitto/nightlight.passwd",
      'sudo mosquitto_passwd -b /etc/mosquitto/nightlight.passwd nightlight-server "$(openssl rand -hex 16)"',
      "sudo chown mosquitto: /etc/mosquitto/nightlight.*",
      "sudo chmod 600 /etc/mosquitto/nightlight.*",
      "sudo systemctl restart mosquitto",
      "sudo systemctl reload mosquitto",
    ].map((command) => ({
      command,
      folder: "docs/how-to/mosquitto",
      replacements: { "/etc/mosquitto": "$REPOSITORY/etc/mosquitto" },
    })),
    check: async (sandbox) => {
      const passwords = path.join(sandbox.folder, "etc/mosquitto/nightlight.passwd");
      expect(await readFile(passwords, "utf8")).toMatch(/^nightlight-server:\$/);
      expect(await sandbox.readRecordedCalls()).toMatch(/systemctl restart mosquitto\nsystemctl reload mosquitto/);
    },
  },
  {
    name: "the service, its log and its backup",
    files: { "var/lib/private/nightlight/users.json": "{}" },
    steps: [
      {
        command:
          "sudo systemd-run --pty --property=DynamicUser=yes --property=User=nightlight --property=StateDirectory=nightlight --setenv=NIGHTLIGHT_DATA=/var/lib/nightlight /usr/bin/env nightlight-server user add me",
      },
      { command: "sudo systemctl stop nightlight-server" },
      {
        command: "sudo tar czf nightlight-$(date +%F).tar.gz -C /var/lib/private nightlight",
        replacements: { "/var/lib/private": "$REPOSITORY/var/lib/private" },
      },
      { command: "sudo systemctl start nightlight-server" },
      { command: "systemctl reload nightlight-server" },
      { command: "journalctl -u nightlight-server -f" },
      // grep finds nothing and returns 1, because a fake program without output replaces journalctl
      { command: `journalctl -u nightlight-server -o cat | grep '"event":"rejected"'`, exitCode: 1 },
      { command: "sudo apt install python3-paho-mqtt" },
    ],
    check: async (sandbox) => {
      const calls = await sandbox.readRecordedCalls();
      expect(calls).toMatch(/^systemd-run --pty .* nightlight-server user add me$/m);
      expect(calls).toMatch(/systemctl stop nightlight-server\nsystemctl start nightlight-server/);
    },
  },
  {
    name: "a Raspberry Pi",
    requiredProgram: [PYTHON_WITH_PAHO, "Python with paho-mqtt"],
    steps: [
      {
        command: "python3 nightlight_device.py --host 192.168.1.20 --id nightlight/pi",
        folder: "docs/examples",
        replacements: {
          "192.168.1.20": "127.0.0.1 --port $NIGHTLIGHT_MQTT_PORT",
          python3: PYTHON_WITH_PAHO ?? "python3",
        },
        runsUntilStopped: true,
        expectedOutput: /lamp (on|off)/,
      },
    ],
    prepare: startApiServer,
  },
];
