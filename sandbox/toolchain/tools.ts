/** A program that the sandbox runs. */
export interface Tool {
  /** File name of the program, and first part of its folder in the cache. */
  name: string;
  /** The version that is built when no fitting one is found. */
  version: string;
  /** Arguments that make the program print its version; absent when it can't. */
  versionArgs?: string[];
  /** Whether a version found on PATH (`[major, minor, patch]`) may be used. */
  accepts?: (version: [number, number, number]) => boolean;
}

/** Programs that are built by one `go install` from one module of `sandbox/tools`. */
export interface Build {
  /** Folder under `sandbox/tools` that holds the go.mod. */
  module: string;
  /** Package path of each program, and the tool that it becomes. */
  packages: { path: string; tool: Tool }[];
  ldflags: string;
  /** Measured on 2 cores with nothing cached; only used to tell people how long it may take. */
  seconds: number;
  /** Module whose presence in GOMODCACHE means that the sources are downloaded already. */
  source: string;
  /** Measured need for downloaded sources and for Go's build cache, in MiB. */
  sourceMiB: number;
  objectsMiB: number;
}

const isKubernetes134 = ([major, minor]: [number, number, number]): boolean =>
  major === 1 && minor === 34;

export const etcd: Tool = {
  name: "etcd",
  version: "3.6.4",
  versionArgs: ["--version"],
  accepts: ([major, minor]) => major === 3 && minor >= 5,
};

export const kubeApiserver: Tool = {
  name: "kube-apiserver",
  version: "1.34.4",
  versionArgs: ["--version"],
  accepts: isKubernetes134,
};

export const kubeControllerManager: Tool = {
  name: "kube-controller-manager",
  version: "1.34.4",
  versionArgs: ["--version"],
  accepts: isKubernetes134,
};

export const pulumi: Tool = {
  name: "pulumi",
  version: "3.232.0",
  versionArgs: ["version"],
  accepts: ([major, minor]) => major === 3 && minor >= 232,
};

export const pulumiLanguageNodejs: Tool = { name: "pulumi-language-nodejs", version: "3.60.0" };

// Without these the API server calls itself v0.0.0-master, which clients that compare versions
// cannot parse.
const kubernetesVersion = [
  "-X k8s.io/component-base/version.gitVersion=v1.34.4",
  "-X k8s.io/component-base/version.gitMajor=1",
  "-X k8s.io/component-base/version.gitMinor=34",
  "-X k8s.io/client-go/pkg/version.gitVersion=v1.34.4",
].join(" ");

/** Everything that can be built, quickest first so that a broken Go setup shows at once. */
export const builds: Build[] = [
  {
    module: "language-nodejs",
    packages: [
      {
        path: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
        tool: pulumiLanguageNodejs,
      },
    ],
    ldflags: "",
    seconds: 50,
    source: "github.com/pulumi/pulumi/sdk/v3@v3.60.0",
    sourceMiB: 300,
    objectsMiB: 500,
  },
  {
    module: "kubernetes",
    packages: [{ path: "go.etcd.io/etcd/server/v3", tool: etcd }],
    ldflags: "",
    seconds: 45,
    source: "go.etcd.io/etcd/server/v3@v3.6.4",
    sourceMiB: 300,
    objectsMiB: 400,
  },
  {
    module: "kubernetes",
    packages: [
      { path: "k8s.io/kubernetes/cmd/kube-apiserver", tool: kubeApiserver },
      { path: "k8s.io/kubernetes/cmd/kube-controller-manager", tool: kubeControllerManager },
    ],
    ldflags: `-s -w ${kubernetesVersion}`,
    seconds: 400,
    source: "k8s.io/kubernetes@v1.34.4",
    sourceMiB: 900,
    objectsMiB: 1800,
  },
  {
    module: "pulumi",
    packages: [{ path: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", tool: pulumi }],
    ldflags: "-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.232.0",
    seconds: 240,
    source: "github.com/pulumi/pulumi/pkg/v3@v3.232.0",
    sourceMiB: 1500,
    objectsMiB: 1200,
  },
];
