import { randomInt } from "node:crypto";
import { type Json, type JsonObject } from "../rpc/json";

const DEFAULT_SPECIAL = "!@#$%&*()-_=+[]{}<>:?";
const CLASSES: [string, string, string][] = [
  ["lower", "minLower", "abcdefghijklmnopqrstuvwxyz"],
  ["upper", "minUpper", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"],
  ["numeric", "minNumeric", "0123456789"],
  ["special", "minSpecial", DEFAULT_SPECIAL],
];

/** The options of a random text with the plugin's defaults filled in. */
export function textOptions(inputs: JsonObject): JsonObject {
  const numeric = inputs["numeric"] ?? inputs["number"] ?? true;
  const options: JsonObject = { ...inputs, numeric, number: numeric };
  for (const [flag, minimum] of CLASSES) {
    options[flag] ??= true;
    options[minimum] ??= 0;
  }
  return options;
}

/** Draws a text with the minimum of each class of characters; `options` have their defaults. */
export function randomText(options: JsonObject): string {
  const length = number(options["length"]);
  const alphabets = CLASSES.map(([flag, minimum, alphabet]) => ({
    characters: alphabetOf(flag, alphabet, options),
    enabled: options[flag] === true,
    minimum: number(options[minimum]),
  }));
  const everything = alphabets
    .map(({ enabled, characters }) => (enabled ? characters : ""))
    .join("");
  const required = alphabets.flatMap(({ characters, minimum }) => draw(characters, minimum));
  if (everything === "") throw new Error("at least one class of characters must be enabled");
  if (required.length > length) {
    throw new Error(
      `length (${length}) must be at least the sum of the minima (${required.length})`,
    );
  }
  return shuffle([...required, ...draw(everything, length - required.length)]).join("");
}

function alphabetOf(flag: string, alphabet: string, options: JsonObject): string {
  const special = options["overrideSpecial"];
  return flag === "special" && typeof special === "string" && special !== "" ? special : alphabet;
}

function draw(alphabet: string, count: number): string[] {
  return Array.from({ length: count }, () => alphabet[randomInt(alphabet.length)] ?? "");
}

function shuffle<T>(items: T[]): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = randomInt(i + 1);
    [items[i], items[j]] = [items[j] as T, items[i] as T];
  }
  return items;
}

function number(value: Json | undefined): number {
  return typeof value === "number" ? value : 0;
}
