import type { ConfigType } from "./types";
import { anything, bytesize, duration, either, flag, integer } from "./types";
import { listOf, oneOf, percent, struct, text } from "./types";

const level = oneOf(
  ...["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"],
  "all",
);

const handler = {
  burst_limit: anything,
  chars_limit: either("unlimited", integer(100)),
  drop_mode_qlen: integer(1),
  enable: flag,
  flush_qlen: integer(1),
  formatter: oneOf("text", "json"),
  level,
  max_depth: either("unlimited", integer(0)),
  overload_kill: anything,
  payload_encode: oneOf("hex", "text", "hidden"),
  single_line: flag,
  supervisor_reports: oneOf("error", "progress"),
  sync_mode_qlen: integer(0),
  time_offset: text,
  timestamp_format: oneOf("auto", "epoch", "rfc3339"),
  with_mfa: flag,
};

/** The root `log`; several files are a map by name, which isn't looked into. */
export const log: ConfigType = struct({
  audit: anything,
  console: struct(handler),
  console_handler: struct(handler),
  file: (value, path) => {
    const named = typeof value === "object" && value !== null && "default" in value;
    return named ? anything(value, path) : file(value, path);
  },
  file_handlers: anything,
  throttling: anything,
});

const file = struct({
  ...handler,
  file: text,
  path: text,
  rotation: anything,
  rotation_count: integer(1, 128),
  rotation_size: either("infinity", bytesize),
  to: text,
});

const os = struct({
  cpu_check_interval: duration,
  cpu_high_watermark: percent,
  cpu_low_watermark: percent,
  mem_check_interval: either("disabled", duration),
  procmem_high_watermark: percent,
  sysmem_high_watermark: percent,
});

const vm = struct({
  busy_dist_port: flag,
  busy_port: flag,
  large_heap: either("disabled", bytesize),
  long_gc: either("disabled", duration),
  long_schedule: either("disabled", duration),
  process_check_interval: duration,
  process_high_watermark: percent,
  process_low_watermark: percent,
});

/** The root `sysmon`. */
export const sysmon: ConfigType = struct({
  broker_pool_mailbox_size_alarm_threshold: integer(1),
  mnesia_tm_mailbox_size_alarm_threshold: integer(1),
  os,
  top: anything,
  vm,
});

/** The root `alarm`. */
export const alarm: ConfigType = struct({
  actions: listOf(oneOf("log", "publish")),
  size_limit: integer(1, 3000),
  validity_period: duration,
});
