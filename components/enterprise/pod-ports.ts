/** Ports of an EMQX 4.4 container and of its Service. */
import type { EnterpriseInputs } from "./inputs";
import {
  containerOf,
  dashboardPort,
  listOf,
  managementPort,
  mqttPorts,
  settingsOf,
  type DeclaredPort,
} from "./settings";

interface ContainerPort {
  name?: string;
  containerPort: number;
  protocol?: string;
}

/** Kubernetes allows a container port's name 15 characters. */
const MANAGEMENT = "http-management";
export const DASHBOARD = "http-dashboard";

/** The user's ports, whatever they are called, then what EMQX listens on besides. */
export function containerPorts(inputs: EnterpriseInputs): ContainerPort[] {
  const container = containerOf(inputs);
  const settings = settingsOf(container);
  const user = listOf<ContainerPort>(container.ports);
  const dashboard = dashboardPort(settings);
  const ours: ContainerPort[] = [
    ...mqttPorts(settings).map(({ name, port }) => ({ name, containerPort: port })),
    { name: MANAGEMENT, containerPort: managementPort(settings) },
    ...(dashboard === undefined ? [] : [{ name: DASHBOARD, containerPort: dashboard }]),
    { name: "ekka", containerPort: 4370 },
    { name: "genrpc", containerPort: 5369 },
  ];
  const taken = ({ name, containerPort }: ContainerPort) =>
    user.some(
      (own) =>
        own.name === name ||
        (own.containerPort === containerPort && (own.protocol ?? "TCP") === "TCP"),
    );
  return [
    ...user,
    ...ours.filter((port) => !taken(port)).map((port) => ({ ...port, protocol: "TCP" })),
  ];
}

/** Ports of the Service, with the operator's names; the user's come first (`services.ts`). */
export function servicePorts(inputs: EnterpriseInputs): (DeclaredPort & { protocol: string })[] {
  const settings = settingsOf(containerOf(inputs));
  const management = managementPort(settings);
  const dashboard = dashboardPort(settings);
  return [
    ...mqttPorts(settings),
    { name: `${MANAGEMENT}-${management}`, port: management },
    ...(dashboard === undefined ? [] : [{ name: `${DASHBOARD}-${dashboard}`, port: dashboard }]),
  ].map((port) => ({ ...port, protocol: "TCP" }));
}

/** What the dashboard's container port is called, which a PodMonitor selects; undefined when it has none. */
export function dashboardPortName(inputs: EnterpriseInputs): string | undefined {
  const wanted = dashboardPort(settingsOf(containerOf(inputs)));
  return containerPorts(inputs).find(({ containerPort }) => containerPort === wanted)?.name;
}
