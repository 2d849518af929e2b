import { setTimeout as sleep } from "node:timers/promises";
import { Deck } from "../node-agent/network/deck";
import { Client, type ClientHost } from "./client";
import { followEndpoints, type Endpoints } from "./endpoints";
import type { FleetFigures, Sample } from "./figures";
import { Ledger } from "./ledger";
import type { Endpoint, FleetOptions } from "./options";
import { planFleet } from "./plan";
import { Publisher } from "./publisher";
import { Recorder } from "./recorder";
import { Wheel } from "./wheel";

const TICK_MS = 10;
const SAMPLE_MS = 250;
// Fraction of the golden ratio: multiples of it fill an interval evenly from the first one on.
const GOLDEN = 0.618_033_988_749_895;

/** N MQTT clients that stay connected, publish, and write down what happens to them. */
export class Fleet implements ClientHost {
  readonly keepaliveSeconds: number;
  private readonly clients: Client[];
  private readonly wheel: Wheel;
  private readonly recorder = new Recorder();
  private readonly ledger: Ledger;
  private readonly channels: number[][];
  private readonly publisher: Publisher;
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly sessionsLost = new Set<number>();
  private readonly deck = new Deck<Endpoint>(({ pod, host }) => `${pod} ${host}`);
  private delays = 0;

  static async open(
    options: FleetOptions,
    onSample: (sample: Sample, pods: string[]) => void,
  ): Promise<Fleet> {
    const endpoints = await followEndpoints(options.endpoints, (line) => console.error(line));
    return new Fleet(options, endpoints, onSample);
  }

  private constructor(
    private readonly options: FleetOptions,
    private readonly endpoints: Endpoints,
    onSample: (sample: Sample, pods: string[]) => void,
  ) {
    this.keepaliveSeconds = options.keepaliveSeconds;
    const plan = planFleet(options.clients, options.offline);
    this.clients = plan.clients.map((each, index) => new Client(index, each, this));
    this.channels = plan.channels;
    this.ledger = new Ledger(plan.channels.map((members) => members.length));
    this.publisher = new Publisher(plan, this.clients, this.ledger, {
      rate: options.messagesPerSecond,
      topic: (channel) => this.topic(channel),
    });
    this.wheel = new Wheel(this.clients.length, Date.now(), (index) => this.clients[index]?.wake());
    this.timers.push(
      setInterval(() => {
        const now = Date.now();
        this.wheel.turn(now);
        this.publisher.turn(now);
      }, TICK_MS),
      setInterval(() => {
        const sample = this.recorder.sample(Date.now());
        onSample(sample, this.recorder.figures().pods);
      }, SAMPLE_MS),
    );
  }

  /** Connects everybody, lets the offline ones subscribe and leave, and starts to publish. */
  async rampUp(): Promise<void> {
    const start = Date.now();
    const between = 1000 / this.options.rampPerSecond;
    this.clients.forEach(({ index }) => this.wheel.set(index, start + index * between));
    const seconds = 60 + (this.clients.length / this.options.rampPerSecond) * 3;
    await this.until(() => this.inPlace(), seconds, "everybody has connected");
    this.publisher.start(Date.now());
  }

  /** Ends the publishing, brings everybody back, and waits until nothing is under way. */
  async settle(): Promise<FleetFigures> {
    this.publisher.stop();
    for (const client of this.clients) if (client.plan.offline) client.connect();
    const online = (): boolean =>
      this.clients.every(({ state, idle }) => state === "ready" && idle);
    await this.until(online, 90, "everybody has come back").catch(() => undefined);
    // Nothing tells a subscriber that its queue is empty, so the last figures have to stand still.
    let before = -1;
    for (let same = 0; same < 4;) {
      await sleep(500);
      const { lost } = this.ledger.figures();
      same = lost === before || lost === 0 ? same + 1 : 0;
      before = lost;
    }
    return this.figures();
  }

