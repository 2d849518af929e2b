import type { IClientOptions, IPublishPacket, MqttClient } from "mqtt";
import mqtt from "mqtt";
import { until } from "./fixture";

/** An MQTT.js client that never reconnects by itself and remembers what it got. */
export class TestClient {
  readonly messages: { topic: string; payload: string; packet: IPublishPacket }[] = [];
  closes = 0;
  /** Reason of the server's DISCONNECT (MQTT 5). */
  disconnectReason: number | undefined;

  private constructor(
    readonly mqtt: MqttClient,
    readonly sessionPresent: boolean,
  ) {}

  static async connect(
    address: string,
    clientId: string,
    options: IClientOptions = {},
  ): Promise<TestClient> {
    const client = mqtt.connect(`mqtt://${address}:1883`, {
      clientId,
      reconnectPeriod: 0,
      connectTimeout: 20_000,
      ...options,
    });
    // Messages can follow the CONNACK at once, so they are collected before it is awaited.
    const early: TestClient["messages"] = [];
    let target = early;
    client.on("message", (topic, payload, packet) =>
      target.push({ topic, payload: payload.toString(), packet }),
    );
    const present = await new Promise<boolean>((resolve, reject) => {
      client.once("connect", (packet) => resolve(packet.sessionPresent));
      client.once("error", reject);
    });
    const result = new TestClient(client, present);
    result.messages.push(...early);
    target = result.messages;
    client.on("error", () => undefined);
    client.on("close", () => (result.closes += 1));
    client.on("disconnect", (packet) => (result.disconnectReason = packet.reasonCode));
    return result;
  }

  get payloads(): string[] {
    return this.messages.map((message) => message.payload);
  }

  async expect(...payloads: string[]): Promise<void> {
    await until(
      () => `${payloads.join()}, got ${this.payloads.join()}`,
      () => this.payloads.length >= payloads.length,
    );
    if (this.payloads.join() !== payloads.join()) {
      throw new Error(`expected ${payloads.join()}, got ${this.payloads.join()}`);
    }
  }

  /** Drops the connection without a goodbye. */
  drop(): void {
    this.mqtt.stream.destroy();
  }

  async end(): Promise<void> {
    await this.mqtt.endAsync();
  }
}
