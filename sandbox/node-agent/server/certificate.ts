import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { bits, der, explicit, integer, octets, oid, sequence, set, text, utcTime } from "./der";

export interface KeyPair {
  /** PEM. */
  key: string;
  /** PEM. */
  cert: string;
}

const ECDSA_WITH_SHA256 = sequence(oid("1.2.840.10045.4.3.2"));
const DAY = 24 * 60 * 60 * 1000;

/**
 * A throwaway self-signed certificate for one name and one IPv4 address. Node can use X.509 but
 * not issue it, and OpenSSL need not be installed.
 */
export function selfSigned(name: string, address: string, now = new Date()): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const subject = sequence(set(sequence(oid("2.5.4.3"), text(name))));
  const alternatives = sequence(
    der(0x82, Buffer.from(name, "ascii")),
    der(0x87, Buffer.from(address.split(".").map(Number))),
  );
  const serial = randomBytes(16);
  const certificate = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_WITH_SHA256,
    subject,
    sequence(utcTime(new Date(now.getTime() - DAY)), utcTime(new Date(now.getTime() + 3650 * DAY))),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    explicit(3, sequence(sequence(oid("2.5.29.17"), octets(alternatives)))),
  );
  const signature = sign("sha256", certificate, privateKey);
  const whole = sequence(certificate, ECDSA_WITH_SHA256, bits(signature));
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: pem(whole),
  };
}

function pem(certificate: Buffer): string {
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
