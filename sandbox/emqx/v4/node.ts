import { log } from "../log";
import { EmqxNode } from "../node";
import { RestServer } from "../rest/server";
import { Autoclean } from "./autoclean";
import { V4LicenseGuard } from "./license";
import { V4Report } from "./report";
import { v4Dialects } from "./rest/dialects";
import type { V4Settings } from "./settings";

/** One simulated node of EMQX Enterprise 4.4: the same broker, another management side. */
export class V4Node extends EmqxNode {
  declare readonly settings: V4Settings;
  override readonly license = new V4LicenseGuard(this);
  readonly v4Report = new V4Report(this);
  private readonly autoclean = new Autoclean(this.members, this.settings.autocleanMs);

  constructor(settings: V4Settings) {
    super(settings);
  }

  override async start(): Promise<void> {
    for (const notice of this.settings.notices) log("warning", notice);
    await super.start();
    this.autoclean.start();
  }

  override async stop(): Promise<void> {
    this.autoclean.stop();
    await super.stop();
  }

  protected override createRest(): Pick<RestServer, "start" | "stop"> {
    const { address } = this.settings;
    const servers = v4Dialects(this).map(
      (dialect) => new RestServer(address, dialect, this.switches),
    );
    const all = async (work: (server: RestServer) => Promise<void>): Promise<void> => {
      await Promise.all(servers.map(work));
    };
    return { start: () => all((one) => one.start()), stop: () => all((one) => one.stop()) };
  }
}
