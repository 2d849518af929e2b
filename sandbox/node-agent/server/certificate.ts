import { createPrivateKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { bits, der, explicit, integer, octets, oid, sequence, set, text, utcTime } from "./der";

export interface KeyPair {
  /** PEM. */
  key: string;
  /** PEM. */
  cert: string;
}

const ECDSA_WITH_SHA256 = sequence(oid("1.2.840.10045.4.3.2"));
const DAY = 24 * 60 * 60 * 1000;

/** A private authority, able to issue. */
export interface Authority extends KeyPair {
  name: string;
}

/**
 * A throwaway self-signed certificate for one name and one IPv4 address. Node can use X.509 but
 * not issue it, and OpenSSL need not be installed.
 */
export function selfSigned(name: string, address: string, now = new Date()): KeyPair {
  const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const extension = alternatives([name], address);
  return certify({ subject: name, keys, issuer: name, signer: keys.privateKey, extension, now });
}

/** A throwaway authority. */
export function authority(name: string, now = new Date()): Authority {
  const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const isAuthority = sequence(der(0x01, Buffer.from([0xff])));
  const extension = sequence(oid("2.5.29.19"), octets(isAuthority));
  const signer = keys.privateKey;
  return { name, ...certify({ subject: name, keys, issuer: name, signer, extension, now }) };
}

/** A certificate for DNS names, by an authority; it began a day before `now` and lasts ten years. */
export function issue(by: Authority, names: [string, ...string[]], now = new Date()): KeyPair {
  const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const signer = createPrivateKey(by.key);
  const extension = alternatives(names);
  return certify({ subject: names[0], keys, issuer: by.name, signer, extension, now });
}

interface Certification {
  subject: string;
  keys: { privateKey: KeyObject; publicKey: KeyObject };
  issuer: string;
  signer: KeyObject;
  extension: Buffer;
  now: Date;
}

function certify({ subject, keys, issuer, signer, extension, now }: Certification): KeyPair {
  const certificate = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(randomBytes(16)),
    ECDSA_WITH_SHA256,
    commonName(issuer),
    sequence(utcTime(new Date(now.getTime() - DAY)), utcTime(new Date(now.getTime() + 3650 * DAY))),
    commonName(subject),
    keys.publicKey.export({ type: "spki", format: "der" }),
    explicit(3, sequence(extension)),
  );
  const signature = sign("sha256", certificate, signer);
  const whole = sequence(certificate, ECDSA_WITH_SHA256, bits(signature));
  return {
    key: keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: pem(whole),
  };
}

const commonName = (name: string): Buffer => sequence(set(sequence(oid("2.5.4.3"), text(name))));

/** The extension that lists what a certificate is for. */
function alternatives(names: string[], address?: string): Buffer {
  const entries = names.map((name) => der(0x82, Buffer.from(name, "ascii")));
  if (address !== undefined) entries.push(der(0x87, Buffer.from(address.split(".").map(Number))));
  return sequence(oid("2.5.29.17"), octets(sequence(...entries)));
}

function pem(certificate: Buffer): string {
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
