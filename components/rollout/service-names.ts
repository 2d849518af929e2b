import { names } from "../labels";
import type { Site } from "./types";

export const listenersServiceOf = (site: Site): string =>
  site.listenersService ?? names.listeners(site.name);

/** EMQX 4.4 has one Service for everything unless the site names another. */
export const dashboardServiceOf = (site: Site): string | undefined =>
  site.dashboardService ?? (site.dialect === "v4" ? undefined : names.dashboard(site.name));
