import { DECIDE } from "./decide";
import { DRAIN } from "./drain";
import { HOLDS } from "./holds";
import { LOOK } from "./look";
import type { Mutation } from "./mutation";
import { PLAN_DRAIN } from "./plan-drain";

/** Every mutation of the rules that the tests must notice. */
export const MUTATIONS: Mutation[] = [...DECIDE, ...HOLDS, ...LOOK, ...PLAN_DRAIN, ...DRAIN];
