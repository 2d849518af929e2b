/** `emqxConfig`: free keys of `emqx.conf`, apart from those by which the nodes find each other. */
import { isObject, record, type Rule } from "../shape";
import { text } from "../shape";

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

/** The HTTP API that probes and evacuation use, and on which port. */
const MANAGEMENT = "management.listener.http";

export const emqxConfigRule: Rule = (value, path, problems) => {
  record(text("a string", /^[^]*$/))(value, path, problems);
  if (!isObject(value)) return;
  for (const [key, setting] of Object.entries(value)) {
    const at = `${path}[${JSON.stringify(key)}]`;
    const only = FIXED[key];
    const reason = Object.hasOwn(REFUSED, key) ? REFUSED[key] : undefined;
    if (reason) {
      problems.push({ property: at, reason: `\`${at}\` cannot be set: ${reason}. Remove it.` });
    } else if (only !== undefined && Object.hasOwn(FIXED, key) && setting !== only) {
      const text = `Expected \`${at}\` to be \`${only}\`: the nodes find each other by DNS. Remove it.`;
      problems.push({ property: at, reason: text });
    } else if (!/^[a-z][\w.]*$/i.test(key)) {
      const text = `Expected the keys of \`${path}\` to be settings such as \`zone.external.max_packet_size\`, got \`${key}\`.`;
      problems.push({ property: at, reason: text });
    } else if (key === MANAGEMENT && typeof setting === "string" && !/\d$/.test(setting.trim())) {
      const text = `Expected \`${at}\` to end in a port: probes and evacuation use it.`;
      problems.push({ property: at, reason: text });
    }
  }
};
