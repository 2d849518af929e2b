import type { ConfigObject, ConfigValue } from "./hocon";
import { isObject } from "./hocon";

/** A configuration as HOCON text, two blanks a level, as `hocon_pp` prints it. */
export function hoconText(config: ConfigObject, indent = ""): string {
  return Object.entries(config)
    .map(([key, value]) => {
      const name = /^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key);
      if (!isObject(value)) return `${indent}${name} = ${plain(value)}\n`;
      return `${indent}${name} {\n${hoconText(value, `${indent}  `)}${indent}}\n`;
    })
    .join("");
}

function plain(value: ConfigValue): string {
  const word = typeof value === "string" && /^[A-Za-z][A-Za-z0-9_]*$/.test(value);
  return word && !["true", "false", "null"].includes(value) ? value : JSON.stringify(value);
}
