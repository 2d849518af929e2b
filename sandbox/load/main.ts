/** The fleet's process: obeys its parent over IPC and ends with it. */
import { Fleet } from "./fleet";
import type { Order, Report } from "./messages";

let fleet: Fleet | undefined;

function say(report: Report): void {
  if (process.connected) process.send?.(report);
}

async function obey(order: Order): Promise<Report> {
  const { id } = order;
  if (order.do === "rampUp") {
    fleet = await Fleet.open(order.options, (sample, pods) =>
      say({ kind: "sample", sample, pods }),
    );
    await fleet.rampUp();
    return { kind: "answer", id };
  }
  if (!fleet) throw new Error(`Expected \`rampUp\` before \`${order.do}\`.`);
  if (order.do === "settle") return { kind: "answer", id, figures: await fleet.settle() };
  if (order.do === "figures") return { kind: "answer", id, figures: fleet.figures() };
  fleet.close();
  return { kind: "answer", id };
}

process.on("message", (order: Order) => {
  obey(order).then(say, (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    say({ kind: "answer", id: order.id, error: message });
  });
});
process.on("disconnect", () => process.exit(0));
// Ctrl-C goes to the whole terminal: the parent decides when the fleet ends.
process.on("SIGINT", () => {});
