import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

/**
 * Encryption of the update protocol (WSSK) of DeviceScript's runtime. Board and server share a key of 32 bytes. Each
 * connection has its own session key, derived from random numbers of both sides. Messages are encrypted with AES-256-CCM.
 * @see https://github.com/microsoft/devicescript/blob/main/runtime/devicescript/network/wssk.c
 */

/** Length of the random numbers of board and server, in bytes. */
export const NONCE_BYTES = 16;

const CIPHER = "aes-256-ccm";
const TAG_BYTES = 4;
const CCM_NONCE_BYTES = 13;

const HELLO_MAGIC = 0xcee428ca;
const PROTOCOL_VERSION = 2;
const HELLO_BYTES = 8 + NONCE_BYTES;

/** The first encrypted message of each side, which proves that the side knows the key. */
export const PROOF = Buffer.alloc(32);

/** Creates the server's first message, which contains its random number in clear text. */
export function createHello(seed: Buffer = randomBytes(NONCE_BYTES)): Buffer {
  const hello = Buffer.alloc(HELLO_BYTES);
  hello.writeUInt32LE(HELLO_MAGIC, 0);
  hello.writeUInt32LE(PROTOCOL_VERSION, 4);
  seed.copy(hello, 8);
  return hello;
}

/** Returns the server's random number from its first message; undefined if the message is not valid. */
export function seedOf(hello: Buffer): Buffer | undefined {
  const isValid =
    hello.length >= HELLO_BYTES && hello.readUInt32LE(0) === HELLO_MAGIC && hello.readUInt32LE(4) === PROTOCOL_VERSION;
  return isValid ? hello.subarray(8, HELLO_BYTES) : undefined;
}

/** First byte of the nonces of each side's messages, so that both sides never use the same nonce. */
const FIRST_NONCE_BYTE = { board: 1, server: 2 } as const;

/** A side of the connection. */
export type Side = keyof typeof FIRST_NONCE_BYTE;

/** One side of an encrypted connection. Both sides must process the messages in the order in which they were sent. */
export class Session {
  readonly #key: Buffer;
  readonly #ownNonce: Buffer;
  readonly #otherNonce: Buffer;

  /**
   * @param side the side that this object encrypts for
   * @param boardNonce the board's random number, from the WebSocket subprotocol
   * @param seed the server's random number, from its first message
   */
  constructor(side: Side, key: Buffer, boardNonce: Buffer, seed: Buffer) {
    this.#key = Buffer.from(hkdfSync("sha256", key, Buffer.alloc(0), Buffer.concat([boardNonce, seed]), 32));
    this.#ownNonce = createNonce(side);
    this.#otherNonce = createNonce(side === "server" ? "board" : "server");
  }

  encrypt(data: Buffer): Buffer {
    const cipher = createCipheriv(CIPHER, this.#key, this.#ownNonce, { authTagLength: TAG_BYTES });
    const encrypted = cipher.update(data);
    cipher.final();
    increment(this.#ownNonce);
    return Buffer.concat([encrypted, cipher.getAuthTag()]);
  }

  /** Decrypts a message of the other side. Returns undefined if it is damaged, out of order, or has another key. */
  decrypt(message: Buffer): Buffer | undefined {
    if (message.length <= TAG_BYTES) return undefined;
    const decipher = createDecipheriv(CIPHER, this.#key, this.#otherNonce, { authTagLength: TAG_BYTES });
    decipher.setAuthTag(message.subarray(-TAG_BYTES));
    increment(this.#otherNonce);
    try {
      const data = decipher.update(message.subarray(0, -TAG_BYTES));
      decipher.final();
      return data;
    } catch {
      return undefined;
    }
  }
}

function createNonce(side: Side): Buffer {
  const nonce = Buffer.alloc(CCM_NONCE_BYTES);
  nonce[0] = FIRST_NONCE_BYTE[side];
  return nonce;
}

/** Adds one to a number with the most significant byte first. */
function increment(nonce: Buffer): void {
  for (let i = nonce.length - 1; i >= 0; i--) {
    nonce[i] = (nonce[i] + 1) & 0xff;
    if (nonce[i] !== 0) return;
  }
}
