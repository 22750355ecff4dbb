import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { MAX_ID_LENGTH, type Fields } from "../../../../contract/index.js";
import { StartError, UsageError } from "../../common/errors.js";
import { isLoopback, toLocalUrlHost, withoutBrackets } from "../../common/hosts.js";
import { listOwnAddresses } from "../../common/own-addresses.js";
import { checkDeviceId } from "../../security/user-changes.js";
import type { UpdateKeys } from "../../security/update-keys.js";
import { API_WORDING } from "../../security/wording.js";
import { obtainUpdateUrl } from "../../updates/update-url.js";
import { HttpError } from "../errors.js";
import { parseBody } from "../request-body.js";

/** Fields of the body of `POST /api/new-board`. `page` is the address of the page that asks, with its base path. */
export const NEW_BOARD_FIELDS = {
  id: { type: "string", required: true, maxLength: MAX_ID_LENGTH },
  page: { type: "string", maxLength: 2048 },
} as const satisfies Fields;

/** What a new board needs for program updates, in addition to its account. */
export interface NewBoardKey {
  readonly id: string;
  /** The board setting `UPDATE_URL`, which contains the key of the board. */
  readonly update_url: string;
}

export interface UpdateUrlSources {
  readonly keys: Pick<UpdateKeys, "obtain">;
  /** Returns the URL of the HTTP port for boards. */
  ownUrl(): URL;
}

/** Adds `POST /api/new-board`, which creates the key of a board for updates, or returns the existing one. */
export function addUpdateUrlRoute(app: FastifyInstance, { keys, ownUrl }: UpdateUrlSources): void {
  app.post("/api/new-board", async (request, reply) => {
    const { id, page } = parseBody(NEW_BOARD_FIELDS, request.body, "No key was created");
    try {
      checkDeviceId(id, API_WORDING);
      const update_url = await obtainUpdateUrl(id, keys, pageUrlOf(page) ?? ownUrl());
      return await reply.code(201).send({ id, update_url } satisfies NewBoardKey);
    } catch (error) {
      if (error instanceof UsageError) throw new HttpError(400, error.message);
      // The file with the keys is locked by a command, or cannot be read or written.
      if (error instanceof StartError) throw new HttpError(503, error.message);
      throw error;
    }
  });
}

/** Returns the URL of a page, unless only this machine can reach it. @throws HttpError 400 if `page` is not such a URL */
function pageUrlOf(page: string | undefined): URL | undefined {
  if (page === undefined) return undefined;
  const url = URL.canParse(page) ? new URL(page) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:")
    throw new HttpError(400, 'No key was created: "page" must be the URL of this page, such as http://nas:8080/.');
  return isLoopback(withoutBrackets(url.hostname)) ? undefined : url;
}

/**
 * Returns the URL at which boards reach the HTTP port.
 * @param host the address on which the server listens
 */
export function boardUrlOf(host: string, address: AddressInfo | string | null, isSecure: boolean): URL {
  const isEverywhere = host === "0.0.0.0" || host === "::";
  const name = (isEverywhere && listOwnAddresses()[0]) || toLocalUrlHost(host);
  return new URL(`${isSecure ? "https" : "http"}://${name}:${(address as AddressInfo).port}`);
}
