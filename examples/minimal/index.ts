import * as pulumi from "@pulumi/pulumi";
import { EmqxCluster } from "pulumi-emqx";

const config = new pulumi.Config();

const emqx = new EmqxCluster("emqx", {
  image: config.require("image"),
  license: config.requireSecret("license"),
  coreTemplate: { spec: { replicas: 3 } },
  updateStrategy: { evacuationStrategy: { connEvictRate: 100 } },
});

export const { listenersService, dashboardUrl, adminPassword, lastRollout } = emqx;
