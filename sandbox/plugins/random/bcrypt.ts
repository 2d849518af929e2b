import { fractionOfPi } from "./pi";

const SUBKEYS = 18;
const BOX = 256;
const ALPHABET = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/** "OrpheanBeholderScryDoubt", bcrypt's plaintext. */
const PLAINTEXT = Buffer.from("OrpheanBeholderScryDoubt", "latin1");

let initial: Int32Array | undefined;

/** A `$2a$` hash of a password; `salt` has 16 bytes, the work is 2^`cost` rounds. */
export function bcrypt(password: string, salt: Buffer, cost: number): string {
  initial ??= Int32Array.from(fractionOfPi(SUBKEYS + 4 * BOX), (word) => word | 0);
  const state = initial.slice();
  const secret = Buffer.concat([Buffer.from(password, "utf8"), Buffer.from([0])]).subarray(0, 72);
  const key = words(secret, SUBKEYS);
  const saltAsKey = words(salt, SUBKEYS);
  const saltWords = words(salt, 4);
  const nothing = new Int32Array(4);
  expand(state, key, saltWords);
  for (let round = 0; round < 2 ** cost; round++) {
    expand(state, key, nothing);
    expand(state, saltAsKey, nothing);
  }
  const text = words(PLAINTEXT, PLAINTEXT.length / 4);
  for (let pair = 0; pair < text.length; pair += 2) {
    for (let i = 0; i < 64; i++) encipher(state, text, pair);
  }
  const digest = Buffer.alloc(PLAINTEXT.length);
  text.forEach((word, i) => digest.writeInt32BE(word, i * 4));
  const rounds = String(cost).padStart(2, "0");
  return `$2a$${rounds}$${encode(salt)}${encode(digest.subarray(0, 23))}`;
}

/** Big-endian words of bytes that repeat for ever. */
function words(bytes: Buffer, count: number): Int32Array {
  const byte = (i: number): number => bytes[i % bytes.length] ?? 0;
  return Int32Array.from(
    { length: count },
    (_, i) =>
      (byte(4 * i) << 24) | (byte(4 * i + 1) << 16) | (byte(4 * i + 2) << 8) | byte(4 * i + 3),
  );
}

function expand(state: Int32Array, key: Int32Array, salt: Int32Array): void {
  for (let i = 0; i < SUBKEYS; i++) state[i]! ^= key[i]!;
  const block = new Int32Array(2);
  for (let i = 0; i < state.length; i += 2) {
    block[0]! ^= salt[i & 2]!;
    block[1]! ^= salt[(i & 2) + 1]!;
    encipher(state, block, 0);
    state[i] = block[0]!;
    state[i + 1] = block[1]!;
  }
}

/** One Blowfish block, in place; `state` is the 18 subkeys followed by the four S-boxes. */
function encipher(state: Int32Array, text: Int32Array, at: number): void {
  // Some 17 million rounds a hash: plain loops and integers keep it below half a second.
  let left = text[at]! ^ state[0]!;
  let right = text[at + 1]!;
  for (let round = 1; round <= 16; round++) {
    let mixed = (state[18 + (left >>> 24)]! + state[274 + ((left >>> 16) & 0xff)]!) | 0;
    mixed = ((mixed ^ state[530 + ((left >>> 8) & 0xff)]!) + state[786 + (left & 0xff)]!) | 0;
    const next = right ^ mixed ^ state[round]!;
    right = left;
    left = next;
  }
  text[at] = right ^ state[17]!;
  text[at + 1] = left;
}

/** bcrypt's base64: its own alphabet, no padding. */
function encode(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{1,6}/g) ?? [])
    .map((chunk) => ALPHABET[parseInt(chunk.padEnd(6, "0"), 2)])
    .join("");
}
