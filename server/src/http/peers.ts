import fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import type { AlertView } from "../alerts/alert.js";
import { parseList } from "../cluster/checks/peer-messages.js";
import type { Cluster } from "../cluster/cluster-parts.js";
import type { PeerAnswer, PeerRequest } from "../cluster/peers.js";
import type { DeviceView } from "../devices/devices.js";
import { textOf } from "../common/errors.js";
import { zoneIdOf } from "../transport/scope.js";
import type { Log } from "../observability/log.js";
import type { ZoneView } from "../decisions/zones/view.js";
import { addDecisionRoutes, type ApiSources } from "./api.js";
import { addErrorHandlers, HttpError } from "./errors.js";
import type { Events } from "./events.js";

/** The parts of the server that the routes of a cluster use. */
export interface PeerRouteSources {
  readonly cluster: Cluster;
  /** The topic prefix of the server; the topics of zones begin with it. */
  readonly prefix: string;
  readonly api: ApiSources;
  readonly events: Events;
  readonly log: Log;
}

/**
 * Makes every server of a cluster answer for all devices, zones and alerts. A server forwards a request about a device
 * or zone to the server that owns it, and merges the lists of all servers. The server that the client contacts
 * authorizes the request.
 */
export function addPeerRoutes(app: FastifyInstance, { cluster, prefix, api, events, log }: PeerRouteSources): void {
  const { peers } = cluster;
  /** Application without security checks and without a port, for requests that another server has authorized. */
  const inner = fastify();
  addErrorHandlers(inner, log);
  addDecisionRoutes(inner, api);
  app.addHook("onClose", () => inner.close());

  async function answerLocally({ method, url, body }: PeerRequest): Promise<PeerAnswer> {
    const answer = await inner.inject({
      method: method as "GET",
      url,
      ...(body !== undefined && { payload: body as object }),
    });
    return { status: answer.statusCode, text: answer.body };
  }

  /**
   * Requests a list from every server. Reports an invalid list and treats it as empty.
   * @param key a field that each object of the list must have
   */
  async function listsOf<T>(url: string, key: keyof T & string): Promise<[member: string, list: T[]][]> {
    const request = { method: "GET", url, body: undefined };
    const answers = await peers.askAll(request);
    answers.set(cluster.me, await answerLocally(request));
    return Array.from(answers, ([member, { text }]) => {
      const list = parseList<T>(text, key);
      if (!list) cluster.reportDamage(member, `its answer to GET ${url} is not a list`);
      return [member, list ?? []];
    });
  }

  async function devices(): Promise<DeviceView[]> {
    const listedDevices = (await listsOf<DeviceView>("/api/devices", "id")).flatMap(([, list]) => list);
    return listedDevices.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async function zones(): Promise<ZoneView[]> {
    const all = await listsOf<ZoneView>("/api/zones", "name");
    const deciding = all.flatMap(([member, list]) => list.filter(({ name }) => cluster.ownerOf(zoneIdOf(prefix, name)) === member)); // prettier-ignore
    const byName = new Map(deciding.map((zone) => [zone.name, zone]));
    return api.zones.list().map((zone) => byName.get(zone.name) ?? zone);
  }

  async function alerts(): Promise<AlertView[]> {
    const listedAlerts = (await listsOf<AlertView>("/api/alerts", "id")).flatMap(([, list]) => list);
    return listedAlerts.sort((a, b) => (a.raised > b.raised ? -1 : 1));
  }

  peers.serve({ answer: answerLocally, events: (text) => events.relay(text) });
  events.connect({
    hasFollowers: () => peers.hasFollowers,
    send: (text) => peers.sendEvents(text),
    announceFollowers: () => peers.subscribeToEvents(),
    snapshot: async () => {
      const [allDevices, allZones, allAlerts] = await Promise.all([devices(), zones(), alerts()]);
      return [
        ["devices", allDevices],
        ["zones", allZones],
        ["alerts", allAlerts],
      ];
    },
  });

  app.addHook("preHandler", async (request, reply) => {
    const { method, body } = request;
    const url = request.routeOptions.url;
    if (method === "GET" && url === "/api/devices") return reply.send(await devices());
    if (method === "GET" && url === "/api/zones") return reply.send(await zones());
    if (method === "GET" && url === "/api/alerts") return reply.send(await alerts());
    const id = requestedIdOf(request, prefix);
    if (id === undefined) return;
    const owner = cluster.ownerOf(id);
    if (owner === cluster.me) return;
    if (owner === undefined)
      throw new HttpError(
        503,
        cluster.problem() || "The cluster is assigning devices to servers; try again in a moment.",
      );
    try {
      const { status, text } = await peers.ask(owner, { method, url: request.url, body: body ?? undefined });
      return await reply.code(status).type("application/json; charset=utf-8").send(text);
    } catch (error) {
      throw new HttpError(503, `The server that owns ${id} did not answer (${textOf(error)}); try again in a moment.`);
    }
  });
}

/** Returns the id of the device or zone to which a request refers; undefined for a request about neither. */
function requestedIdOf(
  { method, routeOptions: { url }, params, query }: FastifyRequest,
  prefix: string,
): string | undefined {
  if (url === "/api/devices/*") {
    const path = (params as { "*": string })["*"];
    return method === "GET" || method === "HEAD"
      ? path.replace(/\/actions\/\d+$/, "")
      : path.replace(/\/(mode|actions)$/, "");
  }
  if (url === "/api/recent") return String((query as { device?: unknown }).device ?? "") || undefined;
  if (url?.startsWith("/api/zones/:name")) return zoneIdOf(prefix, (params as { name: string }).name);
  return undefined;
}