  figures(): FleetFigures {
    const { clients, offline } = this.options;
    return {
      clients,
      offline,
      ...this.recorder.figures(),
      sessionsExpected: this.clients.filter(({ plan }) => plan.persistent).length,
      sessionsLost: this.sessionsLost.size,
      messages: this.ledger.figures((channel, member) =>
        this.sessionsLost.has(this.channels[channel]?.[member] ?? -1),
      ),
      missing: this.ledger.missing().map(([message, member]) => {
        const client = this.channels[this.ledger.channel(message) ?? -1]?.[member] ?? -1;
        return [this.clientId(client), String(message), !this.sessionsLost.has(client)];
      }),
      clientPrefix: this.clientId(""),
    };
  }

  close(): void {
    for (const timer of this.timers) clearInterval(timer);
    for (const client of this.clients) client.leave();
    this.endpoints.stop();
  }

  endpoint(): Endpoint | undefined {
    return this.deck.draw(this.endpoints.current());
  }

  clientId(index: number | ""): string {
    return `fleet-${this.options.run}-${index}`;
  }

  topic(channel: number): string {
    return `fleet/${this.options.run}/${channel}`;
  }

  wake(client: Client, milliseconds: number): void {
    this.wheel.set(client.index, Date.now() + milliseconds);
  }

  /** Spread evenly over the range instead of drawn, so that figures tell of the broker, not of dice. */
  reconnectDelay(): number {
    const [least, most] = this.options.reconnectDelay;
    this.delays = (this.delays + GOLDEN) % 1;
    return least + (most - least) * this.delays;
  }

  attempted(client: Client, endpoint: Endpoint): void {
    if (!client.known || endpoint.pod === "") return;
    this.recorder.attempt(Date.now(), this.recorder.pod(endpoint.pod));
  }

  reached(client: Client, endpoint: Endpoint, localPort: number): Endpoint {
    if (endpoint.pod !== "") return endpoint;
    const found = { ...endpoint, pod: this.endpoints.podOf(localPort) ?? "unknown" };
    this.attempted(client, found);
    return found;
  }

  accepted(client: Client, { pod }: Endpoint, attemptedAt: number, sessionPresent: boolean): void {
    const { index, plan, known } = client;
    const place = this.recorder.pod(pod);
    this.recorder.accepted(attemptedAt, Date.now(), place, index, !plan.offline);
    if (known && plan.persistent && !sessionPresent) this.sessionsLost.add(index);
  }

  refused(_client: Client, reason: string): void {
    this.recorder.refused(reason);
  }

  lost(client: Client, { pod }: Endpoint, reason: string): void {
    const counted = !client.plan.offline;
    this.recorder.lost(Date.now(), this.recorder.pod(pod), client.index, counted, reason);
  }

  ready(client: Client): void {
    if (client.plan.offline && !this.publisher.stopped) client.leave();
  }

  received(client: Client, payload: string): void {
    const { channel, member } = client.plan;
    const message = Number(payload);
    if (member === undefined || this.ledger.channel(message) !== channel) return;
    this.ledger.receive(message, member);
  }

  acknowledged(message: number): void {
    this.ledger.acknowledge(message);
  }

  private inPlace(): boolean {
    return this.clients.every(({ plan, state, known }) =>
      plan.offline ? known && state === "away" : state === "ready",
    );
  }

  private async until(done: () => boolean, seconds: number, what: string): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    while (!done()) {
      if (Date.now() > deadline) {
        const ready = this.clients.filter(({ state }) => state === "ready").length;
        const { refusals, endings } = this.recorder.figures();
        throw new Error(
          `Expected that ${what} within ${Math.round(seconds)} s, but ${ready} of ${this.clients.length} clients are ready. ` +
            `Refusals: ${JSON.stringify(refusals)}, ended connections: ${JSON.stringify(endings)}.`,
        );
      }
      await sleep(100);
    }
  }
}
