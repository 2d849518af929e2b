import { load } from "js-yaml";
import { setTimeout as sleep } from "node:timers/promises";
import { KubeClient, KubeError } from "../node-agent/kube/client";
import type { KubeObject } from "../node-agent/kube/types";
import { operatorDefinitions } from "../toolchain/operator-definitions";
import { SandboxError } from "../toolchain/sandbox-error";
import type { ToolchainOptions } from "../toolchain/toolchain";

const PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const APPLY = "application/apply-patch+yaml";

/** Seconds until the API server serves a definition. */
const PATIENCE = 30;

interface Definition extends KubeObject {
  status?: { conditions?: { type: string; status: string }[] };
}

/** Makes the API server know PodMonitor and PrometheusRule, by the operator's own definitions. */
export async function installDefinitions(
  kubeconfig: string,
  options: ToolchainOptions = {},
): Promise<void> {
  const api = await KubeClient.fromFile(kubeconfig);
  const names: string[] = [];
  for (const text of await operatorDefinitions(["podmonitors", "prometheusrules"], options)) {
    const definition = load(text) as Definition;
    const { name } = definition.metadata;
    await api.patch(`${PATH}/${name}?fieldManager=sandbox&force=true`, definition, APPLY);
    names.push(name);
  }
  const deadline = Date.now() + PATIENCE * 1000;
  for (const name of names) {
    while (!(await isServed(api, name))) {
      if (Date.now() > deadline) {
        throw new SandboxError(
          "SANDBOX_START_FAILED",
          `Expected the API server to serve ${name} within ${PATIENCE} s. Look at its log in the sandbox's folder.`,
        );
      }
      await sleep(100);
    }
  }
}

/** Takes the definitions away again, and with them every object of theirs. */
export async function removeDefinitions(kubeconfig: string): Promise<void> {
  const api = await KubeClient.fromFile(kubeconfig);
  for (const plural of ["podmonitors", "prometheusrules"]) {
    await api.delete(`${PATH}/${plural}.monitoring.coreos.com`);
  }
}

/** An established definition answers 429 until its storage is there. */
async function isServed(api: KubeClient, name: string): Promise<boolean> {
  if (!isEstablished(await api.get<Definition>(`${PATH}/${name}`))) return false;
  const [plural = ""] = name.split(".");
  try {
    await api.get(`/apis/monitoring.coreos.com/v1/${plural}?limit=1`);
    return true;
  } catch (error) {
    if (error instanceof KubeError && (error.status === 404 || error.status === 429)) return false;
    throw error;
  }
}

const isEstablished = ({ status }: Definition): boolean =>
  status?.conditions?.some((each) => each.type === "Established" && each.status === "True") ??
  false;
