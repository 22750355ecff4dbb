/** What `nightlight-server config init` writes: to be edited. */
export const EXAMPLE = `# The configuration of nightlight-server. Every setting may be left out; the lines below that begin with # show what
# else there is, with the defaults. Times have a unit: ms, s, min, h or d. File names are relative to this file.
#
#   nightlight-server config check     says whether all is in order, and if not, in which line
#   nightlight-server config print     shows all settings as they are in effect
#
# A running server reads this file again on SIGHUP (systemctl reload, kill -HUP).

# The rule of every lamp that is in no zone, and of zones that say nothing else. The light goes from 0 (dark) to 1023.
rule:
  threshold: 300 # on below it
  hysteresis: 20 # off again only from threshold + hysteresis on, so that a lamp does not flicker at dusk
  min_on: 10 s # once on, a lamp stays on for so long
  min_off: 10 s

# Sensors that decide together for lamps. Devices are named by their ids, in full; these are of the simulated boards
# that "npm start -- --boards 4" brings. A device that is in no zone decides for itself.
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
    combine: median # or any (one that is dark is enough), all, at_least
    # at_least: 2 # with combine: at_least, how many must be dark
    # stale_after: 90 s # a sensor that has been silent for so long is left out

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
      # time_zone: Europe/Berlin # this machine's unless given
      # outside: off

# What people read instead of an id; and a rule of its own for a device that is in no zone.
devices:
  nightlight/sim-1:
    label: Front door
  # nightlight/porch:
  #   rule:
  #     threshold: 250

# How boards report.
# reporting:
#   report: change # or interval
#   dead_band: 40 # how far the light must move to be reported
#   heartbeat: 30 s # the longest silence
#   alone_after: 10 s # then a board decides for itself

# How long the history is kept; "history: false" for none, "forever" for ever.
# history:
#   readings: 30 d
#   switches: 365 d

# Join a broker instead of carrying one.
# broker:
#   url: mqtts://broker.example.org
#   username: nightlight
#   password_file: broker.password
# topic_prefix: nightlight

# Where to listen. Beyond this machine, people and boards need accounts: nightlight-server user add --help
# host: 0.0.0.0
# mqtt_port: 1883
# http_port: 8080
# tls:
#   cert: fullchain.pem
#   key: privkey.pem

# Home Assistant finds the boards by itself; "home_assistant: false" hides them.
# home_assistant:
#   discovery_prefix: homeassistant

# data: .nightlight # the folder for what must survive a restart
# log: pretty # or json
# log_messages: condensed # or all: a line for every message, however many there are
`;
