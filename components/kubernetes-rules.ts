/** What Kubernetes demands of names, labels, annotations and environment, so that a preview says it. */
import { shown } from "./shown";
import {
  all,
  fragmentOf,
  integer,
  isObject,
  list,
  object,
  oneOf,
  open,
  record,
  secret,
  text,
  type Problem,
  type Rule,
} from "./shape";

/** Bytes of all annotations of an object together. */
const MAX_ANNOTATIONS = 256 * 1024;
/** Bytes of one `NAME=value` that Linux passes to a process (MAX_ARG_STRLEN), its end included. */
const MAX_ENV = 128 * 1024;

const LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";

export const dnsLabel: Rule = text(
  "a lower-case DNS label of at most 63 characters",
  new RegExp(`^${LABEL}$`),
);

/** Name of most objects. */
export const dnsName: Rule = text(
  "a name of lower-case letters, digits, `-` and `.`, of at most 253 characters",
  new RegExp(`^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`),
);

/** Key in a Secret or ConfigMap. */
export const dataKey: Rule = text("a key of letters, digits, `-`, `_` or `.`", /^[-.\w]{1,253}$/);

export const anyText: Rule = text("a string", /^[^]*$/);

const QUALIFIED = new RegExp(
  `^((?=[^/]{1,253}/)${LABEL}(\\.${LABEL})*/)?[A-Za-z\\d]([-\\w.]{0,61}[A-Za-z\\d])?$`,
);

/** Names of labels and annotations. */
function keys(whose: string): Rule {
  return (value, path, problems) => {
    for (const key of isObject(value) ? Object.keys(value) : []) {
      if (QUALIFIED.test(key)) continue;
      const reason =
        `Expected every key of \`${path}\` to be ${whose} key, such as \`example.com/name\` with at most 63 characters ` +
        `after the \`/\`, got \`${shown(key)}\`.`;
      problems.push({ property: path, reason });
    }
  };
}

export const labels: Rule = all(
  record(
    text(
      "a label value: at most 63 letters, digits, `-`, `_` or `.`, a letter or digit at both ends",
      /^([A-Za-z\d]([-\w.]{0,61}[A-Za-z\d])?)?$/,
    ),
  ),
  keys("a label's"),
);

export const annotations: Rule = all(
  record(anyText),
  keys("an annotation's"),
  (value, path, problems) => {
    const bytes = Object.entries(isObject(value) ? value : {}).reduce(
      (sum, [key, v]) =>
        sum + Buffer.byteLength(key) + Buffer.byteLength(typeof v === "string" ? v : ""),
      0,
    );
    if (bytes <= MAX_ANNOTATIONS) return;
    const reason = `Expected \`${path}\` to have at most ${MAX_ANNOTATIONS} bytes, got ${bytes}.`;
    problems.push({ property: path, reason });
  },
);

/** `$(NAME)` in a value is Kubernetes' own reference to another variable. */
const envEntry: Rule = all(
  object(
    {
      name: open(text("the name of an environment variable", /^[-._a-zA-Z][-._a-zA-Z0-9]*$/)),
      value: anyText,
      valueFrom: fragmentOf({}),
    },
    ["name"],
  ),
  (value, path, problems) => {
    if (!isObject(value)) return;
    const { name, value: given, valueFrom } = value;
    if (typeof given === "string" && valueFrom !== undefined && valueFrom !== null && given) {
      problems.push({
        property: path,
        reason: `Expected only one of \`value\` and \`valueFrom\` in \`${path}\`, got both.`,
      });
    }
    if (typeof name !== "string" || typeof given !== "string") return;
    const bytes = Buffer.byteLength(`${name}=${given}`);
    if (bytes < MAX_ENV) return;
    const reason =
      `Expected \`${path}\` to have less than ${MAX_ENV} bytes, got ${bytes}: Linux passes no longer ` +
      "variable to a process. Mount a file instead.";
    problems.push({ property: path, reason });
  },
);

export const env: Rule = secret(list(envEntry));

const port = integer(1, 65_535);

export const servicePorts: Rule = all(
  list(fragmentOf({ port, name: dnsLabel, nodePort: integer(0, 65_535) }, ["port"])),
  unique("name"),
);

export const containerPorts: Rule = list(
  fragmentOf(
    {
      containerPort: port,
      name: text(
        "at most 15 lower-case letters, digits and `-`, with a letter",
        /^(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$/,
      ),
    },
    ["containerPort"],
  ),
);

export const serviceType = oneOf("ClusterIP", "NodePort", "LoadBalancer");

/** No two items of a list have the same value of a field. */
export function unique(field: string): Rule {
  return (value, path, problems) => {
    const seen = new Set<unknown>();
    for (const [index, item] of (Array.isArray(value) ? value : []).entries()) {
      const own: unknown = isObject(item) ? item[field] : undefined;
      if (typeof own !== "string") continue;
      if (seen.has(own)) problems.push(twice(`${path}[${index}].${field}`, own));
      seen.add(own);
    }
  };
}

const twice = (path: string, value: string): Problem => ({
  property: path,
  reason: `Expected \`${path}\` to differ from the others, got \`${shown(value)}\` twice.`,
});
