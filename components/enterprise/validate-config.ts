/** `emqxConfig`: free keys of `emqx.conf`, apart from those by which the nodes find each other. */
import { shown } from "../shown";
import { isObject, record, secret, text, type Rule } from "../shape";
import { UNKNOWN } from "../unknown";

/** Keys that take one value only, since the colours would not cluster with another. */
const FIXED: Record<string, string> = {
  "cluster.discovery": "dns",
  "cluster.dns.type": "srv",
};

/** Keys that the component sets itself, with the reason. */
const REFUSED: Record<string, string> = {
  "cluster.dns.name": "it is the headless Service's name",
  "cluster.dns.app": "it is the part of the nodes' names before the `@`; set `name` instead",
  "node.name": "it is made of `name` and the pod's name; set `name` instead",
  "node.cookie": "one is generated, which every colour shares",
  "license.file": "it is where `license` is mounted",
  acl_file: "it is where `emqxACL` is mounted",
  "management.bootstrap_apps_file": "it is where `bootstrapAPIKeys` are mounted",
};

/** EMQX 4.4 writes a setting into a line of its file. */
export const settingRule: Rule = secret(
  text("a string on one line, without control characters", /^\P{Cc}{0,10000}$/u),
);

/** What comes before the `@` of a node's name. */
const prefix = text("at most 63 letters, digits, `-` or `_`", /^[A-Za-z\d][\w-]{0,62}$/);

/** The HTTP API that probes and evacuation use, and on which port. */
const MANAGEMENT = "management.listener.http";

export const emqxConfigRule: Rule = (value, path, problems) => {
  secret(record(settingRule))(value, path, problems);
  if (!isObject(value)) return;
  for (const [key, given] of Object.entries(value)) {
    const at = `${path}["${shown(key)}"]`;
    const only = Object.hasOwn(FIXED, key) ? FIXED[key] : undefined;
    const reason = Object.hasOwn(REFUSED, key) ? REFUSED[key] : undefined;
    if (reason) {
      problems.push({ property: at, reason: `\`${at}\` cannot be set: ${reason}. Remove it.` });
    } else if (only !== undefined && given !== only && given !== UNKNOWN) {
      const text = `Expected \`${at}\` to be \`${only}\`: the nodes find each other by DNS. Remove it.`;
      problems.push({ property: at, reason: text });
    } else if (!/^[a-z][\w.]{0,200}$/i.test(key)) {
      const text = `Expected the keys of \`${path}\` to be settings such as \`zone.external.max_packet_size\`, got \`${shown(key)}\`.`;
      problems.push({ property: at, reason: text });
    } else if (key === MANAGEMENT && typeof given === "string" && !/\d$/.test(given.trim())) {
      const text = `Expected \`${at}\` to end in a port: probes and evacuation use it.`;
      problems.push({ property: at, reason: text });
    } else if (key === "name") {
      prefix(given, at, problems);
    }
  }
};
