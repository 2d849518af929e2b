import { coloursOf } from "../../sandbox/measure/colours";
import { readEndState } from "../../sandbox/measure/emqx-api";
import { makeReport } from "../../sandbox/measure/make-report";
import { Observer } from "../../sandbox/measure/observer";
import type { Report } from "../../sandbox/measure/report";
import { PACE, type Soak } from "./soak";
import { endOf, type Step } from "./step";

/** Performs a step under load and reports what clients and the API server saw. */
export async function measure(
  soak: Soak,
  step: Step,
  perform: () => Promise<void>,
): Promise<Report> {
  const { watched } = soak.scenario;
  const fleet = await soak.connect();
  const observer = await Observer.start(watched);
  try {
    const startedAt = Date.now();
    await perform();
    const endedAt = Date.now();
    const colours = coloursOf(observer.log, startedAt);
    const kept = colours?.kept ?? [observer.selected ?? ""];
    const end = await readEndState(watched, ...kept);
    const figures = await fleet.settle();
    const goals = [step.from, step.goal, endOf(step)];
    const { cores, replicants } = endOf(step);
    return makeReport({
      terms: {
        ...PACE,
        cluster: watched.cluster,
        from: step.from.image,
        to: endOf(step).image,
        replicas: cores,
        // What each Service may lead to holds at every moment only where the roles stay.
        ...(goals.every((goal) => goal.replicants > 0) && { replicants }),
        switches: colours?.blue !== colours?.green,
      },
      startedAt,
      endedAt,
      fleet: figures,
      log: observer.log,
      end,
    });
  } finally {
    observer.stop();
    await fleet.stop();
  }
}
