import { COMMAND_NAME } from "../common/command-name.js";

/** The example configuration that `nightlight-server config init` writes. */
export const EXAMPLE_CONFIGURATION = `# The configuration of nightlight-server. Every setting is optional; lines that begin with # show further settings with
# their defaults. Durations have a unit: ms, s, min, h or d. File names are relative to this file.
#
#   ${COMMAND_NAME} config check     reports mistakes with their lines
#   ${COMMAND_NAME} config print     prints all settings that are in effect
#
# A running server reloads this file on SIGHUP (systemctl reload, kill -HUP).

# The rule of lamps outside zones, and the default rule of zones. Light ranges from 0 (dark) to 1023.
rule:
  threshold: 300 # the lamp is on when the light is below
  hysteresis: 20 # the lamp goes off at threshold + hysteresis, so that it does not flicker at dusk
  min_on: 10 s # shortest time that a lamp stays on
  min_off: 10 s # shortest time that a lamp stays off

# Zones: sensors that together control lamps. Write device ids in full. These ids belong to the simulated boards of
# "npm start -- --boards 4". The lamp of a device outside zones follows the device's own sensor.
zones:
  hall:
    label: Entrance hall
    sensors:
      - nightlight/sim-1
      - nightlight/sim-2
      - nightlight/sim-3
    lamps:
      - nightlight/sim-1
      - nightlight/sim-2
      - nightlight/sim-3
    combine: median # or any (one dark sensor is enough), all, at_least
    # at_least: 2 # with combine: at_least, how many must be dark
    # stale_after: 90 s # a sensor without a reading for this time is ignored

  path:
    label: Garden path
    sensors:
      - nightlight/sim-4
    lamps:
      - nightlight/sim-4
    threshold: 400
    hours: # only in the evening and at night
      from: 17:00
      to: 08:00
      # time_zone: Europe/Berlin # default: the time zone of this machine
      # outside: off

# Labels that people see instead of ids, and rules for single devices outside zones.
devices:
  nightlight/sim-1:
    label: Front door
  # nightlight/porch:
  #   rule:
  #     threshold: 250

# How boards report.
# reporting:
#   report: change # or interval
#   dead_band: 40 # smallest change of light that is reported
#   heartbeat: 30 s # longest time between two reports
#   alone_after: 10 s # without a server for this time, a board decides by itself

# How long the history is kept. "forever" is allowed; "history: false" turns the history off.
# history:
#   readings: 30 d
#   switches: 365 d

# Connect to this broker instead of running an embedded one.
# broker:
#   url: mqtts://broker.example.org
#   username: nightlight
#   password_file: broker.password
# topic_prefix: nightlight

# Where to listen. Access from other machines needs accounts: ${COMMAND_NAME} user add --help
# host: 0.0.0.0
# mqtt_port: 1883
# http_port: 8080
# tls:
#   cert: fullchain.pem
#   key: privkey.pem

# Home Assistant discovers the boards automatically; "home_assistant: false" turns this off.
# home_assistant:
#   discovery_prefix: homeassistant

# Alerts: boards offline, zones without a fresh sensor, lost readings, a full disk. See docs/how-to/alerts.md.
# alerts:
#   after: 2 min # how long a problem must last
#   page: https://lights.example.org # address of the dashboard, for links in messages
#   ntfy: https://ntfy.sh/my-secret-topic # push messages to phones
#   webhook: https://example.org/hook # JSON by POST
#   webhook_authorization_file: webhook.authorization

# Updates of boards over the air offer the programs in this folder; default: the programs of this version.
# updates:
#   folder: firmware

# open: true # whether to open the dashboard when a person starts the server at a terminal
# data: /var/lib/nightlight # folder for persistent data; default: ~/.local/share/nightlight
# log: pretty # or json
# log_messages: none # or condensed: a line for every reading and command, up to 200 per second; or all
`;
