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
}

/** Makes a key that simulated nodes accept, in EMQX's shape base64(payload).base64(signature). */
export function mintLicense(terms: LicenseTerms): string {
  const start = new Date(Date.now() - 365 * 86_400_000);
  const days = 365 + terms.expiresInDays;
  const payload = [
    "220111",
    "1",
    "2",
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
  const [encoded, signature] = key.split(".");
  const payload = Buffer.from(encoded ?? "", "base64").toString();
  if (signature !== sign(payload)) return undefined;
  const [, , customerType, customer, email, deployment, start, days, sessions] =
    payload.split("\n");
  const startAt = (start ?? "").replace(/(\d{4})(\d\d)(\d\d)/, "$1-$2-$3");
  return {
    type: "official",
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

/** Sessions at which new connects are refused: small licences are exact, others have 10 % grace. */
export function sessionLimit(license: License): number {
  return license.maxSessions <= 25 ? license.maxSessions : Math.floor(license.maxSessions * 1.1);
}

/** The body of `GET /license`. */
export function licenseBody(license: License): Record<string, unknown> {
  return {
    customer: license.customer,
    customer_type: license.customerType,
    deployment: license.deployment,
    email: license.email,
    expiry: isExpired(license),
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
  customerType: 10,
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
