import { createHmac } from "node:crypto";
import type { EmqxVersion } from "./image";
import { atLeast } from "./image";

/** A licence as the REST API shows it. */
export interface License {
  type: "community" | "trial" | "official";
  customer: string;
  email: string;
  deployment: string;
  customerType: number;
  maxSessions: number;
  startAt: string;
  expiryAt: string;
}

const SIGNING_KEY = "pulumi-emqx sandbox licence";

/** What `mintLicense` may be given. */
export interface LicenseTerms {
  /** Sessions that the cluster may hold. */
  maxSessions: number;
  /** Days until it expires; negative for one that has expired. */
  expiresInDays: number;
  /** @default "official" */
  type?: License["type"];
  /** 0 standard, 1 and 2 medium and large, 3 business critical, 5 education, 10 evaluation, 11 developer. @default 2 */
  customerType?: number;
}

/** The kinds as the payload's second line numbers them (emqx_license.hrl). */
const TYPES: License["type"][] = ["trial", "official", "community"];

/** Customer types that have rules of their own. */
const STANDARD = 0;
export const EVALUATION = 10;

const VERSION = "220111";

/**
 * Makes a key that simulated nodes accept, in EMQX's shape base64(payload).base64(signature). The payload's lines are those
 * that `emqx_license_parser_v20220101` reads: format version, type, customer type, customer, e-mail, deployment, first day
 * as YYYYMMDD, days from it, sessions.
 */
export function mintLicense(terms: LicenseTerms): string {
  const age = Math.max(365, 1 - terms.expiresInDays);
  const start = new Date(Date.now() - age * 86_400_000);
  const days = age + terms.expiresInDays;
  const payload = [
    VERSION,
    String(TYPES.indexOf(terms.type ?? "official")),
    String(terms.customerType ?? 2),
    "Sandbox",
    "sandbox@example.org",
    "sandbox",
    day(start).replaceAll("-", ""),
    String(days),
    String(terms.maxSessions),
  ].join("\n");
  return `${Buffer.from(payload).toString("base64")}.${sign(payload)}`;
}

/** Reads a key: `default`, `evaluation` or a minted one; undefined when it is none of these. */
export function readLicense(key: string, version: EmqxVersion): License | undefined {
  if (key === "evaluation") return TRIAL;
  if (key === "default") return atLeast(version, 5, 9) ? COMMUNITY : TRIAL;
  const [encoded, signature] = key.replaceAll(/\s/g, "").split(".");
  const payload = Buffer.from(encoded ?? "", "base64").toString();
  if (signature !== sign(payload)) return undefined;
  const lines = payload.split("\n");
  const [format, type, customerType, customer, email, deployment, start, days, sessions] = lines;
  const kind = TYPES[Number(type)];
  if (format !== VERSION || lines.length < 9 || !kind) return undefined;
  const startAt = (start ?? "").replace(/(\d{4})(\d\d)(\d\d)/, "$1-$2-$3");
  return {
    type: kind,
    customer: customer ?? "",
    email: email ?? "",
    deployment: deployment ?? "",
    customerType: Number(customerType),
    maxSessions: Number(sessions),
    startAt,
    expiryAt: day(new Date(Date.parse(startAt) + Number(days) * 86_400_000)),
  };
}

/** True when the licence's last day has passed. */
export function isExpired(license: License, now = Date.now()): boolean {
  return Date.parse(license.expiryAt) < now;
}

/**
 * True when new connections are refused because of the licence's age: trials from the day after their last, small
 * customers' 90 days later (15 from 6.2 on), all other official licences never (emqx_license_checker:is_overdue/2).
 */
export function isOverdue(license: License, version: EmqxVersion, now = Date.now()): boolean {
  const daysOver = Math.floor((now - Date.parse(license.expiryAt)) / 86_400_000);
  const grace = atLeast(version, 6, 2) ? 15 : 90;
  if (license.customerType === STANDARD && daysOver > grace) return true;
  return license.type !== "official" && daysOver > 0;
}

/** Sessions at which new connects are refused: small licences are exact, others have 10 % grace. */
export function sessionLimit(license: License): number {
  return license.maxSessions <= 25 ? license.maxSessions : Math.round(license.maxSessions * 1.1);
}

/** The body of `GET /license`. */
export function licenseBody(license: License, now: number): Record<string, unknown> {
  return {
    customer: license.customer,
    customer_type: license.customerType,
    deployment: license.deployment,
    email: license.email,
    expiry: isExpired(license, now),
    expiry_at: license.expiryAt,
    max_connections: license.maxSessions,
    max_sessions: license.maxSessions,
    max_tps: "infinity",
    start_at: license.startAt,
    type: license.type,
  };
}

const TRIAL: License = {
  type: "trial",
  customer: "Evaluation",
  email: "contact@emqx.io",
  deployment: "trial",
  customerType: EVALUATION,
  maxSessions: 25,
  startAt: "2025-03-02",
  expiryAt: "2029-03-01",
};

const COMMUNITY: License = {
  ...TRIAL,
  type: "community",
  customer: "Community",
  deployment: "default",
  customerType: 11,
  maxSessions: 10_000_000,
};

function sign(payload: string): string {
  return createHmac("sha256", SIGNING_KEY).update(payload).digest("base64");
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
