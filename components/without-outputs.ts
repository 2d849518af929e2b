import { isLater } from "./plain";
import { UNKNOWN } from "./unknown";

/** Arguments as far as they are known while the program runs; outputs and promises become unknown. */
export function withoutOutputs(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

function plain(value: unknown): unknown {
  if (isLater(value)) return UNKNOWN;
  if (Array.isArray(value)) return value.map(plain);
  return typeof value === "object" && value !== null ? withoutOutputs(value) : value;
}
