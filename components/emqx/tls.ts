/** TLS to EMQX's HTTP API, through whatever stream leads to the pod. */
import type { Duplex } from "node:stream";
import { checkServerIdentity, connect, rootCertificates, type TLSSocket } from "node:tls";
import { EmqxError } from "../errors";
import { names } from "../labels";
import type { Site } from "../rollout/types";

/** How far the certificate of a dashboard that listens on HTTPS is trusted; nothing of it is secret. */
export interface DashboardTls {
  /** Certificates of private authorities, in PEM; those that Node trusts count as well. */
  caBundle?: string;
  /** The only name that the certificate may have. Default: the node's or the dashboard Service's. */
  serverName?: string;
  /** Take any certificate. Default false. */
  insecureSkipVerify?: boolean;
}

/** Milliseconds for the handshake; it needs two answers of the pod. */
const HANDSHAKE_TIMEOUT = 5_000;

/** Puts TLS on a stream to a pod; rejects with EMQX_API_UNREACHABLE and what is wrong with the certificate. */
export function secured(stream: Duplex, pod: string, site: TlsSite): Promise<TLSSocket> {
  const { caBundle, serverName, insecureSkipVerify = false } = site.dashboardTls ?? {};
  const accepted = serverName === undefined ? serverNames(site, pod) : [serverName];
  const [first = pod] = accepted;
  return new Promise((resolve, reject) => {
    const socket = connect({
      socket: stream,
      servername: first,
      rejectUnauthorized: !insecureSkipVerify,
      ...(caBundle !== undefined && { ca: [...rootCertificates, caBundle] }),
      checkServerIdentity: (_, certificate) => {
        const wrong = accepted.map((name) => checkServerIdentity(name, certificate));
        return wrong.includes(undefined) ? undefined : wrong[0];
      },
    });
    const alarm = setTimeout(
      () => socket.destroy(new Error(`no TLS handshake in ${HANDSHAKE_TIMEOUT / 1000} s`)),
      HANDSHAKE_TIMEOUT,
    );
    const fail = (cause: NodeJS.ErrnoException): void => {
      clearTimeout(alarm);
      reject(refusal(pod, accepted, cause));
      stream.destroy();
    };
    // A peer without TLS may just hang up, which is no error of the stream.
    const close = (): void => fail(new Error("the connection ended during the TLS handshake"));
    socket.once("error", fail).once("close", close);
    socket.once("secureConnect", () => {
      clearTimeout(alarm);
      socket.off("error", fail).off("close", close);
      resolve(socket);
    });
  });
}

export type TlsSite = Pick<
  Site,
  "name" | "namespace" | "clusterDomain" | "dashboardTls" | "dashboardService"
>;

/** What people write into such a certificate: the node's name, or the Service's, short or whole. */
function serverNames(site: TlsSite, pod: string): string[] {
  const { name, namespace, clusterDomain, dashboardService = names.dashboard(name) } = site;
  const headless = `${names.headless(name)}.${namespace}.svc.${clusterDomain}`;
  const short = `${dashboardService}.${namespace}.svc`;
  return [`${short}.${clusterDomain}`, short, `${pod}.${headless}`];
}

const UNTRUSTED = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

function refusal(pod: string, accepted: string[], cause: NodeJS.ErrnoException): EmqxError {
  const { code = "", message } = cause;
  return new EmqxError(
    "EMQX_API_UNREACHABLE",
    `Expected a certificate of EMQX in pod ${pod} that can be trusted, got: ${message}. ${advice(code, accepted)}`,
    { cause },
  );
}

function advice(code: string, accepted: string[]): string {
  if (UNTRUSTED.has(code)) {
    return "Give the authority that has signed it, in PEM, as `dashboardTls.caBundle`.";
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return `Its name must be one of ${accepted.join(", ")}; name another with \`dashboardTls.serverName\`.`;
  }
  if (code === "CERT_HAS_EXPIRED") {
    return "Renew it in the Secret that the pods mount; EMQX reads it again within two minutes.";
  }
  return "Is `dashboard.listeners.https` what the pod listens with, and is its certificate in order?";
}
